#!/usr/bin/env node
// What a store and a file of mappings cost, and what becomes of calls while a Redis dies and comes back:
//   node benches/store.js [mappings] [resolve] [cold] [chaos] [--seconds 60]
// `cold` and `chaos` need redis-server, `resolve` needs cargo. Each prints one line of JSON.
'use strict';

const { execFileSync, fork, spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { setTimeout: wait } = require('node:timers/promises');
const { parseArgs } = require('node:util');

const ROOT = path.join(__dirname, '..');
const SONNET = 'anthropic.claude-sonnet-4-6';
const ENTRIES = 100_000;
const COLD = { processes: 4, requests: 250 };
const RATE = 500;
const WARM = 100_000;

const arnOf = (number) =>
  `arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/${number
    .toString(36)
    .padStart(12, '0')}`;

const round = (value, digits = 2) => Number(value.toFixed(digits));

function percentile(values, part) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/** 100,000 mappings of a file: the time until they count, their memory, and what resolving costs then. */
async function mappings(folder) {
  for (const [name, write] of [
    ['json', (entries) => JSON.stringify(Object.fromEntries(entries))],
    ['yaml', (entries) => entries.map(([arn, model]) => `'${arn}': ${model}\n`).join('')],
  ]) {
    const measured = [];
    for (const count of [10, ENTRIES]) {
      const file = path.join(folder, `mappings-${count}.${name}`);
      const entries = Array.from({ length: count }, (_, number) => [arnOf(number), SONNET]);
      fs.writeFileSync(file, write(entries));
      measured.push(await inProcess('load', { file, last: arnOf(count - 1) }));
    }
    const [few, many] = measured;
    print(`mappings ${name}`, {
      milliseconds: round(many.milliseconds),
      megabytes: round((many.rss - few.rss) / 2 ** 20),
      longestBlock: round(many.blocked),
      resolveSync: { few: round(few.resolveSync), many: round(many.resolveSync) },
    });
  }
}

/** What a warm resolve costs within the core: the fastest of some rounds, as others only add to it. */
function warmResolve() {
  const { build, given } = require('./counts/index.js');
  const [program, input] = [build('--release'), given()];
  const rounds = Array.from({ length: 40 }, () => {
    const words = ['resolve', String(WARM)];
    return JSON.parse(execFileSync(program, words, { input, encoding: 'utf8' })).nanoseconds / WARM;
  });
  print('resolve', { nanoseconds: round(Math.min(...rounds), 0) });
}

/** Cold processes that want one profile at once. */
async function cold(folder) {
  const [server, redis] = await Promise.all([standIn(), startRedis(folder)]);
  const arn = server.addProfile({ region: server.region, from: `us.${SONNET}` }).arn;
  const about = { server: reaching(server), arn, store: redis.url, requests: COLD.requests };
  const all = await Promise.all(
    Array.from({ length: COLD.processes }, () => inProcess('resolve', about)),
  );
  const lookups = server.requests.filter(({ operation }) => operation === 'GetInferenceProfile');
  print('cold', {
    requests: COLD.processes * COLD.requests,
    lookups: lookups.length,
    resolved: all.reduce((sum, { resolved }) => sum + resolved, 0),
    slowest: round(Math.max(...all.map(({ slowest }) => slowest))),
  });
  await Promise.all([redis.stop(), server.close()]);
}

/** Calls at a rate, with a Redis that lives, and with one that is killed and started every 5 s. */
async function chaos(folder, { seconds }) {
  const results = {};
  for (const dies of [false, true]) {
    const server = await standIn();
    let redis = await startRedis(folder);
    const arns = Array.from(
      { length: 50 },
      () => server.addProfile({ region: server.region, from: `us.${SONNET}` }).arn,
    );
    const client = open({ server: reaching(server), store: redis.url });
    for (const arn of arns) await client.resolve(arn);
    const killing = new AbortController();
    const killer = (async () => {
      if (!dies) return;
      while (!killing.signal.aborted) {
        await wait(2500, undefined, { signal: killing.signal }).catch(() => {});
        await redis.stop();
        await wait(2500, undefined, { signal: killing.signal }).catch(() => {});
        redis = await startRedis(folder, redis.port);
      }
    })();
    const times = [];
    let failed = 0;
    const pending = new Set();
    const started = performance.now();
    for (let number = 0; performance.now() - started < seconds * 1000; number += 1) {
      const due = started + (number * 1000) / RATE;
      if (due > performance.now()) await wait(due - performance.now());
      const from = performance.now();
      const call = client
        .converse({
          modelId: arns[number % arns.length],
          messages: [{ role: 'user', content: [{ text: 'Good day' }] }],
        })
        .then(
          () => times.push(performance.now() - from),
          () => {
            failed += 1;
          },
        )
        .finally(() => pending.delete(call));
      pending.add(call);
      server.requests.length = 0;
    }
    await Promise.all(pending);
    killing.abort();
    await killer;
    results[dies ? 'dies' : 'lives'] = {
      requests: times.length + failed,
      failed,
      p50: round(percentile(times, 0.5)),
      p99: round(percentile(times, 0.99)),
    };
    client.destroy();
    await Promise.all([redis.stop(), server.close()]);
  }
  print('chaos', { ...results, p99Rise: round(results.dies.p99 - results.lives.p99) });
}

/** What runs in a process of its own. */
const TASKS = {
  async load({ file, last }) {
    const client = open({ mappingsFile: file });
    client.resolveSync(SONNET); // the addon is loaded
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const started = performance.now();
    const { source } = await client.resolve(last);
    const milliseconds = performance.now() - started;
    delay.disable();
    if (source !== 'mapping') throw new Error(`it came from ${source}`);
    await wait(500);
    const rss = process.memoryUsage.rss();
    for (let n = 0; n < 20_000; n += 1) client.resolveSync(last);
    const from = performance.now();
    for (let n = 0; n < 100_000; n += 1) client.resolveSync(last);
    const resolveSync = (performance.now() - from) / 100;
    return { milliseconds, rss, blocked: delay.max / 1e6, resolveSync };
  },

  async resolve({ server, arn, store, requests }) {
    const client = open({ server, store });
    const started = performance.now();
    const all = await Promise.all(Array.from({ length: requests }, () => client.resolve(arn)));
    const slowest = performance.now() - started;
    return { resolved: all.filter(({ model }) => model === SONNET).length, slowest };
  },
};

function open({ server, ...options }) {
  const { BedrockProfileClient } = require('..');
  return new BedrockProfileClient({ region: 'us-east-1', store: 'memory', ...server, ...options });
}

const reaching = ({ region, url, credentials }) => ({ region, endpoint: url, credentials });

async function standIn() {
  const { startLocalBedrock } = require('../local-bedrock');
  return startLocalBedrock({ pace: 0 });
}

function inProcess(task, about) {
  return new Promise((resolve, reject) => {
    const child = fork(__filename, [], { env: { ...process.env, TASK: task } });
    child.once('message', ({ result, error }) =>
      error ? reject(new Error(error)) : resolve(result),
    );
    child.once('exit', (code) => reject(new Error(`${task} ended with ${code}`)));
    child.send(about);
  });
}

async function startRedis(folder, port) {
  const at = port ?? (await freePort());
  const args = ['--port', String(at), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error('redis-server ended')));
    child.stdout.on('data', (said) => {
      if (String(said).includes('Ready to accept')) resolve();
    });
  });
  const stop = () =>
    new Promise((resolve) => {
      child.removeAllListeners('exit').once('exit', resolve);
      child.kill('SIGKILL');
    });
  return { port: at, url: `redis://127.0.0.1:${at}`, stop };
}

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function print(what, measured) {
  console.log(JSON.stringify({ what, ...measured }));
}

async function main() {
  if (process.env.TASK !== undefined) {
    process.once('message', async (about) => {
      const said = await TASKS[process.env.TASK](about).then(
        (result) => ({ result }),
        (error) => ({ error: error.stack }),
      );
      process.send(said, () => process.exit());
    });
    return;
  }
  const { values, positionals } = parseArgs({
    options: { seconds: { type: 'string', default: '60' } },
    allowPositionals: true,
  });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-store-'));
  process.env.XDG_CACHE_HOME = folder;
  process.chdir(ROOT);
  const measures = { mappings, resolve: warmResolve, cold, chaos };
  try {
    for (const name of positionals.length > 0 ? positionals : Object.keys(measures)) {
      await measures[name](folder, { seconds: Number(values.seconds) });
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

main();
