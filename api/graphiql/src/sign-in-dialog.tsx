import { Button, Dialog } from '@graphiql/react'
import { useState, type FormEvent } from 'react'
import { signIn, withToken, type Account } from './account'

export type Way = 'password' | 'key'

type Props = { way: Way | null; onClose: () => void; onSignedIn: (account: Account) => void }

export function SignInDialog({ way, onClose, onSignedIn }: Props) {
  return (
    <Dialog open={way !== null} onOpenChange={(open) => !open && onClose()}>
      <div className="graphiql-dialog-header">
        <Dialog.Title className="graphiql-dialog-title">{way === 'key' ? 'Use an API key' : 'Sign in'}</Dialog.Title>
        <Dialog.Close />
      </div>
      {way && <SignInForm way={way} onSignedIn={onSignedIn} />}
    </Dialog>
  )
}

function SignInForm({ way, onSignedIn }: { way: Way; onSignedIn: (account: Account) => void }) {
  const [failure, setFailure] = useState('')
  const [busy, setBusy] = useState(false)

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name))
    setBusy(true)
    setFailure('')
    try {
      onSignedIn(way === 'key' ? await withToken(text('key').trim()) : await signIn(text('email').trim(), text('password')))
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
      setBusy(false)
    }
  }

  return (
    <form className="sign-in" onSubmit={submit}>
      {way === 'key' ? (
        <>
          <Dialog.Description>Documents run with the permissions of the key.</Dialog.Description>
          <label>
            API key
            <input name="key" type="password" placeholder="arv_k_…" autoComplete="off" autoFocus required />
          </label>
        </>
      ) : (
        <>
          <Dialog.Description>The sign-in lasts as long as this browser tab.</Dialog.Description>
          <label>
            E-mail
            <input name="email" type="email" autoComplete="username" autoFocus required />
          </label>
          <label>
            Password
            <input name="password" type="password" autoComplete="current-password" required />
          </label>
        </>
      )}
      <p role="alert">{failure}</p>
      <Button type="submit" state="success" disabled={busy}>
        {busy ? 'One moment…' : way === 'key' ? 'Use this key' : 'Sign in'}
      </Button>
    </form>
  )
}
