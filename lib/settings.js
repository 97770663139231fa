'use strict';

const environment = require('./environment.js');
const certificates = require('./certificates.js');
const { proxyOf, readHandler } = require('./handler.js');
const { endpointUrl, isUrl, unknown, validate } = require('./options.js');
const { signerOf } = require('./signer.js');
const { version } = require('../package.json');

const USER_AGENT = `bedrock-profile-client/${version} lang/js md/nodejs#${process.versions.node}`;
const AWS_HOST = /\.(amazonaws\.com(\.cn)?|api\.aws|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov)$/;
const LOOPBACK = 'localhost,127.0.0.1,::1';
/** Milliseconds to connect, by `defaultsMode`. */
const CONNECT = { standard: 3100, 'in-region': 1100, 'cross-region': 3100, mobile: 30_000 };

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
    'defaultsMode',
    'userAgentAppId',
    'useFipsEndpoint',
    'useDualstackEndpoint',
    'authSchemePreference',
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
      readHandler(options.requestHandler).then((read) => {
        gathered.handler = read;
      }),
    );
  }
  if (waiting.length === 0) return gathered;
  return Promise.all(waiting).then(() => {
    validate(gathered); // what a function gives is checked as what is given
    return gathered;
  });
}

/**
 * Everything the addon needs to know of a client.
 *
 * @param {object} options gathered options, and the `requestTimeout` of one call
 * @returns {{ known: object, settings: string, provider?: Function, warnings: string[] }} `settings`:
 *   `known` as JSON text; the same text is the same client. `provider`: what it will be asked for keys
 *   or a token
 */
function describe(options) {
  const profile = options.profile ?? environment.profile();
  const ignored = options.ignoreConfiguredEndpointUrls;
  const endpoint =
    options.endpoint === undefined
      ? checked(environment.endpoint(profile, ignored))
      : endpointUrl(options.endpoint);
  const { region, fips } = regionOf(options.region || environment.region(profile));
  const timeouts = options.timeouts ?? {};
  const handler = options.handler ?? {};
  const signer = signerOf(options, profile, region);
  const mode = defaultsMode(options, profile, region);
  const known = {
    region,
    endpoint,
    controlEndpoint: controlEndpoint(options, endpoint, profile),
    useFips: fips || (options.useFipsEndpoint ?? environment.useFips(profile)),
    useDualStack: options.useDualstackEndpoint ?? environment.useDualStack(profile),
    credentials: signer.credentials,
    maxAttempts: Math.min(options.maxAttempts ?? environment.maxAttempts(profile) ?? 3, 0xffffffff),
    retryMode:
      (options.retryMode ?? environment.retryMode(profile)) === 'adaptive'
        ? 'adaptive'
        : 'standard',
    clockOffset: options.systemClockOffset,
    connectTimeout:
      timeouts.connect ??
      (options.requestHandler === undefined ? CONNECT[mode] : handler.connectionTimeout),
    firstByteTimeout: firstByte(options, handler),
    eventTimeout: timeouts.betweenEvents ?? handler.socketTimeout,
    thinkingTimeout: timeouts.whileThinking ?? handler.socketTimeout,
    callTimeout: timeouts.call,
    ...connection(handler, endpoint),
    gating: options.gating ?? 'adapt',
    promptCache: options.promptCache === 'auto' ? {} : options.promptCache,
    reserve: options.reserve,
    discovery: options.discovery ?? true,
    learning: options.learning ?? true,
    overrides: textOf(options, 'overrides'),
    mappings: textOf(options, 'mappings'),
    environmentMappings: environment.mappings(),
    models: environment.models(),
    userAgent: userAgent(
      options.customUserAgent,
      options.userAgentAppId ?? environment.userAgentAppId(profile),
    ),
  };
  const { provider } = signer;
  const settings = JSON.stringify(known);
  return { known, settings, provider, warnings: warnings(options, handler, signer) };
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

/** `fips-us-east-1` and `us-east-1-fips` are AWS's old way to ask for FIPS. */
function regionOf(named) {
  if (!named || !/^fips-|-fips$/.test(named)) return { region: named, fips: false };
  if (['fips-aws-global', 'aws-fips'].includes(named)) return { region: 'us-east-1', fips: true };
  return { region: named.replace(/fips-(dkr-|prod-)?|-fips/, ''), fips: true };
}

function checked({ name, url } = {}) {
  if (url === undefined || isUrl(url)) return url;
  throw new TypeError(`${name} must be a URL such as "https://gateway.example.com".`);
}

/** A gateway serves the control plane too; a host of AWS's serves one service only. */
function controlEndpoint(options, endpoint, profile) {
  const named =
    options.controlEndpoint ??
    checked(environment.controlEndpoint(profile, options.ignoreConfiguredEndpointUrls));
  if (named !== undefined || endpoint === undefined) return named;
  return AWS_HOST.test(new URL(endpoint).hostname) ? undefined : endpoint;
}

/** As the AWS SDK has it; `auto` is `in-region` where AWS says that this process runs there. */
function defaultsMode(options, profile, region) {
  const mode = (options.defaultsMode ?? environment.defaultsMode(profile))?.toLowerCase();
  if (mode !== 'auto') return mode;
  const own = environment.ownRegion();
  return own && own === region ? 'in-region' : 'standard';
}

/** `requestTimeout` of the AWS SDK's HTTP/1.1 handler only warns, unless it is told to throw. */
function firstByte(options, handler) {
  const asked = handler.warnsOnly ? undefined : options.requestTimeout;
  const usual = handler.warnsOnly ? undefined : handler.requestTimeout;
  return asked ?? options.timeouts?.firstByte ?? usual;
}

/** How connections are made: the proxy, and whom TLS trusts. */
function connection(handler, endpoint) {
  const secure = !endpoint?.startsWith('http:');
  const { proxy, ca, certificate, key, unverified, maxSockets } =
    handler[secure ? 'https' : 'http'] ?? {};
  // Without TLS there is nothing that could agree on a protocol: HTTP/2 is spoken if it was asked for.
  const protocol = secure && handler.protocol === 'http2' ? undefined : handler.protocol;
  return {
    proxy: proxy ?? environmentProxy(secure),
    protocol,
    maxSockets,
    // As in Node.js, an agent's certificates stand for all others.
    ca,
    caFile: ca === undefined ? certificates.named() : undefined,
    caOnly: ca !== undefined,
    certificate,
    key,
    unverified: unverified ?? environment.unverified(),
  };
}

function environmentProxy(secure) {
  const named = environment.proxy(secure);
  if (named === undefined) return undefined;
  const except = [environment.noProxy(), LOOPBACK].filter(Boolean).join(',');
  return { ...proxyOf(named.url, named.name), except };
}

/** What an operator should know of the options. */
function warnings(options, handler, signer) {
  const found = unknown(options)
    .filter((name) => !['handler', 'requestTimeout'].includes(name))
    .map((name) => `options.${name} is no option of this client and changes nothing.`);
  const unverified = (handler.https?.unverified ?? environment.unverified()) === true;
  if (unverified) {
    found.push(
      'Certificates are not checked (rejectUnauthorized: false, or NODE_TLS_REJECT_UNAUTHORIZED=0): ' +
        'anyone on the way can read and change what is sent. NODE_EXTRA_CA_CERTS names certificates to trust.',
    );
  }
  if (handler.warnsOnly && (handler.requestTimeout ?? options.requestTimeout)) {
    found.push(
      'requestTimeout of a NodeHttpHandler ends no request, as in the AWS SDK, unless the handler has ' +
        'throwOnRequestTimeout: true; timeouts.firstByte does.',
    );
  }
  if (signer.hidden) {
    found.push(
      'AWS_PROFILE and AWS_ACCESS_KEY_ID are both set; the profile is used, as in the AWS SDK. Set one of them.',
    );
  }
  return found;
}

function userAgent(custom, appId) {
  const pairs = typeof custom === 'string' ? [[custom]] : (custom ?? []);
  const words = pairs.map((pair) => [pair].flat().join('/'));
  const app = appId ? [`app/${appId}`] : [];
  return [USER_AGENT, ...app, ...words].join(' ').replace(/[^\x20-\x7e]/g, '_');
}

module.exports = { gather, describe };
