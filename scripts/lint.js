#!/usr/bin/env node
// `npm run lint`: everything that is checked without running the product. Every step runs, also
// after one has failed, and each says how long it took. Node's built-ins only.
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { actionlint } = require('./lint/actionlint.js');
const { prepare, root } = require('./prepare.js');
const { problemsOf } = require('./release/changelog.js');

const at = (...parts) => path.join(root, ...parts);
const total = { passed: 0, failed: 0, skipped: 0 };

/** Runs a program; its output comes back and is shown only where it is needed. */
function run(command, words, { env, ...options } = {}) {
  const ended = spawnSync(command, words, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, ...env },
    ...options,
  });
  const output = `${ended.stdout ?? ''}${ended.stderr ?? ''}${ended.error?.message ?? ''}`;
  return { ok: ended.status === 0, output, stdout: ended.stdout ?? '' };
}

const tool = (words, file) => () => run(process.execPath, [at('node_modules', ...file), ...words]);
const cargo = (words, env) => () =>
  run('cargo', [words[0], '--color', 'never', ...words.slice(1)], { env });

/** The addon's loader and types are generated: those in git must be what the sources generate. */
async function generated() {
  await prepare();
  if (!fs.existsSync(at('.git'))) return { skipped: 'this is no git checkout' };
  return run('git', ['diff', '--exit-code', '--', 'native.js', 'native.d.ts']);
}

/** Known weaknesses in what a user's installation brings. */
function audit() {
  const words = ['audit', '--omit=dev', '--json', '--loglevel=error'];
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { ok, output, stdout } = run(npm, words, { shell: process.platform === 'win32' });
  if (ok) return { ok };
  try {
    const { error, message } = JSON.parse(stdout);
    const why = error?.summary ?? message;
    if (why !== undefined) return { skipped: `the registry gave no audit: ${firstLine(why)}` };
  } catch {
    return { skipped: `npm gave no report: ${firstLine(output)}` };
  }
  return { ok, output };
}

/** Licences, advisories and banned crates: deny.toml. */
function deny() {
  if (!run('cargo', ['deny', '--version']).ok) return { skipped: 'cargo-deny is not installed' };
  const checked = run('cargo', ['deny', '--workspace', 'check']);
  const offline = /failed to fetch advisory database/.test(checked.output);
  if (checked.ok || !offline) return checked;
  // Without network the advisories cannot be had; the rest of deny.toml needs none.
  return run('cargo', ['deny', '--offline', '--workspace', 'check', 'bans', 'licenses', 'sources']);
}

/** CHANGELOG.md has the form of Keep a Changelog. */
function changelog() {
  const { version } = require('../package.json');
  const problems = problemsOf(fs.readFileSync(at('CHANGELOG.md'), 'utf8'), version);
  return { ok: problems.length === 0, output: problems.join('\n') };
}

const firstLine = (text) => text.trim().split('\n', 1)[0];

/** The compiler's steps stand together: they share what they have checked of the dependencies. */
const STEPS = [
  ['cargo fmt', () => run('cargo', ['fmt', '--all', '--check', '--', '--files-with-diff'])],
  ['eslint', tool(['.'], ['eslint', 'bin', 'eslint.js'])],
  ['prettier', tool(['--check', '.'], ['prettier', 'bin', 'prettier.cjs'])],
  ['types', tool(['-p', at('__test__', 'types')], ['typescript', 'bin', 'tsc'])],
  ['page', () => run(process.execPath, [at('scripts', 'page.js'), '--check'])],
  ['circles', () => run(process.execPath, [at('scripts', 'lint', 'circles.js')])],
  ['names', () => run(process.execPath, [at('scripts', 'lint', 'names.js')])],
  ['changelog', changelog],
  ['actionlint', actionlint],
  ['npm audit', audit],
  ['cargo deny', deny],
  [
    'cargo clippy',
    cargo(['clippy', '--workspace', '--all-targets', '--locked', '--', '-D', 'warnings']),
  ],
  [
    'cargo doc',
    cargo(['doc', '--no-deps', '--workspace', '--locked'], { RUSTDOCFLAGS: '-D warnings' }),
  ],
  ['native.js and native.d.ts', generated],
];

async function step(name, check) {
  const started = performance.now();
  let outcome;
  try {
    outcome = await check();
  } catch (error) {
    outcome = { ok: false, output: error.message };
  }
  const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  const { ok, output, skipped } = outcome;
  const verdict = skipped === undefined ? (ok ? 'passed' : 'failed') : 'skipped';
  total[verdict] += 1;
  const why = skipped === undefined ? '' : `  (${skipped})`;
  console.log(`${verdict.padEnd(8)} ${name.padEnd(26)} ${seconds.padStart(8)}${why}`);
  if (verdict === 'failed') console.log(`${output.trim()}\n`);
}

async function main() {
  const wanted = process.argv.slice(2);
  const names = STEPS.map(([name]) => name);
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    console.error(`There is no step "${unknown[0]}"; there are: ${names.join(', ')}.`);
    process.exit(2);
  }
  for (const [name, check] of STEPS) {
    if (wanted.length === 0 || wanted.includes(name)) await step(name, check);
  }
  const { passed, failed, skipped } = total;
  console.log(`\nlint: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exit(failed > 0 ? 1 : 0);
}

main();
