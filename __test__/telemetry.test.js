'use strict';

/** What is told of calls: to OpenTelemetry's own SDK, to prom-client, and to a real Prometheus. */

const { execFile, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { promisify } = require('node:util');

const { context } = require('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} = require('@opentelemetry/sdk-metrics');
const {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} = require('@opentelemetry/sdk-trace-base');
const { Registry } = require('prom-client');

const { BedrockProfileClient } = require('..');
const { closeEndpoint, PrometheusMetrics } = require('../lib/telemetry/prometheus.js');
const { CallFacts } = require('../lib/telemetry/facts.js');
const { BoundedValues } = require('../lib/telemetry/labels.js');
const {
  SONNET,
  ask,
  client,
  collect,
  freshProfile,
  start,
  thrown,
  until,
  warnings,
} = require('./support/bedrock');

const run = promisify(execFile);
const root = path.join(__dirname, '..');
const SECRET = 'the launch code is 4711';
const MODEL = 'anthropic.claude-sonnet-4-6';
const CHAT = `us.${MODEL}`;

/** An application profile that the mappings name. */
function named(server) {
  const { arn } = freshProfile(server, CHAT);
  return { arn, id: arn.split('/').pop(), mappings: { [arn]: { model: MODEL, label: 'Chat' } } };
}

/** The value of a metric with these labels. */
async function valueOf(registry, name, labels = {}) {
  const { values } = await registry.getSingleMetric(name).get();
  const fits = (value) => Object.entries(labels).every(([key, text]) => value.labels[key] === text);
  return values
    .filter((each) => each.metricName === undefined && fits(each))
    .reduce((sum, each) => sum + each.value, 0);
}

describe('the option', () => {
  test.each([
    ['prometheus', ' must be an object'],
    [{ otel: true }, '.otel means nothing; there are openTelemetry, prometheus'],
    [{ prometheus: 9464 }, '.prometheus must be a boolean or an object'],
    [{ prometheus: { port: 0 } }, '.prometheus.port must be a port from 1 to 65535'],
    [{ prometheus: { registry: {} } }, '.prometheus.registry must be a registry of prom-client'],
    [{ prometheus: { registry: new Registry(), port: 1 } }, 'has a registry and a port'],
    [{ prometheus: { prefix: 'my-app' } }, '.prometheus.prefix must be'],
    [{ openTelemetry: { tracer: {} } }, '.openTelemetry.tracer means nothing'],
    [{ openTelemetry: { tracerProvider: {} } }, '.openTelemetry.tracerProvider must be'],
  ])('%j is an error that says what would be right', (telemetry, message) => {
    const error = thrown(() => new BedrockProfileClient({ region: 'us-east-1', telemetry }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(`options.telemetry${message.startsWith('has') ? '' : message}`);
    expect(error.message).toContain(message);
  });
});

describe('a registry of prom-client', () => {
  test('has calls, tokens, times, changes and resolutions, and nothing that was said', async () => {
    const server = await start();
    const registry = new Registry();
    const { arn, mappings } = named(server);
    const made = client(server, { mappings, telemetry: { prometheus: { registry } } });
    const input = ask(SECRET, {
      modelId: arn,
      inferenceConfig: { temperature: 0.5, topP: 0.9, maxTokens: 100 },
    });
    const { usage } = await made.converse(input);
    await collect((await made.converseStream(input)).stream);
    const by = { profile: 'Chat', model: MODEL, region: 'us-east-1' };
    expect(await valueOf(registry, 'bedrock_calls_total', { ...by, outcome: 'ok' })).toBe(2);
    const output = { ...by, type: 'output', estimated: 'false' };
    expect(await valueOf(registry, 'bedrock_tokens_total', output)).toBe(2 * usage.outputTokens);
    expect(await valueOf(registry, 'bedrock_gate_changes_total', { rule: 'S1' })).toBe(2);
    expect(await valueOf(registry, 'bedrock_resolutions_total', { source: 'mapping' })).toBe(2);
    expect(await valueOf(registry, 'bedrock_calls_in_flight')).toBe(0);
    const text = await registry.metrics();
    expect(text).toContain('bedrock_time_to_first_token_seconds_count{profile="Chat"');
    expect(text).toContain('bedrock_hub_lag_seconds');
    for (const hidden of [SECRET, '4711', '123456789012', server.credentials.secretAccessKey]) {
      expect(text).not.toContain(hidden);
    }
  });

  test('counts errors by name, and attempts that were throttled and repeated', async () => {
    const server = await start();
    const registry = new Registry();
    const made = client(server, { telemetry: { prometheus: { registry } }, maxAttempts: 2 });
    server.fail('throttle');
    await made.converse(ask());
    expect(await valueOf(registry, 'bedrock_throttles_total')).toBe(1);
    expect(await valueOf(registry, 'bedrock_retries_total')).toBe(1);
    server.fail('throttle', 'throttle');
    await made.converse(ask()).catch(() => {});
    expect(await valueOf(registry, 'bedrock_throttles_total')).toBe(3);
    await made.converse({ ...ask(), messages: [] }).catch(() => {});
    const failed = { error: 'ValidationException' };
    expect(await valueOf(registry, 'bedrock_errors_total', failed)).toBe(1);
  });

  test('estimates what an aborted stream has used, and says so', async () => {
    const server = await start({ pace: 5 });
    const registry = new Registry();
    const made = client(server, { telemetry: { prometheus: { registry } }, costs: true });
    const told = new Promise((resolve) => made.on('call', resolve));
    const { stream, $metadata } = await made.converseStream(ask());
    let seen = 0;
    for await (const event of stream) {
      seen += event.contentBlockDelta?.delta.text.length ?? 0;
      if (seen > 8) break;
    }
    const call = await told;
    expect(call).toMatchObject({ estimated: true, cost: { estimated: true } });
    expect(call.usage.outputTokens).toBeGreaterThanOrEqual(Math.ceil(seen / 4));
    expect($metadata.profile.cost.amount).toBeGreaterThan(0);
    const aborted = { outcome: 'aborted' };
    expect(await valueOf(registry, 'bedrock_calls_total', aborted)).toBe(1);
    const estimated = { estimated: 'true', type: 'output' };
    expect(await valueOf(registry, 'bedrock_tokens_total', estimated)).toBe(
      call.usage.outputTokens,
    );
  });

  test('counts profiles that are left alone for a while', async () => {
    const metrics = new PrometheusMetrics();
    const facts = new CallFacts({ operation: 'Converse' }, { modelId: 'Chat' });
    facts.begin([metrics]);
    const [callId, region] = [
      `arn:aws:bedrock:eu-west-1:123456789012:inference-profile/${CHAT}`,
      'eu-west-1',
    ];
    const steps = [
      { callId, region, model: MODEL, outcome: 'throttled', coolDown: 5000 },
      { callId: MODEL, region: 'us-east-1', outcome: 'answered' },
    ];
    const profile = {
      requestedId: 'Chat',
      callId: MODEL,
      model: MODEL,
      changes: [],
      route: { steps },
    };
    facts.end({ head: { metadata: { attempts: 1 }, profile } });
    const labels = { profile: CHAT, model: MODEL, region };
    expect(metrics.cooldowns.values()).toEqual([{ labels, value: 1 }]);
  });

  test('is the same for all clients, and refuses names that are taken', async () => {
    const server = await start();
    const registry = new Registry();
    for (let made = 0; made < 3; made += 1) {
      await client(server, { telemetry: { prometheus: { registry } } }).converse(ask());
    }
    expect(await valueOf(registry, 'bedrock_calls_total')).toBe(3);
    const taken = new Registry();
    taken.registerMetric(registry.getSingleMetric('bedrock_calls_total'));
    const made = client(server, { telemetry: { prometheus: { registry: taken } } });
    await expect(made.converse(ask())).rejects.toThrow('has a metric bedrock_calls_total already');
  });

  test('never has more than so many values of a label', () => {
    const values = new BoundedValues(3);
    expect(['a', 'b', 'c', 'd', 'a', undefined].map((value) => values.of(value))).toEqual([
      'a',
      'b',
      'c',
      'other',
      'a',
      'unknown',
    ]);
  });
});

describe('OpenTelemetry', () => {
  const contexts = new AsyncLocalStorageContextManager();
  beforeAll(() => context.setGlobalContextManager(contexts.enable()));
  afterAll(() => context.disable());

  function providers() {
    const spans = new InMemorySpanExporter();
    const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({
      exporter: metrics,
      exportIntervalMillis: 3_600_000,
      exportTimeoutMillis: 1000,
    });
    const tracerProvider = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(spans)],
    });
    const meterProvider = new MeterProvider({ readers: [reader] });
    const read = async () => {
      await reader.forceFlush();
      const latest = metrics.getMetrics().at(-1);
      const all = latest.scopeMetrics.flatMap((scope) => scope.metrics);
      return new Map(all.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]));
    };
    return { spans, read, tracerProvider, meterProvider };
  }

  test("a call is a span in its caller's trace, with the attributes of the conventions", async () => {
    const server = await start();
    const { spans, tracerProvider, meterProvider } = providers();
    const telemetry = { openTelemetry: { tracerProvider, meterProvider } };
    const { arn, id, mappings } = named(server);
    const made = client(server, { mappings, telemetry, attribution: { user: 'jo' }, costs: true });
    const tracer = tracerProvider.getTracer('the program');
    let usage;
    await tracer.startActiveSpan('chat', async (span) => {
      const input = ask(SECRET, { modelId: arn, inferenceConfig: { maxTokens: 100 } });
      const { stream } = await made.converseStream(input);
      for (const event of await collect(stream)) usage = event.metadata?.usage ?? usage;
      span.end();
    });
    await until(() => spans.getFinishedSpans().length === 2);
    const [ours, theirs] = spans.getFinishedSpans();
    expect(ours.spanContext().traceId).toBe(theirs.spanContext().traceId);
    expect(ours.parentSpanContext.spanId).toBe(theirs.spanContext().spanId);
    expect(ours.kind).toBe(2); // CLIENT
    expect(ours.name).toBe(`chat ${id}`);
    expect(ours.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'aws.bedrock',
      'gen_ai.request.model': id,
      'gen_ai.response.model': MODEL,
      'gen_ai.request.max_tokens': 100,
      'gen_ai.request.stream': true,
      'gen_ai.response.finish_reasons': ['end_turn'],
      'gen_ai.usage.input_tokens': usage.inputTokens,
      'gen_ai.usage.output_tokens': usage.outputTokens,
      'bedrock_profile_client.profile': 'Chat',
      'bedrock_profile_client.source': 'mapping',
      'bedrock_profile_client.outcome': 'ok',
    });
    expect(ours.attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0);
    expect(ours.attributes['bedrock_profile_client.cost']).toBeGreaterThan(0);
    const text = JSON.stringify([ours.attributes, ours.events, ours.status]);
    for (const hidden of [SECRET, '4711', '123456789012', '"jo"'])
      expect(text).not.toContain(hidden);
  });

  test('an error is its name, and its text stays out', async () => {
    const server = await start();
    const { spans, tracerProvider, meterProvider } = providers();
    const made = client(server, {
      telemetry: { openTelemetry: { tracerProvider, meterProvider } },
    });
    const input = ask(SECRET, {
      guardrailConfig: { guardrailIdentifier: 'g1', guardrailVersion: '1' },
    });
    server.fail({ kind: 'status', status: 400, type: 'ValidationException', message: SECRET });
    await made.converse(input).catch(() => {});
    const [span] = spans.getFinishedSpans();
    expect(span.attributes).toMatchObject({
      'aws.bedrock.guardrail.id': 'g1',
      'error.type': 'ValidationException',
      'bedrock_profile_client.outcome': 'error',
    });
    expect(span.status).toEqual({ code: 2, message: 'ValidationException' });
  });

  test('the metrics of the conventions have their units, bounds and attributes', async () => {
    const server = await start({ pace: 5 });
    const { read, tracerProvider, meterProvider } = providers();
    const made = client(server, {
      telemetry: { openTelemetry: { tracerProvider, meterProvider } },
    });
    const events = await collect((await made.converseStream(ask())).stream);
    const { usage } = events.find((event) => event.metadata).metadata;
    const metrics = await read();
    const [duration] = metrics.get('gen_ai.client.operation.duration');
    expect(duration.value.buckets.boundaries.slice(0, 3)).toEqual([0.01, 0.02, 0.04]);
    expect(duration.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'aws.bedrock',
      'gen_ai.request.model': SONNET,
    });
    expect(metrics.get('gen_ai.client.operation.time_to_first_chunk')[0].value.count).toBe(1);
    expect(
      metrics.get('gen_ai.client.operation.time_per_output_chunk')[0].value.count,
    ).toBeGreaterThan(0);
    const sums = Object.fromEntries(
      metrics
        .get('gen_ai.client.token.usage')
        .map(({ attributes, value }) => [attributes['gen_ai.token.type'], value.sum]),
    );
    expect(sums).toEqual({ input: usage.inputTokens, output: usage.outputTokens });
  });
});

describe('an endpoint of our own', () => {
  const at = { host: '127.0.0.1', port: 19_464 };
  afterEach(() => closeEndpoint(at.host, at.port));

  test('is named in the environment, and serves metrics alone', async () => {
    process.env.BEDROCK_PROFILE_TELEMETRY = `prometheus:${at.port}`;
    try {
      const server = await start();
      await client(server).converse(ask());
      const get = (where, options) => fetch(`http://127.0.0.1:${at.port}${where}`, options);
      const response = await get('/metrics');
      expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
      expect(await response.text()).toMatch(/bedrock_calls_total\{.*outcome="ok"\} 1/);
      expect((await get('/')).status).toBe(404);
      expect((await get('/metrics', { method: 'POST' })).status).toBe(405);
    } finally {
      delete process.env.BEDROCK_PROFILE_TELEMETRY;
    }
  });

  test('that cannot be is a warning, and calls go on', async () => {
    const server = await start();
    const taken = require('node:http').createServer().listen(at.port, at.host);
    await require('node:events').once(taken, 'listening');
    const { heard, logger } = warnings();
    try {
      const made = client(server, { telemetry: { prometheus: { ...at } }, logger });
      await made.converse(ask());
      await until(() => heard.length > 0);
      expect(heard[0]).toContain(`http://127.0.0.1:${at.port}/metrics: EADDRINUSE`);
    } finally {
      taken.close();
    }
  });
});

describe('a real Prometheus', () => {
  test('takes the alert rules, and every metric that rules and dashboard name', async () => {
    const rules = path.join(root, 'dashboards', 'alerts.yml');
    const { stdout } = await run('promtool', ['check', 'rules', rules]);
    expect(stdout).toContain('SUCCESS: 6 rules found');
    const dashboard = fs.readFileSync(path.join(root, 'dashboards', 'grafana.json'), 'utf8');
    const text = fs.readFileSync(rules, 'utf8') + dashboard;
    const exported = new PrometheusMetrics().families().map(({ name }) => name);
    const names = new Set(text.match(/bedrock_[a-z_]+[a-z]/g));
    for (const name of names) {
      expect(exported).toContain(name.replace(/_(bucket|sum|count)$/, ''));
    }
  });

  test('scrapes the endpoint and answers the queries of the dashboard', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prometheus-'));
    const endpoint = { host: '127.0.0.1', port: 19_465 };
    const server = await start();
    const made = client(server, { telemetry: { prometheus: endpoint }, costs: true });
    await collect((await made.converseStream(ask())).stream);
    fs.writeFileSync(
      path.join(folder, 'prometheus.yml'),
      [
        'global: { scrape_interval: 1s, scrape_timeout: 1s }',
        `rule_files: [${JSON.stringify(path.join(root, 'dashboards', 'alerts.yml'))}]`,
        'scrape_configs:',
        `  - { job_name: chat, static_configs: [{ targets: ['127.0.0.1:${endpoint.port}'] }] }`,
      ].join('\n'),
    );
    const prometheus = spawn('prometheus', [
      `--config.file=${path.join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${path.join(folder, 'data')}`,
      '--web.listen-address=127.0.0.1:19090',
    ]);
    try {
      const query = async (text) => {
        const url = `http://127.0.0.1:19090/api/v1/query?query=${encodeURIComponent(text)}`;
        const response = await fetch(url).catch(() => undefined);
        return response?.ok
          ? response.json()
          : { status: `no answer: ${text}`, data: { result: [] } };
      };
      await until(async () => (await query('bedrock_calls_total')).data.result.length > 0);
      const { data } = await query('sum(bedrock_calls_total{outcome="ok"})');
      expect(data.result[0].value[1]).toBe('1');
      const { panels } = JSON.parse(
        fs.readFileSync(path.join(root, 'dashboards', 'grafana.json'), 'utf8'),
      );
      for (const { expr } of panels.flatMap(({ targets }) => targets)) {
        const asked = expr
          .replaceAll('$__rate_interval', '1m')
          .replaceAll(/\$(profile|model)/g, '.*');
        expect([expr, (await query(asked)).status]).toEqual([expr, 'success']);
      }
    } finally {
      prometheus.kill();
      closeEndpoint(endpoint.host, endpoint.port);
      await new Promise((resolve) => prometheus.on('exit', resolve));
      fs.rmSync(folder, { recursive: true });
    }
  });
});
