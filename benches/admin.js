#!/usr/bin/env node
// `npm run bench:admin`: how long the API of administration takes with 100,000 mappings and 5,000 profiles, and
// how long it holds up the event loop.
'use strict';

const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { setImmediate } = require('node:timers');
const { setTimeout: sleep } = require('node:timers/promises');
const { Worker, isMainThread, workerData, parentPort } = require('node:worker_threads');

const MAPPINGS = 100_000;
const PROFILES = 5000;

const arn = (at) =>
  `arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/${String(at).padStart(12, 'p')}`;

/** Milliseconds that this thread has worked: on a busy machine others' work would count, too. */
const worked = () =>
  Number(fs.readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;

/** The longest turn of the event loop, in milliseconds of work. */
class Turns {
  #before = worked();
  #isOver = false;
  longest = 0;

  constructor() {
    const turn = () => {
      const now = worked();
      this.longest = Math.max(this.longest, now - this.#before);
      this.#before = now;
      if (!this.#isOver) setImmediate(turn);
    };
    setImmediate(turn);
  }

  stop() {
    this.#isOver = true;
  }
}

/** Who asks is a thread of its own: it is not to hold up what is measured. */
async function ask() {
  const { url } = workerData;
  for await (const [{ method = 'GET', address, body }] of messages()) {
    const started = performance.now();
    const response = await fetch(url + address, {
      method,
      headers: {
        'X-Requested-With': 'bedrock-profile-client',
        'If-Match': '*',
        'Content-Type': 'application/json',
      },
      body,
    });
    const text = await response.text();
    parentPort.postMessage({ took: performance.now() - started, status: response.status, text });
  }
}

async function* messages() {
  for (;;) yield once(parentPort, 'message');
}

async function main() {
  const { BedrockProfileClient } = require('..');
  const { createAdminRouter } = require('../lib/admin');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'admin-bench-'));
  const file = path.join(folder, 'mappings.json');
  const mappings = Object.fromEntries(
    Array.from({ length: MAPPINGS }, (_, at) => [
      `Team ${at}`,
      {
        profiles: [arn(at % PROFILES)],
        model: 'anthropic.claude-sonnet-4-6',
        label: `Label ${at}`,
      },
    ]),
  );
  fs.writeFileSync(file, JSON.stringify(mappings, null, 2));
  const client = new BedrockProfileClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
    store: 'memory',
    mappingsFile: file,
  });
  await client.resolve('Team 1');
  const router = createAdminRouter({ client, authorize: () => 'bench' });
  const server = http.createServer(router).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}/api`;
  const worker = new Worker(__filename, { workerData: { url } });
  await sleep(200);
  const timed = async (name, question) => {
    const turns = new Turns();
    worker.postMessage(question);
    const [{ took, status, text }] = await once(worker, 'message');
    turns.stop();
    const size = `${(text.length / 1024).toFixed(0)} KiB`;
    console.log(
      `${name.padEnd(34)} ${took.toFixed(0).padStart(6)} ms  longest turn ${turns.longest.toFixed(0).padStart(4)} ms  ${status}  ${size}`,
    );
    return JSON.parse(text);
  };
  await timed('session', { address: '/session' });
  await timed('first page', { address: '/profiles' });
  const started = performance.now();
  while (!(await timed('waiting for all', { address: '/profiles?limit=1' })).complete)
    await sleep(100);
  console.log(`all is known after ${(performance.now() - started).toFixed(0)} ms`);
  await timed('first page again', { address: '/profiles' });
  await timed('page in the middle, 500', { address: '/profiles?offset=50000&limit=500' });
  await timed('search', { address: '/profiles?q=label%2099' });
  await timed('search again', { address: '/profiles?q=team%20123' });
  await timed('sort by label', { address: '/profiles?sort=-label' });
  await timed('sort by label again', { address: '/profiles?sort=-label&offset=500' });
  await timed('sort by calls', { address: '/profiles?sort=-calls' });
  await timed('filter by region', { address: '/profiles?region=us-east-1&sort=model' });
  await timed('mappings', { address: '/mappings?q=999' });
  const set = { 'Team 7': 'amazon.nova-pro-v1:0' };
  await timed('validate one', {
    method: 'POST',
    address: '/mappings/validate',
    body: JSON.stringify({ set }),
  });
  await timed('change one', {
    method: 'PATCH',
    address: '/mappings',
    body: JSON.stringify({ set }),
  });
  await timed('first page after it', { address: '/profiles' });
  await worker.terminate();
  router.close();
  client.destroy();
  server.close();
  fs.rmSync(folder, { recursive: true });
}

void (isMainThread ? main() : ask());
