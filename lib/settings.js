'use strict';

const fs = require('node:fs');

const environment = require('./environment.js');
const hub = require('./hub.js');
const { isUrl, kindOf, validate } = require('./options.js');
const { version } = require('../package.json');

const USER_AGENT = `bedrock-profile-client/${version} lang/js md/nodejs#${process.versions.node}`;
const AWS_HOST = /\.(amazonaws\.com(\.cn)?|api\.aws|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov)$/;
const LOOPBACK = 'localhost,127.0.0.1,::1';

/**
 * The options that may be functions, called; a promise where one of them needs time.
 *
 * @param {object} options
 */
function gather(options) {
  const gathered = { ...options };
  const waiting = [];
  for (const name of [
    'region',
    'endpoint',
    'maxAttempts',
    'retryMode',
    'useFipsEndpoint',
    'useDualstackEndpoint',
    'authSchemePreference',
    'token',
  ]) {
    if (typeof options[name] !== 'function') continue;
    waiting.push(
      Promise.resolve(options[name]()).then((value) => {
        gathered[name] = value;
      }),
    );
  }
  if (options.requestHandler) {
    waiting.push(
      handlerConfig(options.requestHandler).then((config) => {
        gathered.handler = config;
      }),
    );
  }
  if (waiting.length === 0) return gathered;
  return Promise.all(waiting).then(() => {
    validate(gathered); // what a function gives is checked as what is given
    return gathered;
  });
}

/** The options of a NodeHttpHandler, which it keeps behind a promise. */
async function handlerConfig(handler) {
  const config = (await (handler.configProvider ?? handler.config ?? handler)) ?? {};
  for (const name of ['connectionTimeout', 'requestTimeout', 'socketTimeout']) {
    const value = config[name] ?? 0;
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new TypeError(
        `BedrockProfileClient: options.requestHandler.${name} must be a whole number of ` +
          `milliseconds, not ${kindOf(value)}.`,
      );
    }
  }
  return config;
}

/**
 * Everything the addon needs to know of a client, as JSON text: the same text is the same client.
 *
 * @param {object} options gathered options
 */
function describe(options) {
  const endpoint = urlOf(options.endpoint) ?? checked(environment.endpoint());
  const timeouts = options.timeouts ?? {};
  const handler = options.handler ?? {};
  return JSON.stringify({
    region: options.region || environment.region(),
    endpoint,
    controlEndpoint: controlEndpoint(options, endpoint),
    useFips: options.useFipsEndpoint ?? environment.useFips(),
    useDualStack: options.useDualstackEndpoint ?? environment.useDualStack(),
    credentials: credentialsOf(options),
    maxAttempts: Math.min(options.maxAttempts ?? environment.maxAttempts() ?? 3, 0xffffffff),
    connectTimeout: timeouts.connect ?? handler.connectionTimeout,
    firstByteTimeout: timeouts.firstByte ?? handler.requestTimeout,
    eventTimeout: timeouts.betweenEvents ?? handler.socketTimeout,
    thinkingTimeout: timeouts.whileThinking ?? handler.socketTimeout,
    callTimeout: timeouts.call,
    ...proxyOf(handler, endpoint),
    ca: certificates(),
    gating: options.gating ?? 'adapt',
    promptCache: options.promptCache === 'auto' ? {} : options.promptCache,
    discovery: options.discovery ?? true,
    learning: options.learning ?? true,
    overrides: textOf(options, 'overrides'),
    mappings: textOf(options, 'mappings'),
    environmentMappings: environment.mappings(),
    models: environment.models(),
    userAgent: userAgent(options.customUserAgent),
  });
}

function textOf(options, name) {
  if (options[name] === undefined) return undefined;
  try {
    return JSON.stringify(options[name]);
  } catch (cause) {
    const message = `BedrockProfileClient: options.${name} cannot be JSON: ${cause.message}`;
    throw new TypeError(message, { cause });
  }
}

function checked({ name, url } = {}) {
  if (url === undefined || isUrl(url)) return url;
  throw new TypeError(`${name} must be a URL such as "https://gateway.example.com".`);
}

function urlOf(endpoint) {
  if (endpoint === undefined || typeof endpoint === 'string') return endpoint;
  if (endpoint.href) return String(endpoint.href);
  if (endpoint.url) return String(endpoint.url);
  const { protocol = 'https:', hostname, port, path = '' } = endpoint;
  return `${protocol}//${hostname}${port ? `:${port}` : ''}${path}`;
}

/** A gateway serves the control plane too; a host of AWS's serves one service only. */
function controlEndpoint(options, endpoint) {
  const named = options.controlEndpoint ?? checked(environment.controlEndpoint());
  if (named !== undefined || endpoint === undefined) return named;
  return AWS_HOST.test(new URL(endpoint).hostname) ? undefined : endpoint;
}

function credentialsOf(options) {
  const bearer = environment.bearerToken();
  if (bearer) return { bearer };
  const prefersBearer = options.authSchemePreference?.[0] === 'httpBearerAuth';
  if (options.token && (prefersBearer || !options.credentials))
    return { bearer: options.token.token };
  if (typeof options.credentials === 'function') {
    return { provider: hub.registerProvider(options.credentials) };
  }
  if (options.credentials) {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = options.credentials;
    return {
      static: {
        accessKeyId,
        secretAccessKey,
        sessionToken,
        expiration: expiration === undefined ? undefined : Number(expiration),
      },
    };
  }
  return options.profile ? { chain: { profile: options.profile } } : environment.credentials();
}

/** The proxy of a handler's agent (HttpsProxyAgent), else that of the environment. */
function proxyOf(handler, endpoint) {
  const agent = handler.httpsAgent ?? handler.httpAgent;
  if (agent?.proxy) return { proxy: String(agent.proxy.href ?? agent.proxy) };
  const proxy = environment.proxy(!endpoint?.startsWith('http:'));
  if (proxy === undefined) return {};
  const noProxy = environment.noProxy();
  return { proxy, noProxy: noProxy ? `${noProxy},${LOOPBACK}` : LOOPBACK };
}

const bundles = new Map();

function certificates() {
  const file = environment.certificates();
  if (file === undefined) return undefined;
  if (!bundles.has(file)) {
    try {
      bundles.set(file, fs.readFileSync(file, 'utf8'));
    } catch (cause) {
      throw new Error(`The certificates to trust cannot be read from ${file}: ${cause.message}`, {
        cause,
      });
    }
  }
  return bundles.get(file);
}

function userAgent(custom) {
  if (custom === undefined) return USER_AGENT;
  const pairs = typeof custom === 'string' ? [[custom]] : custom;
  const words = pairs.map((pair) => [pair].flat().join('/'));
  return [USER_AGENT, ...words].join(' ').replace(/[^\x20-\x7e]/g, '_');
}

module.exports = { gather, describe, userAgent };
