import { GraphiQL } from 'graphiql'
import { useEffect, useMemo, useState } from 'react'
import { firstCompany, remember, remembered, signOut, type Account } from './account'
import { AccountBar } from './account-bar'
import { CompanyFiller } from './company-filler'
import { EXAMPLES } from './examples'
import { connect } from './server'

export function App() {
  const [account, setAccount] = useState(remembered)
  const [notice, setNotice] = useState('')
  const [companyId, setCompanyId] = useState<string>()

  function change(next: Account | null, words = '') {
    remember(next)
    setAccount(next)
    setNotice(words)
  }

  const connection = useMemo(
    () => connect(account?.token, () => change(null, 'Your sign-in has ended. Please sign in again.')),
    [account?.token],
  )
  useEffect(() => connection.close, [connection])

  useEffect(() => {
    setCompanyId(undefined)
    if (!account) return
    let current = true
    firstCompany(account).then(
      (id) => current && setCompanyId(id),
      () => undefined, // The examples then wait for a hand-written id.
    )
    return () => {
      current = false
    }
  }, [account])

  return (
    <>
      <AccountBar
        account={account}
        notice={notice}
        onSignedIn={(next) => change(next)}
        onSignOut={() => {
          if (account) signOut(account)
          change(null)
        }}
      />
      <GraphiQL
        fetcher={connection.fetcher}
        // Null keeps GraphiQL from asking for a schema that nobody gets before signing in.
        schema={account ? undefined : null}
        defaultTabs={EXAMPLES}
        defaultEditorToolsVisibility="variables"
        // Headers may hold tokens, and GraphiQL would keep them in localStorage.
        shouldPersistHeaders={false}
        showPersistHeadersSettings={false}
      >
        <CompanyFiller companyId={companyId} />
      </GraphiQL>
    </>
  )
}
