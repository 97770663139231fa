#!/usr/bin/env node
// `npm run bench`: this client, the AWS SDK's and plain node:http, side by side against one server,
// in alternating rounds. What is measured, and how to read it: docs/benchmarks.md.
'use strict';

const { execFileSync, fork } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { isReleaseBuild } = require('./addon.js');
const { callRound, constructorRound, newClientRound } = require('./calls.js');
const { CLIENTS, forgetEnvironment } = require('./clients.js');
const { medians } = require('./meter.js');
const { machine, table } = require('./report.js');
const { pacedRound, unpacedRound } = require('./streams.js');

const USAGE = `usage: npm run bench -- [--quick] [--json] [--rounds 5] [--streams 100] [--rate 200]
                        [--only streams,burst,saturation,calls,construct,load,memory]
                        [--transports clear,tls] [--clients ${Object.keys(CLIENTS).join(',')}]`;

const FLAGS = {
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  only: { type: 'string' },
  transports: { type: 'string', default: 'clear,tls' },
  clients: { type: 'string' },
  rounds: { type: 'string' },
  streams: { type: 'string', default: '100' },
  rate: { type: 'string', default: '200' },
};

const MICROSECONDS = { unit: 'µs', scale: 1000 };
const MILLISECONDS = { unit: 'ms', scale: 1 };
const MEGABYTES = { unit: 'MB', scale: 1 / 2 ** 20 };
const COUNT = { unit: '/s', scale: 1 };

/** Each section yields rows: what was measured, for each client. */
const SECTIONS = {
  async *streams({ rounds, streams, rate, quick, clients }, server) {
    const settings = { streams, rate, seconds: quick ? 2 : 4 };
    let busiest = 0;
    const round = async (client, how) => {
      await server.load();
      const result = await pacedRound(client, server.at, how);
      busiest = Math.max(busiest, await server.load());
      return result;
    };
    const measured = await alternate(clients, rounds, { ...settings, seconds: 1 }, settings, round);
    const what = `an event, ${streams} streams of ${rate} a second`;
    yield row(`${what}: main thread`, MICROSECONDS, measured, 'main');
    yield row(`${what}: all threads`, MICROSECONDS, measured, 'total');
    yield row(`${what}: event loop late, p99`, MILLISECONDS, measured, 'delay');
    yield row('events delivered of those due', { unit: '%', scale: 100 }, measured, 'delivered');
    if (busiest > 0.9) {
      warn(`the server was ${Math.round(busiest * 100)} % busy: it may have set the pace.`);
    }
  },

  async *burst({ rounds, quick, clients }, server) {
    const settings = { streams: 1, events: quick ? 100_000 : 300_000 };
    const warmUp = { ...settings, events: 50_000 };
    const measured = await alternate(clients, rounds, warmUp, settings, (client, how) =>
      unpacedRound(client, server.at, how),
    );
    yield row('an event, one burst: main thread', MICROSECONDS, measured, 'main');
    yield row('an event, one burst: all threads', MICROSECONDS, measured, 'total');
  },

  async *saturation({ rounds, quick, clients }, server) {
    const settings = { streams: 1000, events: quick ? 100 : 200 };
    const warmUp = { ...settings, events: 20 };
    const measured = await alternate(clients, rounds, warmUp, settings, (client, how) =>
      unpacedRound(client, server.at, how),
    );
    const what = `${settings.streams} streams as fast as they are read`;
    yield row(`an event, ${what}: main thread`, MICROSECONDS, measured, 'main');
    yield row(`an event, ${what}: all threads`, MICROSECONDS, measured, 'total');
    yield row('the same: events', COUNT, measured, 'perSecond');
    yield row('the same: event loop late, p99', MILLISECONDS, measured, 'delay');
  },

  async *calls({ rounds, quick, clients }, server) {
    const cases = [
      ['small', 1, quick ? 200 : 800, 'a small Converse call, one by one'],
      ['small', 8, quick ? 320 : 960, 'a small Converse call, 8 at once'],
      ['large', 1, quick ? 20 : 60, 'a Converse call of 201 messages and 50 tools, one by one'],
      ['large', 8, quick ? 64 : 128, 'a Converse call of 201 messages and 50 tools, 8 at once'],
    ];
    for (const [size, width, count, what] of cases) {
      const settings = { size, width, count };
      const measured = await alternate(clients, rounds, settings, settings, (client, how) =>
        callRound(client, server.at, how),
      );
      yield row(`${what}: main thread`, MICROSECONDS, measured, 'main');
      yield row(`${what}: all threads`, MICROSECONDS, measured, 'total');
      yield row(`${what}: elapsed`, MICROSECONDS, measured, 'wall');
    }
  },

  async *construct({ rounds, quick, clients }, server) {
    const settings = { count: quick ? 200 : 1000 };
    const constructed = await alternate(clients, rounds, settings, settings, (client, how) =>
      constructorRound(client, server.at, how),
    );
    // Too short for the scheduler's clock, and it never waits.
    yield row('a constructor', MICROSECONDS, constructed, 'wall', '< 10 µs');
    const first = { count: quick ? 50 : 200 };
    const called = await alternate(clients, rounds, first, first, (client, how) =>
      newClientRound(client, server.at, how),
    );
    const what = 'a new client and its first small Converse call';
    yield row(`${what}: main thread`, MICROSECONDS, called, 'main');
    yield row(`${what}: elapsed`, MICROSECONDS, called, 'wall');
  },

  async *load({ quick, clients }) {
    const measured = await alternate(
      clients,
      quick ? 5 : 15,
      undefined,
      {},
      (_client, _how, name) => fresh('load', name),
    );
    yield row('require(), in a fresh process', MILLISECONDS, measured, 'milliseconds', '< 8 ms');
  },

  async *memory({ quick, clients }, server) {
    const streams = quick ? 300 : 1000;
    const at = JSON.stringify(server.at);
    const measured = await alternate(clients, quick ? 1 : 3, undefined, {}, (_client, _how, name) =>
      fresh('memory', name, at, String(streams)),
    );
    const what = `memory after ${streams} streams, 100 at once`;
    yield row(`${what}: resident`, MEGABYTES, measured, 'rss');
    yield row(`${what}: grown since load`, MEGABYTES, measured, 'grown');
    yield row(`${what}: grown at the peak`, MEGABYTES, measured, 'peak');
  },
};

/** What does not depend on how the server is reached. */
const ONCE = ['load'];

/**
 * Rounds of each client in turn, after one that does not count; the order turns too, so that
 * none always comes after another.
 */
async function alternate(names, rounds, warmUp, settings, round) {
  if (warmUp) for (const name of names) await round(CLIENTS[name], warmUp, name);
  const measured = Object.fromEntries(names.map((name) => [name, []]));
  for (let turn = 0; turn < rounds; turn += 1) {
    for (let at = 0; at < names.length; at += 1) {
      const name = names[(turn + at) % names.length];
      measured[name].push(await round(CLIENTS[name], settings, name));
    }
  }
  return Object.fromEntries(names.map((name) => [name, medians(measured[name])]));
}

function row(what, { unit, scale }, measured, member, target) {
  const values = Object.entries(measured).map(([name, { [member]: value }]) => [
    name,
    value * scale,
  ]);
  return { what, unit, target, values: Object.fromEntries(values) };
}

/** A measurement in a process of its own; its last line is JSON. */
function fresh(...words) {
  const file = path.join(__dirname, 'fresh.js');
  const printed = execFileSync(process.execPath, ['--expose-gc', file, ...words], {
    encoding: 'utf8',
  });
  return JSON.parse(printed.trim().split('\n').at(-1));
}

/** A certificate for the server, which every client trusts through NODE_EXTRA_CA_CERTS. */
function certificate() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bedrock-bench-'));
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name));
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const about = [
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=bench',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
  ];
  execFileSync('openssl', [...words, ...about, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key, cert };
}

async function startServer(transport) {
  const { key, cert } = JSON.parse(process.env.BENCH_CERTIFICATE);
  const words = transport === 'tls' ? [key, cert] : [];
  const child = fork(path.join(__dirname, 'server.js'), words, { execArgv: [] });
  const next = () => new Promise((resolve) => void child.once('message', resolve));
  const { url } = await next();
  const ca = transport === 'tls' ? fs.readFileSync(cert, 'utf8') : undefined;
  return {
    at: { url, ca },
    /** How busy the server has been since the last question: 0 to 1. */
    async load() {
      const answer = next();
      child.send('load');
      return (await answer).load;
    },
    stop: () => child.kill(),
  };
}

const warn = (message) => console.error(`Warning: ${message}`);

function readArguments() {
  const { values } = parseArgs({ options: FLAGS });
  const number = (name, fallback) => {
    const value = Number(values[name] ?? fallback);
    if (Number.isInteger(value) && value > 0) return value;
    throw new Error(`--${name} must be a whole number above 0, not ${values[name]}.`);
  };
  const list = (name, known) => {
    const wanted = values[name]?.split(',') ?? known;
    const unknown = wanted.find((one) => !known.includes(one));
    if (unknown === undefined) return wanted;
    throw new Error(`--${name} knows no "${unknown}"; there are ${known.join(', ')}.`);
  };
  return {
    quick: values.quick,
    json: values.json,
    only: list('only', Object.keys(SECTIONS)),
    transports: list('transports', ['clear', 'tls']),
    clients: list('clients', Object.keys(CLIENTS)),
    rounds: number('rounds', values.quick ? 3 : 5),
    streams: number('streams'),
    rate: number('rate'),
  };
}

async function main(settings) {
  forgetEnvironment();
  const release = isReleaseBuild();
  if (release === false) {
    warn('the addon is a development build. `npm run build:release` makes what is published.');
  }
  const rows = [];
  for (const [at, transport] of settings.transports.entries()) {
    const server = await startServer(transport);
    try {
      for (const name of settings.only) {
        if (at > 0 && ONCE.includes(name)) continue;
        for await (const measured of SECTIONS[name](settings, server)) {
          rows.push({ transport, ...measured });
          if (!settings.json) console.error(`  ${transport}: ${measured.what}`);
        }
      }
    } finally {
      server.stop();
    }
  }
  const about = { ...machine(), release: release ?? 'unknown', settings };
  console.log(settings.json ? JSON.stringify({ about, rows }, null, 2) : table(about, rows));
}

function start() {
  let settings;
  try {
    settings = readArguments();
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    process.exit(2);
  }
  if (process.env.BENCH_CERTIFICATE === undefined) {
    // Node.js reads which certificates to trust as it starts; and the garbage of one round must not
    // be collected in the next.
    const made = certificate();
    const env = {
      ...process.env,
      BENCH_CERTIFICATE: JSON.stringify(made),
      NODE_EXTRA_CA_CERTS: made.cert,
    };
    const again = fork(__filename, process.argv.slice(2), { execArgv: ['--expose-gc'], env });
    again.on('exit', (code) => {
      fs.rmSync(path.dirname(made.cert), { recursive: true });
      process.exit(code ?? 1);
    });
    return;
  }
  main(settings).then(
    () => process.exit(),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
}

start();
