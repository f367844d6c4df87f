import 'graphiql/setup-workers/vite'
// Not graphiql/style.css: it holds Monaco's styles a second time.
import '@graphiql/react/font/roboto.css'
import '@graphiql/react/font/fira-code.css'
import '@graphiql/react/style.css'
import '@graphiql/plugin-doc-explorer/style.css'
import '@graphiql/plugin-history/style.css'
import 'graphiql/graphiql.css'
import { createRoot } from 'react-dom/client'
import { App } from './app'
import './page.css'

createRoot(document.getElementById('root')!).render(<App />)
