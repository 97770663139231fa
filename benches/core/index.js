#!/usr/bin/env node
// `npm run bench:core`: what fitting a request to a model costs, beside what writing it down costs,
// and what the catalog costs. What is measured, and how to read it: docs/performance.md.
'use strict';

const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { pack } = require('../../lib/blobs.js');
const { MODEL, large } = require('../inputs.js');

const ROOT = path.join(__dirname, '..', '..');
// Short rounds, of which the fastest counts: whatever else the machine does only adds to the others.
const ROUND = 20_000_000n;
const ROUNDS = 60;
const LOADS = 40;
const ENTRIES = ['100000'];

/** The programs that measure, by their names, built as what is published is. */
function build() {
  const words = ['build', '--release', '--quiet', '-p', 'bedrock-profile-benches'];
  const { status, stdout } = spawnSync('cargo', [...words, '--message-format=json'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error('cargo could not build the benchmark.');
  const built = stdout.split('\n').filter((line) => line.startsWith('{'));
  const programs = built.map((line) => JSON.parse(line)).filter(({ executable }) => executable);
  return (name) => programs.find(({ target }) => target.name === name).executable;
}

/** Nanoseconds for one run, as the Rust side measures them. */
function nanoseconds(run) {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const start = process.hrtime.bigint();
    let runs = 0;
    while (process.hrtime.bigint() - start < ROUND) {
      for (let times = 0; times < 4; times += 1) run();
      runs += 4;
    }
    return Number(process.hrtime.bigint() - start) / runs;
  });
  return Math.min(...rounds);
}

const micro = (ns) => `${(ns / 1000).toFixed(ns < 10_000 ? 2 : 1)} µs`;
const line = (cells) => `| ${cells.join(' | ')} |`;

function main() {
  const programOf = build();
  const program = programOf('gating');
  const run = (...words) => JSON.parse(execFileSync(program, words, { encoding: 'utf8' }));
  const input = large();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-core-'));
  const file = path.join(folder, 'input.json');
  const text = JSON.stringify(input);
  fs.writeFileSync(file, text);
  try {
    const stringify = nanoseconds(() => pack(input).text.length);
    const { gate, encode, parse, lookups } = run(MODEL, file);
    const mappings = JSON.parse(execFileSync(programOf('mappings'), ENTRIES, { encoding: 'utf8' }));
    const load = Math.min(...Array.from({ length: LOADS }, () => run('load').load));
    const serialising = stringify + encode;
    const rows = [
      ['JSON.stringify, with the walk for bytes', micro(stringify), ''],
      ['the body in the shapes’ order', micro(encode), ''],
      ['serialising: both', micro(serialising), ''],
      ['reading the text in Rust', micro(parse), ''],
      ['gating', `${micro(gate)}, ${((100 * gate) / serialising).toFixed(1)} %`, '< 5 %'],
      ...Object.entries(lookups).map(([what, ns]) => [`lookup, ${what}`, micro(ns), '< 1 µs']),
      ['loading the catalog', `${(load / 1e6).toFixed(2)} ms`, '< 2 ms'],
      ...Object.entries(mappings).map(([what, ns]) => [
        `${ENTRIES} mappings of a file: ${what}`,
        `${(ns / 1e6).toFixed(0)} ms`,
        '< 150 ms',
      ]),
    ];
    const { messages, toolConfig } = input;
    const size = Math.round(Buffer.byteLength(text) / 1000);
    console.log(
      `${messages.length} messages, ${toolConfig.tools.length} tools, ${size} kB, ${MODEL}; ` +
        `Node.js ${process.versions.node}, ${os.cpus()[0]?.model.trim()}. ` +
        `The fastest of ${ROUNDS} rounds.\n`,
    );
    console.log([['For', '', 'Target'], ['---', '--:', '--:'], ...rows].map(line).join('\n'));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

main();
