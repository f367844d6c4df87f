// How to ask the server.

const PATH = "/graphql";
const PATIENCE = 10_000;

/** What a playback tells this page; both the query and the start of a view answer with it. */
export const PLAYBACK_FIELDS = `
  uniqueId at available reason validUntil
  photo { url width height }
  video { url width height }`;

/** Asks, and gives the one root field `field` of the answer. Throws when there is none; it may be there next time. */
export async function ask(field, query, variables) {
  const response = await fetch(PATH, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json, application/json" },
    body: JSON.stringify({ query, variables }),
    credentials: "omit",
    keepalive: true,
    signal: AbortSignal.timeout?.(PATIENCE),
  });
  const { data, errors } = await response.json();
  if (!data?.[field]) throw new Error(errors?.[0]?.message ?? `no ${field}: ${response.status}`);
  return data[field];
}
