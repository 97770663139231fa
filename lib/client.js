'use strict';

const { EventEmitter } = require('node:events');

const environment = require('./environment.js');
const hub = require('./hub.js');
const { pack } = require('./blobs.js');
const { abortError, fromThrown, hide, inputError, metadataOf } = require('./errors.js');
const { GATING, kindOf, validate } = require('./options.js');
const { describe, gather } = require('./settings.js');
const { BedrockStream, StreamState } = require('./stream.js');

const OPERATIONS = { ConverseCommand: 'Converse', ConverseStreamCommand: 'ConverseStream' };
const NOTICES = ['resolve', 'gate', 'retry'];
const EVENTS = [...NOTICES, 'call'];

// What is wrong with the configuration is told once to each logger, and not by each client: there
// may be one for each request.
const told = new WeakMap();

/**
 * Stands where `BedrockRuntimeClient` of `@aws-sdk/client-bedrock-runtime` stands: resolves
 * inference profiles, fits requests to models, and calls Bedrock natively. See index.d.ts.
 */
class BedrockProfileClient {
  #options;
  #native;
  #nativeMappings;
  #emitter = new EventEmitter();
  #running = new Set();

  constructor(options = {}) {
    validate(options);
    this.#options = options;
  }

  /** Sends a command of the AWS SDK, in any of the ways the AWS SDK's client takes it. */
  send(command, optionsOrCallback, callback) {
    const options = typeof optionsOrCallback === 'function' ? undefined : optionsOrCallback;
    const done = typeof optionsOrCallback === 'function' ? optionsOrCallback : callback;
    const answer = this.#send(command, options);
    if (typeof done !== 'function') return answer;
    answer
      .then(
        (output) => done(null, output),
        (error) => done(error),
      )
      .catch(() => {}); // what a callback throws goes nowhere, as in the AWS SDK
    return undefined;
  }

  #send(command, options) {
    const name = command?.constructor?.name;
    const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
    if (operation === undefined || command.input === undefined) {
      return Promise.reject(inputError(unknownCommand(command, name)));
    }
    return this.#call(operation, command.input, options);
  }

  /** `send(new ConverseCommand(input), options)` without the AWS package. */
  converse(input, options) {
    return this.#call('Converse', input, options);
  }

  /** `send(new ConverseStreamCommand(input), options)` without the AWS package. */
  converseStream(input, options) {
    return this.#call('ConverseStream', input, options);
  }

  async #call(operation, input, options) {
    const signal = signalOf(options);
    if (signal?.aborted) throw abortError(signal.reason);
    checkInput(input);
    const gating = gatingOf(options);
    const { text, blobs: bytes } = pack(input);
    const ready = this.#ready(bytes, requestTimeoutOf(options));
    const { native, blobs } = ready instanceof Promise ? await ready : ready;
    if (signal?.aborted) throw abortError(signal.reason);
    return operation === 'Converse'
      ? this.#whole(native, text, blobs, signal, gating)
      : this.#stream(native, text, blobs, signal, gating);
  }

  #whole(native, text, blobs, signal, gating) {
    return new Promise((resolve, reject) => {
      const run = this.#begin('Converse', { signal, gating }, { resolve, reject });
      run.start(native, text, blobs, {
        result: ({ head, output }) => {
          const $metadata = run.metadata(head);
          run.settle('resolve', { ...output, $metadata });
          run.report({ head, usage: output.usage });
        },
      });
    });
  }

  #stream(native, text, blobs, signal, gating) {
    return new Promise((resolve, reject) => {
      let usage;
      let head;
      const state = new StreamState(
        () => run.report({ head, usage, error: state.failure }),
        () => run.forget(),
      );
      const run = this.#begin('ConverseStream', { signal, gating }, { resolve, reject }, state);
      state.id = run.start(native, text, blobs, {
        head: (arrived) => {
          head = arrived;
          const $metadata = run.metadata(head);
          run.settle('resolve', { $metadata, stream: new BedrockStream(state) });
        },
        event: (event, size) => {
          if (event.metadata) usage = event.metadata.usage;
          state.event(event, size);
        },
        end: () => state.end(),
      });
    });
  }

  /** What every call shares: its signal, its place in `destroy()`, and its `call` event. */
  #begin(operation, { signal, gating }, promise, state) {
    const started = performance.now();
    let id;
    let waiting = promise;
    const run = {
      start: (native, text, blobs, receive) => {
        this.#running.add(stop);
        signal?.addEventListener('abort', stop, { once: true });
        hub.hold();
        try {
          id = hub.start(
            native,
            operation,
            text,
            blobs,
            {
              ...receive,
              notice: (notice) => this.#notice(notice),
              error: (error) => (waiting ? fail(error) : state.error(error)),
            },
            { gating, listens: this.#listens() },
          );
        } catch (error) {
          fail(error);
        }
        return id;
      },
      /** From here on a stream's reader decides whether the process is held. */
      settle: (how, value) => {
        waiting[how](value);
        // A promise's functions hold its value: a stream that is forgotten could not be collected.
        waiting = undefined;
        hub.release();
        if (state === undefined || how === 'reject') run.forget();
      },
      /** Nothing is left that could be aborted. */
      forget: () => {
        this.#running.delete(stop);
        signal?.removeEventListener('abort', stop);
      },
      report: (outcome) => this.#report({ operation, started, ...outcome }),
      metadata: (head) => {
        const $metadata = metadataOf(head.metadata);
        hide($metadata, 'profile', head.profile);
        return $metadata;
      },
    };
    const fail = (error) => {
      run.settle('reject', error);
      run.report({ error });
    };
    const stop = () => {
      if (waiting === undefined) return state.abort(signal?.reason);
      hub.cancel(id);
      return fail(abortError(signal?.reason));
    };
    return run;
  }

  /**
   * Which model stands behind an id, and where it is called.
   *
   * @param {string} id
   */
  async resolve(id) {
    return this.#ask('resolve', checkId(id, 'resolve'));
  }

  /** The same from what is known now; undefined where AWS must be asked. */
  resolveSync(id) {
    checkId(id, 'resolveSync');
    const opening = this.#open();
    if (opening instanceof Promise) {
      opening.catch(() => {}); // reported by the next call that waits for it
      return undefined;
    }
    try {
      const resolved = JSON.parse(opening.resolveSync(id)) ?? undefined;
      this.#tell(opening);
      return resolved;
    } catch (thrown) {
      throw fromThrown(thrown);
    }
  }

  /** What the model behind an id can do, each fact with its source. */
  async capabilities(id) {
    return this.#ask('capabilities', checkId(id, 'capabilities'));
  }

  /** What would be sent for an input, and why; makes no inference call. */
  async explain(input, options) {
    const command = Object.hasOwn(OPERATIONS, input?.constructor?.name ?? '');
    const streams = options?.stream ?? input?.constructor?.name === 'ConverseStreamCommand';
    const plain = command ? input.input : input;
    return this.#ask(streams ? 'explainStream' : 'explain', plain, gatingOf(options));
  }

  async #ask(operation, subject, gating) {
    let text = subject;
    let bytes = [];
    if (typeof subject !== 'string') {
      checkInput(subject);
      ({ text, blobs: bytes } = pack(subject));
    }
    const ready = this.#ready(bytes);
    const { native, blobs } = ready instanceof Promise ? await ready : ready;
    return new Promise((resolve, reject) => {
      hub.hold();
      const settle = (how) => (value) => {
        hub.release();
        how(value);
      };
      const fail = settle(reject);
      try {
        hub.start(
          native,
          operation,
          text,
          blobs,
          {
            result: settle(resolve),
            error: fail,
            notice: (notice) => this.#notice(notice),
          },
          { gating, listens: this.#listens() },
        );
      } catch (error) {
        fail(error);
      }
    });
  }

  /** Whether the addon's notices have a listener; those that nobody hears would cost a wake-up. */
  #listens() {
    return NOTICES.some((event) => this.#emitter.listenerCount(event) > 0);
  }

  /** Listens to `resolve`, `gate`, `retry` or `call`. */
  on(event, listener) {
    if (!EVENTS.includes(event)) {
      throw new TypeError(
        `BedrockProfileClient: there is no event "${event}"; there are ${EVENTS.join(', ')}.`,
      );
    }
    this.#emitter.on(event, listener);
    return this;
  }

  /** Stops listening. */
  off(event, listener) {
    this.#emitter.off(event, listener);
    return this;
  }

  /** Ends every call and stream of this client and closes their connections. */
  destroy() {
    for (const stop of [...this.#running]) stop();
  }

  /** The addon's client with the bytes to send; a promise only where options must be asked first. */
  #ready(blobs, requestTimeout) {
    const opening = this.#open(requestTimeout);
    if (!(opening instanceof Promise)) return { native: opening, blobs };
    // The addon copies bytes when a call starts; until then the caller could change them.
    const copies = blobs.map((bytes) => Uint8Array.from(bytes));
    return opening.then((native) => ({ native, blobs: copies }));
  }

  #open(requestTimeout) {
    const mappings = environment.mappings();
    const usual = requestTimeout === undefined;
    if (usual && this.#native !== undefined && this.#nativeMappings === mappings)
      return this.#native;
    const gathered = gather(this.#options);
    if (gathered instanceof Promise) {
      return gathered.then((options) => this.#opened(options, requestTimeout));
    }
    return this.#opened(gathered, requestTimeout, mappings);
  }

  #opened(options, requestTimeout, mappings = environment.mappings()) {
    const { settings, provider, warnings } = describe({ ...options, requestTimeout });
    const native = hub.open(settings, provider);
    for (const warning of warnings) this.#warnOnce(warning);
    this.#tell(native);
    if (requestTimeout !== undefined) return native;
    this.#native = native;
    this.#nativeMappings = mappings;
    return native;
  }

  /** Tells the operator what the addon found. */
  #tell(native) {
    for (const warning of JSON.parse(native.warnings())) this.#warnOnce(warning);
  }

  #notice({ notice: kind, ...notice }) {
    if (kind === 'warning') this.#warn(notice.message);
    else this.#emitter.emit(kind, notice);
  }

  #warnOnce(message) {
    if (firstTime(this.#options.logger ?? told, message)) this.#warn(message);
  }

  #warn(message) {
    const { logger } = this.#options;
    if (typeof logger?.warn === 'function') logger.warn(`bedrock-profile-client: ${message}`);
    else process.emitWarning(message, 'BedrockProfileWarning');
  }

  #report({ operation, started, head, usage, error }) {
    if (this.#emitter.listenerCount('call') === 0) return;
    const { requestedId, callId, model, region } = head?.profile ?? error?.$metadata?.profile ?? {};
    const { requestId, attempts } = head?.metadata ?? error?.$metadata ?? {};
    this.#emitter.emit('call', {
      operation,
      requestedId,
      callId,
      model,
      region,
      requestId,
      attempts,
      duration: performance.now() - started,
      usage,
      error: error?.name,
    });
  }
}

function firstTime(logger, warning) {
  if (!told.has(logger)) told.set(logger, new Set());
  const heard = told.get(logger);
  if (heard.has(warning)) return false;
  heard.add(warning);
  return true;
}

function signalOf(options) {
  const signal = options?.abortSignal;
  if (signal === undefined || signal === null) return undefined;
  if (typeof signal.addEventListener !== 'function') {
    throw inputError(`options.abortSignal must be an AbortSignal, not ${kindOf(signal)}.`);
  }
  return signal;
}

function requestTimeoutOf(options) {
  const timeout = options?.requestTimeout;
  if (timeout === undefined || timeout === 0) return undefined;
  if (Number.isSafeInteger(timeout) && timeout > 0) return timeout;
  throw inputError(
    `options.requestTimeout must be a whole number of milliseconds, not ${kindOf(timeout)}.`,
  );
}

function gatingOf(options) {
  const gating = options?.gating;
  if (gating !== undefined && !GATING.includes(gating)) {
    throw inputError(
      `options.gating must be one of ${GATING.join(', ')}, not ${JSON.stringify(gating) ?? kindOf(gating)}.`,
    );
  }
  return gating;
}

function checkInput(input) {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw inputError(`The input must be an object, not ${kindOf(input)}.`);
  }
  const { modelId } = input;
  if (modelId === undefined || modelId === null) {
    throw inputError('No value provided for input HTTP label: modelId.');
  }
  if (typeof modelId !== 'string') {
    throw inputError(`modelId must be a string, not ${kindOf(modelId)}.`);
  }
}

function checkId(id, method) {
  if (typeof id !== 'string') {
    throw inputError(`${method}(id): the id must be a string, not ${kindOf(id)}.`);
  }
  return id;
}

function unknownCommand(command, name) {
  const named = typeof command === 'object' && name !== undefined && name !== 'Object';
  const given = named ? `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}` : kindOf(command);
  return (
    `send() was given ${given}, which is no command that this client can send. It sends ` +
    `${Object.keys(OPERATIONS).join(' and ')} of @aws-sdk/client-bedrock-runtime.`
  );
}

module.exports = { BedrockProfileClient };
