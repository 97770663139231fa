'use strict';

// `ui`: serves the page and its API on loopback.

const { once } = require('node:events');
const {
  clientOptions,
  loadEnvironment,
  Misuse,
  mappingsOption,
  wholeNumber,
  withClient,
} = require('./common.js');

const whole = wholeNumber('port');

function portOf(text) {
  const port = whole(text);
  if (port <= 65_535) return port;
  throw new Misuse(`--port must be a whole number from 0 to 65535, not "${text}"`);
}

async function run(values, { stdout, stderr, signal }) {
  loadEnvironment(values.envFile);
  const { BedrockProfileClient } = require('../client.js');
  const { startAdminServer } = require('../admin/server.js');
  const logger = {
    warn: (message) => stderr.write(`${message}\n`),
    error: (message) => stderr.write(`${message}\n`),
  };
  const client = new BedrockProfileClient({
    ...mappingsOption(),
    ...clientOptions(values),
    logger,
  });
  try {
    const server = await startAdminServer({ client, port: values.port, logger });
    stdout.write(`${server.oneTimeUrl()}\n`);
    stdout.write(`The API is at ${server.url}/api. Ctrl-C stops it.\n`);
    if (signal && !signal.aborted) await once(signal, 'abort');
    await server.close();
  } finally {
    client.destroy();
  }
  return 0;
}

function define(program, io) {
  withClient(program.command('ui'))
    .description('serve the page of administration on this machine')
    .option('--port <n>', 'listen on this port; 0 takes a free one', portOf, 0)
    .addHelpText(
      'after',
      `
It listens on 127.0.0.1, for this machine alone. The first line is a URL that signs in whoever opens it, once,
within ten minutes. It stops on Ctrl-C. docs/admin.md says more.

Example:
  $ bedrock-profile-client ui --port 4000 --env-file .env`,
    )
    .action(io.ending((values) => run(values, io)));
}

module.exports = { define };
