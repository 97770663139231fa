'use strict';

const { clearTimeout, setImmediate, setTimeout } = require('node:timers');
const hub = require('./hub.js');
const { abortError, hide, metadataOf, tooLate } = require('./errors.js');
const { ResponseBytes } = require('./blobs.js');
const { listen, unlisten } = require('./signals.js');
const { BedrockStream, StreamState } = require('./stream.js');

/** The longest that a timer waits, in milliseconds. */
const LONGEST = 0x7fffffff;

/** What has been begun within a call that has work around it; it ends together. */
class Around {
  #ends = new Set();
  /** Why nothing more may begin. */
  over;

  add(end) {
    this.#ends.add(end);
  }

  delete(end) {
    this.#ends.delete(end);
  }

  end(error) {
    this.over ??= error;
    for (const end of [...this.#ends]) end(error);
  }
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
    for (const stop of [...this.#running]) stop();
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
        this.#running.delete(stop);
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
      this.#running.add(stop);
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
   * @param {{ text: string, blobs: Uint8Array[] }} input
   * @param {{ signal?: AbortSignal, around?: Around, errors?: object, gating?: string,
   *   headers?: string[][] }} options
   */
  make(native, kind, input, options) {
    return new Promise((resolve, reject) => {
      const settle = { resolve, reject };
      if (kind.stream) this.#stream(native, kind, input, options, settle);
      else this.#whole(native, kind, input, options, settle);
    });
  }

  #whole(native, { operation, bytes }, input, options, promise) {
    const run = this.#begin(operation, options, promise);
    run.start(native, input, {
      result: ({ head, output }, id) => {
        const members = bytes ? { [bytes]: bytesOf(id), ...head.members } : output;
        run.settle('resolve', { ...members, $metadata: run.metadata(head) });
        run.report({ head, usage: members.usage });
      },
    });
  }

  #stream(native, { operation, stream }, input, options, promise) {
    let usage;
    let head;
    const state = new StreamState(
      (error) => run.report({ head, usage, error }),
      () => run.forget(),
    );
    const run = this.#begin(operation, options, promise, state);
    state.id = run.start(native, input, {
      head: (arrived) => {
        head = arrived;
        run.settle('resolve', {
          [stream]: new BedrockStream(state),
          ...head.members,
          $metadata: run.metadata(head),
        });
      },
      event: (event, size) => {
        if (event.metadata) usage = event.metadata.usage;
        state.event(event, size);
      },
      end: () => state.end(),
    });
  }

  /** What every call shares. */
  #begin(operation, { signal, around, errors, ...options }, promise, state) {
    const started = performance.now();
    let id;
    let waiting = promise;
    const run = {
      start: (native, { text, blobs }, receive) => {
        this.#running.add(stop);
        around?.add(end);
        hub.hold();
        const call = {
          ...receive,
          errors,
          notice: this.#owner.notice,
          error: (error) => (waiting ? fail(error) : state.error(error)),
        };
        try {
          listen(signal, stop);
          if (waiting === undefined) return undefined; // it has called back at once
          const listens = this.#owner.listens();
          id = hub.start(native, operation, text, blobs, call, { listens, ...options });
        } catch (error) {
          fail(error);
        }
        return id;
      },
      /** From here on a stream's reader decides whether the process is held. */
      settle: (how, value) => {
        const settle = waiting[how];
        // A promise's functions hold its value: a stream that is forgotten could not be collected.
        waiting = undefined;
        hub.release();
        settle(value);
        if (state === undefined || how === 'reject') run.forget();
      },
      /** Nothing is left that could be aborted. */
      forget: () => {
        this.#running.delete(stop);
        around?.delete(end);
        unlisten(signal, stop);
      },
      report: (outcome) => this.#owner.report({ operation, started, ...outcome }),
      metadata: (head) => {
        const $metadata = metadataOf(head.metadata);
        if (head.profile) hide($metadata, 'profile', head.profile);
        return $metadata;
      },
    };
    const fail = (error) => {
      if (waiting === undefined) return;
      run.settle('reject', error);
      run.report({ error });
    };
    const end = (error) => {
      if (waiting === undefined) return state?.abort(error);
      if (id !== undefined) hub.cancel(id);
      return fail(error);
    };
    const stop = () => end(abortError(signal?.reason));
    return run;
  }

  /**
   * Asks the addon's client something that is no call to a model.
   *
   * @param {object} native
   * @param {string} operation
   * @param {{ text: string, blobs: Uint8Array[] }} input
   * @param {{ gating?: string, around?: Around }} [options]
   */
  ask(native, operation, { text, blobs }, { around, ...options } = {}) {
    return new Promise((resolve, reject) => {
      let id;
      const settle = (how) => (value) => {
        this.#running.delete(stop);
        around?.delete(stop);
        hub.release();
        how(value);
      };
      const fail = settle(reject);
      const stop = (error = abortError()) => {
        hub.cancel(id);
        fail(error);
      };
      const call = { result: settle(resolve), error: fail, notice: this.#owner.notice };
      hub.hold();
      this.#running.add(stop);
      around?.add(stop);
      try {
        const listens = this.#owner.listens();
        id = hub.start(native, operation, text, blobs, call, { listens, ...options });
      } catch (error) {
        fail(error);
      }
    });
  }
}

/** The bytes of a whole answer, as an array of the caller's own realm. */
function bytesOf(id) {
  const { buffer, byteOffset, byteLength } = hub.takeBytes(id);
  return new ResponseBytes(buffer, byteOffset, byteLength);
}

module.exports = { Calls };
