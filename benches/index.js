#!/usr/bin/env node
// `npm run bench`: this client, the AWS SDK's, the AI SDK's and plain Node.js, side by side against one
// server, in alternating rounds. What is measured, and how to read it: docs/performance.md.
'use strict';

const { fork } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { isReleaseBuild } = require('./addon.js');
const { CLIENTS, forgetEnvironment } = require('./clients.js');
const { makeCertificate, startServer } = require('./processes.js');
const { goalsTable, machine, table } = require('./report.js');

/** Each section is given the settings and where to find the server, and yields rows. */
const SECTIONS = {
  ...require('./sections/streams.js'),
  ...require('./sections/calls.js'),
  ...require('./sections/latency.js'),
  ...require('./sections/memory.js'),
  ...require('./sections/uploads.js'),
  ...require('./sections/growth.js'),
};

/** What does not depend on how the server is reached. */
const ONCE = ['load', 'resolving'];

const USAGE = `usage: npm run bench -- [--quick] [--json] [--out results.json] [--into results.json]
                        [--rounds 3] [--streams 100] [--rate 200] [--transports clear,tls]
                        [--only ${Object.keys(SECTIONS).join(',')}]
                        [--clients ${Object.keys(CLIENTS).join(',')}]`;

const FLAGS = {
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  out: { type: 'string' },
  into: { type: 'string' },
  only: { type: 'string' },
  transports: { type: 'string' },
  clients: { type: 'string' },
  rounds: { type: 'string' },
  streams: { type: 'string', default: '100' },
  rate: { type: 'string', default: '200' },
};

const say = (message) => console.error(message);

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
    if (unknown === undefined) return known.filter((one) => wanted.includes(one));
    throw new Error(`--${name} knows no "${unknown}"; there are ${known.join(', ')}.`);
  };
  return {
    quick: values.quick,
    json: values.json,
    out: values.out,
    into: values.into,
    only: list('only', Object.keys(SECTIONS)),
    transports: list('transports', ['clear', 'tls']),
    clients: list('clients', Object.keys(CLIENTS)),
    rounds: number('rounds', values.quick ? 1 : 3),
    streams: number('streams'),
    rate: number('rate'),
  };
}

/** The rows of one section over one transport, beside a server of their own. */
async function runSection(name, transport, settings) {
  const server = await startServer(transport);
  const rows = [];
  const started = performance.now();
  try {
    for await (const row of SECTIONS[name](settings, { server, transport })) {
      rows.push({ transport, ...row });
    }
  } finally {
    server.stop();
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (rows.length > 0) say(`  ${transport}: ${name}, ${seconds} s`);
  return rows;
}

/** The results of a file with these rows instead of those of the same name. */
function replaced(file, rows) {
  const { about, rows: before } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const same = (one, other) => one.id === other.id && one.transport === other.transport;
  const kept = before.map((row) => rows.find((one) => same(one, row)) ?? row);
  const added = rows.filter((row) => !before.some((one) => same(one, row)));
  return { about, rows: [...kept, ...added] };
}

async function main(settings) {
  forgetEnvironment();
  const release = isReleaseBuild();
  if (release === false) {
    say('This is a development build: `npm run build:release` makes what is published.');
  }
  const minutes = settings.quick ? 5 : 3 + 5 * settings.rounds;
  if (settings.only.length === Object.keys(SECTIONS).length) {
    say(`Everything takes some ${minutes} minutes on two cores that do nothing else.`);
  }
  const rows = [];
  for (const [at, transport] of settings.transports.entries()) {
    for (const name of settings.only) {
      if (at > 0 && ONCE.includes(name)) continue;
      rows.push(...(await runSection(name, transport, settings)));
    }
  }
  const { json, into, out = into, ...asked } = settings;
  const about = { ...machine(), release: release ?? 'unknown', ...asked };
  const results = into === undefined ? { about, rows } : replaced(into, rows);
  const text = `${JSON.stringify(results, null, 2)}\n`;
  if (out !== undefined) fs.writeFileSync(out, text);
  console.log(json ? text : `${table(results)}\n\n${goalsTable(results)}`);
}

function start() {
  let settings;
  try {
    settings = readArguments();
  } catch (error) {
    say(`${error.message}\n${USAGE}`);
    process.exit(2);
  }
  if (process.env.BENCH_CERTIFICATE === undefined) {
    // Node.js reads which certificates to trust as it starts; and the garbage of one round must not
    // be collected in the next.
    const made = makeCertificate();
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
