'use strict';

// For `NODE_OPTIONS="--require …/register.js"`: LibreChat works with inference profiles without a
// change to its code. npm, cross-env, cluster workers and jest run this too, before dotenv has run:
// nothing is read, loaded or said here until LibreChat loads what concerns us, and nothing that goes
// wrong here may keep a program from starting.

const Module = require('node:module');
const path = require('node:path');

const REGISTERED = Symbol.for('bedrock-profile-client.register');
const PATCHES = new Map([
  ['librechat-data-provider', './preload/parsers.js'],
  ['@aws-sdk/client-bedrock-runtime', './preload/runtime.js'],
  ['@langchain/aws', './preload/langchain.js'],
  ['@librechat/api', './preload/lists.js'],
  ['express', './preload/express.js'],
]);
const CLUSTER = new Set(['cluster', 'node:cluster']);

/** Exports that were looked at, so that each is patched, or complained of, once. */
const seen = new WeakSet();

/** The package whose entry a request is for. An `import` asks for the file. */
function packageOf(request) {
  if (PATCHES.has(request)) return request;
  if (typeof request !== 'string' || !path.isAbsolute(request)) return undefined;
  const parts = request.split(path.sep);
  const inner = parts.slice(parts.lastIndexOf('node_modules') + 1).join('/');
  return [...PATCHES.keys()].find((name) => inner === name || inner.startsWith(`${name}/`));
}

/** Patches what has been loaded; the exports to hand out. A file beside the entry is left alone. */
function look(name, exported, request, parent) {
  if ((typeof exported !== 'object' && typeof exported !== 'function') || exported === null) {
    return exported;
  }
  if (seen.has(exported)) return exported;
  const file = Module._resolveFilename(request, parent);
  const module = Module._cache[file];
  // Still being loaded: it requires somebody who requires it, and touching it warns.
  if (module?.loaded === false) return exported;
  const { fits, patch, isWanted } = require(PATCHES.get(name));
  if (isWanted?.() === false) return exported;
  const whole = fits(exported);
  if (!whole && !isEntry(name, file, request)) return exported;
  seen.add(exported);
  const { stepsAside } = require('./preload/say.js');
  const unknown = `this version of ${name} is not as it is known here; it is left as it is.`;
  if (!whole) {
    stepsAside(unknown);
    return exported;
  }
  try {
    const patched = patch(exported);
    seen.add(patched);
    if (patched !== exported && module !== undefined) module.exports = patched;
    return patched;
  } catch (error) {
    stepsAside(`${unknown} (${error.message})`);
    return exported;
  }
}

/** Whether a file is what the package's name stands for. */
function isEntry(name, file, request) {
  if (request === name) return true;
  try {
    return require.resolve(name, { paths: [path.dirname(file)] }) === file;
  } catch {
    return false;
  }
}

/** In a cluster one process asks AWS for all of them. */
function join(cluster) {
  if (seen.has(cluster)) return cluster;
  seen.add(cluster);
  require('./preload/cluster.js').watch(cluster);
  return cluster;
}

let complained = false;

/** Of what should not be; also where nothing else of this package can be loaded. */
function complain(error) {
  if (complained) return;
  complained = true;
  process.stderr.write(`bedrock-profile-client steps aside: ${error.message}\n`);
}

function register() {
  if (globalThis[REGISTERED]) return;
  Object.defineProperty(globalThis, REGISTERED, { value: true });
  const load = Module._load;
  if (typeof load !== 'function') return;
  Module._load = function loadAndLook(request, ...rest) {
    const exported = Reflect.apply(load, this, [request, ...rest]);
    try {
      if (CLUSTER.has(request)) return join(exported);
      const name = packageOf(request);
      return name === undefined ? exported : look(name, exported, request, rest[0]);
    } catch (error) {
      complain(error);
      return exported;
    }
  };
}

register();
