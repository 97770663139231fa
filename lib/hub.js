'use strict';

const { setInterval: every } = require('node:timers');
const { isMainThread } = require('node:worker_threads');
const { Hub } = require('./load.js');
const certificates = require('./certificates.js');
const { describeThrown, warnOfThrown } = require('./callbacks.js');
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

// What is being stored is stored before the process ends.
if (isMainThread) process.once('exit', () => hub.settle());

const receiver = {
  receive(kind, id, value, weight) {
    if (kind === ASK) return void give(id, value);
    const call = calls.get(id);
    if (call === undefined) return undefined; // cancelled
    try {
      return deliver(call, kind, id, value, weight);
    } catch (error) {
      return end(id, call, error);
    }
  },

  fail(id, error) {
    const call = calls.get(id);
    if (call !== undefined) end(id, call, error);
  },
};

/** Ends a call whose records cannot be read, or received: nobody is left waiting. */
function end(id, call, error) {
  cancel(id);
  try {
    call.error(error);
  } catch (thrown) {
    warnOfThrown(thrown, 'bedrock-profile-client itself');
  }
}

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
  let provided;
  try {
    const { provider, kind, about } = providers.get(number);
    const asked = provider.deref();
    provided = {
      given: kind === 'store' ? await keep(asked, question) : READ[kind](await asked(about)),
    };
  } catch (error) {
    provided = { error: describeThrown(error) };
  }
  hub.provide(question, JSON.stringify(provided));
}

const isFilled = (value) => typeof value === 'string' && value !== '';

/** Does with an object what the addon wants done. */
async function keep(object, question) {
  const { method, key, value, lasts } = JSON.parse(hub.takeRequest(question));
  if (method === 'set') await object.set(key, value, lasts);
  else if (method === 'delete') await object.delete(key);
  else {
    const found = await object.get(key);
    return { value: typeof found === 'string' ? found : null };
  }
  return { value: null };
}

/** What a provider gave, by what it was asked for. */
const READ = {
  keys(given) {
    const { accessKeyId, secretAccessKey, sessionToken, expiration, accountId } = given ?? {};
    if (!isFilled(accessKeyId) || !isFilled(secretAccessKey)) {
      throw new Error("the provider's answer has no accessKeyId and secretAccessKey");
    }
    return {
      keys: {
        accessKeyId: fromEnvironment(accessKeyId),
        secretAccessKey: fromEnvironment(secretAccessKey),
        sessionToken: fromEnvironment(sessionToken),
        expiration: millisecondsOf(expiration),
        accountId: typeof accountId === 'string' ? accountId : undefined,
      },
    };
  },
  token(given) {
    const { token, expiration } = given ?? {};
    if (!isFilled(token)) throw new Error("the provider's answer has no token");
    return { token: { token: fromEnvironment(token), expiration: millisecondsOf(expiration) } };
  },
};

/** Milliseconds since 1970; what is no time has no end. */
function millisecondsOf(expiration) {
  const time = expiration === undefined ? NaN : new Date(expiration).getTime();
  return time >= 0 ? time : undefined;
}

/** The numbers the addon asks a provider by; the same where it is told the same. */
const providerIds = new WeakMap();
const collected = new FinalizationRegistry((id) => providers.delete(id));

/**
 * Lets the addon ask a function, or an object that keeps things.
 *
 * @param {Function | object} provider
 * @param {'keys' | 'token' | 'store'} kind what it gives
 * @param {object} about what it is told of the client, as in the AWS SDK
 * @param {string} says the same as a text
 * @returns {number}
 */
function registerProvider(provider, kind, about, says) {
  const ids = providerIds.get(provider) ?? new Map();
  providerIds.set(provider, ids);
  const key = `${kind} ${says}`;
  if (!ids.has(key)) {
    const id = hub.numberProvider();
    ids.set(key, id);
    // Its client holds it; a provider made for one request must be able to go with it.
    providers.set(id, { provider: new WeakRef(provider), kind, about });
    collected.register(provider, id);
  }
  return ids.get(key);
}

/** The mappings of some texts, and what is wrong with them. */
function mappings([environment, option, models, file, store]) {
  const native = hub.mappings(environment, option, models, file, store);
  return { native, warnings: JSON.parse(native.warnings()) };
}

/** What clients of these settings and mappings have in common. */
function configure(settings, native) {
  return translated(() => hub.configure(settings, native));
}

/**
 * A client of the addon. What a provider gave is kept as long as its client: such a client is kept as
 * long as the provider.
 */
function open({ configuration, settings }, { credentials, accounts, providers: asked }) {
  const who = JSON.stringify({ own: credentials, accounts });
  const [provider] = asked;
  if (provider === undefined) return translated(() => hub.open(configuration, who));
  const kept = opened.get(provider) ?? new Map();
  opened.set(provider, kept);
  const key = `${who} ${settings}`;
  const client = kept.get(key) ?? translated(() => hub.open(configuration, who));
  kept.delete(key);
  kept.set(key, client);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
  return client;
}

const opened = new WeakMap();
const MOST_KEPT = 16;

/** Errors of the addon as those of this package. */
function translated(run) {
  try {
    return run();
  } catch (thrown) {
    throw fromThrown(thrown);
  }
}

/** Starts a call and returns its id. */
function start(client, operation, text, blobs, call, own = {}, listens = false) {
  const id = nextId;
  nextId = nextId === 0xffffffff ? 1 : nextId + 1;
  calls.set(id, call);
  const { gating, headers, requestTimeout } = own;
  const attribution = own.attribution?.wire;
  const more = gating || headers || requestTimeout || attribution;
  const options = more
    ? JSON.stringify({ gating, headers, requestTimeout, attribution })
    : undefined;
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
  mappings,
  configure,
  open,
  start,
  takeBytes,
  cancel,
  consumed,
  hold,
  release,
  registerProvider,
};
