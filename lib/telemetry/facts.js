'use strict';

const { callSafely } = require('../callbacks.js');

/** So many characters are a token, where nobody has counted them. */
const CHARACTERS_PER_TOKEN = 4;

/** Chunks that arrive this close together, in milliseconds, have arrived at once. */
const AT_ONCE = 1;

/** Errors that throttle, also within a stream whose status is 200. */
const THROTTLED = /^(Throttl|TooManyRequests)/;

const METRICS = 'amazon-bedrock-invocationMetrics';

/**
 * What happens to one call, gathered once for all who want to know: traces, metrics, costs, and the
 * event `call`. It holds no text of a request or response.
 */
class CallFacts {
  /** Milliseconds of `performance.now()`, as all times here. */
  started = performance.now();
  /** Of `lib/commands.js`: `Converse`, `ConverseStream`, … */
  operation;
  /** Whether the response is a stream. */
  streams;
  /** What of the request is worth knowing; undefined where nobody watches. */
  request;
  /** What it is attributed to, as that goes out. */
  attributedTo;
  head;
  error;
  usage;
  /** Whether `usage` was estimated, since the response ended before it said so. */
  estimated = false;
  /** What it costs, and what budgets have reserved for it: `lib/money/`. */
  cost;
  tickets;
  /** Whether the response has come whole. */
  complete = false;
  stopReason;
  firstChunk;
  firstToken;
  lastChunk;
  chunks = 0;
  /** Characters of the response. */
  characters = 0;
  ended;
  #watches = NOBODY;

  constructor({ operation, stream }, request) {
    this.operation = operation;
    this.streams = stream !== undefined;
    this.request = request;
  }

  /**
   * The call begins.
   *
   * @param {{ begin(facts: CallFacts): { chunk?(gap: number): void, end(): void } }[]} observers
   */
  begin(observers) {
    this.started = performance.now();
    if (observers.length === 0) return;
    this.#watches = [];
    for (const observer of observers) {
      callSafely('bedrock-profile-client itself', () => {
        const watch = observer.begin(this);
        if (watch !== undefined) this.#watches.push(watch);
      });
    }
  }

  /** An event of a stream has arrived. */
  event(event) {
    if (event.metadata) {
      this.usage = event.metadata.usage;
      for (const watch of this.#watches) watch.used?.();
    }
    if (this.#watches === NOBODY) return;
    const now = performance.now();
    const { lastChunk } = this;
    this.chunks += 1;
    if (lastChunk === undefined) this.firstChunk = now;
    this.lastChunk = now;
    const delta = event.contentBlockDelta?.delta;
    if (delta !== undefined) {
      this.firstToken ??= now;
      const text = delta.text ?? delta.reasoningContent?.text ?? delta.toolUse?.input;
      if (typeof text === 'string') this.characters += text.length;
      const gap = now - lastChunk;
      if (gap >= AT_ONCE) for (const watch of this.#watches) watch.chunk?.(gap);
    } else if (event.messageStop) {
      this.stopReason = event.messageStop.stopReason;
    } else if (event.chunk?.bytes) {
      this.#invoked(event.chunk.bytes, now);
    }
  }

  /** A chunk of InvokeModelWithResponseStream: the last one says what was used. */
  #invoked(bytes, now) {
    this.firstToken ??= now;
    this.characters += bytes.length;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!text.includes(METRICS)) return;
    try {
      this.usage = usageOfInvocation(JSON.parse(text.toString())[METRICS]) ?? this.usage;
    } catch {
      // It is the model's text, and no metrics.
    }
  }

  /** The upstream has ended. */
  end({ head, usage, error, stopReason }) {
    if (this.ended !== undefined) return;
    this.ended = performance.now();
    this.head = head ?? this.head;
    this.usage = usage ?? this.usage ?? this.head?.usage;
    this.error = error;
    this.stopReason = stopReason ?? this.stopReason;
    if (!this.streams) this.complete = error === undefined;
    if (this.#watches === NOBODY) return;
    this.#estimate();
    for (const watch of this.#watches) {
      callSafely('bedrock-profile-client itself', () => watch.end());
    }
    this.#watches = NOBODY;
  }

  /** AWS bills what a stream has used, also where it never says so. */
  #estimate() {
    const began = this.streams && this.head !== undefined;
    if (this.usage !== undefined || !began || this.complete) return;
    const tokens = (characters) => Math.ceil(characters / CHARACTERS_PER_TOKEN);
    const inputTokens = tokens(this.request?.characters ?? 0);
    const outputTokens = tokens(this.characters);
    this.usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
    this.estimated = true;
  }

  /** Milliseconds from beginning to end. */
  get duration() {
    return (this.ended ?? performance.now()) - this.started;
  }

  /** What it was resolved to, as far as that is known. */
  get profile() {
    return this.head?.profile ?? this.error?.$metadata?.profile;
  }

  get metadata() {
    return this.head?.metadata ?? this.error?.$metadata;
  }

  /** Attempts that were throttled: those that were repeated, and the last one where the call ended with it. */
  get throttles() {
    const { metadata, error } = this;
    const isLast =
      error !== undefined && (metadata?.httpStatusCode === 429 || THROTTLED.test(error.name));
    return (metadata?.throttles ?? 0) + (isLast ? 1 : 0);
  }

  /** `ok`, `error`, or `aborted` where the caller wanted no more. */
  get outcome() {
    if (this.error !== undefined) return this.error.name === 'AbortError' ? 'aborted' : 'error';
    return this.complete ? 'ok' : 'aborted';
  }
}

/** Nobody watches. */
const NOBODY = Object.freeze([]);

/** Bedrock's own count of what InvokeModel has used, as Converse says it. */
function usageOfInvocation(metrics) {
  const { inputTokenCount: inputTokens, outputTokenCount: outputTokens } = metrics ?? {};
  if (!Number.isFinite(inputTokens) && !Number.isFinite(outputTokens)) return undefined;
  return {
    inputTokens: inputTokens ?? 0,
    outputTokens: outputTokens ?? 0,
    totalTokens: (inputTokens ?? 0) + (outputTokens ?? 0),
    cacheReadInputTokens: metrics.cacheReadInputTokenCount,
    cacheWriteInputTokens: metrics.cacheWriteInputTokenCount,
  };
}

/** How long a text is that may be in pieces. */
const lengthOf = (text) =>
  typeof text === 'string' ? text.length : text.reduce((sum, piece) => sum + piece.length, 0);

/** What of an input is worth knowing of a call: no text of it. `text` is the input as it is sent. */
function requestFacts(input, text) {
  const number = (value) => (typeof value === 'number' ? value : undefined);
  const word = (value) => (typeof value === 'string' ? value : undefined);
  const inference = input.inferenceConfig ?? {};
  return {
    modelId: word(input.modelId),
    // The body of InvokeModel is beside the text.
    characters: lengthOf(text) + (input.body?.length ?? 0),
    maxTokens: number(inference.maxTokens),
    temperature: number(inference.temperature),
    topP: number(inference.topP),
    serviceTier: word(input.serviceTier?.type ?? input.serviceTier),
    latency: word(input.performanceConfig?.latency ?? input.performanceConfigLatency),
    guardrail: word(input.guardrailConfig?.guardrailIdentifier ?? input.guardrailIdentifier),
  };
}

module.exports = { CallFacts, requestFacts, CHARACTERS_PER_TOKEN };
