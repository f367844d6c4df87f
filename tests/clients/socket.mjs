// The client graphql-ws, as it is published, and the close codes that it knows.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { followed, line, startView, token, url, viewStart } from './server.mjs';

const authorization = `Bearer ${token}`;
const webSocketUrl = url.replace('http', 'ws');

function clientOf(options = {}) {
  return createClient({
    url: webSocketUrl,
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: 0,
    ...options,
  });
}

async function all(client, request) {
  const results = [];
  for await (const result of client.iterate(request)) results.push(result);
  return results;
}

async function operations() {
  const client = clientOf();
  const query = '{ companies(first: 1) { nodes { name } } }';
  const answers = await all(client, { query });
  assert.deepEqual(answers.map(({ data }) => data), [{ companies: { nodes: [{ name: 'Studio' }] } }]);
  assert.ok(answers[0].extensions.cost.actualQueryCost > 0);
  const sessionId = crypto.randomUUID();
  const [started] = await all(client, viewStart(sessionId));
  assert.deepEqual(started.data, { viewSessionStart: { sessionId, userErrors: [] } });
  await assert.rejects(all(client, { query: '{ nothing }' }), ([error]) => {
    return error.extensions.code === 'VALIDATION_FAILED';
  });
  await client.dispose();
}

/** After a cut the client comes again by itself and is told what is new. */
async function reconnects() {
  const toServer = await line();
  let opened = 0;
  const client = clientOf({
    url: `ws://${toServer.address}/graphql`,
    retryAttempts: 5,
    retryWait: () => Promise.resolve(),
    on: { connected: () => (opened += 1) },
  });
  const kinds = [];
  let wanted;
  for await (const { data } of client.iterate(followed)) {
    const { __typename, viewSession } = data.viewEvents;
    if (__typename === 'StreamCaughtUp') {
      kinds.push(__typename);
      wanted = await startView();
    } else if (viewSession.sessionId === wanted) {
      kinds.push(__typename);
      if (opened === 2) break;
      toServer.cut();
    }
  }
  assert.deepEqual(kinds, ['StreamCaughtUp', 'ViewSessionStarted', 'StreamCaughtUp', 'ViewSessionStarted']);
  await client.dispose();
  toServer.close();
}

async function wrongToken() {
  const client = clientOf({ connectionParams: { authorization: 'Bearer wrong' } });
  await assert.rejects(all(client, { query: '{ __typename }' }), ({ code, reason }) => {
    return code === CloseCode.Forbidden && reason === 'Forbidden';
  });
}

async function closedAfter(...messages) {
  const socket = new WebSocket(webSocketUrl, GRAPHQL_TRANSPORT_WS_PROTOCOL);
  await once(socket, 'open');
  for (const message of messages) socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  const [code, reason] = await once(socket, 'close');
  assert.ok(reason.length <= 123);
  return code;
}

const init = { type: 'connection_init' };
const subscribe = { id: 'a', type: 'subscribe', payload: followed };
const acknowledged = { type: 'connection_init', payload: { authorization } };

async function closes() {
  const codes = await Promise.all([
    closedAfter('nonsense'),
    closedAfter(subscribe),
    closedAfter({ ...init, payload: { authorization: 'Bearer wrong' } }),
    closedAfter(),
    closedAfter(acknowledged, subscribe, subscribe),
    closedAfter(init, init),
  ]);
  assert.deepEqual(codes, [
    CloseCode.BadRequest,
    CloseCode.Unauthorized,
    CloseCode.Forbidden,
    CloseCode.ConnectionInitialisationTimeout,
    CloseCode.SubscriberAlreadyExists,
    CloseCode.TooManyInitialisationRequests,
  ]);
}

await Promise.all([operations(), reconnects(), wrongToken(), closes()]);
console.log('operations, a reconnect, a wrong token, and six close codes');
