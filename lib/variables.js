'use strict';

// The environment's variables, read where they are used. What was read on the way to a result can be
// noted, and the result used again as long as the environment still says the same.

let noted;

/**
 * A variable of the environment.
 *
 * @param {string} name
 * @returns {string | undefined}
 */
function read(name) {
  const value = process.env[name];
  noted?.set(name, value);
  return value;
}

/**
 * Runs something, and notes which variables it reads.
 *
 * @template T
 * @param {() => T} run
 * @returns {{ value: T, reads: Map<string, string | undefined> }}
 */
function noting(run) {
  const outer = noted;
  const reads = new Map();
  noted = reads;
  try {
    return { value: run(), reads };
  } finally {
    noted = outer;
    if (outer) for (const [name, value] of reads) outer.set(name, value);
  }
}

/** Whether the environment still says what it said. */
function unchanged(reads) {
  for (const [name, value] of reads) if (process.env[name] !== value) return false;
  return true;
}

module.exports = { read, noting, unchanged };
