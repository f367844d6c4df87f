// The client graphql-sse, as it is published.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-sse';
import { followed, line, startView, token, url, viewStart } from './server.mjs';

const authorization = `Bearer ${token}`;

async function all(request, options = {}) {
  const client = createClient({ url, headers: { authorization }, retryAttempts: 0, ...options });
  const results = [];
  for await (const result of client.iterate(request)) results.push(result);
  return results;
}

const query = '{ companies(first: 1) { nodes { name } } }';
const answers = await all({ query });
assert.deepEqual(answers.map(({ data }) => data), [{ companies: { nodes: [{ name: 'Studio' }] } }]);
assert.ok(answers[0].extensions.cost.actualQueryCost > 0);

const sessionId = crypto.randomUUID();
const [started] = await all(viewStart(sessionId));
assert.deepEqual(started.data, { viewSessionStart: { sessionId, userErrors: [] } });

const [refused, ...more] = await all({ query: 'subscription { nothing }' });
assert.equal(refused.errors[0].extensions.code, 'VALIDATION_FAILED');
assert.equal(more.length, 0);

const wrong = all({ query }, { headers: { authorization: 'Bearer wrong' } });
await assert.rejects(wrong, (error) => error.response.status === 401);

// A subscription goes on where it was cut: nothing is lost and nothing comes twice.
const toServer = await line();
let reconnects = 0;
let last;
const client = createClient({
  url: `http://${toServer.address}/graphql`,
  headers: () => ({ authorization, ...(last && { 'last-event-id': last }) }),
  on: { connecting: (again) => (reconnects += again) },
  retry: () => Promise.resolve(),
});
const expected = [];
const told = [];
for await (const { data } of client.iterate(followed)) {
  const item = data.viewEvents;
  last = item.cursor;
  if (item.__typename === 'ViewSessionStarted') told.push(item.viewSession.sessionId);
  if (told.length === expected.length && expected.length === 15) break;
  if (told.length < expected.length) continue;
  expected.push(await startView());
  if (expected.length % 5 === 0) {
    toServer.cut();
    for (let missed = 0; missed < 2; missed += 1) expected.push(await startView());
  }
  if (expected.length > 15) expected.length = 15;
}
assert.deepEqual(told, expected);
assert.ok(reconnects >= 2, `${reconnects} reconnects`);
toServer.close();
console.log('query, mutation, refusals, and a subscription that was cut and resumed');
