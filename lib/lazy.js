'use strict';

/**
 * A module that is loaded when it is first used: a program that requires this package pays only
 * for what it uses.
 *
 * @template T
 * @param {() => T} load
 * @returns {() => T}
 */
function lazy(load) {
  let loaded;
  return () => {
    loaded ??= load();
    return loaded;
  };
}

module.exports = { lazy };
