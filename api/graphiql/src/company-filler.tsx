import { useGraphiQL } from '@graphiql/react'
import { useEffect, useRef } from 'react'

/** Puts a company of whoever is signed in into the examples' variables, and touches no id that a person wrote. */
export function CompanyFiller({ companyId }: { companyId?: string }) {
  const tab = useGraphiQL((state) => state.activeTabIndex)
  const editor = useGraphiQL((state) => state.variableEditor)
  const ours = useRef(new Set(['']))

  useEffect(() => {
    const variables = editor?.getValue()
    const [field, written] = variables?.match(/"companyId": "([^"]*)"/) ?? []
    if (!companyId || !variables || !field || !ours.current.has(written)) return
    ours.current.add(companyId)
    editor?.setValue(variables.replace(field, `"companyId": ${JSON.stringify(companyId)}`))
  }, [tab, editor, companyId])

  return null
}
