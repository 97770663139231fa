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

/** A line where there is no logger. */
function writeLine(level, msg, fields) {
  const line = { time: new Date().toISOString(), level, name: NAME, msg, ...fields };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

/** Writes one line about a call, with account ids shortened. */
function write(logger, level, message, fields) {
  const safe = JSON.parse(shorten(JSON.stringify(fields)));
  const text = shorten(message);
  callSafely('The logger', () => {
    if (logger === undefined) return writeLine(level, text, safe);
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

/** Advice is this package's own text; AWS's may quote the request. */
const hintOf = ({ hint, hintId }) => (hint && hintId ? ` ${hint}` : '');

/** What is told of a notice: never a value of the request, nor AWS's text, which may quote it. */
const NOTICES = {
  resolve: {
    level: 'debug',
    text: 'An id was resolved',
    about: ({ callId, model, region, source }) => ({ id: callId, model, region, source }),
  },
  gate: {
    level: 'debug',
    text: 'A request was changed',
    about: ({ model, changes }) => ({
      model,
      changes: changes.map(({ rule, action, path }) => ({ rule, action, path })),
    }),
  },
  retry: {
    level: 'debug',
    text: 'An attempt failed and is repeated',
    about: ({ attempt, maxAttempts, delay, error }) => ({ attempt, maxAttempts, delay, error }),
  },
  failover: {
    level: 'warn',
    text: 'A destination was left for the next',
    about: ({ from, cause, error, coolDown }) => ({ from, cause, error, coolDown }),
    cause: ({ from, cause }) => `failover ${cause} ${from}`,
  },
  coldWrite: {
    level: 'info',
    text: 'A prompt cache that was warm elsewhere is written again',
    about: (notice) => notice,
    cause: ({ from, to }) => `coldWrite ${from} ${to}`,
  },
};

/**
 * What one client tells its operator: through the logger that it was given, else by
 * `BEDROCK_PROFILE_LOG`, which is read once.
 */
class Log {
  #logger;
  #least = environment.log();

  /** @param {object} [logger] */
  constructor(logger) {
    this.#logger = logger;
  }

  /** Whether everything is told, also of calls that succeed. */
  get hearsAll() {
    return this.#least === 'debug';
  }

  /** Whether failures are told: without the variable only to a logger; they are thrown, too. */
  get hearsFailures() {
    return this.#hears('warn');
  }

  #hears(level) {
    if (this.#least === undefined) return this.#logger !== undefined && level !== 'debug';
    return LEVELS.indexOf(level) <= LEVELS.indexOf(this.#least);
  }

  /**
   * Warns; where nobody is there to read it, through the process. What is configured is quoted whole: lines
   * can be copied. Gives what the logger gives: it may be a promise that is rejected.
   */
  warn(message) {
    if (typeof this.#logger?.warn === 'function') return this.#logger.warn(`${NAME}: ${message}`);
    if (this.#logger === undefined && this.#least !== undefined) {
      return this.#hears('warn') ? writeLine('warn', message) : undefined;
    }
    return process.emitWarning(message, 'BedrockProfileWarning');
  }

  /** What nobody need know who does not look for it. Gives what the logger gives. */
  debug(message) {
    if (typeof this.#logger?.debug === 'function') return this.#logger.debug(`${NAME}: ${message}`);
    const hears = this.#logger === undefined && this.hearsAll;
    return hears ? writeLine('debug', message) : undefined;
  }

  /**
   * Tells of a call's end: a failure once for its cause; everything where the level is debug.
   *
   * @param {object} call what the event `call` has
   * @param {Error & { hint?: string, hintId?: string, code?: string }} [error]
   */
  callEnded(call, error) {
    const { operation, callId, model, region, requestId, attempts, usage } = call;
    const about = { operation, model, region, id: callId, requestId, attempts };
    if (error !== undefined && !QUIET.includes(error.name)) {
      if (this.hearsFailures) this.#failed(error, about);
      return;
    }
    if (!this.hearsAll) return;
    const ended = error === undefined ? 'ended' : 'was aborted';
    const duration = Math.round(call.duration);
    const message = `${operation} ${ended} after ${duration} ms`;
    write(this.#logger, 'debug', message, { ...about, duration, usage });
  }

  #failed(error, about) {
    const cause = error.hintId ?? error.code ?? error.name;
    const more = due(this.#logger, `${cause} ${about.id} ${about.region}`, Date.now());
    if (more === undefined) return;
    const message = `${about.operation} failed: ${error.name} (${cause}).${hintOf(error)}`;
    write(this.#logger, 'warn', message, {
      cause,
      error: error.name,
      code: error.code,
      status: error.$metadata?.httpStatusCode,
      ...about,
      ...(more > 0 && { suppressed: more }),
    });
  }

  /** Tells of a notice of the addon's. */
  noticed(kind, notice) {
    const { level, text, about, cause } = NOTICES[kind];
    if (!this.#hears(level)) return;
    const more = cause === undefined ? 0 : due(this.#logger, cause(notice), Date.now());
    if (more === undefined) return;
    write(this.#logger, level, text, { ...about(notice), ...(more > 0 && { suppressed: more }) });
  }
}

module.exports = { Log };
