'use strict';

// Reads variables of the environment. The variables that a result depends on can be recorded, and the
// result reused as long as their values are the same.

let recorded;

/**
 * A variable of the environment.
 *
 * @param {string} name
 * @returns {string | undefined}
 */
function read(name) {
  const value = process.env[name];
  recorded?.set(name, value);
  return value;
}

/**
 * Runs a function and records which variables it reads.
 *
 * @template T
 * @param {() => T} run
 * @returns {{ value: T, reads: Map<string, string | undefined> }}
 */
function recording(run) {
  const outer = recorded;
  const reads = new Map();
  recorded = reads;
  try {
    return { value: run(), reads };
  } finally {
    recorded = outer;
    if (outer) for (const [name, value] of reads) outer.set(name, value);
  }
}

/** Whether recorded variables still have their values. */
function unchanged(reads) {
  for (const [name, value] of reads) if (process.env[name] !== value) return false;
  return true;
}

module.exports = { read, recording, unchanged };
