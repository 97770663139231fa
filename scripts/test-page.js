#!/usr/bin/env node
// `npm run test:page`: builds the page where it is stale, and tests it in Chromium. With `--screenshots` the
// same run writes docs/screenshots. Further words go to Playwright: `npm run test:page -- e2e/try.spec.ts`.
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { buildPage } = require('./demo/prepare.js');
const { Terminal } = require('./demo/terminal.js');
const { prepare, root } = require('./prepare.js');

const folder = path.join(root, 'admin');
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'];

/** Chromium, as Debian and others install it. */
function chromium() {
  const { CHROMIUM, PATH = '' } = process.env;
  if (CHROMIUM) return CHROMIUM;
  for (const name of NAMES) {
    for (const place of PATH.split(path.delimiter)) {
      const file = path.join(place, name);
      if (fs.existsSync(file)) return file;
    }
  }
  throw new Error(
    'Chromium was not found. Install it (apt-get install chromium), or name it in CHROMIUM.',
  );
}

async function main() {
  const words = process.argv.slice(2);
  const screenshots = words.includes('--screenshots');
  const CHROMIUM = chromium();
  await prepare();
  await buildPage(root, new Terminal(process.stdout));
  const wanted = words.filter((word) => word !== '--screenshots');
  // Who names some files wants no others first.
  if (wanted.some((word) => !word.startsWith('-'))) wanted.push('--no-deps');
  const playwright = path.join(folder, 'node_modules', '@playwright', 'test', 'cli.js');
  const { status, error } = spawnSync(process.execPath, [playwright, 'test', ...wanted], {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, CHROMIUM, ...(screenshots && { SCREENSHOTS: 'true' }) },
  });
  if (error) throw error;
  process.exitCode = status ?? 1;
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
