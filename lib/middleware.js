'use strict';

// `client.middlewareStack`: middleware around a call, as the AWS SDK's clients have it, as far as a
// client can have it that signs and sends natively. A middleware of the steps `initialize`,
// `serialize` and `build` sees the input and the request's headers.

const STEPS = { initialize: 3, serialize: 2, build: 1 };
const PRIORITIES = { high: 3, normal: 2, low: 1 };
const NATIVE_STEPS = ['finalizeRequest', 'deserialize'];

/** The AWS SDK's own, which stand in a command's stack once one of its clients has sent it. */
const OFFICIAL = /^(serializerMiddleware|endpointV2Middleware|schemaSerializerMiddleware) /;

const namesOf = ({ name, aliases = [] }) => [name, ...aliases].filter(Boolean);
const titleOf = ({ name, aliases = [] }) =>
  `${name ?? 'anonymous'}${aliases.length > 0 ? ` (a.k.a. ${aliases.join(',')})` : ''}`;

class MiddlewareStack {
  #entries = [];
  #identifies = false;

  get isEmpty() {
    return this.#entries.length === 0;
  }

  /** Adds a middleware to a step: `initialize` (the default), `serialize` or `build`. */
  add(middleware, options = {}) {
    const { step = 'initialize', priority = 'normal' } = options;
    checkStep(step, options);
    if (!Object.hasOwn(PRIORITIES, priority)) {
      throw new TypeError(`A middleware's priority is high, normal or low, not "${priority}".`);
    }
    this.#insert({ ...options, middleware, step, priority });
  }

  /** Adds a middleware before or after another of this stack. */
  addRelativeTo(middleware, options) {
    const { relation, toMiddleware } = options ?? {};
    if ((relation !== 'before' && relation !== 'after') || typeof toMiddleware !== 'string') {
      throw new TypeError('addRelativeTo() takes { relation: "before" | "after", toMiddleware }.');
    }
    this.#insert({ ...options, middleware });
  }

  #insert(entry) {
    if (typeof entry.middleware !== 'function') {
      throw new TypeError('A middleware must be a function of (next, context).');
    }
    const names = namesOf(entry);
    const taken = this.#entries.filter((other) =>
      namesOf(other).some((name) => names.includes(name)),
    );
    if (taken.length > 0 && !entry.override) {
      throw new Error(`Duplicate middleware name '${titleOf(entry)}'`);
    }
    this.#entries = this.#entries.filter((other) => !taken.includes(other));
    this.#entries.push(entry);
  }

  /** Removes a middleware by its name or itself; whether there was one. */
  remove(toRemove) {
    return this.#drop((entry) =>
      typeof toRemove === 'string'
        ? namesOf(entry).includes(toRemove)
        : entry.middleware === toRemove,
    );
  }

  removeByTag(tag) {
    return this.#drop(({ tags }) => tags?.includes(tag) === true);
  }

  #drop(matches) {
    const kept = this.#entries.filter((entry) => !matches(entry));
    const dropped = kept.length < this.#entries.length;
    this.#entries = kept;
    return dropped;
  }

  use(plugin) {
    plugin.applyToStack(this);
  }

  /** Adds what is here to another stack, also to one of the AWS SDK. */
  applyToStack(stack) {
    for (const { middleware, ...options } of this.#entries) {
      if (options.relation) stack.addRelativeTo(middleware, options);
      else stack.add(middleware, options);
    }
    return stack;
  }

  clone() {
    return this.applyToStack(new MiddlewareStack());
  }

  concat(from) {
    const both = this.clone();
    both.use(from);
    return both;
  }

  identify() {
    return this.#entries.map((entry) => {
      const where = entry.step ?? `${entry.relation} ${entry.toMiddleware}`;
      return `${titleOf(entry)} - ${where}`;
    });
  }

  identifyOnResolve(toggle) {
    if (typeof toggle === 'boolean') this.#identifies = toggle;
    return this.#identifies;
  }

  /** One handler of all: the first to run stands outermost. */
  resolve(handler, context) {
    const inOrder = this.#inOrder();
    return inOrder.reduceRight((next, { middleware }) => middleware(heard(next), context), handler);
  }

  #inOrder() {
    const placed = this.#entries.filter(({ step }) => step !== undefined);
    placed.sort(
      (a, b) => STEPS[b.step] - STEPS[a.step] || PRIORITIES[b.priority] - PRIORITIES[a.priority],
    );
    let waiting = this.#entries.filter(({ relation }) => relation !== undefined);
    while (waiting.length > 0) {
      const left = waiting.filter((entry) => !place(placed, entry));
      if (left.length === waiting.length) {
        const [{ toMiddleware, relation }] = left;
        throw new Error(
          `${toMiddleware} is not found when adding ${titleOf(left[0])} middleware ${relation} ` +
            `${toMiddleware}. The AWS SDK's own middleware is not here: this client serialises, ` +
            'signs, sends and retries natively.',
        );
      }
      waiting = left;
    }
    return placed;
  }
}

/** Puts a middleware beside the one it is relative to; false where that is not there yet. */
function place(placed, entry) {
  const at = placed.findIndex((other) => namesOf(other).includes(entry.toMiddleware));
  if (at < 0) return false;
  placed.splice(entry.relation === 'before' ? at : at + 1, 0, entry);
  return true;
}

function checkStep(step, options) {
  if (Object.hasOwn(STEPS, step)) return;
  const known = Object.keys(STEPS).join(', ');
  if (!NATIVE_STEPS.includes(step)) {
    throw new TypeError(`A middleware's step is one of ${known}, not "${step}".`);
  }
  throw new TypeError(
    `The middleware ${titleOf(options)} is for the step "${step}", which this client does natively: ` +
      `it signs, sends and retries without JavaScript. There are the steps ${known}.`,
  );
}

/** The middleware that a command brings; `undefined` where there is none of the caller's. */
function stackOf(command) {
  const stack = command?.middlewareStack;
  if (typeof stack?.identify !== 'function') return undefined;
  const entries = stack.identify();
  if (entries.length === 0 || entries.some((entry) => OFFICIAL.test(entry))) return undefined;
  for (const entry of entries) {
    const [name, step] = entry.split(' - ');
    if (NATIVE_STEPS.includes(step)) checkStep(step, { name });
  }
  return stack;
}

/**
 * Makes a call through middleware.
 *
 * @param {{ resolve(handler: Function, context: object): Function }[]} stacks the outermost first
 * @param {object} context what a middleware is told of the call
 * @param {{ input: object, request: { headers: Record<string, string> } }} args
 * @param {(input: object, headers: string[][]) => Promise<object>} make
 */
async function through(stacks, context, { input, request }, make) {
  const before = { ...request, headers: { ...request.headers } };
  const last = async (args) => {
    const output = await make(args.input, changedHeaders(before, args.request ?? request));
    return { output, response: undefined };
  };
  const handler = stacks.reduceRight((next, stack) => stack.resolve(heard(next), context), last);
  const { output } = await handler({ input, request });
  return output;
}

/** A handler whose errors are not the process's where the middleware above does not wait for it. */
function heard(handler) {
  return (args) => {
    const result = handler(args);
    if (result instanceof Promise) result.catch(() => {});
    return result;
  };
}

/** The headers that middleware has set; nothing else of a request is open to it. */
function changedHeaders(before, after) {
  for (const member of ['protocol', 'hostname', 'port', 'path', 'method', 'body']) {
    if (after[member] !== before[member]) {
      throw new TypeError(
        `A middleware has changed request.${member}, which is made natively; only headers can be ` +
          'changed. An endpoint is an option of the client.',
      );
    }
  }
  const headers = after.headers ?? {};
  const missing = Object.keys(before.headers).find((name) => headers[name] === undefined);
  if (missing !== undefined) {
    throw new TypeError(`A middleware has removed the header ${missing}, which is always sent.`);
  }
  return Object.entries(headers)
    .filter(([name, value]) => value !== undefined && value !== before.headers[name])
    .map(([name, value]) => headerOf(name.toLowerCase(), String(value)));
}

const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const VALUE = /^[\t\x20-\x7e]*$/;
const NOT_TO_SET = ['content-length', 'transfer-encoding', 'connection', 'authorization'];

function headerOf(name, value) {
  if (NOT_TO_SET.includes(name)) {
    throw new TypeError(`A middleware has set the header ${name}, which is made natively.`);
  }
  if (!NAME.test(name) || !VALUE.test(value)) {
    throw new TypeError(
      `A middleware has set the header ${JSON.stringify(name)}, whose name or value HTTP does not allow.`,
    );
  }
  return [name, value];
}

module.exports = { MiddlewareStack, stackOf, through };
