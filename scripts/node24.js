// Finds a Node.js of another version, from the npm package `node`: LibreChat's image has 24.16.
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const VERSION = '24.16.0';

/** The path of a Node.js 24, installed below node_modules/.cache on first use. */
function node24() {
  if (process.versions.node.startsWith('24.')) return process.execPath;
  const folder = path.join(__dirname, '..', 'node_modules', '.cache', `node-${VERSION}`);
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const binary = path.join(folder, 'node_modules', 'node', 'bin', name);
  if (!fs.existsSync(binary)) {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
    const words = ['install', '--no-save', '--no-audit', '--no-fund', `node@${VERSION}`];
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const install = spawnSync(npm, words, {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
    if (install.status !== 0) throw new Error(`npm could not install node@${VERSION}`);
  }
  return binary;
}

module.exports = { node24, VERSION };
