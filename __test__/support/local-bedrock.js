'use strict';

/** What the tests of local-bedrock share: servers and clients that end with their test. */

const { BedrockRuntimeClient } = require('@aws-sdk/client-bedrock-runtime');
const { startLocalBedrock } = require('../../local-bedrock');

const SONNET_46 = 'us.anthropic.claude-sonnet-4-6';
const OPUS_5 = 'us.anthropic.claude-opus-5';

const open = [];
afterEach(async () => {
  for (const item of open.splice(0)) await (item.destroy ?? item.close).call(item);
});

/** A server without pacing. */
async function start(options) {
  const server = await startLocalBedrock({ pace: 0, ...options });
  open.push(server);
  return server;
}

/** A client of the AWS SDK for it, without retries. */
function client(server, options = {}) {
  const made = new BedrockRuntimeClient({
    region: server.region,
    endpoint: server.url,
    credentials: server.credentials,
    maxAttempts: 1,
    ...options,
  });
  open.unshift(made);
  return made;
}

/** A request that says one thing. */
const ask = (text, more = {}) => ({
  modelId: SONNET_46,
  messages: [{ role: 'user', content: [{ text }] }],
  ...more,
});

async function collect(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** The error that a promise is rejected with. */
const fault = (promise) =>
  promise.then(
    () => Promise.reject(new Error('it was accepted')),
    (error) => error,
  );

module.exports = { SONNET_46, OPUS_5, start, client, ask, collect, fault };
