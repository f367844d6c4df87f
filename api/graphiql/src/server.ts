import type { Fetcher } from '@graphiql/toolkit'
import { getOperationAST } from 'graphql'
import { createClient, type SubscribePayload } from 'graphql-ws'

const ENDPOINT = '/graphql'
const FORBIDDEN = 4403

export type Answer<Data> = { data?: Data | null; errors?: { message: string }[] }

type Observer = { next: (value: unknown) => void; error: (cause: unknown) => void; complete: () => void }

type Request = { query: string; variables?: unknown; operationName?: string | null }

/** Runs one document of the page's own, outside the editor. */
export async function ask<Data>(query: string, variables: object, token?: string): Promise<Answer<Data>> {
  const response = await post({ query, variables }, new Headers(), token)
  return response.json()
}

export type Connection = { fetcher: Fetcher; close: () => void }

/** What the editor runs its documents with: HTTP for queries and mutations, a WebSocket for subscriptions. */
export function connect(token: string | undefined, onRefused: () => void): Connection {
  const socket = createClient({
    url: new URL(ENDPOINT, location.href).href.replace(/^http/, 'ws'),
    connectionParams: token ? { authorization: `Bearer ${token}` } : {},
    // Asking again with the same token gets the same refusal.
    shouldRetry: (event) => event instanceof CloseEvent && event.code !== FORBIDDEN,
  })

  async function run(request: Request, written: Headers) {
    const response = await post(request, written, token)
    if (response.status === 401 && token && !written.has('Authorization')) onRefused()
    return response.json()
  }

  const stream = (request: SubscribePayload) =>
    ({
      subscribe(observer: Observer) {
        const error = (cause: unknown) => {
          if (!(cause instanceof CloseEvent)) return observer.error(cause)
          if (token && cause.code === FORBIDDEN) onRefused()
          observer.error(new Error(`The server closed the socket: ${cause.code} ${cause.reason}`))
        }
        return { unsubscribe: socket.subscribe(request, { ...observer, error }) }
      },
    }) as ReturnType<Fetcher>

  const fetcher: Fetcher = (request, options) => {
    const operation = options?.documentAST && getOperationAST(options.documentAST, request.operationName)
    return operation?.operation === 'subscription' ? stream(request) : run(request, new Headers(options?.headers))
  }
  return { fetcher, close: () => void socket.dispose() }
}

/** A header written in the editor's own pane goes before ours. */
function post(request: Request, written: Headers, token?: string): Promise<Response> {
  const headers = new Headers({
    'Content-Type': 'application/json',
    Accept: 'application/graphql-response+json, application/json',
  })
  if (token) headers.set('Authorization', `Bearer ${token}`)
  written.forEach((value, name) => headers.set(name, value))
  return fetch(ENDPOINT, { method: 'POST', headers, body: JSON.stringify(request) })
}
