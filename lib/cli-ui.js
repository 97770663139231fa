'use strict';

/** `bedrock-profile-client ui`: serves the page and its API on loopback. */

const { once } = require('node:events');
const { BedrockProfileClient } = require('./client.js');
const { startAdminServer } = require('./admin/server.js');

const options = {
  port: { type: 'string', default: '0' },
  region: { type: 'string' },
};

const help = `Usage: bedrock-profile-client ui [options]

Serves the page and its API on 127.0.0.1, for this machine alone. The first line is a URL that
signs in whoever opens it, once, within ten minutes. AWS is asked with the credentials and
the region of the environment, as any client of this package does.

  --port N        listen on this port (default: a free one)
  --region NAME   the region to call (default: that of the environment)
  --help          show this

It stops on Ctrl-C.
`;

function portOf(text) {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new TypeError(`--port must be a whole number from 0 to 65535, not "${text}"`);
}

async function run(values, { stdout, signal }) {
  const client = new BedrockProfileClient(values.region ? { region: values.region } : {});
  const server = await startAdminServer({ client, port: portOf(values.port) });
  stdout.write(`${server.oneTimeUrl()}\n`);
  stdout.write(`The API is at ${server.url}/api. Ctrl-C stops it.\n`);
  if (signal && !signal.aborted) await once(signal, 'abort');
  await server.close();
  client.destroy();
  return 0;
}

module.exports = { options, help, run };
