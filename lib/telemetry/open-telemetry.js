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
    const span = this.#tracer.startSpan(
      request?.modelId === undefined ? operation : `${operation} ${asked}`,
      {
        kind: SpanKind.CLIENT,
        attributes: defined({
          'gen_ai.operation.name': operation,
          'gen_ai.provider.name': 'aws.bedrock',
          'gen_ai.request.model': request?.modelId && asked,
          'gen_ai.request.stream': facts.streams || undefined,
          'gen_ai.request.max_tokens': request?.maxTokens,
          'gen_ai.request.temperature': request?.temperature,
          'gen_ai.request.top_p': request?.topP,
          'aws.bedrock.guardrail.id': withoutAccount(request?.guardrail),
          'rpc.method': facts.operation,
        }),
      },
      within,
    );
    let common;
    return {
      chunk: (gap) => {
        common ??= this.#common(facts, operation, asked);
        this.perChunk.record(gap / 1000, common, within);
      },
      end: () => this.#end(facts, span, this.#common(facts, operation, asked), within),
    };
  }

  #common(facts, operation, asked) {
    const { model, region } = facts.profile ?? {};
    return defined({
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': 'aws.bedrock',
      'gen_ai.request.model': facts.request?.modelId && asked,
      'gen_ai.response.model': model ? this.#labels.model.of(model) : undefined,
      'cloud.region': region ?? undefined,
      [`${PREFIX}.profile`]: facts.profile && this.#labels.profile.of(profileLabel(facts)),
    });
  }

  #count({ metadata, profile, cost }, common) {
    const counters = this.#counters;
    const key = keyOf(common);
    if (metadata?.attempts > 1) counters.retries(key, metadata.attempts - 1, common);
    if (metadata?.throttles > 0) counters.throttles(key, metadata.throttles, common);
    if (cost?.amount > 0) counters.cost(key, cost.amount, common);
    else if (cost?.amount === null) counters.unpriced_calls(key, 1, common);
    if (profile === undefined) return;
    const { source, changes } = profile;
    counters.resolutions(source, 1, { [`${PREFIX}.source`]: source });
    for (const { rule } of changes) {
      const known = this.#labels.rule.of(rule);
      counters['gate.changes'](known, 1, { [`${PREFIX}.rule`]: known });
    }
  }

  #end(facts, span, common, within) {
    const { usage, error, metadata, outcome, estimated, profile } = facts;
    const failed = outcome === 'error';
    const kind = failed ? (error?.name ?? '_OTHER') : undefined;
    this.duration.record(
      facts.duration / 1000,
      kind ? { ...common, 'error.type': kind } : common,
      within,
    );
    const first = facts.firstChunk && (facts.firstChunk - facts.started) / 1000;
    if (first !== undefined) this.firstChunk.record(first, common, within);
    const counts = countsOf(usage);
    for (const [type, count] of counts) {
      const attributes = { ...common, 'gen_ai.token.type': type };
      if (estimated) attributes[`${PREFIX}.estimated`] = true;
      this.tokens.record(count, attributes, within);
    }
    this.#count(facts, common);
    const tokens = Object.fromEntries(counts);
    span.setAttributes(
      defined({
        ...common,
        'gen_ai.response.finish_reasons': facts.stopReason && [facts.stopReason],
        'gen_ai.response.time_to_first_chunk': first,
        'gen_ai.usage.input_tokens': tokens.input,
        'gen_ai.usage.output_tokens': tokens.output,
        'gen_ai.usage.cache_read.input_tokens': tokens.cache_read,
        'gen_ai.usage.cache_creation.input_tokens': tokens.cache_creation,
        'gen_ai.usage.reasoning.output_tokens': tokens.reasoning,
        'aws.request_id': metadata?.requestId,
        'http.response.status_code': metadata?.httpStatusCode,
        'error.type': kind,
        [`${PREFIX}.attempts`]: metadata?.attempts,
        [`${PREFIX}.source`]: profile?.source,
        [`${PREFIX}.changes`]: rulesOf(profile),
        [`${PREFIX}.outcome`]: outcome,
        [`${PREFIX}.estimated`]: estimated || undefined,
        [`${PREFIX}.cost`]: facts.cost?.amount ?? undefined,
        [`${PREFIX}.user`]: facts.attributedTo?.user,
        [`${PREFIX}.team`]: facts.attributedTo?.team,
      }),
    );
    // The message of an error may quote the request: it stays out.
    if (failed) span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: kind });
    span.end();
  }
}

/** Calls, by everything that tells one series from another. */
const keyOf = (common) => Object.values(common).join('\n');

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
  const rules = new Set(profile?.changes.map(({ rule }) => rule));
  return rules.size > 0 ? [...rules] : undefined;
}

function defined(attributes) {
  for (const name of Object.keys(attributes)) {
    if (attributes[name] === undefined) delete attributes[name];
  }
  return attributes;
}

module.exports = { OpenTelemetry };
