'use strict';

const path = require('node:path');
const { fileURLToPath } = require('node:url');

const environment = require('./environment.js');
const hub = require('./hub.js');

const KNOWN =
  '"memory", "file", "file:<path>", "redis://…", "rediss://…", "redis+sentinel://…/<name>", an object ' +
  'with get(), set() and delete(), or false';
const REDIS = /^(redis|rediss|valkey|valkeys)(\+sentinel)?:\/\//i;

/**
 * Where what is known is kept beyond the process, as the addon takes it; `undefined` where nothing is to
 * be. What is wrong with it is a warning: without it the client works from memory.
 *
 * @param {string | object | false | undefined} option
 * @returns {{ store?: object, warnings: string[] }}
 */
function storeOf(option) {
  const { value: given, name } =
    option === undefined ? environment.store() : { value: option, name: 'options.store' };
  const value = typeof given === 'string' ? given.trim() : given;
  const file = { file: defaultFile(), fileIsDefault: true };
  if (value === undefined) return { store: file, warnings: [] };
  if (value === false || value === 'false') return { warnings: [] };
  if (typeof value === 'object') {
    return { store: { object: hub.registerProvider(value, 'store', undefined, '') }, warnings: [] };
  }
  if (value === 'memory') return { store: {}, warnings: [] };
  if (value === 'file') {
    const missing = `${name}: there is no folder for a file: neither XDG_CACHE_HOME nor HOME is set. ${MEMORY}`;
    return { store: { file: file.file }, warnings: file.file ? [] : [missing] };
  }
  if (value.startsWith('file:') && value.length > 'file:'.length) return fileOf(value, name);
  if (REDIS.test(value)) {
    const { settings, warnings } = environment.redis();
    return { store: { redis: { url: value, ...settings }, ...file }, warnings };
  }
  // The rest of a URL may hold a password.
  const shown = /^[a-z][a-z0-9+.-]*(:|$)/i.exec(value)?.[0].replace(/:$/, ':…');
  const which = shown ? `store "${shown}"` : 'such store';
  return { store: {}, warnings: [`${name}: there is no ${which}; there are ${KNOWN}. ${MEMORY}`] };
}

const MEMORY = 'What is learned is kept in memory only.';

function fileOf(value, name) {
  try {
    const file = value.startsWith('file://') ? fileURLToPath(value) : value.slice('file:'.length);
    return { store: { file: path.resolve(ofUser(file)) }, warnings: [] };
  } catch (error) {
    return {
      store: {},
      warnings: [`${name} names no file of this machine (${error.code}). ${MEMORY}`],
    };
  }
}

/** `~/`, which no shell has replaced in an option or a `.env` file. */
function ofUser(file) {
  const { home } = environment.folders();
  return home && /^~[\\/]/.test(file) ? path.join(home, file.slice(2)) : file;
}

/** In the cache folder of the user, where there is one. */
function defaultFile() {
  const { cache, home } = environment.folders();
  const folder = path.isAbsolute(cache ?? '') ? cache : home && path.join(home, '.cache');
  return folder && path.isAbsolute(folder)
    ? path.join(folder, 'bedrock-profile-client', 'store.json')
    : undefined;
}

module.exports = { storeOf };
