'use strict';

const { setInterval: every } = require('node:timers');
const { Hub } = require('./load.js');
const certificates = require('./certificates.js');
const { fromEnvironment } = require('./environment.js');
const { unpack } = require('./answers.js');
const { fromRecord, fromThrown } = require('./errors.js');

/**
 * JavaScript's side of the addon's queue: one wake-up drains the records of every call.
 *
 * A call is `{ head?, event?, end?, result?, error, notice?, errors? }`; what it receives is described
 * in `src/hub.rs`. `errors` gives the classes of its errors, once there is one.
 */
const calls = new Map();
const providers = new Map();
let nextId = 1;
let nextProvider = 1;

// The addon's wake-up does not hold the process; a promise that someone waits for must.
const held = every(() => {}, 0x7fffffff);
held.unref();
let holds = 0;

const hub = new Hub(() => {
  const text = hub.drain();
  if (text === '') return;
  for (const record of JSON.parse(text)) {
    try {
      deliver(record);
    } catch (error) {
      // Of a caller's listener. It is reported as always, but costs nobody else an event.
      process.nextTick(() => {
        throw error;
      });
    }
  }
}, certificates.withoutSystem());

function deliver(record) {
  const [id, kind] = record;
  if (kind === 'k') return void give(id, record[2]);
  const call = calls.get(id);
  if (call === undefined) return undefined; // cancelled
  switch (kind) {
    case 'e':
      return call.event(record.length > 4 ? unpack(record[2], record[4]) : record[2], record[3]);
    case 'h':
      return call.head(record[2]);
    case 'n':
      return call.notice?.(record[2]);
    case 'z':
      calls.delete(id);
      return call.end();
    case 'r':
      calls.delete(id);
      return call.result(unpack(record[2], record[3]), id);
    default:
      calls.delete(id);
      return call.error(fromRecord(record[2], call.errors?.()));
  }
}

async function give(question, number) {
  let answer;
  try {
    const { provider, kind, about } = providers.get(number);
    answer = { given: READ[kind](await provider.deref()(about)) };
  } catch (error) {
    const name = error?.name ?? 'Error';
    const text = String(error?.message ?? error);
    answer = { error: name === 'Error' ? text : `${name}: ${text}` };
  }
  hub.answer(question, JSON.stringify(answer));
}

const filled = (value) => typeof value === 'string' && value !== '';

/** What a provider gave, by what it was asked for. */
const READ = {
  keys(given) {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = given ?? {};
    if (!filled(accessKeyId) || !filled(secretAccessKey)) {
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
    if (!filled(token)) throw new Error("the provider's answer has no token");
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
  hub.call(client, id, operation, text, blobs, options, listens);
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
