/** The id is filled in by CompanyFiller. */
const COMPANY_VARIABLES = `{
  "companyId": ""
}`

export const EXAMPLES = [
  {
    query: `# The studio's tree, and what plays now.
query StudioTree {
  viewer {
    kind
    permissions
  }
  companies(first: 5) {
    nodes {
      id
      name
      projects(first: 5) {
        nodes {
          name
          arContents(first: 5) {
            nodes {
              id
              orderNumber
              status
              publicUrl
              videos(first: 5) {
                nodes {
                  filename
                  status
                  isActive
                }
              }
              activeVideo {
                video {
                  filename
                }
                source
                validUntil
                reason
              }
            }
          }
        }
      }
    }
  }
}
`,
  },
  {
    query: `# Checks everything, saves nothing.
# Without validateOnly it creates the project.
mutation CheckProject($companyId: ID!) {
  projectCreate(
    input: {
      companyId: $companyId
      name: "Summer wedding"
      validateOnly: true
    }
  ) {
    project {
      name
      status
    }
    userErrors {
      code
      field
      message
    }
  }
}
`,
    variables: COMPANY_VARIABLES,
  },
  {
    query: `# Who is looking, live.
# The pink button starts and stops it.
subscription Views($companyId: ID!) {
  viewEvents(scope: { companyId: $companyId }) {
    __typename
    ... on StreamPosition {
      cursor
    }
    ... on ViewSessionStarted {
      viewSession {
        sessionId
        status
        version
        arContent {
          orderNumber
        }
      }
    }
    ... on ViewSessionProgressed {
      viewSession {
        sessionId
        durationSeconds
        version
      }
    }
    ... on ViewSessionEnded {
      timedOut
      viewSession {
        sessionId
        status
        version
      }
    }
  }
}
`,
    variables: COMPANY_VARIABLES,
  },
]
