'use strict';

// What the rehearsal runs that the project does not depend on: package managers, Node.js of other
// versions, a registry, bundlers. All from npm, in versions that are fixed here, below node_modules/.cache.
// Node's built-ins only.

const fs = require('node:fs');
const path = require('node:path');

const { root } = require('./platforms.js');
const { must, write } = require('./run.js');

const CACHE = path.join(root, 'node_modules', '.cache', 'release');

/** One folder each, so that a run installs only what it needs. */
const TOOLS = {
  registry: {
    dependencies: { verdaccio: '6.8.0' },
    // The version that it asks for cannot be installed with it.
    overrides: { 'node-fetch': '2.7.0' },
  },
  // What comes with Node.js 20 and 22.
  npm: { dependencies: { npm: '10.9.4' } },
  pnpm: { dependencies: { pnpm: '12.4.2' } },
  yarn: { dependencies: { '@yarnpkg/cli-dist': '4.18.1' } },
  bun: { dependencies: { bun: '1.4.4' } },
  deno: { dependencies: { deno: '2.9.6' } },
  cyclonedx: {
    dependencies: {
      '@cyclonedx/cyclonedx-library': '10.3.0',
      ajv: '8.20.0',
      'ajv-formats': '3.0.1',
      'ajv-formats-draft2019': '1.6.1',
    },
  },
  bundlers: { dependencies: { esbuild: '0.28.2', webpack: '5.113.0' } },
};

/** The Node.js that npm brings, by major version. */
const NODES = {
  14: '14.21.3',
  16: '16.20.2',
  18: '18.20.8',
  20: '20.20.2',
  22: '22.23.3',
  24: '24.16.0',
  26: '26.10.0',
};

/** npm is what comes with a Node.js; it is run by the Node.js at hand. */
function npmCli() {
  const own = process.env.npm_execpath;
  if (own && path.basename(own) === 'npm-cli.js') return own;
  const global = must('npm', ['root', '--global'], { shell: process.platform === 'win32' });
  return path.join(global.stdout.trim(), 'npm', 'bin', 'npm-cli.js');
}

function install(name, manifest) {
  const folder = path.join(CACHE, name);
  const text = `${JSON.stringify({ private: true, ...manifest }, null, 2)}\n`;
  const file = path.join(folder, 'package.json');
  const done = path.join(folder, 'node_modules', '.package-lock.json');
  if (fs.existsSync(done) && fs.readFileSync(file, 'utf8') === text) return folder;
  fs.rmSync(folder, { recursive: true, force: true });
  write(folder, { 'package.json': text });
  const words = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  must(process.execPath, [npmCli(), ...words], {
    cwd: folder,
    timeout: 600_000,
    // npm runs this script, too: the inner one must not take its prefix for its own.
    env: { ...process.env, npm_config_local_prefix: undefined, INIT_CWD: undefined },
  });
  return folder;
}

/** A program of a tool, installed on first use. */
function tool(name, ...file) {
  return path.join(install(name, TOOLS[name]), 'node_modules', ...file);
}

/** A Node.js of a major version. */
function node(major) {
  const version = NODES[major];
  if (process.versions.node === version) return process.execPath;
  const folder = install(`node-${version}`, { dependencies: { node: version } });
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  return path.join(folder, 'node_modules', 'node', 'bin', name);
}

module.exports = { CACHE, NODES, TOOLS, install, node, npmCli, tool };
