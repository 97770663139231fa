#!/usr/bin/env node
// Builds the addon: `npm run build` (fast to build, what tests use) or `npm run build:release`.
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { missing } = require('./toolchain.js');

const root = path.join(__dirname, '..');
const release = process.argv.includes('--release');
const rest = process.argv.slice(2).filter((word) => word !== '--release');

const napi = path.join(root, 'node_modules', '@napi-rs', 'cli', 'dist', 'cli.js');
const words = ['build', '--platform', '--js', 'native.js', '--dts', 'native.d.ts'];
if (release) words.push('--release');

/**
 * What is published leaves out AWS-LC's code for AVX-512, a twentieth of the binary: with AES-NI, a byte is
 * encrypted in a fraction of the time that any network takes for it.
 */
const SMALLER = { AWS_LC_SYS_CFLAGS: '-DMY_ASSEMBLER_IS_TOO_OLD_FOR_512AVX' };

// Who names a cargo of its own has seen to it that it is there.
const lacks = process.env.CARGO ? undefined : missing();
if (lacks !== undefined) refuse(`The addon cannot be built: ${lacks}`);
if (!fs.existsSync(napi)) refuse('The addon is built with @napi-rs/cli: run `npm ci` first.');

function refuse(why) {
  console.error(`${why} (Users of the npm package need none of it: it brings binaries.)`);
  process.exit(1);
}

const build = spawnSync(process.execPath, [napi, ...words, ...rest], {
  cwd: root,
  stdio: 'inherit',
  env: { ...(release ? SMALLER : {}), ...process.env },
});
if (build.error) throw build.error;
process.exit(build.status ?? 1);
