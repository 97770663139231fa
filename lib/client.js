'use strict';

const { EventEmitter } = require('node:events');

const { NATIVE, checkInput, isCommand, nameOf, nativeOf, notACommand } = require('./commands.js');
const { abortError, fromThrown, inputError, kindOf } = require('./errors.js');
const { lazy } = require('./lazy.js');

const attributions = lazy(() => require('./attribution.js'));
// What is not needed to make a client is loaded with its first call.
const packing = lazy(() => require('./blobs.js'));
const callbacks = lazy(() => require('./callbacks.js'));
const calls = lazy(() => require('./calls.js'));
const config = lazy(() => require('./config.js'));
const discovery = lazy(() => require('./discovery/index.js'));
const refresh = lazy(() => require('./discovery/refresh.js'));
const environment = lazy(() => require('./environment.js'));
const knownIds = lazy(() => require('./known.js'));
const load = lazy(() => require('./load.js'));
const logging = lazy(() => require('./logging.js'));
const middleware = lazy(() => require('./middleware.js'));
const official = lazy(() => require('./official.js'));
const optionTable = lazy(() => require('./options.js'));
const sdk = lazy(() => require('./sdk.js'));
const sdkShapes = lazy(() => require('./sdk-shapes.js'));
const settings = lazy(() => require('./settings.js'));
const watching = lazy(() => require('./watching.js'));

/** For `resolveSync`: what others were told of an id will do. */
const ANYONE = Symbol('anyone');

/** No middleware. */
const NONE = [];

const NOTICES = ['resolve', 'gate', 'retry', 'failover', 'coldWrite'];
const EVENTS = [...NOTICES, 'call', 'discovery', 'budget'];
const EXPLAINED = { ConverseCommand: true, ConverseStreamCommand: true };

// What is wrong with the configuration is told once to each logger, and not by each client: there
// may be one for each request.
const told = new WeakMap();

let optionsOf;
let askAddon;

/**
 * Stands where `BedrockRuntimeClient` of `@aws-sdk/client-bedrock-runtime` stands: resolves
 * inference profiles, fits requests to models, and calls Bedrock natively. See index.d.ts.
 */
class BedrockProfileClient {
  #options;
  #native;
  #nativeMappings;
  #timesOut = true;
  #emitter = new EventEmitter();
  #logged;
  #notices;
  #watched;
  #refreshing = new Set();
  #running;
  #stack;
  #config;
  #official;

  constructor(options = {}) {
    optionTable().validate(options);
    this.#options = options;
  }

  /** What a client was made with, and what the addon is asked beside the public methods, for this package alone. */
  static {
    optionsOf = (client) => (#options in Object(client) ? client.#options : undefined);
    askAddon = (client, operation, packed, options) => client.#ask(operation, packed, options);
  }

  /** What the client was made with, as the AWS SDK's clients show theirs. */
  get config() {
    this.#config ??= config().configOf(this.#options);
    return this.#config;
  }

  /** Middleware around the calls, of the steps `initialize`, `serialize` and `build`. */
  get middlewareStack() {
    this.#stack ??= new (middleware().MiddlewareStack)();
    return this.#stack;
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
    const kind = nativeOf(command);
    if (kind !== undefined) {
      sdkShapes().learn(command, kind.operation);
      return this.#call(kind, command.input, options, command);
    }
    if (isCommand(command)) return this.#sendOfficially(command, options);
    return Promise.reject(notACommand(command));
  }

  // `converse(input, options)` is `send(new ConverseCommand(input), options)` without the AWS
  // package; likewise for every native operation.
  static {
    for (const kind of Object.values(NATIVE)) {
      const name = kind.operation[0].toLowerCase() + kind.operation.slice(1);
      const method = {
        [name](input, options) {
          return this.#call(kind, input, options);
        },
      };
      Object.defineProperty(this.prototype, name, {
        value: method[name],
        writable: true,
        configurable: true,
      });
    }
  }

  /** A promise in any case; no function of its own kind, each of which would add one. */
  #call(kind, input, options, command) {
    try {
      const signal = signalOf(options);
      if (signal?.aborted) throw abortError(signal.reason);
      const made = {
        signal,
        around: undefined,
        gating: gatingOf(options),
        headers: undefined,
        requestTimeout: requestTimeoutOf(options),
        notice: this.#noticeMode,
        errors: errorClasses(command?.constructor),
        facts: undefined,
        observers: undefined,
      };
      const stacks = this.#stacksOf(command);
      if (stacks === NONE) return this.#make(kind, input, made);
      return this.#around(made, (within) => this.#through(stacks, kind, input, within));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  get #calls() {
    this.#running ??= new (calls().Calls)({
      notice: (notice) => this.#notice(notice),
      listens: () => this.#listens(),
      report: (outcome) => this.#report(outcome),
    });
    return this.#running;
  }

  /** Work around a call: the signal and the timeout of the call are the work's, too. */
  #around(made, work) {
    const until = { signal: made.signal, limit: this.#options.timeouts?.call };
    return this.#calls.around((around) => work({ ...made, around }), until);
  }

  async #through(stacks, kind, input, made) {
    const context = {
      clientName: 'BedrockRuntimeClient',
      commandName: `${kind.operation}Command`,
      logger: this.#options.logger,
    };
    const args = { input, request: await this.#blankRequest(kind) };
    return middleware().through(stacks, context, args, (changed, headers) =>
      this.#make(kind, changed, { ...made, headers }),
    );
  }

  /** The middleware of a call, the client's outermost. */
  #stacksOf(command) {
    const own = this.#stack?.isEmpty === false ? this.#stack : undefined;
    const theirs = command === undefined ? undefined : middleware().stackOf(command);
    if (own === undefined && theirs === undefined) return NONE;
    return [own, theirs].filter(Boolean);
  }

  #make(kind, input, given) {
    checkInput(input, kind);
    const { text, blobs: bytes } = packing().pack(input, kind.operation);
    const made = this.#watching.watched(given, kind, input, text);
    const attributed = this.#attributed(kind.operation, input);
    const budgeted = this.#watching.isBudgeted(made.facts);
    const blobs = attributed === undefined && !budgeted ? bytes : copied(bytes);
    const ready = this.#ready(blobs);
    if (!(ready instanceof Promise) && attributed === undefined && !budgeted) {
      return this.#start(kind, text, ready, made);
    }
    const start = async (within) => {
      const [opened, attribution] = await Promise.all([ready, attributed]);
      if (!budgeted) return this.#start(kind, text, opened, { ...within, attribution });
      await this.#reserve(within, opened, attribution);
      try {
        return this.#start(kind, text, opened, { ...within, attribution });
      } catch (error) {
        this.#watching.money.release(made.facts); // it was given up meanwhile
        throw error;
      }
    };
    return made.around === undefined ? this.#around(made, start) : start(made);
  }

  #start(kind, text, { native, blobs }, made) {
    const { signal, around, requestTimeout } = made;
    if (around?.over) throw around.over;
    if (signal?.aborted) throw abortError(signal.reason);
    if (requestTimeout === undefined || this.#timesOut) {
      return this.#calls.make(native, kind, text, blobs, made);
    }
    this.#warnOnce(settings().ENDS_NOTHING);
    return this.#calls.make(native, kind, text, blobs, { ...made, requestTimeout: undefined });
  }

  /** How a chat's users are told what was changed in their request; undefined where they are not. */
  get #noticeMode() {
    if (this.#notices === undefined) {
      const wanted = this.#options.notice ?? environment().notice();
      const known = wanted === 'reasoning' || wanted === 'metadata';
      this.#notices = known ? wanted : false;
      if (!known && wanted !== undefined && wanted !== false && wanted !== 'false') {
        this.#warnOnce(
          `BEDROCK_PROFILE_NOTICE: ${JSON.stringify(wanted)} means nothing; there are reasoning, metadata and false.`,
        );
      }
    }
    return this.#notices || undefined;
  }

  /** What the operator reads. */
  get #log() {
    this.#logged ??= new (logging().Log)(this.#options.logger);
    return this.#logged;
  }

  /** Who is told of calls, and what may refuse them. */
  get #watching() {
    this.#watched ??= new (watching().Watching)(this.#options, {
      warn: (message) => this.#warn(message),
      warnOnce: (message) => this.#warnOnce(message),
      emit: (what) => this.#emit('budget', what),
      counts: () => {
        this.#native = undefined; // it is opened with the ledger
      },
    });
    return this.#watched;
  }

  /** Reserves what a call may cost; a call that a budget refuses is told as others that fail. */
  async #reserve(made, { native, blobs }, attribution) {
    const resolve = (id) => this.#ask('resolve', { text: id });
    try {
      await this.#watching.reserve(made, native, blobs.length, attribution, resolve);
    } catch (error) {
      this.#report(made.facts);
      throw error;
    }
  }

  /**
   * What calls have cost; see index.d.ts.
   *
   * @param {object} [query]
   */
  async costs(query) {
    const counting = this.#watching.moneyFor('costs()');
    await this.#open();
    return counting.report(query);
  }

  /** How far each budget is used. */
  async budgets() {
    const counting = this.#watching.moneyFor('budgets()');
    await this.#open();
    return counting.status();
  }

  /** What a call is attributed to; undefined where nothing is to be. */
  #attributed(operation, input) {
    if (!this.#watching.attributes) return undefined;
    const { attributionOf, attribute } = attributions();
    const wanted = attributionOf(this.#options);
    return attribute(wanted, { operation, modelId: input.modelId, input }, (message) =>
      this.#warnOnce(message),
    );
  }

  /** What middleware sees of a request that is made natively. */
  async #blankRequest({ bytes, stream }) {
    const { describe, gather } = settings();
    const { known } = describe(await gather(this.#options));
    const { endpoint, region, userAgent, useFips, useDualStack } = known;
    const own = () => load().runtimeHost(region ?? 'us-east-1', useFips, useDualStack);
    const url = new URL(endpoint ?? `https://${own()}`);
    return {
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      port: url.port ? Number(url.port) : undefined,
      path: '/',
      query: {},
      headers: {
        'user-agent': userAgent,
        'x-amz-user-agent': userAgent,
        ...(bytes || stream === 'body' ? {} : { 'content-type': 'application/json' }),
      },
      body: undefined,
    };
  }

  /** What only the AWS SDK can send goes through it, with what is known of its id. */
  async #sendOfficially(command, options) {
    const { modelId } = command.input;
    const gathered = await settings().gather(this.#options);
    const resolved = typeof modelId === 'string' ? await this.#destinationOf(modelId) : undefined;
    this.#official ??= new (official().Official)();
    return this.#official.send(command, options, {
      settings: gathered,
      resolved,
      stack: this.middlewareStack,
    });
  }

  /** What is called for an id that the addon does not call itself; an error where nothing may be. */
  async #destinationOf(modelId) {
    const packed = packing().pack({ modelId, messages: [] }, 'Converse');
    const { route, resolved } = await this.#ask('explain', packed, { gating: 'off' });
    return route ? resolved : this.#ask('resolve', { text: modelId });
  }

  /**
   * Which model stands behind an id, and where it is called.
   *
   * @param {string} id
   */
  async resolve(id) {
    return this.#ask('resolve', { text: checkId(id, 'resolve') });
  }

  /** The same from what is known now; undefined where AWS must be asked. */
  resolveSync(id, whose) {
    checkId(id, 'resolveSync');
    const opening = this.#open();
    if (opening instanceof Promise) {
      opening.catch(() => {}); // reported by the next call that waits for it
      return undefined;
    }
    try {
      const { resolved, warnings } = knownIds().read(id, opening.resolveSync(id, whose === ANYONE));
      for (const warning of warnings) this.#warn(warning); // the addon knows what was told
      return resolved ?? undefined;
    } catch (thrown) {
      throw fromThrown(thrown);
    }
  }

  /**
   * Says which model is behind an ARN, for callers that hold both; to this client alone. What the
   * operator's mappings, an earlier call of this, or AWS say goes before it.
   *
   * @param {string} arn
   * @param {string} model
   */
  learn(arn, model) {
    checkArn(arn);
    if (checkId(model, 'learn').startsWith('arn:') || model === '') {
      throw inputError(
        'learn(arn, model): the model must be the id of a model, not an ARN or empty.',
      );
    }
    const { namesTaken, withModel } = settings();
    if (namesTaken(this.#options)(arn) || this.resolveSync(arn)?.model) return this;
    const mappings = withModel(this.#options.mappings, arn, model);
    this.#options = { ...this.#options, mappings };
    this.#native = undefined;
    return this;
  }

  // For what LibreChat loads: see lib/preload/langchain.js.
  [Symbol.for('bedrock-profile-client.learn')](arn, model) {
    try {
      this.learn(arn, model);
    } catch {
      // The call itself complains of what is wrong.
    }
  }

  /** What the model behind an id can do, each fact with its source. */
  async capabilities(id) {
    return this.#ask('capabilities', { text: checkId(id, 'capabilities') });
  }

  /** Which inference profiles there are, and what to configure for them; see index.d.ts. */
  discover(options) {
    const { Discovery, Run, readOptions } = discovery();
    const signal = signalOf(options);
    this.#checkDiscovery(options);
    return new Discovery(async (tell, stopped) => {
      if (signal?.aborted) throw abortError(signal.reason);
      const gathered = await settings().gather(this.#options);
      const { region } = settings().describe(gathered).known;
      const { accounts } = this.#options;
      const read = readOptions(options, { region, accounts });
      const work = async (around) => {
        const stop = () => around.end(abortError());
        stopped.addEventListener('abort', stop);
        const native = await this.#open();
        const ask = (question) => {
          const input = { text: JSON.stringify(question), blobs: [] };
          return this.#calls.ask(native, 'discover', input, { around });
        };
        const run = new Run(read, { ask, around, tell });
        await run.all();
        return { progress: run.progress, isMapped: (name) => native.isMapped(name) };
      };
      const { progress, isMapped } = await this.#calls.around(work, { signal });
      return { progress, isTaken: isMapped };
    });
  }

  #checkDiscovery(options) {
    // The client's own region may be a function, which is not called for this.
    discovery().readOptions(options, { ...this.#options, region: 'any' });
  }

  /** The same again and again, in the background; see index.d.ts. */
  keepDiscovering(given) {
    const { Refresh, readInterval } = refresh();
    const { every, options } = readInterval(given);
    const signal = signalOf(options);
    const { abortSignal: _, ...asked } = options;
    this.#checkDiscovery(asked); // what is wrong with the options is told at once
    const refreshing = new Refresh(
      every,
      {
        lead: async (holder, lasts) => {
          const about = JSON.stringify([asked.regions, asked.accounts, asked.types, every]);
          const text = JSON.stringify({ about, holder, lasts });
          return this.#ask('lead', { text });
        },
        discover: () => this.discover(asked),
        tell: (result) => this.#emit('discovery', result),
        warn: (text) => this.#warnOnce(text),
        ended: (one) => this.#refreshing.delete(one),
      },
      signal,
    );
    this.#refreshing.add(refreshing);
    return refreshing;
  }

  /** What would be sent for an input, and why; makes no inference call. */
  async explain(input, options) {
    const name = nameOf(input);
    const command = Object.hasOwn(EXPLAINED, name ?? '');
    const streams = options?.stream ?? name === 'ConverseStreamCommand';
    const plain = command ? input.input : input;
    checkInput(plain, NATIVE.ConverseCommand);
    const gating = gatingOf(options);
    const operation = streams ? 'ConverseStream' : 'Converse';
    const asked = streams ? 'explainStream' : 'explain';
    const packed = packing().pack(plain, operation);
    const attributed = this.#attributed(operation, plain);
    if (attributed === undefined) return this.#ask(asked, packed, { gating });
    const kept = { ...packed, blobs: copied(packed.blobs) };
    const attribution = await this.#calls.around(() => attributed);
    return this.#ask(asked, kept, { gating, attribution });
  }

  async #ask(operation, { text, blobs: bytes = [] }, options) {
    const ready = this.#ready(bytes);
    const waits = ready instanceof Promise;
    const { native, blobs } = waits ? await this.#calls.around(() => ready) : ready;
    return this.#calls.ask(native, operation, { text, blobs }, options);
  }

  /** Whether the addon's notices have a listener; those that nobody hears would cost a wake-up. */
  #listens() {
    return NOTICES.some((event) => this.#emitter.listenerCount(event) > 0) || this.#log.hearsAll;
  }

  /** Listens to one of `EVENTS`. */
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
    for (const each of [...this.#refreshing]) each.stop();
    this.#running?.stop();
    this.#official?.destroy();
  }

  /** The addon's client with the bytes to send; a promise only where options must be asked first. */
  #ready(blobs) {
    const opening = this.#open();
    if (!(opening instanceof Promise)) return { native: opening, blobs };
    const copies = copied(blobs);
    return opening.then((native) => ({ native, blobs: copies }));
  }

  #open() {
    const same = () => environment().mappings() === this.#nativeMappings;
    if (this.#native !== undefined && same()) return this.#native;
    const gathered = settings().gather(this.#options);
    if (gathered instanceof Promise) return gathered.then((options) => this.#opened(options));
    return this.#opened(gathered);
  }

  #opened(options) {
    const { native, mappings, ledger, warnings, warnsOnly } = settings().open(options);
    for (const warning of warnings) this.#warnOnce(warning);
    this.#native = native;
    this.#nativeMappings = mappings;
    this.#watched?.money?.opened(native, ledger);
    this.#timesOut = !warnsOnly;
    return native;
  }

  #notice({ notice: kind, ...notice }) {
    if (kind === 'warning') this.#warn(notice.message);
    else if (kind === 'debug') this.#debug(notice.message);
    else {
      this.#log.noticed(kind, notice);
      this.#emit(kind, notice);
    }
  }

  /** Each listener hears it, whatever another does with it. */
  #emit(event, what) {
    for (const listener of this.#emitter.listeners(event)) {
      callbacks().callSafely(`A listener to "${event}"`, () => listener(what));
    }
  }

  #warnOnce(message) {
    callbacks().callSafely('The logger', () => {
      if (firstTime(this.#options.logger ?? told, message)) this.#warn(message);
    });
  }

  #warn(message) {
    callbacks().callSafely('The logger', () => this.#log.warn(message));
  }

  #debug(message) {
    callbacks().callSafely('The logger', () => this.#log.debug(message));
  }

  #report({ operation, duration, head, usage, estimated, error, attributedTo, cost }) {
    const heard = this.#emitter.listenerCount('call') > 0;
    const logged = error === undefined ? this.#log.hearsAll : this.#log.hearsFailures;
    if (!heard && !logged) return;
    const { requestedId, callId, model, region } = head?.profile ?? error?.$metadata?.profile ?? {};
    const { requestId, attempts } = head?.metadata ?? error?.$metadata ?? {};
    const call = {
      operation,
      requestedId,
      callId,
      model,
      region,
      requestId,
      attempts,
      duration,
      usage,
      ...(estimated && { estimated }),
      ...(cost && { cost: head?.profile.cost }),
      error: error?.name,
      ...(attributedTo && { attribution: attributedTo }),
    };
    if (logged) this.#log.callEnded(call, error);
    if (heard) this.#emit('call', call);
  }
}

/**
 * Gives the exports of the AWS SDK that a class of commands is of. Errors ask for it as long as a call
 * lasts: a command, whose input may be large, is not held for that.
 */
function errorClasses(Command) {
  return () => sdk().sdkOf(Command && { constructor: Command }) ?? sdk().sdkOf();
}

function firstTime(logger, warning) {
  if (!told.has(logger)) told.set(logger, new Set());
  const heard = told.get(logger);
  if (heard.has(warning)) return false;
  heard.add(warning);
  return true;
}

/** The addon copies bytes when a call starts; whoever waits until then keeps what they were. */
const copied = (blobs) => blobs.map((bytes) => new Uint8Array(bytes));

function signalOf(options) {
  const signal = options?.abortSignal;
  if (signal === undefined || signal === null) return undefined;
  // One that is no EventTarget has `onabort`, as older ones and the AWS SDK's types have it.
  const listens = typeof signal.addEventListener === 'function' || 'onabort' in Object(signal);
  if (!listens) {
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
  if (gating === undefined) return undefined;
  const { GATING } = optionTable();
  if (!GATING.includes(gating)) {
    throw inputError(
      `options.gating must be one of ${GATING.join(', ')}, not ${JSON.stringify(gating) ?? kindOf(gating)}.`,
    );
  }
  return gating;
}

function checkArn(arn) {
  if (typeof arn !== 'string' || !arn.startsWith('arn:')) {
    throw inputError(`learn(arn, model): the ARN must be one, not ${kindOf(arn)}.`);
  }
}

function checkId(id, method) {
  if (typeof id !== 'string') {
    throw inputError(`${method}(id): the id must be a string, not ${kindOf(id)}.`);
  }
  return id;
}

module.exports = { BedrockProfileClient, ANYONE, askAddon, optionsOf };
