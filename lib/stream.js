'use strict';

const hub = require('./hub.js');

/** Bytes of events that are taken before the addon hears of it. */
const ACKNOWLEDGE = 64 * 1024;

// A stream that nobody holds any more is closed: AWS bills what nobody reads.
const forgotten = new FinalizationRegistry((state) => state.close());

/**
 * What a stream is made of, apart from the object that its reader holds: the hub holds this, and
 * the reader's object only while someone waits for an event, so that a forgotten stream can go.
 */
class StreamState {
  /**
   * @param {{ ended(failure?: Error): void, forget(): void }} call is told that the upstream has ended,
   *   whole or not, and that the reader has taken the end: nothing is left to abort
   */
  constructor(call) {
    this.id = 0;
    this.events = [];
    this.sizes = [];
    this.taken = 0;
    this.unacknowledged = 0;
    // Readers wait one at a time, all but a few: only those beyond the first are in a line.
    this.waiter = undefined;
    this.line = undefined;
    this.ended = false;
    this.failure = undefined;
    this.call = call;
  }

  /** An event has arrived. */
  event(event, size) {
    const { waiter } = this;
    if (waiter === undefined) {
      this.events.push(event);
      this.sizes.push(size);
      return;
    }
    this.waiter = this.line?.shift();
    hub.release();
    this.acknowledge(size);
    waiter.resolve({ value: event, done: false });
  }

  /** The stream has ended whole. */
  end() {
    this.finish();
  }

  /** The stream has failed. */
  error(error) {
    this.failure = error;
    this.finish();
  }

  next(owner) {
    if (this.taken < this.events.length) {
      const event = this.events[this.taken];
      this.acknowledge(this.sizes[this.taken]);
      this.taken += 1;
      if (this.taken === this.events.length) {
        this.events = [];
        this.sizes = [];
        this.taken = 0;
      }
      return Promise.resolve({ value: event, done: false });
    }
    if (this.ended) {
      this.call.forget();
      const { failure } = this;
      this.failure = undefined; // thrown once, then the iteration is over
      if (failure !== undefined) return Promise.reject(failure);
      return Promise.resolve({ value: undefined, done: true });
    }
    hub.hold();
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject, owner };
      if (this.waiter === undefined) this.waiter = waiter;
      else (this.line ??= []).push(waiter);
    });
  }

  acknowledge(size) {
    this.unacknowledged += size;
    if (this.unacknowledged >= ACKNOWLEDGE && !this.ended) {
      hub.consumed(this.id, this.unacknowledged);
      this.unacknowledged = 0;
    }
  }

  /** The reader wants no more: the upstream is closed, and events that have arrived are dropped. */
  close() {
    this.drop();
    this.failure = undefined;
    this.finish();
    this.call.forget();
  }

  /** The caller aborted: the same, but its reader is told. */
  abort(error) {
    if (!this.ended || this.taken < this.events.length) {
      this.drop();
      this.error(error);
    }
    this.call.forget();
  }

  drop() {
    if (!this.ended) hub.cancel(this.id);
    this.events = [];
    this.sizes = [];
    this.taken = 0;
  }

  finish() {
    const { failure } = this;
    const ending = !this.ended;
    this.ended = true;
    // Whoever waits comes first: what else is told of the end may not come between.
    const { waiter: first, line = [] } = this;
    const waiting = first === undefined ? [] : [first, ...line];
    this.waiter = undefined;
    this.line = undefined;
    for (const waiter of waiting) {
      hub.release();
      if (this.failure === undefined) {
        waiter.resolve({ value: undefined, done: true });
      } else {
        this.failure = undefined;
        waiter.reject(failure);
      }
    }
    if (waiting.length > 0) this.call.forget();
    if (ending) this.call.ended(failure);
  }
}

/** Bedrock's events, as an async iterable; the connection closes when its reader stops. */
class BedrockStream {
  #state;

  constructor(state) {
    this.#state = state;
    forgotten.register(this, state);
  }

  next() {
    return this.#state.next(this);
  }

  return(value) {
    this.#state.close();
    return Promise.resolve({ value, done: true });
  }

  throw(error) {
    this.#state.close();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  [Symbol.asyncDispose]() {
    return this.return().then(() => undefined);
  }
}

module.exports = { BedrockStream, StreamState };
