'use strict';

const fs = require('node:fs');
const Module = require('node:module');

const { name: NAME, version } = require('../package.json');

/** Loads the addon. Why it could not be loaded, and what helps, is for load-failure.js to find out. */
function open() {
  let addon;
  try {
    addon = whole(() => direct() ?? require('../native.js'));
  } catch (cause) {
    throw require('./load-failure.js').failure(cause);
  }
  const found = builtFrom(addon);
  if (found !== undefined && found !== version) {
    throw require('./load-failure.js').mismatch(found);
  }
  // The loader names what the addon exports; a module of another kind lacks some of it.
  const missing = Object.keys(addon).filter((name) => addon[name] === undefined);
  if (missing.length > 0) throw require('./load-failure.js').strange(missing);
  return addon;
}

/** Variables that tell napi's loader what to load. */
const TOLD = ['NATIVE_LIBRARY_PATH', 'FORCE_WASI', 'WASI_FLAVOR', 'ENFORCE_VERSION_CHECK'];

/** How the names of binaries end; of Linux those for glibc. */
const ABI = { linux: '-gnu', darwin: '', win32: '-msvc' };

/** Where musl's loader is, on systems that have it. */
const MUSL = { x64: '/lib/ld-musl-x86_64.so.1', arm64: '/lib/ld-musl-aarch64.so.1' };

/**
 * The binary that most systems want, without napi's loader, which takes longer to find it than it takes to
 * load. `undefined` where that is not so simple: what is found then, and what is said, is that loader's.
 */
function direct() {
  const { platform, arch, env } = process;
  const abi = ABI[platform];
  if (abi === undefined || MUSL[arch] === undefined) return undefined;
  if (TOLD.some((name) => env[`NAPI_RS_${name}`] !== undefined)) return undefined;
  if (platform === 'linux' && fs.existsSync(MUSL[arch])) return undefined;
  const flavor = `${platform}-${arch}${abi}`;
  // Not `require`, of which a bundler would want to know what it is given.
  const load = Module.createRequire(__filename);
  for (const name of [`../${NAME}.${flavor}.node`, `${NAME}-${flavor}`]) {
    try {
      const addon = load(name);
      if (builtFrom(addon) === version) return addon;
    } catch {
      // It is not there, or cannot be loaded.
    }
  }
  return undefined;
}

const builtFrom = (addon) => addon.BUILT_FROM?.split(' ')[1];

/**
 * Loads binaries of which all is there. The system maps a file that was cut off, and ends the process
 * (SIGBUS) where it touches what is missing; no error would tell anybody why.
 */
function whole(require_) {
  const extensions = Module._extensions;
  const dlopen = extensions?.['.node'];
  if (typeof dlopen !== 'function') return require_();
  extensions['.node'] = (module, file) => {
    require('./binary.js').checkWhole(file);
    dlopen(module, file);
  };
  try {
    return require_();
  } finally {
    extensions['.node'] = dlopen;
  }
}

module.exports = open();
