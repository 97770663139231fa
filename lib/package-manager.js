'use strict';

// Which package manager installed this package, where, and with what command it installs again. Read only
// where the addon could not be loaded.

const fs = require('node:fs');
const { findPnpApi } = require('node:module');
const path = require('node:path');

const { name: NAME, version } = require('../package.json');

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

/** The project of Plug'n'Play, which has packages in archives, far from it. */
function ofPlugAndPlay(place) {
  const api = findPnpApi?.(place);
  const { packageLocation } = api?.getPackageInformation(api.topLevel) ?? {};
  return packageLocation === undefined ? process.cwd() : path.resolve(packageLocation);
}

/**
 * Where npm has installed for the whole machine: there is no manifest, and this package's program is where a
 * shell finds it. `undefined` for a project.
 */
function prefixOf(folder) {
  if (exists(folder, 'package.json')) return undefined;
  if (exists(folder, `${NAME}.cmd`)) return folder;
  const prefix = path.dirname(folder);
  return path.basename(folder) === 'lib' && exists(prefix, 'bin', NAME) ? prefix : undefined;
}

/**
 * @typedef {object} Installed
 * @property {'npm' | 'pnpm' | 'yarn' | 'bun' | 'deno'} manager
 * @property {string} folder of the project
 * @property {string} [lock] its lock file
 * @property {boolean} [cached] by Deno, in its own place
 * @property {string} [prefix] of npm, where it installed for the whole machine
 * @property {boolean} writable
 */

/**
 * How this package was installed; `undefined` where it was not, as in a checkout.
 *
 * @param {string} [place] this package's folder
 * @returns {Installed | undefined}
 */
function installation(place = path.join(__dirname, '..')) {
  const within = process.versions.pnp ? ofPlugAndPlay(place) : projectOf(place);
  // Deno alone has packages in a place of its own, without a node_modules.
  if (within === undefined && process.versions.deno) {
    return { ...described('deno', process.cwd()), cached: true };
  }
  if (within === undefined) return undefined;
  const prefix = prefixOf(within);
  if (prefix !== undefined) return { ...described('npm', within), lock: undefined, prefix };
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

/** A command of npm for the whole machine. */
const global = (command, prefix, what) =>
  `npm ${command} --global --prefix ${/\s/.test(prefix) ? `"${prefix}"` : prefix} ${what}`;

/** The command that installs what is missing. */
function again({ manager, prefix, cached = false }) {
  if (cached) return `deno cache --reload npm:${NAME}@${version}`;
  if (prefix === undefined) return INSTALL[manager];
  return global('install --include=optional', prefix, `${NAME}@${version}`);
}

/** The command that installs this package from the registry. */
const add = ({ manager, prefix }) =>
  prefix === undefined ? `${ADD[manager]}${NAME}@${version}` : again({ manager, prefix });

/** The command that forgets what was installed, and the lock file, and installs. */
function afresh({ manager, lock, prefix, cached }, { keepLock = false } = {}) {
  if (prefix !== undefined) {
    return `${global('uninstall', prefix, NAME)} && ${again({ manager, prefix })}`;
  }
  if (cached) return again({ manager, cached });
  const file = !keepLock && lock && path.basename(lock);
  const remove =
    process.platform === 'win32'
      ? ['rmdir /s /q node_modules', file && `del ${file}`]
      : [`rm -rf node_modules${file ? ` ${file}` : ''}`];
  return [...remove.filter(Boolean), INSTALL[manager]].join(' && ');
}

module.exports = { add, afresh, again, installation };
