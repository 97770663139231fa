#!/usr/bin/env node
// `npm run build:page`: the page of the administration, from admin/ into admin/dist. With --check its types and
// its lint alone. Installs what admin/package-lock.json names where that is not there or is out of date.
'use strict';

const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const zlib = require('node:zlib');

const FOLDER = path.join(__dirname, '..', 'admin');
const at = (...parts) => path.join(FOLDER, ...parts);

/** What has been installed, by the lock file's hash. */
const STAMP = at('node_modules', '.installed');

/** Compressed bytes that the first view may have. */
const FIRST_VIEW = 200 * 1024;

class Failed extends Error {}

function run(command, words, options = {}) {
  const { status, error } = spawnSync(command, words, {
    cwd: FOLDER,
    stdio: 'inherit',
    ...options,
  });
  if (status !== 0)
    throw new Failed(
      `${path.basename(words[0] ?? command)} failed${error ? `: ${error.message}` : ''}`,
    );
}

const tool = (file, words) => run(process.execPath, [at('node_modules', ...file), ...words]);

function install() {
  const wanted = createHash('sha256')
    .update(fs.readFileSync(at('package-lock.json')))
    .digest('hex');
  if (fs.existsSync(STAMP) && fs.readFileSync(STAMP, 'utf8') === wanted) return;
  const windows = process.platform === 'win32';
  run(windows ? 'npm.cmd' : 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    shell: windows,
  });
  fs.writeFileSync(STAMP, wanted);
}

/** The types of the API, from its description. */
async function generate() {
  const { describe } = require('../lib/admin/openapi.js');
  const { default: openapi, astToString } = createRequire(at('package.json'))('openapi-typescript');
  const text = `// Generated from the description of the API by scripts/page.js.\n${astToString(await openapi(describe()))}`;
  const file = at('src', 'api', 'schema.ts');
  if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== text) fs.writeFileSync(file, text);
}

function check() {
  tool(['typescript', 'bin', 'tsc'], ['-p', 'tsconfig.json']);
  tool(['typescript', 'bin', 'tsc'], ['-p', 'tsconfig.node.json']);
  tool(['typescript', 'bin', 'tsc'], ['-p', 'e2e']);
}

/** What the browser loads for a view: the entry, what it imports, and the same of the view. */
function filesOf(manifest, names) {
  const found = new Set();
  const seen = new Set();
  const visit = (name) => {
    if (seen.has(name) || manifest[name] === undefined) return;
    seen.add(name);
    const { file, css = [], assets = [], imports = [] } = manifest[name];
    for (const one of [file, ...css, ...assets]) found.add(one);
    for (const one of imports) visit(one);
  };
  for (const name of names) visit(name);
  return [...found];
}

function report() {
  const manifest = JSON.parse(fs.readFileSync(at('dist', '.vite', 'manifest.json'), 'utf8'));
  fs.rmSync(at('dist', '.vite'), { recursive: true });
  const weigh = (names) =>
    names.reduce(
      (sum, name) => sum + zlib.gzipSync(fs.readFileSync(at('dist', name)), { level: 9 }).length,
      0,
    );
  const entry = ['index.html', 'src/locales/en.json'];
  const views = Object.keys(manifest).filter((name) =>
    /^src\/views\/[^/]+\/index\.tsx$/.test(name),
  );
  const first = weigh(filesOf(manifest, [...entry, 'src/views/profiles/index.tsx']));
  const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
  console.log(`The first view: ${kib(first)} with gzip.`);
  const shell = new Set(filesOf(manifest, entry));
  for (const name of views) {
    const own = filesOf(manifest, [name]).filter((file) => !shell.has(file));
    console.log(`  ${name.split('/')[2].padEnd(10)} ${kib(weigh(own)).padStart(10)} more`);
  }
  if (first > FIRST_VIEW) throw new Failed(`The first view is larger than ${kib(FIRST_VIEW)}.`);
}

async function main() {
  install();
  await generate();
  check();
  if (process.argv.includes('--check')) {
    tool(['eslint', 'bin', 'eslint.js'], ['.']);
    return;
  }
  tool(['vite', 'bin', 'vite.js'], ['build', '--logLevel', 'warn']);
  report();
}

main().catch((error) => {
  console.error(error instanceof Failed ? error.message : error);
  process.exit(1);
});
