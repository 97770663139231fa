#!/usr/bin/env node
// Run by `npm version`: what package.json says is said everywhere, the changelog has the release, and the
// commit that npm makes has all of it. Node's built-ins only.
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { released } = require('./changelog.js');

const root = process.cwd();
const at = (name) => path.join(root, name);

/** Where the version stands, and how: the old one becomes the new one. */
const PLACES = {
  'Cargo.toml': (text, { from, to }) => text.replace(`version = "${from}"`, `version = "${to}"`),
  'Cargo.lock': (text, { from, to }) =>
    text.replace(/(^name = "bedrock-profile-\w+"\nversion = ")([^"]+)/gm, (whole, start, found) =>
      found === from ? start + to : whole,
    ),
  // As napi's loader will have it; a build writes the same.
  'native.js': (text, { from, to }) =>
    text.replaceAll(`'${from}'`, `'${to}'`).replaceAll(`expected ${from} `, `expected ${to} `),
  'docs/librechat.md': (text, { from, to }) =>
    text
      .replaceAll(`bedrock-profile-client-${from}.tgz`, `bedrock-profile-client-${to}.tgz`)
      .replaceAll(`bedrock-profile-client ${from}:`, `bedrock-profile-client ${to}:`),
  'CHANGELOG.md': (text, { to, date }) => released(text, to, date),
};

/** The version that the crates have. */
const ofCrates = () => /^version = "(.+)"$/m.exec(fs.readFileSync(at('Cargo.toml'), 'utf8'))[1];

function main() {
  const { version: to } = JSON.parse(fs.readFileSync(at('package.json'), 'utf8'));
  const change = { from: ofCrates(), to, date: new Date().toISOString().slice(0, 10) };
  for (const [name, changed] of Object.entries(PLACES)) {
    const text = fs.readFileSync(at(name), 'utf8');
    fs.writeFileSync(at(name), changed(text, change));
  }
  const git = spawnSync('git', ['add', ...Object.keys(PLACES)], { cwd: root, stdio: 'inherit' });
  process.exitCode = git.status ?? 1;
}

main();
