'use strict';

const http = require('node:http');
const { monitorEventLoopDelay } = require('node:perf_hooks');

const { Counter, Gauge, Histogram } = require('./families.js');
const { BoundedValues, profileLabel, withoutAccount } = require('./labels.js');

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640];
const CHUNKS = [0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24];
const RATES = [1, 5, 10, 20, 40, 60, 80, 100, 150, 200, 300, 500, 1000];

const BY = ['profile', 'model', 'region'];

/** The metrics of one registry, or of one endpoint; docs/telemetry.md lists them. */
class PrometheusMetrics {
  #labels = {
    profile: new BoundedValues(),
    model: new BoundedValues(),
    region: new BoundedValues(60),
    error: new BoundedValues(60),
    rule: new BoundedValues(200),
  };
  #delay;

  constructor(prefix = 'bedrock_') {
    const counter = (name, help, labels) => new Counter(`${prefix}${name}`, help, labels);
    const histogram = (name, help, labels, bounds) =>
      new Histogram(`${prefix}${name}`, help, labels, bounds);
    this.calls = counter('calls_total', 'Calls that have ended.', ['operation', ...BY, 'outcome']);
    this.errors = counter('errors_total', 'Calls that have failed, by error name.', [
      'error',
      ...BY,
    ]);
    this.retries = counter('retries_total', 'Attempts that were repeated.', BY);
    this.throttles = counter('throttles_total', 'Attempts that Bedrock throttled.', BY);
    this.tokens = counter(
      'tokens_total',
      'Tokens used; type is input, output, cache_read or cache_write.',
      ['type', 'estimated', ...BY],
    );
    this.cost = counter('cost_usd_total', 'Cost of calls whose price is known, in USD.', BY);
    this.unpriced = counter('unpriced_calls_total', 'Calls whose price is not known.', BY);
    this.changes = counter('gate_changes_total', 'Changes made to requests, by rule.', [
      'rule',
      'model',
    ]);
    this.resolutions = counter(
      'resolutions_total',
      'Resolved ids, by where the model is known from.',
      ['source'],
    );
    this.cooldowns = counter('cooldowns_total', 'Profiles that were left alone for a while.', BY);
    this.duration = histogram(
      'call_duration_seconds',
      'Time from request to the end of the response.',
      ['operation', ...BY],
      SECONDS,
    );
    this.firstToken = histogram(
      'time_to_first_token_seconds',
      'Time from request to the first token of a stream.',
      BY,
      SECONDS,
    );
    this.chunk = histogram(
      'time_per_output_chunk_seconds',
      'Time between chunks of a stream that arrive apart.',
      BY,
      CHUNKS,
    );
    this.rate = histogram(
      'output_tokens_per_second',
      'Output tokens a second, from the first token of a stream to its end.',
      BY,
      RATES,
    );
    this.inFlight = counter('calls_in_flight', 'Calls that are under way.', []);
    this.inFlight.type = 'gauge';
    this.lag = new Gauge(
      `${prefix}hub_lag_seconds`,
      'Longest delay of the event loop that hands on events, since it was last read.',
      () => this.#readLag(),
    );
  }

  families() {
    return Object.values(this).filter((value) => typeof value?.text === 'function');
  }

  text() {
    return this.families()
      .map((family) => family.text())
      .join('');
  }

  /** A call begins; see `CallFacts`. */
  begin(facts) {
    this.#delay ??= watchEventLoop();
    const inFlight = this.inFlight.of();
    inFlight.value += 1;
    let chunk;
    return {
      chunk: (gap) => {
        chunk ??= this.chunk.of(...this.#by(facts));
        chunk.observe(gap / 1000);
      },
      end: () => {
        inFlight.value -= 1;
        this.#end(facts);
      },
    };
  }

  #by(facts) {
    return this.#named(profileLabel(facts), facts.profile?.model, facts.profile?.region);
  }

  #named(...values) {
    return BY.map((name, at) => this.#labels[name].of(values[at]));
  }

  #end(facts) {
    const by = this.#by(facts);
    const { operation, usage, error, metadata, estimated } = facts;
    this.calls.of(operation, ...by, facts.outcome).value += 1;
    this.duration.of(operation, ...by).observe(facts.duration / 1000);
    if (facts.outcome === 'error') {
      this.errors.of(this.#labels.error.of(error?.name), ...by).value += 1;
    }
    if (metadata?.attempts > 1) this.retries.of(...by).value += metadata.attempts - 1;
    if (facts.throttles > 0) this.throttles.of(...by).value += facts.throttles;
    for (const [type, count] of tokensOf(usage)) {
      this.tokens.of(type, String(estimated), ...by).value += count;
    }
    if (facts.cost !== undefined) {
      if (facts.cost.amount === null) this.unpriced.of(...by).value += 1;
      else this.cost.of(...by).value += facts.cost.amount;
    }
    for (const { rule } of facts.profile?.changes ?? []) {
      this.changes.of(this.#labels.rule.of(rule), by[1]).value += 1;
    }
    for (const { callId, model, region, coolDown } of facts.profile?.route?.steps ?? []) {
      if (coolDown > 0)
        this.cooldowns.of(...this.#named(withoutAccount(callId), model, region)).value += 1;
    }
    if (facts.profile) this.resolutions.of(facts.profile.source).value += 1;
    if (facts.firstToken === undefined) return;
    this.firstToken.of(...by).observe((facts.firstToken - facts.started) / 1000);
    const seconds = (facts.ended - facts.firstToken) / 1000;
    if (!estimated && usage?.outputTokens > 0 && seconds > 0.001) {
      this.rate.of(...by).observe(usage.outputTokens / seconds);
    }
  }

  #readLag() {
    if (this.#delay === undefined) return 0;
    const { max } = this.#delay;
    this.#delay.reset();
    return Number.isFinite(max) ? Math.max(0, max / 1e9 - RESOLUTION / 1000) : 0;
  }
}

/** Milliseconds at which the event loop is looked at. */
const RESOLUTION = 20;

function watchEventLoop() {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  return delay;
}

/** The kinds of tokens that a usage counts, which do not overlap. */
function tokensOf(usage) {
  if (usage === undefined || usage === null) return [];
  return [
    ['input', usage.inputTokens],
    ['output', usage.outputTokens],
    ['cache_read', usage.cacheReadInputTokens],
    ['cache_write', usage.cacheWriteInputTokens],
  ].filter(([, count]) => count > 0);
}

const registered = new WeakMap();

/** Our metrics in a registry of `prom-client`; the same for the same registry. */
function metricsIn(registry, prefix) {
  const found = registered.get(registry);
  if (found !== undefined) return found;
  const made = new PrometheusMetrics(prefix);
  for (const family of made.families()) {
    if (registry.getSingleMetric?.(family.name) !== undefined) {
      throw new TypeError(
        `options.telemetry.prometheus.registry has a metric ${family.name} already; give a prefix.`,
      );
    }
  }
  for (const family of made.families()) registry.registerMetric(family);
  registered.set(registry, made);
  return made;
}

const endpoints = new Map();

/**
 * Our metrics at an endpoint of our own, one for each port of the process. It holds no process.
 *
 * @param {{ port: number, host: string, path: string, prefix?: string }} where
 * @param {(message: string) => void} warn
 */
function endpointAt({ port, host, path, prefix }, warn) {
  const key = `${host}:${port}`;
  const found = endpoints.get(key);
  if (found !== undefined) return found.metrics;
  const metrics = new PrometheusMetrics(prefix);
  const server = http.createServer((request, response) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const isThere = request.url?.split('?', 1)[0] === path;
    if (!isThere || !isRead) {
      response.writeHead(isThere ? 405 : 404, { 'content-type': 'text/plain' });
      response.end(isThere ? 'GET only\n' : `Metrics are at ${path}\n`);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(request.method === 'HEAD' ? undefined : metrics.text());
  });
  server.on('error', (error) => {
    endpoints.delete(key);
    warn(
      `Metrics cannot be served at http://${key}${path}: ${error.code ?? error.message}. ` +
        'Choose another port in options.telemetry.prometheus.',
    );
  });
  server.listen(port, host).unref();
  endpoints.set(key, { metrics, server });
  return metrics;
}

/** Ends the endpoint of a port; for tests and for programs that end in good order. */
function closeEndpoint(host, port) {
  const found = endpoints.get(`${host}:${port}`);
  endpoints.delete(`${host}:${port}`);
  found?.server.close();
  found?.server.closeAllConnections();
}

module.exports = { PrometheusMetrics, metricsIn, endpointAt, closeEndpoint, tokensOf };
