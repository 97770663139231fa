#!/usr/bin/env node
// `npm run bench`: this client and the AWS SDK's, side by side against one server, in alternating
// rounds. What is measured, and how to read it: docs/benchmarks.md.
'use strict';

const { execFileSync, fork } = require('node:child_process');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { isReleaseBuild } = require('./addon.js');
const { callRound, constructorRound, newClientRound } = require('./calls.js');
const { CLIENTS, forgetEnvironment } = require('./clients.js');
const { medians } = require('./meter.js');
const { machine, table } = require('./report.js');
const { streamRound } = require('./streams.js');

const USAGE = `usage: npm run bench -- [--quick] [--json] [--only streams,calls,construct,load,memory]
                        [--rounds 7] [--streams 100] [--rate 50]`;

const FLAGS = {
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  only: { type: 'string' },
  rounds: { type: 'string' },
  streams: { type: 'string', default: '100' },
  rate: { type: 'string', default: '50' },
};

const MICROSECONDS = { unit: 'µs', scale: 1000 };
const MILLISECONDS = { unit: 'ms', scale: 1 };
const MEGABYTES = { unit: 'MB', scale: 1 / 2 ** 20 };

/** Each section yields rows: what was measured, for each client. */
const SECTIONS = {
  async *streams({ rounds, streams, rate, quick }, server) {
    const settings = { streams, rate, seconds: quick ? 2 : 4 };
    const warmUp = { ...settings, seconds: 1 };
    let busiest = 0;
    const measured = await alternate(rounds, warmUp, settings, async (client, how) => {
      await server.load();
      const result = await streamRound(client, server.url, how);
      busiest = Math.max(busiest, await server.load());
      return result;
    });
    const what = `an event, ${streams} streams of ${rate} a second`;
    yield row(`${what}: main thread`, MICROSECONDS, measured, 'main', '≥ 8 times less');
    yield row(`${what}: event loop busy`, MICROSECONDS, measured, 'active');
    yield row(`${what}: all threads`, MICROSECONDS, measured, 'total');
    yield row('events delivered of those due', { unit: '%', scale: 100 }, measured, 'delivered');
    if (busiest > 0.9) {
      warn(`the server was ${Math.round(busiest * 100)} % busy: it may have set the pace.`);
    }
  },

  async *calls({ rounds, quick }, server) {
    const cases = [
      ['small', 1, quick ? 100 : 400, 'a small Converse call, one by one'],
      ['small', 32, quick ? 320 : 960, 'a small Converse call, 32 at once'],
      ['large', 1, quick ? 20 : 60, 'a Converse call of 201 messages and 50 tools, one by one'],
      ['large', 32, quick ? 64 : 128, 'a Converse call of 201 messages and 50 tools, 32 at once'],
    ];
    for (const [size, width, count, what] of cases) {
      const settings = { size, width, count };
      const measured = await alternate(rounds, settings, settings, (client, how) =>
        callRound(client, server.url, how),
      );
      yield row(`${what}: main thread`, MICROSECONDS, measured, 'main', '≥ 10 times less');
      yield row(`${what}: all threads`, MICROSECONDS, measured, 'total');
      yield row(`${what}: elapsed`, MICROSECONDS, measured, 'wall');
    }
  },

  async *construct({ rounds, quick }, server) {
    const settings = { count: quick ? 200 : 1000 };
    const constructed = await alternate(rounds, settings, settings, (client, how) =>
      constructorRound(client, server.url, how),
    );
    // Too short for the scheduler's clock, and it never waits.
    yield row('a constructor', MICROSECONDS, constructed, 'wall', '< 20 µs');
    const first = { count: quick ? 50 : 200 };
    const called = await alternate(rounds, first, first, (client, how) =>
      newClientRound(client, server.url, how),
    );
    const what = 'a new client and its first small Converse call';
    yield row(`${what}: main thread`, MICROSECONDS, called, 'main');
    yield row(`${what}: elapsed`, MICROSECONDS, called, 'wall');
  },

  async *load({ quick }) {
    const measured = await alternate(quick ? 5 : 15, undefined, {}, (_client, _how, name) =>
      fresh('load', name),
    );
    yield row('require(), in a fresh process', MILLISECONDS, measured, 'milliseconds', '< 15 ms');
  },

  async *memory({ quick }, server) {
    const streams = quick ? 300 : 1000;
    const measured = await alternate(quick ? 1 : 3, undefined, {}, (_client, _how, name) =>
      fresh('memory', name, server.url, String(streams)),
    );
    const what = `memory after ${streams} streams, 100 at once`;
    yield row(`${what}: resident`, MEGABYTES, measured, 'rss');
    yield row(`${what}: grown since load`, MEGABYTES, measured, 'grown');
    yield row(`${what}: grown at the peak`, MEGABYTES, measured, 'peak');
  },
};

/**
 * Rounds of each client in turn, after one that does not count; the order turns too, so that
 * neither always comes after the other.
 */
async function alternate(rounds, warmUp, settings, round) {
  const names = Object.keys(CLIENTS);
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

async function startServer() {
  const child = fork(path.join(__dirname, 'server.js'), { execArgv: [] });
  const next = () => new Promise((resolve) => void child.once('message', resolve));
  const { url } = await next();
  return {
    url,
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
  const only = values.only?.split(',') ?? Object.keys(SECTIONS);
  const unknown = only.find((name) => !Object.hasOwn(SECTIONS, name));
  if (unknown !== undefined) throw new Error(`--only knows no "${unknown}".`);
  return {
    quick: values.quick,
    json: values.json,
    only,
    rounds: number('rounds', values.quick ? 3 : 7),
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
  const server = await startServer();
  const rows = [];
  try {
    for (const name of settings.only) {
      for await (const measured of SECTIONS[name](settings, server)) {
        rows.push(measured);
        if (!settings.json) console.error(`  ${measured.what}`);
      }
    }
  } finally {
    server.stop();
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
  if (global.gc === undefined) {
    // The garbage of one round must not be collected in the next.
    const again = fork(__filename, process.argv.slice(2), { execArgv: ['--expose-gc'] });
    again.on('exit', (code) => process.exit(code ?? 1));
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
