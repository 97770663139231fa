'use strict';

// What the operator reads: one line for each cause and not for each request, to the logger that the
// client was given (winston's and pino's shapes), else to stderr as lines of JSON. Never a prompt, a key or
// a header; account ids are shortened.

const { callSafely } = require('./callbacks.js');
const environment = require('./environment.js');
const { shorten } = require('./shorten.js');

const NAME = 'bedrock-profile-client';
const LEVELS = ['error', 'warn', 'info', 'debug'];

/** A cause is told again after so long, with the number of times that it was left out. */
const AGAIN = 10 * 60 * 1000;
const MOST = 1000;

/**
 * How a logger takes a line: pino the fields first, winston and others the message first.
 *
 * @param {object} logger
 */
function isPino(logger) {
  // pino's loggers have `bindings()`; winston's and the console have none.
  return typeof logger.bindings === 'function' && typeof logger.child === 'function';
}

/** Writes one line. */
function write(logger, level, message, fields) {
  const safe = JSON.parse(shorten(JSON.stringify(fields)));
  const text = shorten(message);
  callSafely('The logger', () => {
    if (logger === undefined) {
      const line = { time: new Date().toISOString(), level, name: NAME, msg: text, ...safe };
      return process.stderr.write(`${JSON.stringify(line)}\n`);
    }
    const log = logger[level] ?? (level === 'error' ? logger.warn : undefined);
    if (typeof log !== 'function') return undefined;
    if (isPino(logger)) return log.call(logger, { ...safe, name: NAME }, text);
    return log.call(logger, `${NAME}: ${text}`, safe);
  });
}

/** What each logger was told: by cause, when, and how often it was left out since. */
const told = new WeakMap();
const ANYONE = {};

/** Whether a cause is due, and how often it was left out since it was told. */
function due(logger, key, now) {
  const causes = told.get(logger ?? ANYONE) ?? new Map();
  told.set(logger ?? ANYONE, causes);
  const before = causes.get(key);
  if (before && now - before.at < AGAIN) {
    before.more += 1;
    return undefined;
  }
  causes.delete(key);
  causes.set(key, { at: now, more: 0 });
  if (causes.size > MOST) causes.delete(causes.keys().next().value);
  return before?.more ?? 0;
}

/** Failures that are the caller's own doing or wish. */
const QUIET = ['AbortError'];

/**
 * Tells of a call's end: a failure once for its cause; everything where the level is debug.
 *
 * @param {object | undefined} logger
 * @param {object} call what the event `call` has
 * @param {Error & { hint?: string, hintId?: string, code?: string }} [error]
 */
function callEnded(logger, call, error) {
  const least = environment.log();
  const wants = (level) => least !== undefined && LEVELS.indexOf(level) <= LEVELS.indexOf(least);
  const { operation, callId, model, region, requestId, attempts, usage } = call;
  const about = { operation, model, region, id: callId, requestId, attempts };
  if (error !== undefined && !QUIET.includes(error.name)) {
    // Without the variable, only a logger that was given hears of failures: they are thrown, too.
    if (logger === undefined && !wants('warn')) return;
    const cause = error.hintId ?? error.code ?? error.name;
    const more = due(logger, `${cause} ${callId} ${region}`, Date.now());
    if (more === undefined) return;
    const status = error.$metadata?.httpStatusCode;
    write(logger, 'warn', `${operation} failed: ${error.name} (${cause}).${hintOf(error)}`, {
      cause,
      error: error.name,
      code: error.code,
      status,
      ...about,
      ...(more > 0 && { suppressed: more }),
    });
    return;
  }
  if (!wants('debug')) return;
  const ended = error === undefined ? 'ended' : 'was aborted';
  write(logger, 'debug', `${operation} ${ended} after ${Math.round(call.duration)} ms`, {
    ...about,
    duration: Math.round(call.duration),
    usage,
  });
}

/** Advice is this package's own text; AWS's may quote the request. */
const hintOf = ({ hint, hintId }) => (hint && hintId ? ` ${hint}` : '');

/** What is told of a notice: never a value of the request. */
const SAYS = {
  resolve: ({ callId, model, region, source }) => ({ id: callId, model, region, source }),
  gate: ({ model, changes }) => ({
    model,
    changes: changes.map(({ rule, action, path }) => ({ rule, action, path })),
  }),
  retry: ({ attempt, maxAttempts, delay, error }) => ({ attempt, maxAttempts, delay, error }),
};
const TEXTS = {
  resolve: 'An id was resolved',
  gate: 'A request was changed',
  retry: 'An attempt failed and is repeated',
};

/** Tells of a notice of the addon's. */
function noticed(logger, kind, notice) {
  write(logger, 'debug', TEXTS[kind], SAYS[kind](notice));
}

/** Whether ends of calls are to be told. */
const listens = (logger) => logger !== undefined || environment.log() !== undefined;

module.exports = { callEnded, listens, noticed, write };
