'use strict';

const Module = require('node:module');

const { version } = require('../package.json');

/** Loads the addon. Why it could not be loaded, and what helps, is for load-failure.js to find out. */
function load() {
  let addon;
  try {
    addon = whole(() => require('../native.js'));
  } catch (cause) {
    throw require('./load-failure.js').failure(cause);
  }
  const found = addon.BUILT_FROM?.split(' ')[1];
  if (found !== undefined && found !== version) {
    throw require('./load-failure.js').mismatch(found);
  }
  // The loader names what the addon exports; a module of another kind lacks some of it.
  const missing = Object.keys(addon).filter((name) => addon[name] === undefined);
  if (missing.length > 0) throw require('./load-failure.js').strange(missing);
  return addon;
}

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

module.exports = load();
