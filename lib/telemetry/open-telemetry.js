'use strict';

const { BoundedValues, profileLabel, withoutAccount } = require('./labels.js');
const { version } = require('../../package.json');

const NAME = 'bedrock-profile-client';

/** Bounds that the GenAI conventions give. */
const SECONDS = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const TOKENS = [
  1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
  67_108_864,
];

const PREFIX = 'bedrock_profile_client';
const MOST_SERIES = 2000;

/** Attributes that the conventions have no name for. */
const OURS = Object.fromEntries(
  [
    ...['profile', 'source', 'outcome', 'changes', 'attempts', 'estimated', 'cost', 'user', 'team'],
    'rule',
  ].map((name) => [name, `${PREFIX}.${name}`]),
);

/** Where a span has a kind of tokens. */
const USED = {
  input: 'gen_ai.usage.input_tokens',
  output: 'gen_ai.usage.output_tokens',
  cache_read: 'gen_ai.usage.cache_read.input_tokens',
  cache_creation: 'gen_ai.usage.cache_creation.input_tokens',
  reasoning: 'gen_ai.usage.reasoning.output_tokens',
};
const TYPES = Object.keys(USED);

/** Counters of our own: name, unit, description. */
const COUNTERS = [
  ['retries', '{attempt}', 'Attempts that were repeated.'],
  ['throttles', '{attempt}', 'Attempts that were throttled.'],
  ['gate.changes', '{change}', 'Changes made to requests.'],
  ['resolutions', '{resolution}', 'Resolved ids.'],
  ['cost', 'USD', 'Cost of calls whose price is known.'],
  ['unpriced_calls', '{call}', 'Calls whose price is not known.'],
];

/** `gen_ai.operation.name`, by Bedrock's operation. */
const OPERATIONS = {
  Converse: 'chat',
  ConverseStream: 'chat',
  InvokeModel: 'chat',
  InvokeModelWithResponseStream: 'chat',
  CountTokens: 'count_tokens',
  ApplyGuardrail: 'apply_guardrail',
};

/**
 * Spans and metrics of calls by OpenTelemetry's conventions for generative AI. Nothing of a request's or
 * a response's content is in them.
 */
class OpenTelemetry {
  #api;
  #tracer;
  #counters = {};
  #commons = new Map();
  #labels = {
    profile: new BoundedValues(),
    model: new BoundedValues(),
    rule: new BoundedValues(200),
  };

  /**
   * @param {object} api the exports of `@opentelemetry/api`
   * @param {{ tracerProvider?: object, meterProvider?: object }} providers the global ones where absent
   */
  constructor(api, { tracerProvider, meterProvider }) {
    this.#api = api;
    this.#tracer = (tracerProvider ?? api.trace).getTracer(NAME, version);
    const meter = (meterProvider ?? api.metrics).getMeter(NAME, version);
    const histogram = (name, unit, description, explicitBucketBoundaries) =>
      meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries } });
    this.duration = histogram(
      'gen_ai.client.operation.duration',
      's',
      'GenAI operation duration.',
      SECONDS,
    );
    this.firstChunk = histogram(
      'gen_ai.client.operation.time_to_first_chunk',
      's',
      'Time to receive the first chunk of a stream.',
      SECONDS,
    );
    this.perChunk = histogram(
      'gen_ai.client.operation.time_per_output_chunk',
      's',
      'Time between chunks of a stream that arrive apart.',
      SECONDS,
    );
    this.tokens = histogram(
      'gen_ai.client.token.usage',
      '{token}',
      'Number of input and output tokens used.',
      TOKENS,
    );
    for (const [name, unit, description] of COUNTERS) this.#observe(meter, name, unit, description);
  }

  /** A counter that is read when it is exported, and costs next to nothing until then. */
  #observe(meter, name, unit, description) {
    const series = new Map();
    meter
      .createObservableCounter(`${PREFIX}.${name}`, { unit, description })
      .addCallback((result) => {
        for (const { value, attributes } of series.values()) result.observe(value, attributes);
      });
    this.#counters[name] = (key, amount, attributes) => {
      const found = series.get(key);
      if (found !== undefined) found.value += amount;
      else if (series.size < MOST_SERIES) series.set(key, { value: amount, attributes });
    };
  }

  /** A call begins, within the caller's own trace; see `CallFacts`. */
  begin(facts) {
    const { context, SpanKind } = this.#api;
    const { request } = facts;
    const operation = OPERATIONS[facts.operation];
    const asked = this.#labels.model.of(withoutAccount(request?.modelId));
    const within = context.active();
    const attributes = {
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': 'aws.bedrock',
    };
    add(attributes, 'gen_ai.request.model', request?.modelId && asked);
    add(attributes, 'gen_ai.request.stream', facts.streams || undefined);
    add(attributes, 'gen_ai.request.max_tokens', request?.maxTokens);
    add(attributes, 'gen_ai.request.temperature', request?.temperature);
    add(attributes, 'gen_ai.request.top_p', request?.topP);
    add(attributes, 'aws.bedrock.guardrail.id', withoutAccount(request?.guardrail));
    add(attributes, 'rpc.method', facts.operation);
    const name = request?.modelId === undefined ? operation : `${operation} ${asked}`;
    const span = this.#tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, within);
    let common;
    return {
      chunk: (gap) => {
        common ??= this.#common(facts, operation, asked).attributes;
        this.perChunk.record(gap / 1000, common, within);
      },
      end: () => this.#end(facts, span, this.#common(facts, operation, asked), within),
    };
  }

  /** What a call's metrics are told apart by: one object for all calls of which it is the same. */
  #common({ profile, request }, operation, asked) {
    const model = profile?.model ?? undefined;
    const label = profile && this.#labels.profile.of(profileLabel({ profile, request }));
    const key = `${operation}\n${asked}\n${model}\n${label}`;
    const found = this.#commons.get(key);
    if (found !== undefined) return found;
    const attributes = {
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': 'aws.bedrock',
    };
    add(attributes, 'gen_ai.request.model', request?.modelId && asked);
    add(attributes, 'gen_ai.response.model', model && this.#labels.model.of(model));
    // The SDK pays for each attribute of each value: none is said twice.
    if (label !== asked) add(attributes, OURS.profile, label);
    const common = { key, label, attributes, byType: {} };
    for (const type of TYPES) common.byType[type] = { ...attributes, 'gen_ai.token.type': type };
    if (this.#commons.size >= MOST_SERIES) this.#commons.clear();
    this.#commons.set(key, common);
    return common;
  }

  #count({ metadata, throttles, profile, cost }, common) {
    const counters = this.#counters;
    const { key, attributes } = common;
    if (metadata?.attempts > 1) counters.retries(key, metadata.attempts - 1, attributes);
    if (throttles > 0) counters.throttles(key, throttles, attributes);
    if (cost?.amount > 0) counters.cost(key, cost.amount, attributes);
    else if (cost?.amount === null) counters.unpriced_calls(key, 1, attributes);
    if (profile === undefined) return;
    const { source, changes } = profile;
    counters.resolutions(source, 1, { [OURS.source]: source });
    for (const { rule } of changes) {
      const known = this.#labels.rule.of(rule);
      counters['gate.changes'](known, 1, { [OURS.rule]: known });
    }
  }

  #end(facts, span, common, within) {
    const { usage, error, metadata, outcome, estimated, profile, cost, attributedTo } = facts;
    const { attributes, byType } = common;
    const kind = outcome === 'error' ? (error?.name ?? '_OTHER') : undefined;
    const labels = kind === undefined ? attributes : { ...attributes, 'error.type': kind };
    this.duration.record(facts.duration / 1000, labels, within);
    const first = facts.firstChunk && (facts.firstChunk - facts.started) / 1000;
    if (first !== undefined) this.firstChunk.record(first, attributes, within);
    const told = {};
    for (const [type, count] of countsOf(usage)) {
      const of = estimated ? { ...byType[type], [OURS.estimated]: true } : byType[type];
      this.tokens.record(count, of, within);
      told[USED[type]] = count;
    }
    this.#count(facts, common);
    add(told, 'gen_ai.response.model', attributes['gen_ai.response.model']);
    add(told, 'cloud.region', profile?.region ?? undefined);
    add(told, OURS.profile, common.label);
    add(told, 'gen_ai.response.finish_reasons', facts.stopReason && [facts.stopReason]);
    add(told, 'gen_ai.response.time_to_first_chunk', first);
    add(told, 'aws.request_id', metadata?.requestId);
    add(told, 'http.response.status_code', metadata?.httpStatusCode);
    add(told, 'error.type', kind);
    add(told, OURS.attempts, metadata?.attempts);
    add(told, OURS.source, profile?.source);
    add(told, OURS.changes, rulesOf(profile));
    add(told, OURS.outcome, outcome);
    add(told, OURS.estimated, estimated || undefined);
    add(told, OURS.cost, cost?.amount ?? undefined);
    add(told, OURS.user, attributedTo?.user);
    add(told, OURS.team, attributedTo?.team);
    span.setAttributes(told);
    // The message of an error may quote the request: it stays out.
    if (kind !== undefined) {
      span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: kind });
    }
    span.end();
  }
}

/** Tokens by `gen_ai.token.type`. As the conventions want it, `input` counts what the cache holds too. */
function countsOf(usage) {
  if (!usage) return [];
  const { inputTokens = 0, cacheReadInputTokens = 0, cacheWriteInputTokens = 0 } = usage;
  return [
    ['input', inputTokens + cacheReadInputTokens + cacheWriteInputTokens],
    ['output', usage.outputTokens],
    ['cache_read', cacheReadInputTokens],
    ['cache_creation', cacheWriteInputTokens],
    ['reasoning', usage.reasoningTokens],
  ].filter(([, count]) => count > 0);
}

function rulesOf(profile) {
  if (profile === undefined || profile.changes.length === 0) return undefined;
  return [...new Set(profile.changes.map(({ rule }) => rule))];
}

/** Adds what is there: deleting what is not would make a slow object of it. */
function add(attributes, name, value) {
  if (value !== undefined) attributes[name] = value;
}

module.exports = { OpenTelemetry };
