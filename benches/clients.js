'use strict';

/** The clients that are compared. What is theirs alone is loaded only where it is used. */

const http = require('node:http');
const https = require('node:https');
const http2 = require('node:http2');
const floor = require('./floor.js');
const floorHttp2 = require('./floor-http2.js');
const { ARN, MODEL } = require('./inputs.js');

const CREDENTIALS = {
  accessKeyId: 'AKIALOCALBEDROCK0000',
  secretAccessKey: 'local-bedrock-secret-key-0000000000000000',
};
/** HTTP/1.1 has a connection for each stream that is open. */
const MANY = 20_000;

/** As an operator sets them once. */
const MAPPINGS = { [ARN]: MODEL };
const SOCKETS = { httpAgent: { maxSockets: MANY }, httpsAgent: { maxSockets: MANY } };

const options = ({ url }) => ({ region: 'us-east-1', credentials: CREDENTIALS, endpoint: url });

/** Loads on first use; after that even a look into require's cache would be measured. */
function lazily(load) {
  let loaded;
  return () => (loaded ??= load());
}

const ours = lazily(() => require('../index.js'));
const sdk = lazily(() => require('@aws-sdk/client-bedrock-runtime'));
const handler = lazily(() => require('@smithy/node-http-handler'));
const undici = lazily(() => require('@smithy/undici-http-handler'));
const ai = lazily(() => require('./ai.js'));

/** How a client with `send(command)` is called, and its streams read. */
const WITH_COMMANDS = {
  async converse(client, input) {
    const response = await client.send(new (sdk().ConverseCommand)(input));
    return response.output.message.content[0].text;
  },
  async stream(client, input, { signal, event }) {
    const command = new (sdk().ConverseStreamCommand)(input);
    const response = await client.send(command, { abortSignal: signal });
    for await (const one of response.stream) event(one);
  },
  prepare: (input) => input,
  text: (event) => event.contentBlockDelta?.delta.text,
};

function aws(title, short, requestHandler) {
  return {
    title,
    short,
    load: sdk,
    open(server) {
      const { BedrockRuntimeClient } = sdk();
      return new BedrockRuntimeClient({ ...options(server), ...requestHandler(server) });
    },
    ...WITH_COMMANDS,
  };
}

/**
 * Each: a title, `load()`, `open({ url, ca }, { many })`, which makes a new client (for many streams of
 * HTTP/1.1 at once), and `converse` and `stream`, which call it. `stream` gives each event to `event`
 * and ends with the stream; `text` gives the text of an event that has one. `prepare` makes of an input
 * of Converse what the client takes, before anything is measured.
 */
const CLIENTS = {
  ours: {
    title: 'bedrock-profile-client',
    load: ours,
    short: 'this client',
    open(server, { many = false } = {}) {
      const { BedrockProfileClient } = ours();
      // An operator names the model behind the profile: nothing has to be asked.
      const requestHandler = many ? SOCKETS : undefined;
      return new BedrockProfileClient({ ...options(server), mappings: MAPPINGS, requestHandler });
    },
    ...WITH_COMMANDS,
  },
  http2: aws('AWS SDK, HTTP/2 (its default)', 'SDK HTTP/2', () => ({})),
  http1: aws('AWS SDK, HTTP/1.1', 'SDK HTTP/1.1', ({ ca }) => {
    const { NodeHttpHandler } = handler();
    // LibreChat's way through a proxy; without more sockets 50 streams would wait for 50 others.
    const agent = { keepAlive: true, maxSockets: MANY };
    return {
      requestHandler: new NodeHttpHandler({
        httpAgent: new http.Agent(agent),
        httpsAgent: new https.Agent({ ...agent, ca }),
      }),
    };
  }),
  undici: aws('AWS SDK, undici', 'SDK undici', ({ ca }) => {
    const { UndiciHttpHandler } = undici();
    const connections = { connections: MANY, pipelining: 1, connect: { ca } };
    return { requestHandler: new UndiciHttpHandler({ dispatcher: connections }) };
  }),
  ai: {
    title: 'AI SDK, @ai-sdk/amazon-bedrock',
    short: 'AI SDK',
    load: () => ai().load(),
    open: (server) => ai().open(options(server)),
    prepare: (input) => ai().prepare(input),
    converse: (client, input) => ai().converse(client, input),
    stream: (client, input, how) => ai().stream(client, input, how),
    text: (part) => (part.type === 'text-delta' ? part.text : undefined),
  },
  floor: {
    title: 'node:http, frames and JSON only',
    short: 'node:http',
    load: () => http,
    open: (server) => floor.open({ ...server, maxSockets: MANY }),
    ...WITH_COMMANDS,
    converse: floor.converse,
    stream: floor.stream,
  },
  floor2: {
    title: 'node:http2, frames and JSON only',
    short: 'node:http2',
    load: () => http2,
    ...WITH_COMMANDS,
    ...floorHttp2,
  },
};

/** Nothing of the machine's own configuration may enter. */
function forgetEnvironment(env = process.env) {
  const foreign = /^(AWS_|BEDROCK_|(https?_|no_)?proxy$)/i;
  for (const name of Object.keys(env)) if (foreign.test(name)) delete env[name];
  env.AWS_EC2_METADATA_DISABLED = 'true';
  env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  return env;
}

/** The AWS SDK as it can be had: the best of them counts. */
const SDKS = ['http2', 'http1', 'undici'];

module.exports = { CLIENTS, CREDENTIALS, SDKS, forgetEnvironment };
