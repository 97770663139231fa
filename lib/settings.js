'use strict';

const path = require('node:path');

const environment = require('./environment.js');
const hub = require('./hub.js');
const certificates = require('./certificates.js');
const { proxyOf, readHandler } = require('./handler.js');
const { OPTIONS, endpointUrl, isUrl, unknown, validate, written } = require('./options.js');
const { schemesOf, signerOf } = require('./signer.js');
const { storeOf } = require('./store.js');
const { recording, unchanged } = require('./variables.js');
const { version } = require('../package.json');

const USER_AGENT = `bedrock-profile-client/${version} lang/js md/nodejs#${process.versions.node}`;
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
      readHandler(options.requestHandler).then((handler) => {
        gathered.handler = handler;
      }),
    );
  }
  if (waiting.length === 0) return gathered;
  return Promise.all(waiting).then(() => {
    validate(gathered); // what a function gives is checked as what is given
    return gathered;
  });
}

/** The options for credentials and signing, and what a client is told through: each client's own. */
const OWN = [
  'credentials',
  'token',
  'credentialDefaultProvider',
  'accounts',
  'logger',
  'authSchemePreference',
  'attribution',
  'costs',
  'budgets',
  'notice',
  'telemetry',
];
const COMMON = Object.keys(OPTIONS).filter((name) => !OWN.includes(name));

/** Options that are data, and the same where they say the same. */
const DATA = ['mappings', 'overrides', 'timeouts', 'reserve', 'promptCache'];

/**
 * What the latest clients had in common, by their options and what the environment said: there may be
 * a client for each request, and reading 300 mappings takes longer than making one. Options that are
 * objects count as the same as long as they are the same object, or data that says the same.
 */
const latest = [];
const MOST = 8;

/**
 * Everything the addon needs to know of a client.
 *
 * @param {object} options gathered options
 * @returns {{ known: object, settings: string, warnings: string[] }} `known`: the settings as the addon
 *   takes them, and the credentials; `settings`: the same as JSON text
 */
function describe(options) {
  const common = commonOf(options);
  const signer = signerOf(options, common);
  const known = { ...common.known, credentials: signer.credentials };
  const found = warnings(options, common, signer);
  return { known, settings: JSON.stringify(known), warnings: found };
}

/**
 * A client of the addon.
 *
 * @param {object} options gathered options
 * @returns {{ native: object, mappings?: string, warnings: string[], warnsOnly: boolean }} `mappings`:
 *   those of the environment; `warnsOnly`: a `requestTimeout` ends nothing
 */
function open(options) {
  const common = commonOf(options);
  const signer = signerOf(options, common);
  common.mappings ??= hub.mappings(common.texts);
  common.configuration ??= hub.configure(common.settings, common.mappings.native);
  const native = hub.open(common, signer);
  return {
    native,
    mappings: common.texts[0],
    /** Whose costs are counted together. */
    ledger: common.ledger,
    warnings: [...warnings(options, common, signer), ...common.mappings.warnings],
    warnsOnly: common.warnsOnly,
  };
}

function commonOf(options) {
  // What a handler says stands in the options anew for each client, and may hold a private key.
  if (options.handler !== undefined) return read(options);
  const given = new Map();
  const same = ({ values, data, reads }) =>
    COMMON.every(
      (name, at) => values[at] === options[name] || saysSame(name, options, data, given),
    ) && unchanged(reads);
  const found = latest.findIndex(same);
  if (found === 0) return latest[0].common;
  const { value, reads } = found > 0 ? {} : recording(() => read(options));
  const entry =
    found > 0
      ? latest.splice(found, 1)[0]
      : {
          values: COMMON.map((name) => options[name]),
          data: Object.fromEntries(DATA.map((name) => [name, dataOf(name, options, given)])),
          reads,
          common: value,
        };
  latest.unshift(entry);
  latest.length = Math.min(latest.length, MOST);
  return entry.common;
}

/** Whether an option is data that says what was said; `given` keeps what it says. */
function saysSame(name, options, data, given) {
  if (!DATA.includes(name) || data[name] === undefined) return false;
  return dataOf(name, options, given) === data[name];
}

/** What an option says that is data: a text that nothing else says. */
function dataOf(name, options, given) {
  if (!given.has(name)) {
    const value = options[name];
    given.set(
      name,
      typeof value === 'object' && value !== null ? textOf(options, name) : undefined,
    );
  }
  return given.get(name);
}

/** What a client's options and the environment say, without the credentials. */
function read(options) {
  const profile = options.profile ?? environment.profile();
  const ignored = options.ignoreConfiguredEndpointUrls;
  const endpoint =
    options.endpoint === undefined
      ? checked(environment.endpoint(profile, ignored))
      : endpointUrl(options.endpoint);
  const { region, fips } = regionOf(options.region || environment.region(profile));
  const timeouts = options.timeouts ?? {};
  const handler = options.handler ?? {};
  const mode = defaultsMode(options, profile, region);
  const { store, warnings: aboutStore } = storeOf(options.store);
  const known = {
    region,
    endpoint,
    controlEndpoint:
      options.controlEndpoint === undefined
        ? checked(environment.controlEndpoint(profile, ignored))
        : written(options.controlEndpoint),
    useFips: fips || (options.useFipsEndpoint ?? environment.useFips(profile)),
    useDualStack: options.useDualstackEndpoint ?? environment.useDualStack(profile),
    tenant: options.tenant,
    maxAttempts: Math.min(options.maxAttempts ?? environment.maxAttempts(profile) ?? 3, 0xffffffff),
    retryMode:
      (options.retryMode ?? environment.retryMode(profile)) === 'adaptive'
        ? 'adaptive'
        : 'standard',
    clockOffset: options.systemClockOffset,
    connectTimeout:
      timeouts.connect ??
      (options.requestHandler === undefined ? CONNECT[mode] : handler.connectionTimeout),
    firstByteTimeout:
      timeouts.firstByte ?? (handler.warnsOnly ? undefined : handler.requestTimeout),
    eventTimeout: timeouts.betweenEvents ?? handler.socketTimeout,
    thinkingTimeout: timeouts.whileThinking ?? handler.socketTimeout,
    callTimeout: timeouts.call,
    ...connection(handler, endpoint),
    gating: options.gating ?? 'adapt',
    promptCache: options.promptCache === 'auto' ? {} : options.promptCache,
    reserve: options.reserve,
    discovery: options.discovery ?? true,
    confirmModels: options.confirmModels,
    learning: options.learning ?? true,
    store,
    overrides: textOf(options, 'overrides'),
    userAgent: userAgent(
      options.customUserAgent,
      options.userAgentAppId ?? environment.userAgentAppId(profile),
    ),
  };
  return {
    known,
    profile,
    region,
    schemes: schemesOf(profile),
    settings: JSON.stringify(known),
    ledger: JSON.stringify([known.tenant, known.endpoint, known.store]),
    /** The operator's mappings: of the environment, of the options, the models to be named, the file, the store. */
    texts: [
      environment.mappings(),
      textOf(options, 'mappings'),
      environment.models(),
      fileOf(options),
      store && JSON.stringify(store),
    ],
    warnsOnly: handler.warnsOnly === true,
    unverified: known.unverified === true,
    aboutStore,
  };
}

/** The file of mappings, wherever the process goes later. */
function fileOf(options) {
  const file = options.mappingsFile ?? environment.mappingsFile();
  return file && path.resolve(file);
}

/** Whether the mappings of these options, of the environment, or of the file have a name. */
function namesTaken(options) {
  const { mappings = {} } = options;
  let named;
  try {
    named = Object(JSON.parse(environment.mappings() ?? '{}'));
  } catch {
    named = {}; // the addon says what is wrong with it
  }
  return (name) =>
    Object.hasOwn(named, name) || Object.hasOwn(mappings, name) || isInFile(name, options);
}

/** The mappings of a file alone, as the addon has read them and reads them again. */
const mappingsOfFile = (file) => hub.mappings([undefined, undefined, undefined, file]).native;

/** The first keys of the environment's file of mappings, sorted. */
function keysOfFile(most) {
  const file = fileOf({});
  return file === undefined ? [] : JSON.parse(mappingsOfFile(file).keysOfFile(most));
}

/** Whether the file of mappings, of these options or of the environment, has an entry of this name. */
function isInFile(name, options = {}) {
  const file = fileOf(options);
  return file !== undefined && mappingsOfFile(file).isInFile(name);
}

/** Mappings with one more, by the mappings that it is added to: the same ones are read once. */
const added = new WeakMap();
const NONE = {};
const MOST_ADDED = 1000;

/** The option `mappings` with a model for an id beside it: the same object for the same. */
function withModel(mappings = NONE, id, model) {
  const known = added.get(mappings) ?? new Map();
  added.set(mappings, known);
  const key = `${id} ${model}`;
  const both = known.get(key) ?? { ...mappings, [id]: model };
  known.delete(key);
  known.set(key, both);
  if (known.size > MOST_ADDED) known.delete(known.keys().next().value);
  return both;
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
  if (url === undefined) return undefined;
  if (isUrl(url)) return written(url);
  throw new TypeError(`${name} must be a URL such as "https://gateway.example.com".`);
}

/** As the AWS SDK has it; `auto` is `in-region` where AWS says that this process runs there. */
function defaultsMode(options, profile, region) {
  const mode = (options.defaultsMode ?? environment.defaultsMode(profile))?.toLowerCase();
  if (mode !== 'auto') return mode;
  const own = environment.ownRegion();
  return own && own === region ? 'in-region' : 'standard';
}

/** How connections are made: the proxy, and whom TLS trusts. */
function connection(handler, endpoint) {
  const secure = !endpoint?.startsWith('http:');
  const { proxy, ca, certificate, key, unverified, maxSockets } =
    handler[secure ? 'https' : 'http'] ?? {};
  // Without TLS there is nothing that could agree on a protocol: HTTP/2 is used only where it was requested.
  const protocol = secure && handler.protocol === 'http2' ? undefined : handler.protocol;
  return {
    proxy: proxy ?? environmentProxy(secure),
    protocol,
    maxSockets,
    // As in Node.js, an agent's certificates stand for all others.
    ca,
    caFiles: ca === undefined ? certificates.named() : undefined,
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
function warnings(options, { unverified, warnsOnly, aboutStore }, signer) {
  const found = unknown(options)
    .filter((name) => name !== 'handler')
    .map((name) => `options.${name} is no option of this client and changes nothing.`);
  found.push(...aboutStore);
  if (unverified) {
    found.push(
      'Certificates are not checked (rejectUnauthorized: false, or NODE_TLS_REJECT_UNAUTHORIZED=0): ' +
        'anyone on the way can read and change what is sent. NODE_EXTRA_CA_CERTS names certificates to trust.',
    );
  }
  if (warnsOnly && options.handler?.requestTimeout) found.push(ENDS_NOTHING);
  if (signer.hidden) {
    found.push(
      'AWS_PROFILE and AWS_ACCESS_KEY_ID are both set; the profile is used, as in the AWS SDK. Set one of them.',
    );
  }
  return found;
}

/** `requestTimeout` of the AWS SDK's HTTP/1.1 handler only warns, unless it is told to throw. */
const ENDS_NOTHING =
  'requestTimeout of a NodeHttpHandler ends no request, as in the AWS SDK, unless the handler has ' +
  'throwOnRequestTimeout: true; timeouts.firstByte does.';

function userAgent(custom, appId) {
  const pairs = typeof custom === 'string' ? [[custom]] : (custom ?? []);
  const words = pairs.map((pair) => [pair].flat().join('/'));
  const app = appId ? [`app/${appId}`] : [];
  return [USER_AGENT, ...app, ...words].join(' ').replace(/[^\x20-\x7e]/g, '_');
}

module.exports = {
  ENDS_NOTHING,
  gather,
  describe,
  isInFile,
  keysOfFile,
  namesTaken,
  open,
  withModel,
};
