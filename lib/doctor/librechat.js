'use strict';

// LibreChat's version, and by which route its calls come here, where one is beside this.

const fs = require('node:fs');
const path = require('node:path');

const REGISTER = 'bedrock-profile-client/register';

/** The package.json of LibreChat in a folder; `undefined` where there is none. */
function manifestIn(folder) {
  try {
    const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
    return manifest.name === 'LibreChat' ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** LibreChat's folder: this one, or one above it. */
function locate() {
  for (let folder = process.cwd(); ; folder = path.dirname(folder)) {
    if (manifestIn(folder)) return folder;
    if (folder === path.dirname(folder)) return undefined;
  }
}

/** The oldest that either route is for. */
const OLDEST = [0, 8, 3];

function isOld(version) {
  const parts = String(version).replace(/^v/, '').split(/[.-]/).map(Number);
  const at = OLDEST.findIndex((part, index) => part !== parts[index]);
  return at >= 0 && parts[at] < OLDEST[at];
}

function libreChat({ directory, find }) {
  const folder = directory ?? locate();
  if (folder === undefined) {
    find('librechat', 'skipped', 'No LibreChat is in this folder or above it.');
    return;
  }
  const manifest = manifestIn(folder);
  if (manifest === undefined) {
    find(
      'librechat',
      'failure',
      `${folder} is no checkout of LibreChat: its package.json does not say so.`,
    );
    return;
  }
  const what = `LibreChat ${manifest.version}`;
  if (isOld(manifest.version)) {
    find('librechat', 'failure', `${what} is older than 0.8.3, the oldest that is supported.`, {
      remedy: 'Update LibreChat.',
    });
    return;
  }
  if (process.env.NODE_OPTIONS?.includes(REGISTER)) {
    find('librechat', 'ok', `${what}, by NODE_OPTIONS`);
    return;
  }
  try {
    const { version } = require('../../package.json');
    const { plan } = require('../patch/checkout.js');
    if (plan(folder, { spec: `^${version}` }).isPatched) {
      find('librechat', 'ok', `${what}, patched`);
      return;
    }
  } catch (error) {
    if (error.name !== 'CannotPatch') throw error;
    find('librechat', 'warning', `${what}: ${error.message}`);
    return;
  }
  find('librechat', 'warning', `${what} does not call Bedrock through this package.`, {
    remedy: `Start it with NODE_OPTIONS="--require ${REGISTER}", or patch it: npx bedrock-profile-client librechat patch ${folder}`,
  });
}

module.exports = { libreChat };
