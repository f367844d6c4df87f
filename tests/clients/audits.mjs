// The public audits of GraphQL over HTTP. All have to pass, also those that only say "should" or "may". Some of them
// introspect, which is for those who signed in.
import assert from 'node:assert/strict';
import { auditServer } from 'graphql-http';
import { token, url } from './server.mjs';

const signedIn = (address, options = {}) =>
  fetch(address, { ...options, headers: { ...options.headers, authorization: `Bearer ${token}` } });

const results = await auditServer({ url, fetchFn: signedIn });
const failed = results.filter((result) => result.status !== 'ok');
for (const { id, name, status, reason } of failed) console.error(`${status} ${id} ${name}: ${reason}`);
assert.equal(failed.length, 0);
assert.ok(results.length >= 61, `only ${results.length} audits`);
console.log(`${results.length} audits`);
