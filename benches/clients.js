'use strict';

/** The clients that are compared. What is theirs alone is loaded only where it is used. */

const http = require('node:http');
const { ARN, MODEL } = require('./inputs.js');

const CREDENTIALS = {
  accessKeyId: 'AKIALOCALBEDROCK0000',
  secretAccessKey: 'local-bedrock-secret-key-0000000000000000',
};

const options = (endpoint) => ({ region: 'us-east-1', credentials: CREDENTIALS, endpoint });

/** Loads on first use; after that even a look into require's cache would be measured. */
function lazily(load) {
  let loaded;
  return () => (loaded ??= load());
}

const ours = lazily(() => require('../index.js'));
const sdk = lazily(() => require('@aws-sdk/client-bedrock-runtime'));
const handler = lazily(() => require('@smithy/node-http-handler'));

/** Each: a title, `load()`, and `open(endpoint)`, which makes a new client. */
const CLIENTS = {
  ours: {
    title: 'bedrock-profile-client',
    load: ours,
    open(endpoint) {
      const { BedrockProfileClient } = ours();
      // An operator names the model behind the profile: nothing has to be asked.
      return new BedrockProfileClient({ ...options(endpoint), mappings: { [ARN]: MODEL } });
    },
  },
  http2: {
    title: 'AWS SDK, HTTP/2 (its default)',
    short: 'HTTP/2',
    load: sdk,
    open(endpoint) {
      const { BedrockRuntimeClient } = sdk();
      return new BedrockRuntimeClient(options(endpoint));
    },
  },
  http1: {
    title: 'AWS SDK, HTTP/1.1',
    short: 'HTTP/1.1',
    load: sdk,
    open(endpoint) {
      const { NodeHttpHandler } = handler();
      const { BedrockRuntimeClient } = sdk();
      // LibreChat's way through a proxy; without more sockets 50 streams would wait for 50 others.
      const httpAgent = new http.Agent({ keepAlive: true, maxSockets: 1000 });
      const requestHandler = new NodeHttpHandler({ httpAgent });
      return new BedrockRuntimeClient({ ...options(endpoint), requestHandler });
    },
  },
};

/** Nothing of the machine's own configuration may enter. */
function forgetEnvironment(env = process.env) {
  const foreign = /^(AWS_|BEDROCK_|(https?_|no_)?proxy$|NODE_EXTRA_CA_CERTS$)/i;
  for (const name of Object.keys(env)) if (foreign.test(name)) delete env[name];
  env.AWS_EC2_METADATA_DISABLED = 'true';
  env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  return env;
}

module.exports = { CLIENTS, forgetEnvironment };
