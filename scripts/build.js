#!/usr/bin/env node
// Builds the addon: `npm run build` (fast to build, what tests use) or `npm run build:release`.
'use strict';

const { spawnSync } = require('node:child_process');
const path = require('node:path');

const root = path.join(__dirname, '..');
const release = process.argv.includes('--release');
const rest = process.argv.slice(2).filter((word) => word !== '--release');

const napi = path.join(root, 'node_modules', '@napi-rs', 'cli', 'dist', 'cli.js');
const words = ['build', '--platform', '--js', 'native.js', '--dts', 'native.d.ts'];
if (release) words.push('--release');

const build = spawnSync(process.execPath, [napi, ...words, ...rest], {
  cwd: root,
  stdio: 'inherit',
});
if (build.error) throw build.error;
process.exit(build.status ?? 1);
