'use strict';

const { clearTimeout, setImmediate, setTimeout } = require('node:timers');
const hub = require('./hub.js');
const { abortError, hide, metadataOf, tooLate } = require('./errors.js');
const { ResponseBytes } = require('./blobs.js');
const { lazy } = require('./lazy.js');
const { listen, unlisten } = require('./signals.js');
const { BedrockStream, StreamState } = require('./stream.js');

const notices = lazy(() => require('./notice.js'));

/** The longest that a timer waits, in milliseconds. */
const LONGEST = 0x7fffffff;

/** What has been begun within a call that has work around it; it ends together. */
class Around {
  #calls = new Set();
  /** Why nothing more may begin. */
  over;

  add(call) {
    this.#calls.add(call);
  }

  delete(call) {
    this.#calls.delete(call);
  }

  end(error) {
    this.over ??= error;
    for (const call of [...this.#calls]) call.giveUp(error);
  }
}

/**
 * A call, as `lib/hub.js` delivers to it; one for each, so it is small. It stands among the running
 * calls of its client, and among what its middleware has begun, until nothing is left to abort.
 */
class Call {
  #kind;
  #options;
  #owner;
  #running;
  #resolve;
  #reject;
  #facts;
  #stop;
  #id;

  constructor(kind, options, owner, running, resolve, reject) {
    this.#kind = kind;
    this.#options = options;
    this.#owner = owner;
    this.#running = running;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#facts = options.facts;
    this.notice = owner.notice;
    this.errors = options.errors;
  }

  get kind() {
    return this.#kind;
  }

  /** What happens to it, for all who want to know. */
  get facts() {
    return this.#facts;
  }

  get isWaiting() {
    return this.#resolve !== undefined;
  }

  /** What a chat's users are told of it, where they are to be told. */
  noticeOf({ profile }) {
    const { notice: mode } = this.#options;
    if (mode === undefined) return undefined;
    const notice = notices().noticeOf(profile);
    if (notice !== undefined) profile.notice = notice;
    return notice && { mode, notice };
  }

  start(native, text, blobs) {
    const { signal, around, observers, attribution } = this.#options;
    this.#facts.attributedTo = attribution?.dimensions;
    this.#facts.begin(observers);
    this.#running.add(this);
    around?.add(this);
    hub.hold();
    try {
      if (signal !== undefined) {
        this.#stop = () => this.stop();
        listen(signal, this.#stop);
        if (!this.isWaiting) return; // it has called back at once
      }
      const { operation } = this.#kind;
      this.#id = hub.start(
        native,
        operation,
        text,
        blobs,
        this,
        this.#options,
        this.#owner.listens(),
      );
    } catch (error) {
      this.fail(error);
    }
  }

  get id() {
    return this.#id;
  }

  /** From here on a stream's reader decides whether the process is held. */
  settle(value, failed = false) {
    const settle = failed ? this.#reject : this.#resolve;
    // A promise's functions hold its value: a stream that is forgotten could not be collected.
    this.#resolve = undefined;
    this.#reject = undefined;
    hub.release();
    settle(value);
  }

  fail(error) {
    if (!this.isWaiting) return;
    this.settle(error, true);
    this.forget();
    this.report({ error });
  }

  /** Nothing is left that could be aborted. */
  forget() {
    const { signal, around } = this.#options;
    this.#running.delete(this);
    around?.delete(this);
    if (signal !== undefined) unlisten(signal, this.#stop);
  }

  error(error) {
    this.fail(error);
  }

  /** Ends the call, for this reason. */
  giveUp(error) {
    if (!this.isWaiting) return;
    if (this.#id !== undefined) hub.cancel(this.#id);
    this.fail(error);
  }

  stop() {
    this.giveUp(abortError(this.#options.signal?.reason));
  }

  report(outcome) {
    this.#facts.end(outcome);
    this.#owner.report(this.#facts);
  }
}

/** A call whose response comes whole. */
class WholeCall extends Call {
  result({ head, output }, id) {
    const { bytes } = this.kind;
    const members = bytes ? { [bytes]: bytesOf(id), ...head.members } : output;
    // It was made for this call alone, and nobody has seen it yet.
    members.$metadata = metadataWithProfile(head);
    const told = this.noticeOf(head);
    if (told?.mode === 'reasoning') notices().intoMessage(members, told.notice);
    this.settle(members);
    this.forget();
    this.report({ head, usage: members.usage, stopReason: members.stopReason });
  }
}

/** A call whose response is a stream. */
class StreamCall extends Call {
  #state;
  #notice;

  start(native, text, blobs) {
    this.#state = new StreamState(this);
    super.start(native, text, blobs);
    this.#state.id = this.id;
  }

  head(head) {
    this.facts.head = head;
    const told = this.noticeOf(head);
    if (told !== undefined && this.kind.operation === 'ConverseStream') {
      this.#notice = new (notices().StreamedNotice)(told.mode, told.notice);
    }
    this.settle({
      [this.kind.stream]: new BedrockStream(this.#state),
      ...head.members,
      $metadata: metadataWithProfile(head),
    });
  }

  event(event, size) {
    this.facts.event(event);
    const more = this.#notice?.after(event);
    this.#state.event(event, size);
    if (more !== undefined) for (const each of more) this.#state.event(each, 0);
  }

  /** The stream has ended whole. */
  end() {
    this.facts.complete = true;
    this.#state.end();
  }

  giveUp(error) {
    if (this.isWaiting) super.giveUp(error);
    else this.#state.abort(error);
  }

  error(error) {
    if (this.isWaiting) this.fail(error);
    else this.#state.error(error);
  }

  /** The upstream has ended, whole or not. */
  ended(error) {
    this.report({ error });
  }
}

function metadataWithProfile({ metadata, profile }) {
  const $metadata = metadataOf(metadata);
  if (profile) hide($metadata, 'profile', profile);
  return $metadata;
}

/**
 * The calls of one client: each is a promise, its signal, its place in `destroy()`, its notices, and
 * its `call` event.
 */
class Calls {
  #running = new Set();
  #owner;

  /**
   * @param {object} owner `{ notice, listens, report }`: who hears a call's notices, whether anyone
   *   listens to more than warnings, and who is told how it went
   */
  constructor(owner) {
    this.#owner = owner;
  }

  /** Ends every call and stream. */
  stop() {
    for (const call of [...this.#running]) call.stop();
  }

  /**
   * Waits for what comes before a call, or stands around it: options that must be asked for,
   * middleware. A signal, `destroy()` and a timeout end it with all the calls that it has made,
   * whatever it does.
   *
   * @template T
   * @param {(around: Around) => Promise<T>} work what it makes calls with
   * @param {{ signal?: AbortSignal, limit?: number }} [until] `limit` in milliseconds
   * @returns {Promise<T>}
   */
  around(work, { signal, limit } = {}) {
    const around = new Around();
    return new Promise((resolve, reject) => {
      let timer;
      const settled = () => {
        clearTimeout(timer);
        this.#running.delete(waits);
        unlisten(signal, stop);
      };
      const succeed = (value) => {
        settled();
        resolve(value);
      };
      const fail = (error) => {
        settled();
        // Of what it has begun nobody will hear.
        around.end(error);
        reject(error);
      };
      // The calls within hear of it first: what middleware makes of that is what becomes of it.
      const end = (error) => {
        around.end(error);
        setImmediate(fail, error);
      };
      const stop = () => end(abortError(signal?.reason));
      const waits = { stop };
      this.#running.add(waits);
      try {
        listen(signal, stop);
      } catch (error) {
        fail(error);
        return;
      }
      if (limit <= LONGEST) timer = setTimeout(() => end(tooLate(limit)), limit);
      work(around).then(succeed, fail);
    });
  }

  /**
   * Makes a call.
   *
   * @param {object} native the addon's client
   * @param {{ operation: string, stream?: string, bytes?: string }} kind of `lib/commands.js`
   * @param {string | string[]} text the input
   * @param {Uint8Array[]} blobs its bytes
   * @param {{ signal?: AbortSignal, around?: Around, errors?: object, gating?: string,
   *   headers?: string[][], requestTimeout?: number, attribution?: object, notice?: string, facts: CallFacts,
   *   observers: object[] }} options
   */
  make(native, kind, text, blobs, options) {
    return new Promise((resolve, reject) => {
      const Made = kind.stream ? StreamCall : WholeCall;
      const call = new Made(kind, options, this.#owner, this.#running, resolve, reject);
      call.start(native, text, blobs);
    });
  }

  /**
   * Asks the addon's client something that is no call to a model.
   *
   * @param {object} native
   * @param {string} operation
   * @param {{ text: string | string[], blobs: Uint8Array[] }} input
   * @param {{ gating?: string, around?: Around }} [options]
   */
  ask(native, operation, { text, blobs }, { around, bytes = false, ...options } = {}) {
    return new Promise((resolve, reject) => {
      let id;
      const settle = (how) => (value) => {
        this.#running.delete(call);
        around?.delete(call);
        hub.release();
        how(value);
      };
      const fail = settle(reject);
      const stop = (error = abortError()) => {
        hub.cancel(id);
        fail(error);
      };
      const call = {
        result: bytes
          ? (said, one) => settle(resolve)({ said, bytes: hub.takeBytes(one) })
          : settle(resolve),
        error: fail,
        notice: this.#owner.notice,
        stop,
        giveUp: stop,
      };
      hub.hold();
      this.#running.add(call);
      around?.add(call);
      try {
        id = hub.start(native, operation, text, blobs, call, options, this.#owner.listens());
      } catch (error) {
        fail(error);
      }
    });
  }
}

/** The bytes of a whole response, as an array of the caller's own realm. */
function bytesOf(id) {
  const { buffer, byteOffset, byteLength } = hub.takeBytes(id);
  return new ResponseBytes(buffer, byteOffset, byteLength);
}

module.exports = { Calls };
