#!/usr/bin/env node
// npm's `prepare`: where this package is installed from git, there is no binary for it, and it is built
// here. In a checkout of one's own it does nothing: `npm run build` does. Node's built-ins only.
'use strict';

const { spawnSync } = require('node:child_process');
const path = require('node:path');

const { missing } = require('../toolchain.js');

const root = path.join(__dirname, '..', '..');

/**
 * Whether a package manager has cloned this to make a package of it: npm and yarn say so, pnpm has a place
 * of its own for it.
 */
function isClone() {
  if (process.env._PACOTE_NO_PREPARE_ !== undefined) return true;
  // yarn leaves the work to the package manager of the lock file, in a folder of its own.
  if (root.includes(`${path.sep}xfs-`)) return true;
  // pnpm, too.
  return /^(?:_tmp_|\.tmp)\w+$/.test(path.basename(root));
}

function main() {
  if (!isClone()) return;
  const what = 'bedrock-profile-client is being installed from git, where it has no binary';
  const why = missing();
  if (why !== undefined) {
    console.error(
      `${what}, and it cannot be built: ${why} Or install the published package, which has one: ` +
        'npm install bedrock-profile-client',
    );
    process.exitCode = 1;
    return;
  }
  console.error(`${what}: it is built now, which takes some minutes.`);
  const { status } = spawnSync(
    process.execPath,
    [path.join(root, 'scripts', 'build.js'), '--release'],
    {
      cwd: root,
      // npm shows what went wrong; the rest of cargo's lines is no news.
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  process.exitCode = status ?? 1;
}

main();
