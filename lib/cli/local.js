'use strict';

/** `bedrock-profile-client local`: starts the local stand-in and says how to reach it. */

const { once } = require('node:events');
const { gathered, wholeNumber } = require('./common.js');

/** The variables that lead an AWS SDK, and LibreChat, to the stand-in. */
const environment = ({ url, region, credentials }) => ({
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
  AWS_ENDPOINT_URL_BEDROCK: url,
  AWS_ENDPOINT_URL_STS: url,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
});

function introduction(server) {
  const variables = Object.entries(environment(server));
  const width = Math.max(...server.profiles.map(({ model }) => model.length));
  return [
    `Bedrock's stand-in listens on ${server.url}`,
    '',
    'Set these to reach it:',
    ...variables.map(([name, value]) => `  export ${name}=${value}`),
    `or, in the place of the two keys, AWS_BEARER_TOKEN_BEDROCK=${server.bearerToken}`,
    '',
    'Application inference profiles:',
    ...server.profiles.map(({ model, arn }) => `  ${model.padEnd(width)}  ${arn}`),
    '',
    '',
  ].join('\n');
}

async function logWhenDone(request, stderr) {
  const aborted = await request.aborted;
  const parts = [
    request.operation ?? `${request.method} ${request.path}`,
    request.modelId,
    request.status ?? 'no answer',
    request.rule && `refused by ${request.rule}`,
    request.fault && `fault ${request.fault}`,
    aborted && 'the client left',
    `HTTP/${request.protocol}`,
  ];
  stderr.write(`${parts.filter(Boolean).join('  ')}\n`);
}

async function run(values, { stdout, stderr, signal }) {
  const logs = !values.quiet && !values.json;
  const { startLocalBedrock } = require('../../local-bedrock');
  const server = await startLocalBedrock({
    port: values.port,
    pace: values.pace,
    region: values.region,
    deny: values.deny,
    faults: values.fault,
    onRequest: logs ? (request) => logWhenDone(request, stderr) : undefined,
  });
  if (values.json) {
    const { url, host, port, region, credentials, bearerToken, profiles } = server;
    const line = {
      url,
      host,
      port,
      region,
      credentials,
      bearerToken,
      env: environment(server),
      profiles,
    };
    stdout.write(`${JSON.stringify(line)}\n`);
  } else {
    stdout.write(introduction(server));
  }
  if (signal && !signal.aborted) await once(signal, 'abort');
  await server.close();
  return 0;
}

function define(program, io) {
  program
    .command('local')
    .description('start a local stand-in for Bedrock, for tests and trials')
    .option('--port <n>', 'listen on this port; 0 takes a free one', wholeNumber('port'), 0)
    .option(
      '--pace <ms>',
      'milliseconds between the pieces of a streamed answer',
      wholeNumber('pace'),
      15,
    )
    .option('--region <name>', 'the region that is printed; every region is served', 'us-east-1')
    .option(
      '--deny <action>',
      'refuse an IAM action, such as bedrock:GetInferenceProfile; repeatable',
      gathered,
      [],
    )
    .option(
      '--fault <kind>',
      'let something go wrong with the next request, such as throttle, cut-reset or stall; repeatable, one request each',
      gathered,
      [],
    )
    .option('--json', 'print one line of JSON with the address, environment and profiles')
    .option('--quiet', 'do not print requests')
    .addHelpText(
      'after',
      `
It listens on 127.0.0.1, over HTTP/1.1 and HTTP/2, checks signatures and bearer tokens, answers Converse,
ConverseStream and the control plane of inference profiles, and refuses what the real service refuses, with
the real texts. It stops on Ctrl-C.

Example:
  $ bedrock-profile-client local --port 4567 --deny bedrock:GetInferenceProfile`,
    )
    .action(io.ending((values) => run(values, io)));
}

module.exports = { define };
