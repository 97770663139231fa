'use strict';

// Which package manager installed this package, where, and with what command it installs again. Read only
// where the addon could not be loaded.

const fs = require('node:fs');
const path = require('node:path');

/** What a project has of its package manager, the surest first. */
const SIGNS = [
  ['pnpm', ['node_modules/.modules.yaml', 'pnpm-lock.yaml', 'pnpm-workspace.yaml']],
  [
    'yarn',
    ['.pnp.cjs', 'node_modules/.yarn-state.yml', 'node_modules/.yarn-integrity', 'yarn.lock'],
  ],
  ['bun', ['bun.lock', 'bun.lockb']],
  ['deno', ['deno.lock', 'node_modules/.deno']],
  ['npm', ['node_modules/.package-lock.json', 'package-lock.json', 'npm-shrinkwrap.json']],
];

const LOCKS = {
  npm: ['package-lock.json', 'npm-shrinkwrap.json'],
  pnpm: ['pnpm-lock.yaml'],
  yarn: ['yarn.lock'],
  bun: ['bun.lock', 'bun.lockb'],
  deno: ['deno.lock'],
};

/** Installs what the lock file lists and is not there, also what is optional. */
const INSTALL = {
  npm: 'npm install --include=optional',
  pnpm: 'pnpm install --force',
  yarn: 'yarn install',
  bun: 'bun install --force',
  deno: 'deno install',
};

/** Installs a package that is named. */
const ADD = {
  npm: 'npm install ',
  pnpm: 'pnpm add ',
  yarn: 'yarn add ',
  bun: 'bun add ',
  deno: 'deno add npm:',
};

const exists = (...parts) => fs.existsSync(path.join(...parts));

/** Folders from one upward. */
function* upward(from) {
  for (let at = from; ; at = path.dirname(at)) {
    yield at;
    if (at === path.dirname(at)) return;
  }
}

/** The folder whose node_modules this package is in; `undefined` for a checkout. */
function projectOf(place) {
  const parts = place.split(path.sep);
  const at = parts.findIndex((part) => part === 'node_modules' || part === '.yarn');
  if (at > 0) return parts.slice(0, at).join(path.sep) || path.sep;
  return undefined;
}

/**
 * @typedef {object} Installed
 * @property {'npm' | 'pnpm' | 'yarn' | 'bun' | 'deno'} manager
 * @property {string} folder of the project
 * @property {string} [lock] its lock file
 * @property {boolean} writable
 */

/**
 * How this package was installed; `undefined` where it was not, as in a checkout.
 *
 * @param {string} [place] this package's folder
 * @returns {Installed | undefined}
 */
function installation(place = path.join(__dirname, '..')) {
  // Plug'n'Play has packages in archives, far from the project.
  const within = process.versions.pnp ? process.cwd() : projectOf(place);
  if (within === undefined) return undefined;
  // Workspaces have their lock file further up.
  for (const folder of upward(within)) {
    const found = SIGNS.find(([, signs]) => signs.some((sign) => exists(folder, sign)));
    if (found) return described(found[0], folder);
  }
  return described('npm', within);
}

function described(manager, folder) {
  const lock = LOCKS[manager].map((name) => path.join(folder, name)).find((file) => exists(file));
  return { manager, folder, lock, writable: isWritable(folder) };
}

function isWritable(folder) {
  try {
    fs.accessSync(folder, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The command that installs what is missing. */
const again = ({ manager }) => INSTALL[manager];

/** The command that installs a package, such as `bedrock-profile-client@1.2.3`. */
const add = (manager, what) => `${ADD[manager]}${what}`;

/** The command that forgets what was installed, and the lock file, and installs. */
function afresh({ manager, lock }, { keepLock = false } = {}) {
  const file = !keepLock && lock && path.basename(lock);
  const remove =
    process.platform === 'win32'
      ? ['rmdir /s /q node_modules', file && `del ${file}`]
      : [`rm -rf node_modules${file ? ` ${file}` : ''}`];
  return [...remove.filter(Boolean), INSTALL[manager]].join(' && ');
}

module.exports = { add, afresh, again, installation };
