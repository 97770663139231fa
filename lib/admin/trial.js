'use strict';

// A request for trial: what would go out, and what comes back, piece by piece.

/** Bytes stand in JSON as base64, wherever AWS's API has bytes. */
function withBytes(value, name) {
  if (name === 'bytes' && typeof value === 'string') return Buffer.from(value, 'base64');
  if (Array.isArray(value)) return value.map((item) => withBytes(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, withBytes(member, key)]),
  );
}

/** The input of Converse that a request names. */
function inputOf({ prompt, gating: _, stream: __, ...given }) {
  const messages = given.messages ?? [{ role: 'user', content: [{ text: prompt }] }];
  return withBytes({ ...given, messages });
}

/** How long something took, in milliseconds. */
const since = (started) => Math.round((performance.now() - started) * 10) / 10;

/**
 * @param {object} client
 * @param {object} body see the schema TrialRequest
 * @param {AbortSignal} signal
 * @param {(call: object) => unknown} priced what a call has cost; `null` where that is not known
 */
async function* run(client, body, signal, priced) {
  const { gating } = body;
  const input = inputOf(body);
  const options = gating === undefined ? {} : { gating };
  yield { event: 'explanation', data: await client.explain(input, { ...options, stream: true }) };
  const started = performance.now();
  const { stream, $metadata } = await client.converseStream(input, {
    ...options,
    abortSignal: signal,
  });
  const { profile, ...metadata } = $metadata;
  const began = since(started);
  yield {
    event: 'begin',
    data: {
      requestId: metadata.requestId ?? null,
      attempts: metadata.attempts ?? null,
      profile: $metadata.profile ?? profile,
    },
  };
  let firstToken = null;
  let usage = null;
  let metrics = null;
  let stopReason = null;
  for await (const piece of stream) {
    if (piece.contentBlockDelta && firstToken === null) firstToken = since(started);
    if (piece.messageStop) ({ stopReason } = piece.messageStop);
    if (piece.metadata) ({ usage = null, metrics = null } = piece.metadata);
    yield { event: 'stream', data: piece };
  }
  const total = since(started);
  const writing = firstToken === null ? 0 : total - firstToken;
  const tokens = usage?.outputTokens;
  yield {
    event: 'end',
    data: {
      stopReason,
      usage,
      timing: {
        responseMs: began,
        firstTokenMs: firstToken,
        totalMs: total,
        latencyMs: metrics?.latencyMs ?? null,
        tokensPerSecond:
          writing > 0 && tokens > 0 ? Math.round((tokens / writing) * 10_000) / 10 : null,
      },
      cost: (await priced({ profile: $metadata.profile, usage })) ?? null,
    },
  };
}

module.exports = { inputOf, run };
