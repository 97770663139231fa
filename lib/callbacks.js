'use strict';

/**
 * What a caller's own code has thrown where nobody can catch it: a listener, a logger. It costs
 * nobody an event, a promise or the process; the operator reads it in a warning.
 */

/** The text of anything that can be thrown. */
function describeThrown(thrown) {
  try {
    const name = thrown?.name ?? 'Error';
    const text = String(thrown?.message ?? thrown);
    return name === 'Error' ? text : `${name}: ${text}`;
  } catch {
    return 'an error without a text';
  }
}

/**
 * Warns of what a caller's code has thrown.
 *
 * @param {unknown} thrown
 * @param {string} where whose code it is
 */
function warnOfThrown(thrown, where) {
  try {
    const detail = thrown instanceof Error ? String(thrown.stack) : undefined;
    const text = `${where} has thrown, or rejected with: ${describeThrown(thrown)}`;
    process.emitWarning(text, { type: 'BedrockProfileWarning', detail });
  } catch {
    // Nothing is left to tell.
  }
}

/**
 * Calls a caller's function; what it throws, or rejects with, is a warning.
 *
 * @param {string} where
 * @param {Function} call
 */
function callSafely(where, call) {
  try {
    const result = call();
    if (typeof result?.then === 'function') {
      Promise.resolve(result).catch((thrown) => warnOfThrown(thrown, where));
    }
  } catch (thrown) {
    warnOfThrown(thrown, where);
  }
}

module.exports = { callSafely, describeThrown, warnOfThrown };
