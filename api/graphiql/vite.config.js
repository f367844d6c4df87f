import { defineConfig } from 'vite'

// The output is committed and goes into the binary (api/src/http/graphiql.rs), so that starting the server needs no npm.
export default defineConfig({
  base: '/graphiql/',
  build: {
    outDir: '../assets/graphiql',
    emptyOutDir: true,
    assetsDir: '',
    target: 'es2022',
    // Otherwise the icon is sometimes inlined and sometimes not, and two builds differ.
    assetsInlineLimit: 0,
    license: { fileName: 'licenses.md' },
    rolldownOptions: { checks: { moduleLevelDirective: false } },
    // Monaco is one large chunk by nature.
    chunkSizeWarningLimit: 4000,
  },
  worker: { format: 'es' },
  // While working on the page: `npx vite` here beside a running server.
  server: { proxy: { '/graphql': { target: 'http://127.0.0.1:4000', ws: true } } },
})
