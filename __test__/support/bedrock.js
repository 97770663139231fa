'use strict';

/** What every suite of the client shares: the stand-in, clients of it, and ways to wait. */

const { execFile } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const { once } = require('node:events');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const path = require('node:path');
const { BedrockRuntimeClient } = require('@aws-sdk/client-bedrock-runtime');
const { NodeHttp2Handler, NodeHttpHandler } = require('@smithy/node-http-handler');
const { BedrockProfileClient } = require('../..');
const { startLocalBedrock } = require('../../local-bedrock');
const { selfSigned } = require('./certificates');

const ROOT = path.join(__dirname, '..', '..');
const SONNET = 'us.anthropic.claude-sonnet-4-6';
const CLAUDE_37 = 'anthropic.claude-3-7-sonnet-20250219-v1:0';

const open = [];
const CLOUD = /^(AWS_|BEDROCK_|HTTPS?_PROXY$|NO_PROXY$|PROXY$|https?_proxy$|no_proxy$|proxy$)/;
const before = {};

// What this machine's environment says about AWS must not decide a test.
beforeEach(() => {
  for (const name of Object.keys(process.env)) {
    if (!CLOUD.test(name)) continue;
    before[name] = process.env[name];
    delete process.env[name];
  }
  process.env.BEDROCK_PROFILE_STORE = 'memory'; // what one test has learned is no other's
});

afterEach(async () => {
  for (const item of open.splice(0)) await (item.destroy ?? item.close).call(item);
  for (const name of Object.keys(process.env)) if (CLOUD.test(name)) delete process.env[name];
  Object.assign(process.env, before);
});

/** How this project of jest.config.js reaches the stand-in: `http1` or `http2` over TLS, or neither. */
const transport = globalThis.TRANSPORT;
const certificate = transport && selfSigned();

/** Keys of a user of their own. */
const user = (more) => ({
  accessKeyId: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
  secretAccessKey: randomBytes(20).toString('hex'),
  ...more,
});

/**
 * Starts a stand-in that ends with the test. Its keys are its own: the process remembers a clock that is wrong
 * by them, and by a port, which comes again.
 */
async function start(options) {
  const credentials = user();
  const server = await startLocalBedrock({ pace: 0, tls: certificate, credentials, ...options });
  open.push(server);
  return server;
}

/**
 * Starts a server that answers nothing by itself, spoken to as this project speaks to the stand-in.
 *
 * @param {(request: object, response: object) => void} onRequest
 * @param {object} [options] of `node:http2`
 */
async function startBare(onRequest, options) {
  const server = certificate
    ? http2.createSecureServer({ ...certificate, allowHTTP1: true, ...options }, onRequest)
    : http.createServer(onRequest);
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `${certificate ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;
  open.push({
    close() {
      server.close();
      // An idle connection would keep the process alive.
      for (const socket of sockets) socket.destroy();
    },
  });
  return { url };
}

/** What a client needs to reach the stand-in as this project does. */
function reaching(server) {
  if (!server.url?.startsWith('https:') || certificate === undefined) return {};
  const options = { ca: certificate.cert };
  if (transport === 'http2') {
    return { requestHandler: new NodeHttp2Handler({ nodeHttp2ConnectOptions: options }) };
  }
  return { requestHandler: new NodeHttpHandler({ httpsAgent: new https.Agent(options) }) };
}

/** A client of ours for a stand-in. */
function client(server, options = {}) {
  const made = new BedrockProfileClient({
    region: server.region,
    endpoint: server.url,
    credentials: server.credentials,
    ...reaching(server),
    ...options,
  });
  open.unshift(made);
  return made;
}

/** The AWS SDK's client for a stand-in. */
function awsClient(server, options = {}) {
  const made = new BedrockRuntimeClient({
    region: server.region,
    endpoint: server.url,
    credentials: server.credentials,
    requestHandler: new NodeHttpHandler(certificate && { httpsAgent: { ca: certificate.cert } }),
    ...options,
  });
  open.unshift(made);
  return made;
}

/** An input that asks something of a model. */
function ask(text = 'Good day', more = {}) {
  return { modelId: SONNET, messages: [{ role: 'user', content: [{ text }] }], ...more };
}

async function collect(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** The error a promise rejects with; a promise that resolves is an error itself. */
function failure(promise) {
  return promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error) => error,
  );
}

/** What became of a call: the events that arrived, and the error that ended it. */
async function outcome(made, operation = 'converseStream', input = ask()) {
  const events = [];
  try {
    const answer = await made[operation](input);
    if (answer.stream) for await (const event of answer.stream) events.push(event);
    return { events, answer };
  } catch (error) {
    return { events, error };
  }
}

/** The error a function throws. */
function thrown(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('it did not throw');
}

/** Resolves as soon as `condition` holds; the turns of the loop between are its only delay. */
async function until(condition) {
  for (;;) {
    const value = await condition();
    if (value) return value;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** An application profile that no other test knows: what the process learns of an ARN it keeps. */
function freshProfile(server, from = `us.${CLAUDE_37}`, region = 'us-east-1') {
  return server.addProfile({ region, id: randomBytes(6).toString('hex'), from });
}

/** Collects what a client warns of. */
function warnings() {
  const heard = [];
  return { heard, logger: { warn: (message) => heard.push(message) } };
}

/** The environment without anything about AWS or proxies. */
function cleanEnvironment(more) {
  const kept = Object.entries(process.env).filter(([name]) => !CLOUD.test(name));
  return { ...Object.fromEntries(kept), BEDROCK_PROFILE_STORE: 'memory', ...more };
}

/** How a process of its own trusts the stand-in. */
const trusting = () => (certificate ? { NODE_EXTRA_CA_CERTS: certificate.file } : {});

/**
 * Runs a script in a Node.js of its own, in the package's folder. Resolves with how it ended.
 *
 * @param {string} script
 * @param {{ env?: object, flags?: string[], timeout?: number }} [options]
 */
function run(script, { env, flags = [], timeout = 20_000 } = {}) {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...flags, '-e', script],
      { cwd: ROOT, env: cleanEnvironment({ ...trusting(), ...env }), timeout },
      (error, stdout, stderr) => {
        resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr, error });
      },
    );
  });
}

/** The first lines of a script for `run`: a client of a stand-in, and an input. */
function preamble(server, options = {}) {
  const settings = {
    region: server.region,
    endpoint: server.url,
    credentials: server.credentials,
    ...options,
  };
  return `
    const { BedrockProfileClient } = require('./index.js');
    const client = new BedrockProfileClient(${JSON.stringify(settings)});
    const input = ${JSON.stringify(ask())};
  `;
}

module.exports = {
  ROOT,
  SONNET,
  CLAUDE_37,
  ask,
  awsClient,
  cleanEnvironment,
  client,
  collect,
  failure,
  freshProfile,
  outcome,
  preamble,
  run,
  start,
  startBare,
  thrown,
  until,
  user,
  warnings,
  trusting,
};
