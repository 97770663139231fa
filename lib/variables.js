'use strict';

const { types } = require('node:util');
const { isMainThread } = require('node:worker_threads');
const { lazy } = require('./lazy.js');

const load = lazy(() => require('./load.js'));

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
 * @returns {{ value: T, reads: object }} `reads`: what `unchanged` takes
 */
function recording(run) {
  const outer = recorded;
  const reads = new Map();
  recorded = reads;
  try {
    const value = run();
    const native = isOwn() ? load().NativeVariables.read([...reads.keys()]) : undefined;
    return { value, reads: { values: reads, native } };
  } finally {
    recorded = outer;
    if (outer) for (const [name, value] of reads) outer.set(name, value);
  }
}

/** Whether recorded variables still have their values. */
function unchanged({ values, native }) {
  if (native !== undefined && isOwn()) return native.unchanged();
  for (const [name, value] of values) if (process.env[name] !== value) return false;
  return true;
}

let own;

/**
 * Whether `process.env` is the environment of the process itself, which the addon can read at once:
 * that of a worker thread or of a sandbox is a copy.
 */
function isOwn() {
  if (own?.env !== process.env) own = { env: process.env, is: isMainThread && takesNoAccessor() };
  return own.is;
}

/** The environment of a process takes no accessors; a copy is an object that does. */
function takesNoAccessor() {
  const name = 'bedrock-profile-client';
  if (types.isProxy(process.env)) return false;
  try {
    Object.defineProperty(process.env, name, { get: () => undefined, configurable: true });
  } catch {
    return true;
  }
  delete process.env[name];
  return false;
}

module.exports = { read, recording, unchanged };
