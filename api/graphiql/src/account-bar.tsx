import { Button } from '@graphiql/react'
import { useState } from 'react'
import type { Account } from './account'
import mark from './mark.svg'
import { SignInDialog, type Way } from './sign-in-dialog'

type Props = {
  account: Account | null
  notice: string
  onSignedIn: (account: Account) => void
  onSignOut: () => void
}

/** The strip above GraphiQL: who asks, and how to become someone. */
export function AccountBar({ account, notice, onSignedIn, onSignOut }: Props) {
  const [way, setWay] = useState<Way | null>(null)

  return (
    // GraphiQL's own class brings its colours, in light and dark.
    <header className="graphiql-container account-bar">
      <img src={mark} alt="" width="24" height="24" />
      <h1>ARVlite</h1>
      <p role="status">{notice || (account ? '' : 'Sign in to load the schema')}</p>
      {account ? (
        <>
          <span className="account-name" title={account.name}>
            {account.kind === 'key' && 'API key '}
            <strong>{account.name}</strong>
          </span>
          <Button onClick={onSignOut}>Sign out</Button>
        </>
      ) : (
        <>
          <Button onClick={() => setWay('key')}>API key…</Button>
          <Button state="success" onClick={() => setWay('password')}>
            Sign in
          </Button>
        </>
      )}
      <SignInDialog
        way={way}
        onClose={() => setWay(null)}
        onSignedIn={(next) => {
          setWay(null)
          onSignedIn(next)
        }}
      />
    </header>
  )
}
