'use strict';

const { createRequire } = require('node:module');
const path = require('node:path');

const environment = require('../environment.js');
const { endpointAt, metricsIn } = require('./prometheus.js');

/**
 * Who is told of calls, by the option `telemetry`, else by `BEDROCK_PROFILE_TELEMETRY`. What is made for an
 * option is made once: there may be a client for each request.
 */

const PORT = 9464;
const HOST = '127.0.0.1';

const object = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isRegistry = (value) => typeof value?.registerMetric === 'function';
const hasMethod = (name) => (value) => typeof value?.[name] === 'function';

/** The members of `prometheus`: what each must be, in words and as a check. */
const PROMETHEUS = {
  registry: ['a registry of prom-client', isRegistry],
  port: [
    'a port from 1 to 65535',
    (value) => Number.isInteger(value) && value > 0 && value < 65_536,
  ],
  host: ['an address to listen at', (value) => typeof value === 'string' && value !== ''],
  path: [
    'a path such as "/metrics"',
    (value) => typeof value === 'string' && value.startsWith('/'),
  ],
  prefix: [
    'the beginning of a name of a metric, such as "bedrock_"',
    (value) => typeof value === 'string' && /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(value),
  ],
};

const OPEN_TELEMETRY = {
  tracerProvider: ['a tracer provider', hasMethod('getTracer')],
  meterProvider: ['a meter provider', hasMethod('getMeter')],
  api: ['the exports of @opentelemetry/api', (value) => hasMethod('getTracer')(value?.trace)],
};

/** What is wrong with the option, in words that continue its name; undefined where nothing is. */
function problemOf(value) {
  if (value === false) return undefined;
  if (!object(value)) return ' must be an object such as { prometheus: { port: 9464 } }, or false';
  const odd = Object.keys(value).find((name) => !['openTelemetry', 'prometheus'].includes(name));
  if (odd !== undefined) return `.${odd} means nothing; there are openTelemetry, prometheus`;
  return (
    problemOfPart('openTelemetry', value.openTelemetry, OPEN_TELEMETRY) ??
    problemOfPart('prometheus', value.prometheus, PROMETHEUS) ??
    problemOfBoth(value.prometheus)
  );
}

function problemOfPart(name, value, members) {
  if (value === undefined || typeof value === 'boolean') return undefined;
  if (!object(value)) return `.${name} must be a boolean or an object`;
  for (const [member, given] of Object.entries(value)) {
    if (!Object.hasOwn(members, member)) {
      return `.${name}.${member} means nothing; there are ${Object.keys(members).join(', ')}`;
    }
    const [expected, check] = members[member];
    if (given !== undefined && !check(given)) return `.${name}.${member} must be ${expected}`;
  }
  return undefined;
}

function problemOfBoth(prometheus) {
  if (prometheus?.registry === undefined) return undefined;
  const both = ['port', 'host', 'path'].find((name) => prometheus[name] !== undefined);
  return both && `.prometheus has a registry and a ${both}: give one of them`;
}

let read = {};

/** What `BEDROCK_PROFILE_TELEMETRY` says: `opentelemetry`, `prometheus[:[host:]port]`, `prom-client`. */
function fromEnvironment(warn) {
  const text = environment.telemetry();
  if (text === undefined) return undefined;
  if (read.text !== text) read = { text, value: parse(text, warn) };
  return read.value;
}

function parse(text, warn) {
  const value = {};
  for (const word of text.split(',').map((part) => part.trim())) {
    const [, host, port] = /^prometheus(?::(?:(.+):)?(\d+))?$/.exec(word) ?? [];
    if (word === 'opentelemetry') value.openTelemetry = true;
    else if (word === 'prom-client') value.prometheus = { registry: 'default' };
    else if (port !== undefined) value.prometheus = { host: host ?? HOST, port: Number(port) };
    else if (word === 'prometheus') value.prometheus = true;
    else if (word !== '') {
      warn(
        `BEDROCK_PROFILE_TELEMETRY: ${JSON.stringify(word)} means nothing; there are opentelemetry, ` +
          'prometheus, prometheus:<port>, prometheus:<host>:<port> and prom-client.',
      );
    }
  }
  return value;
}

const made = new WeakMap();
const NOBODY = Object.freeze([]);

/**
 * Who is told of the calls of a client.
 *
 * @param {object} options of the client
 * @param {(message: string) => void} warn
 * @returns {object[]} observers, as `CallFacts` takes them
 */
function observersOf(options, warn) {
  const wanted = options.telemetry ?? fromEnvironment(warn);
  if (!wanted) return NOBODY;
  const found = made.get(wanted);
  if (found !== undefined) return found;
  const observers = [
    prometheusOf(wanted.prometheus, warn),
    openTelemetryOf(wanted.openTelemetry, warn),
  ];
  const kept = observers.filter((observer) => observer !== undefined);
  made.set(wanted, kept);
  return kept;
}

function prometheusOf(wanted, warn) {
  if (!wanted) return undefined;
  const { registry, prefix, port = PORT, host = HOST, path: at = '/metrics' } = wanted;
  if (registry === undefined) return endpointAt({ port, host, path: at, prefix }, warn);
  if (isRegistry(registry)) return metricsIn(registry, prefix);
  const client = requireOfProgram('prom-client', warn, 'BEDROCK_PROFILE_TELEMETRY=prom-client');
  return client && metricsIn(client.register, prefix);
}

const opened = new Map();

function openTelemetryOf(wanted, warn) {
  if (!wanted) return undefined;
  const api =
    wanted.api ??
    requireOfProgram('@opentelemetry/api', warn, 'OpenTelemetry in options.telemetry');
  if (api === undefined) return undefined;
  const { OpenTelemetry } = require('./open-telemetry.js');
  // The global providers may be set later: the API's own stand for them until then.
  const isGlobal = wanted.tracerProvider === undefined && wanted.meterProvider === undefined;
  if (!isGlobal) return new OpenTelemetry(api, wanted);
  if (!opened.has(api)) opened.set(api, new OpenTelemetry(api, {}));
  return opened.get(api);
}

/** A package of the program's: as seen from here, else from where the program was started. */
function requireOfProgram(name, warn, who) {
  const from = [__filename, require.main?.filename, path.join(process.cwd(), 'index.js')];
  for (const file of from.filter(Boolean)) {
    try {
      return createRequire(file)(name);
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  warn(
    `${who} needs the package ${name}, which is not installed: npm install ${name}. Nothing is recorded.`,
  );
  return undefined;
}

module.exports = { observersOf, problemOf };
