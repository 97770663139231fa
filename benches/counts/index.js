#!/usr/bin/env node
// `npm run bench:counts`: what the core's work takes in instructions and allocations, against limits.
// Counts do not depend on the machine's mood, so this is a check and runs with the tests. Needs
// valgrind for the instructions. `--write` sets the limits anew: say why in the commit.
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');
const LIMITS = path.join(__dirname, 'limits.json');

/** Each work, done few times and many: the difference is what one of them takes. */
const WORK = {
  event: { few: 500, many: 4500, one: 'an event of a stream' },
  call: { few: 20, many: 120, one: 'a small Converse call' },
  conversation: { few: 3, many: 9, one: 'a Converse call of 201 messages and 50 tools' },
  client: { few: 100, many: 1100, one: 'making a client' },
  resolve: { few: 1000, many: 11_000, one: 'resolving a mapped ARN' },
};

/** What is counted, and by how much it may exceed the figure in limits.json. */
const COUNTS = {
  instructions: { margin: 1.1, name: 'instructions' },
  allocations: { margin: 1.05, name: 'allocations' },
  allocated: { margin: 1.1, name: 'bytes allocated' },
  given: { margin: 1.02, name: 'bytes given to JavaScript' },
};

/** Below this a count is noise of what happens once. */
const SLACK = { instructions: 50, allocations: 0.25, allocated: 16, given: 1 };

/** The program that does the work; `more`: further words for cargo. */
function build(...more) {
  const common = [
    'build',
    '--workspace',
    '--example',
    'counts',
    '--message-format=json',
    '--quiet',
  ];
  const words = [...common, ...more];
  const { status, stdout } = spawnSync('cargo', words, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error('cargo could not build core/examples/counts.rs.');
  const built = stdout.split('\n').filter((line) => line.startsWith('{'));
  const messages = built.map((line) => JSON.parse(line));
  return messages.find(({ executable, target }) => executable && target.name === 'counts')
    .executable;
}

/** What the program reads: requests, and what its server answers. */
function given() {
  const { describe } = require('../../lib/settings.js');
  const { CREDENTIALS } = require('../clients.js');
  const inputs = require('../inputs.js');
  // A file is looked at by other threads, whenever they come to it.
  const store = 'memory';
  const common = { region: 'us-east-1', endpoint: 'http://127.0.0.1:0', store };
  const options = { ...common, credentials: CREDENTIALS };
  const { credentials, ...settings } = describe(options).known;
  return JSON.stringify({
    settings: JSON.stringify(settings),
    credentials: JSON.stringify({ own: credentials }),
    mappings: JSON.stringify({ [inputs.ARN]: inputs.MODEL }),
    id: inputs.ARN,
    small: JSON.stringify(inputs.small()),
    large: JSON.stringify(inputs.large()),
    answer: inputs.ANSWER,
    first: inputs.FRAMES.first.toString('hex'),
    event: inputs.FRAMES.deltas[0].toString('hex'),
    last: inputs.FRAMES.last.toString('hex'),
  });
}

function run(command, words, input) {
  const { status, stdout, stderr, error } = spawnSync(command, words, { input, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${[command, ...words].join(' ')} failed:\n${stderr}`);
  return { stdout, stderr };
}

const hasValgrind = () => spawnSync('valgrind', ['--version']).status === 0;

function instructions(program, words, input) {
  const tool = ['--tool=cachegrind', '--cache-sim=no', '--cachegrind-out-file=/dev/null'];
  const { stderr } = run('valgrind', [...tool, program, ...words], input);
  return Number(/I\s+refs:\s+([\d,]+)/.exec(stderr)[1].replaceAll(',', ''));
}

/** What one of each work takes. */
function measure(program, withInstructions) {
  const input = given();
  const once = (what, times) => {
    const words = [what, String(times)];
    const counted = JSON.parse(run(program, words, input).stdout);
    if (withInstructions) counted.instructions = instructions(program, words, input);
    return counted;
  };
  return Object.fromEntries(
    Object.entries(WORK).map(([what, { few, many }]) => {
      const [less, more] = [once(what, few), once(what, many)];
      const each = (name) => Math.round(((more[name] - less[name]) / (many - few)) * 100) / 100;
      const names = Object.keys(COUNTS).filter((name) => name in more);
      return [what, Object.fromEntries(names.map((name) => [name, each(name)]))];
    }),
  );
}

/** What has grown past its limit, each in a sentence. */
function grown(measured, limits) {
  return Object.entries(measured).flatMap(([what, counts]) =>
    Object.entries(counts).flatMap(([name, count]) => {
      const was = limits[what]?.[name];
      if (was === undefined) return [`benches/counts/limits.json says nothing of ${what}.${name}.`];
      const most = was * COUNTS[name].margin + SLACK[name];
      if (count <= most) return [];
      const share = was > 0 ? ` (${Math.round((100 * (count - was)) / was)} % more)` : '';
      return [
        `${WORK[what].one} takes ${count.toLocaleString('en')} ${COUNTS[name].name}, ` +
          `was ${was.toLocaleString('en')}${share}.`,
      ];
    }),
  );
}

function main() {
  const valgrind = hasValgrind();
  if (!valgrind) console.error('valgrind is not installed: instructions are not counted.');
  const measured = measure(build(), valgrind);
  console.table(measured);
  if (process.argv.includes('--write')) {
    if (!valgrind) throw new Error('Limits are written where valgrind is installed.');
    fs.writeFileSync(LIMITS, `${JSON.stringify(measured, null, 2)}\n`);
    return;
  }
  const faults = grown(measured, JSON.parse(fs.readFileSync(LIMITS, 'utf8')));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) {
    console.error('If that is meant, `npm run bench:counts -- --write` sets the limits anew.');
    process.exitCode = 1;
  }
}

module.exports = { build, given, grown };

if (require.main === module) main();
