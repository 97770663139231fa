'use strict';

const { setInterval: every } = require('node:timers');
const { Hub } = require('./load.js');
const certificates = require('./certificates.js');
const { blame, describe } = require('./blame.js');
const { fromEnvironment } = require('./environment.js');
const { fromRecord, fromThrown } = require('./errors.js');
const { readRecords, ASK, END, ERROR, HEAD, NOTICE, RESULT } = require('./records.js');

/**
 * JavaScript's side of the addon's queue: one wake-up drains the records of every call.
 *
 * A call is `{ head?, event?, end?, result?, error, notice?, errors? }`; what it receives is described
 * in `src/records.rs`. `errors` gives the classes of its errors, once there is one.
 */
const calls = new Map();
const providers = new Map();
let nextId = 1;
let nextProvider = 1;

// The addon's wake-up does not hold the process; a promise that someone waits for must.
const held = every(() => {}, 0x7fffffff);
held.unref();
let holds = 0;

/** What the addon moves its records to: a chunk of its queue (`CHUNK` in `src/queue.rs`). */
const ROOM = 64 * 1024;

let room;

const hub = new Hub(() => {
  // Whose listener runs the event loop of its own must not find its records overwritten.
  let buffer = room ?? Buffer.allocUnsafeSlow(ROOM);
  room = undefined;
  for (let filled = hub.drain(buffer); filled > 0; filled = hub.drain(buffer)) {
    if (filled > buffer.length) buffer = Buffer.allocUnsafeSlow(filled);
    else readRecords(buffer, filled, receiver);
  }
  if (buffer.length === ROOM) room = buffer;
}, certificates.withoutSystem());

const receiver = {
  receive(kind, id, value, weight) {
    if (kind === ASK) return void give(id, value);
    const call = calls.get(id);
    if (call === undefined) return undefined; // cancelled
    try {
      return deliver(call, kind, id, value, weight);
    } catch (error) {
      return blame(error);
    }
  },

  fail(id, error) {
    const call = calls.get(id);
    if (call === undefined) return;
    cancel(id);
    try {
      call.error(error);
    } catch (thrown) {
      blame(thrown);
    }
  },
};

function deliver(call, kind, id, value, weight) {
  switch (kind) {
    case HEAD:
      return call.head(value);
    case NOTICE:
      return call.notice?.(value);
    case END:
      calls.delete(id);
      return call.end();
    case RESULT:
      calls.delete(id);
      return call.result(value, id);
    case ERROR:
      calls.delete(id);
      return call.error(fromRecord(value, classesOf(call)));
    default:
      return call.event(value, weight);
  }
}

/** The exports of the AWS SDK whose classes a call's errors are of. */
function classesOf(call) {
  try {
    return call.errors?.();
  } catch {
    return undefined;
  }
}

async function give(question, number) {
  let answer;
  try {
    const { provider, kind, about } = providers.get(number);
    answer = { given: READ[kind](await provider.deref()(about)) };
  } catch (error) {
    answer = { error: describe(error) };
  }
  hub.answer(question, JSON.stringify(answer));
}

const isFilled = (value) => typeof value === 'string' && value !== '';

/** What a provider gave, by what it was asked for. */
const READ = {
  keys(given) {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = given ?? {};
    if (!isFilled(accessKeyId) || !isFilled(secretAccessKey)) {
      throw new Error("the provider's answer has no accessKeyId and secretAccessKey");
    }
    return {
      keys: {
        accessKeyId: fromEnvironment(accessKeyId),
        secretAccessKey: fromEnvironment(secretAccessKey),
        sessionToken: fromEnvironment(sessionToken),
        expiration: end(expiration),
      },
    };
  },
  token(given) {
    const { token, expiration } = given ?? {};
    if (!isFilled(token)) throw new Error("the provider's answer has no token");
    return { token: { token: fromEnvironment(token), expiration: end(expiration) } };
  },
};

/** Milliseconds since 1970; what is no time has no end. */
function end(expiration) {
  const time = expiration === undefined ? NaN : new Date(expiration).getTime();
  return time >= 0 ? time : undefined;
}

/** The numbers the addon asks a provider by; the same for the same function and kind. */
const providerIds = new WeakMap();
const collected = new FinalizationRegistry((id) => providers.delete(id));

/**
 * Lets the addon ask a function.
 *
 * @param {Function} provider
 * @param {'keys' | 'token'} kind what it gives
 * @param {object} about what it is told of the client, as in the AWS SDK
 * @returns {number}
 */
function registerProvider(provider, kind, about) {
  const ids = providerIds.get(provider) ?? {};
  providerIds.set(provider, ids);
  if (ids[kind] === undefined) {
    ids[kind] = nextProvider;
    nextProvider += 1;
    // Its client holds it; a provider made for one request must be able to go with it.
    providers.set(ids[kind], { provider: new WeakRef(provider), kind, about });
    collected.register(provider, ids[kind]);
  }
  return ids[kind];
}

/**
 * A client of the addon. The addon itself shares those of the same settings, but for those with a
 * provider: they are shared here, as long as the provider lives, and with them the keys it gave.
 */
function open(settings, provider) {
  const shared = provider && (opened.get(provider) ?? new Map());
  const known = shared?.get(settings);
  if (known !== undefined) return known;
  try {
    const client = hub.open(settings);
    if (shared?.size >= MOST_SETTINGS) shared.clear();
    shared?.set(settings, client);
    if (provider) opened.set(provider, shared);
    return client;
  } catch (thrown) {
    throw fromThrown(thrown);
  }
}

const opened = new WeakMap();
const MOST_SETTINGS = 16;

/** Starts a call and returns its id. */
function start(client, operation, text, blobs, call, { listens = false, gating, headers } = {}) {
  const id = nextId;
  nextId = nextId === 0xffffffff ? 1 : nextId + 1;
  calls.set(id, call);
  const options = gating || headers ? JSON.stringify({ gating, headers }) : undefined;
  try {
    hub.call(client, id, operation, text, blobs, options, listens);
  } catch (error) {
    calls.delete(id);
    throw error;
  }
  return id;
}

/** The bytes of a call's result, once. */
const takeBytes = (id) => hub.takeBytes(id) ?? new Uint8Array();

/** Ends a call; nothing more of it is delivered. */
function cancel(id) {
  calls.delete(id);
  hub.cancel(id);
}

/** Says that so many bytes of a stream's events have been taken. */
function consumed(id, bytes) {
  hub.consumed(id, bytes);
}

/** Holds the process while someone waits. */
function hold() {
  holds += 1;
  if (holds === 1) held.ref();
}

function release() {
  holds -= 1;
  if (holds === 0) held.unref();
}

module.exports = {
  open,
  start,
  takeBytes,
  cancel,
  consumed,
  hold,
  release,
  registerProvider,
};
