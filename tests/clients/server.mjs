// The server under test, and a line to it that can be cut.
import { connect, createServer } from 'node:net';
import { once } from 'node:events';

const { ADDRESS, TOKEN, COMPANY, UNIQUE_ID } = process.env;
const [host, port] = ADDRESS.split(':');

export const url = `http://${ADDRESS}/graphql`;
export const token = TOKEN;

export const followed = {
  query: `subscription ($scope: AnalyticsScope!) { viewEvents(scope: $scope) {
    __typename ... on StreamPosition { cursor } ... on ViewSessionStarted { viewSession { sessionId } } } }`,
  variables: { scope: { companyId: COMPANY } },
};

/** What a phone sends, with an id of its own for each view. */
export function viewStart(sessionId) {
  return {
    query: `mutation ($input: ViewSessionStartInput!) { viewSessionStart(input: $input) {
      sessionId userErrors { message } } }`,
    variables: { input: { uniqueId: UNIQUE_ID, sessionId } },
  };
}

export async function startView() {
  const sessionId = crypto.randomUUID();
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(viewStart(sessionId)) });
  const { data } = await answer.json();
  if (data.viewSessionStart.sessionId !== sessionId) throw new Error(JSON.stringify(data));
  return sessionId;
}

/** Stands between a client and the server. */
export async function line() {
  const open = new Set();
  const listener = createServer((client) => {
    const server = connect(Number(port), host);
    for (const [from, to] of [[client, server], [server, client]]) {
      open.add(from);
      from.on('error', () => {}).on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    address: `127.0.0.1:${listener.address().port}`,
    cut() {
      for (const socket of open) socket.destroy();
      open.clear();
    },
    close() {
      this.cut();
      listener.close();
    },
  };
}
