'use strict';

/**
 * `node benches/telemetry.js [rounds]`: what telemetry and costs take of the main thread for each stream
 * event and each call, beside a client without them. docs/telemetry.md has the figures.
 */

const {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} = require('@opentelemetry/sdk-metrics');
const { BasicTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-base');
const api = require('@opentelemetry/api');

const { CallFacts, requestFacts } = require('../lib/telemetry/facts.js');
const { OpenTelemetry } = require('../lib/telemetry/open-telemetry.js');
const { PrometheusMetrics } = require('../lib/telemetry/prometheus.js');
const { MemoryBackend } = require('../lib/money/backend.js');
const { Ledger } = require('../lib/money/ledger.js');
const { costOf } = require('../lib/money/prices.js');

const EVENTS = 200;
const CALLS = 2000;
const rounds = Number(process.argv[2] ?? 7);

const KIND = { operation: 'ConverseStream', stream: 'stream' };
const INPUT = { modelId: 'us.anthropic.claude-sonnet-4-6', inferenceConfig: { maxTokens: 1000 } };
const DELTA = { contentBlockDelta: { delta: { text: 'a few words' }, contentBlockIndex: 0 } };
const usage = {
  inputTokens: 1000,
  outputTokens: 500,
  totalTokens: 1500,
  cacheReadInputTokens: 20_000,
};

const head = () => ({
  metadata: { attempts: 1, httpStatusCode: 200, requestId: 'r' },
  profile: {
    requestedId: INPUT.modelId,
    callId: INPUT.modelId,
    model: 'anthropic.claude-sonnet-4-6',
    region: 'us-east-1',
    source: 'id',
    changes: [],
  },
});

/** Spans are exported to nowhere, in batches. */
function tracerProvider() {
  const exporter = { export: (spans, done) => done({ code: 0 }), shutdown: async () => {} };
  return new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
}

/** Metrics are read by a reader that never comes to it. */
function meterProvider() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  return new MeterProvider({ readers: [reader] });
}

/** As `lib/money/` does it, with a ledger in memory. */
function counting() {
  const ledger = new Ledger();
  ledger.use(new MemoryBackend());
  return {
    begin: (facts) => ({
      end() {
        facts.cost = costOf({ usage: facts.usage, profile: facts.profile });
        const { cost, usage: used } = facts;
        ledger.record({ time: Date.now(), profile: 'p', model: 'm', usage: used, cost });
      },
    }),
  };
}

const OBSERVERS = {
  none: () => [],
  prometheus: () => [new PrometheusMetrics()],
  'OpenTelemetry (SDK)': () => [
    new OpenTelemetry(api, {
      tracerProvider: tracerProvider(),
      meterProvider: meterProvider(),
    }),
  ],
  'OpenTelemetry (no SDK)': () => [new OpenTelemetry(api, {})],
  'spans alone (SDK)': () => [new OpenTelemetry(api, { tracerProvider: tracerProvider() })],
  costs: () => [counting()],
  'all of them': () =>
    ['prometheus', 'OpenTelemetry (SDK)', 'costs'].flatMap((name) => OBSERVERS[name]()),
};

/** Nanoseconds a call with so many events takes. */
function measure(observers, events) {
  const started = process.cpuUsage();
  for (let call = 0; call < CALLS; call += 1) {
    const watched = observers.length > 0 ? requestFacts(INPUT, 'text') : undefined;
    const facts = new CallFacts(KIND, watched);
    facts.begin(observers);
    facts.head = head();
    for (let at = 0; at < events; at += 1) facts.event(DELTA);
    facts.event({ metadata: { usage } });
    facts.complete = true;
    facts.end({});
  }
  const { user, system } = process.cpuUsage(started);
  return ((user + system) * 1000) / CALLS;
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

const results = {};
for (const [name, make] of Object.entries(OBSERVERS)) {
  const observers = make();
  measure(observers, EVENTS); // warm
  const calls = [];
  const events = [];
  for (let round = 0; round < rounds; round += 1) {
    const bare = measure(observers, 0);
    calls.push(bare);
    events.push((measure(observers, EVENTS) - bare) / EVENTS);
  }
  results[name] = { call: median(calls) / 1000, event: median(events) / 1000 };
}
console.log('microseconds of the main thread, beside none');
for (const [name, { call, event }] of Object.entries(results)) {
  const beside = (value, of) => (value - results.none[of]).toFixed(2).padStart(8);
  console.log(
    `${name.padEnd(22)} a call ${beside(call, 'call')}   an event ${beside(event, 'event')}`,
  );
}
process.exit(0);
