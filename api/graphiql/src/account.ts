import { ask, type Answer } from './server'

/** Kept in sessionStorage: it ends with the browser tab and no other tab can read it. */
export type Account = { kind: 'person' | 'key'; name: string; token: string }

const STORAGE_KEY = 'arvlite:account'

export function remembered(): Account | null {
  try {
    return JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? 'null')
  } catch {
    return null
  }
}

export function remember(account: Account | null) {
  if (account) sessionStorage.setItem(STORAGE_KEY, JSON.stringify(account))
  else sessionStorage.removeItem(STORAGE_KEY)
}

/** Throws an Error whose message is meant for the person who signs in. */
export async function signIn(email: string, password: string): Promise<Account> {
  const answer = await ask<{ login: { token: string | null; userErrors: { message: string }[] } }>(
    `mutation ($input: LoginInput!) {
      login(input: $input) { token expiresAt userErrors { message } }
    }`,
    { input: { email, password } },
  )
  const { token, userErrors } = dataOf(answer).login
  if (!token) throw new Error(userErrors[0]?.message ?? 'The server did not sign you in.')
  return { kind: 'person', name: email, token }
}

/** Asks the server whose token this is, so that a mistyped one is noticed at once. */
export async function withToken(token: string): Promise<Account> {
  const answer = await ask<{ viewer: { user: { email: string } | null; apiKey: { name: string } | null } }>(
    'query { viewer { user { email } apiKey { name } } }',
    {},
    token,
  )
  const { user, apiKey } = dataOf(answer).viewer
  if (apiKey) return { kind: 'key', name: apiKey.name, token }
  if (user) return { kind: 'person', name: user.email, token }
  throw new Error('The server does not know this key.')
}

export async function signOut(account: Account) {
  if (account.kind === 'key') return
  // The page forgets the token whatever the server says.
  await ask('mutation { logout { userErrors { message } } }', {}, account.token).catch(() => undefined)
}

/** A company to try the examples with. */
export async function firstCompany(account: Account): Promise<string | undefined> {
  const answer = await ask<{ companies: { nodes: { id: string }[] } }>(
    'query { companies(first: 1) { nodes { id } } }',
    {},
    account.token,
  )
  return answer.data?.companies.nodes[0]?.id
}

function dataOf<Data>(answer: Answer<Data>): Data {
  if (answer.data) return answer.data
  throw new Error(answer.errors?.[0]?.message ?? 'The server gave no answer.')
}
