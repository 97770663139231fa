'use strict';

/** LangChain on this package's client and on AWS's own, each against a stand-in of its own. */

const { BedrockRuntimeClient } = require('@aws-sdk/client-bedrock-runtime');
const { BedrockProfileClient } = require('../..');
const { startLocalBedrock } = require('../../local-bedrock');

const REGION = 'us-east-1';

/** What a developer's shell may hold and these tests must not see. */
const FOREIGN = /^(AWS_|BEDROCK_|(HTTPS?_|NO_)?PROXY$)/i;
for (const name of Object.keys(process.env)) if (FOREIGN.test(name)) delete process.env[name];

/** The smallest PNG there is. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
/** Bytes that are no UTF-8, so that a detour through text would show. */
const PDF = Buffer.concat([
  Buffer.from('%PDF-1.4\n%'),
  Buffer.from([0xe2, 0xe3, 0xcf, 0xd3, 0xff]),
]);

/** Longer than the longest minimum for prompt caching (4,096 tokens). */
const LONG = 'The quick brown fox jumps over the lazy dog. '.repeat(450);

/**
 * Opens stand-ins and clients and closes them after each test.
 *
 * @param {{ afterEach: (hook: () => Promise<void>) => void }} jest
 */
function opener(jest) {
  const open = [];
  jest.afterEach(async () => {
    for (const item of open.splice(0).reverse()) await (item.destroy ?? item.close).call(item);
  });
  return {
    /** A stand-in whose clock stands still, so that two of them answer the same. */
    async server(options) {
      const now = Date.now();
      const server = await startLocalBedrock({ pace: 0, now: () => now, ...options });
      open.push(server);
      return server;
    },
    profileClient(server, options) {
      const client = new BedrockProfileClient({ ...connection(server), ...options });
      open.push(client);
      return client;
    },
    officialClient(server, options) {
      const client = new BedrockRuntimeClient({ ...connection(server), ...options });
      open.push(client);
      return client;
    },
  };
}

const connection = (server) => ({
  region: REGION,
  endpoint: server.url,
  credentials: server.credentials,
});

/** The ARN of an application profile that every stand-in has. */
function arnOf(server, id) {
  const profile = server.profiles.find((candidate) => candidate.id === id);
  if (!profile) throw new Error(`the stand-in has no application profile ${id}`);
  return profile.arn;
}

/** The runtime's requests, in order. */
const runtimeRequests = (server) =>
  server.requests.filter(({ operation }) => /^Converse/.test(operation));
const lastRequest = (server) => runtimeRequests(server).at(-1);

/** What the runtime was sent, parsed and as it came. */
const sentTo = (server) => ({
  sent: runtimeRequests(server).map(({ body }) => body),
  bytes: runtimeRequests(server).map(({ rawBody }) => rawBody.toString()),
});

/** All that a caller reads of a message, without what differs from request to request. */
function readable(message) {
  const { content, tool_calls, invalid_tool_calls, tool_call_chunks, additional_kwargs } = message;
  const { $metadata, ...metadata } = message.response_metadata ?? {};
  const { requestId, ...shared } = $metadata ?? {};
  return {
    type: message.constructor.name,
    content,
    tool_calls,
    invalid_tool_calls,
    tool_call_chunks,
    additional_kwargs,
    usage_metadata: message.usage_metadata,
    response_metadata: { ...metadata, ...($metadata ? { $metadata: shared } : {}) },
    hasRequestId: $metadata && typeof requestId === 'string',
  };
}

/** All chunks of a stream, and the message that they make. */
async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return { chunks, message: chunks.reduce((whole, chunk) => whole.concat(chunk)) };
}

/** Application profiles of the stand-in, one for each kind of model that LibreChat's users have. */
const FAMILIES = {
  'Claude 3.7': 'claude37demo',
  'Claude Sonnet 4.5': 'sonnet45team',
  'Claude Sonnet 4.6': 'sonnet46team',
  'Claude Opus 4.7': 'opus47coding',
  'Claude Opus 5': 'opus50coding',
  'Claude Haiku 5.5': 'haiku55fasts',
  'Nova Pro': 'novaprobatch',
  'Nova 2 Lite': 'nova2liteeus',
  'Llama 4': 'llama4inhous',
  'gpt-oss': 'gptoss120big',
  'GPT-5.6': 'gpt56solteam',
};

/** The error that a promise rejects with. */
const failure = (promise) =>
  promise.then(
    () => Promise.reject(new Error('it was accepted')),
    (error) => error,
  );

/** Endless events of a stream, for a reader that leaves. */
async function* endless() {
  yield { messageStart: { role: 'assistant' } };
  for (let number = 0; ; number += 1) {
    yield { contentBlockDelta: { delta: { text: `${number} ` }, contentBlockIndex: 0 } };
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

module.exports = {
  REGION,
  PNG,
  PDF,
  LONG,
  FAMILIES,
  opener,
  arnOf,
  runtimeRequests,
  lastRequest,
  sentTo,
  readable,
  collect,
  failure,
  endless,
};
