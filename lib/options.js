'use strict';

const { kindOf } = require('./errors.js');
const { lazy } = require('./lazy.js');
const { ROLE, accountOfRole } = require('./role.js');

const attributions = lazy(() => require('./attribution.js'));
const money = lazy(() => require('./money/index.js'));
const telemetry = lazy(() => require('./telemetry/index.js'));

const GATING = ['adapt', 'strict', 'off'];
const DEFAULTS_MODES = ['auto', 'standard', 'in-region', 'cross-region', 'mobile', 'legacy'];

const text = (value) => typeof value === 'string';
const filled = (value) => text(value) && value !== '';
const flag = (value) => typeof value === 'boolean';
const callable = (value) => typeof value === 'function';
const object = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const milliseconds = (value) => Number.isSafeInteger(value) && value > 0;

const orProvider = (check) => (value) => check(value) || callable(value);

/** Every option: what it must be, in words and as a check. */
const OPTIONS = {
  region: ['a region such as "us-east-1", or a function that gives one', orProvider(text)],
  credentials: [
    'an object { accessKeyId, secretAccessKey, sessionToken? } of texts that are not empty, ' +
      'or a function that gives one',
    (value) => callable(value) || (object(value) && keys(value)),
  ],
  token: [
    'an object { token } with a text that is not empty, or a function that gives one',
    (value) => callable(value) || (object(value) && filled(value.token)),
  ],
  accounts: ['an object of { roleArn } or { credentials } by account id', object],
  authSchemePreference: [
    'an array of auth schemes such as ["httpBearerAuth"]',
    (value) => callable(value) || (Array.isArray(value) && value.every(text)),
  ],
  profile: ['the name of a profile of the shared AWS configuration', text],
  endpoint: [
    'a URL such as "https://gateway.example.com"',
    (value) => callable(value) || isUrl(value) || isEndpoint(value),
  ],
  controlEndpoint: ['a URL such as "https://gateway.example.com"', isUrl],
  maxAttempts: [
    'an integer of at least 1, or a function that gives one',
    orProvider((value) => Number.isInteger(value) && value >= 1),
  ],
  retryMode: [
    '"standard" or "adaptive"',
    orProvider((value) => value === 'standard' || value === 'adaptive'),
  ],
  requestHandler: ['a NodeHttpHandler, or its options', object],
  logger: ['an object with methods such as warn()', object],
  customUserAgent: ['a string or an array of [name, version]', (v) => text(v) || Array.isArray(v)],
  userAgentAppId: [
    'a text of at most 50 characters, or a function that gives one',
    orProvider((value) => text(value) && value.length <= 50),
  ],
  defaultsMode: [
    `one of ${DEFAULTS_MODES.map((mode) => `"${mode}"`).join(', ')}, or a function that gives one`,
    orProvider((value) => text(value) && DEFAULTS_MODES.includes(value.toLowerCase())),
  ],
  credentialDefaultProvider: ['a function that gives a provider of credentials', callable],
  systemClockOffset: ['a whole number of milliseconds', Number.isSafeInteger],
  ignoreConfiguredEndpointUrls: ['a boolean', flag],
  useFipsEndpoint: ['a boolean', orProvider(flag)],
  useDualstackEndpoint: ['a boolean', orProvider(flag)],
  mappings: ['an object as in BEDROCK_INFERENCE_PROFILE_MAPPINGS', object],
  mappingsFile: ['the path of a file of mappings, in JSON or YAML', filled],
  gating: [`one of ${GATING.map((mode) => `"${mode}"`).join(', ')}`, (v) => GATING.includes(v)],
  tenant: ['a text that is not empty', filled],
  promptCache: [
    '"auto", { ttl: "5m" } or { ttl: "1h" }',
    (value) => value === 'auto' || object(value),
  ],
  reserve: ['"fit"', (value) => value === 'fit'],
  discovery: ['a boolean', flag],
  confirmModels: ['a boolean', flag],
  learning: ['a boolean', flag],
  overrides: ['an object of capabilities by model or profile id', object],
  store: [
    '"memory", "file", "file:<path>", a URL such as "redis://host:6379", an object with get(), set() and ' +
      'delete(), or false',
    (value) => value === false || filled(value) || isStore(value),
  ],
  timeouts: ['an object of milliseconds', object],
  attribution: ['an object such as { team: "research" }', object],
  costs: ['a boolean, or an object such as { prices }', (value) => flag(value) || object(value)],
  budgets: ['an object such as { limits: [] }', object],
  notice: [
    '"reasoning", "metadata" or false',
    (value) => value === false || value === 'reasoning' || value === 'metadata',
  ],
  telemetry: [
    'an object such as { prometheus: { port: 9464 } }, or false',
    (value) => value === false || object(value),
  ],
};

/** Those that the AWS SDK does not have. */
const OWN = [
  'accounts',
  'controlEndpoint',
  'mappings',
  'mappingsFile',
  'gating',
  'promptCache',
  'reserve',
  'discovery',
  'confirmModels',
  'learning',
  'overrides',
  'tenant',
  'store',
  'timeouts',
  'attribution',
  'costs',
  'budgets',
  'notice',
  'telemetry',
];
/** Options of the AWS SDK that can change nothing here, and what is there instead. */
const MEANINGLESS = {
  apiVersion: 'Bedrock has one version',
  base64Decoder: 'bytes are decoded natively',
  base64Encoder: 'bytes are encoded natively',
  bodyLengthChecker: 'bodies are measured natively',
  cacheMiddleware: 'there is nothing to cache',
  defaultUserAgentProvider: 'the user-agent is this package; `customUserAgent` adds to it',
  disableHostPrefix: 'no operation of Bedrock has a host prefix',
  eventStreamPayloadHandlerProvider: 'no stream is sent',
  runtime: 'it runs in Node.js',
  serviceId: 'the service is Bedrock Runtime',
  sha256: 'requests are signed natively',
  streamCollector: 'answers are read natively',
  utf8Decoder: 'text is decoded natively',
  utf8Encoder: 'text is encoded natively',
};

const given = () => false;

/** Options of the AWS SDK that would have to change what is done natively, but for these values. */
const REFUSED = {
  disableClockSkewCorrection: [
    'a clock that is wrong is always corrected by the answers of AWS',
    (value) => value === false,
  ],
  endpointProvider: ["AWS's rules choose the endpoint; `endpoint` replaces it", given],
  eventStreamSerdeProvider: ['event streams are read natively', given],
  extensions: ['they change a configuration that is not there', (value) => value?.length === 0],
  httpAuthSchemeProvider: ['`authSchemePreference` chooses between signatures and tokens', given],
  httpAuthSchemes: ['there are two, signatures and tokens: `authSchemePreference` chooses', given],
  protocol: ["Bedrock's own is spoken natively", given],
  protocolSettings: ["Bedrock's own protocol is spoken natively", given],
  retryStrategy: ['requests are repeated natively: give `maxAttempts` and `retryMode`', given],
  serviceConfiguredEndpoint: ['give `endpoint`', given],
  signer: ['requests are signed natively: give `credentials` or `token`', given],
  signerConstructor: ['requests are signed natively: give `credentials` or `token`', given],
  signingEscapePath: ['Bedrock wants the path escaped', (value) => value === true],
  signingRegion: ['the region that is called signs: give `region`, or an ARN', given],
  tls: ['`endpoint` says with its protocol whether TLS is spoken', (value) => value === true],
  urlParser: ['URLs are read natively', given],
};

const TTLS = ['5m', '1h'];

const TIMEOUTS = ['connect', 'firstByte', 'betweenEvents', 'whileThinking', 'call'];

function keys(value) {
  const { accessKeyId, secretAccessKey, sessionToken } = value;
  return filled(accessKeyId) && filled(secretAccessKey) && text(sessionToken ?? '');
}

const isStore = (value) =>
  typeof value === 'object' &&
  value !== null &&
  ['get', 'set', 'delete'].every((method) => callable(value[method]));

function isUrl(value) {
  if (!text(value)) return false;
  try {
    return ['http:', 'https:'].includes(new URL(value).protocol);
  } catch {
    return false;
  }
}

/** A URL, or an endpoint as the AWS SDK has it. */
function isEndpoint(value) {
  return object(value) && (isUrl(value.href ?? String(value.url ?? '')) || filled(value.hostname));
}

/** Options whose value is a word, which may be shown. */
const HARMLESS = ['gating', 'notice', 'retryMode', 'promptCache', 'reserve', 'defaultsMode'];

/** The same where the type is right and the value is not. */
function wrong(name, value) {
  if (!text(value) || value === '') return kindOf(value);
  return HARMLESS.includes(name) ? JSON.stringify(value) : 'another string';
}

/**
 * Throws a TypeError that names the first option of a wrong type.
 *
 * @param {object} options
 */
function validate(options) {
  if (!object(options)) {
    throw new TypeError(
      `BedrockProfileClient: the options must be an object, not ${kindOf(options)}.`,
    );
  }
  for (const name of Object.keys(options)) {
    const value = options[name];
    if (value === undefined) continue;
    if (Object.hasOwn(REFUSED, name)) refuse(name, value);
    if (!Object.hasOwn(OPTIONS, name)) continue; // meaningless, or told by `unknown`
    const [expected, check] = OPTIONS[name];
    if (!check(value)) {
      throw new TypeError(
        `BedrockProfileClient: options.${name} must be ${expected}, not ${wrong(name, value)}.`,
      );
    }
  }
  validateEndpoint(options.endpoint);
  if (options.requestHandler) validateHandler(options.requestHandler);
  if (options.accounts) validateAccounts(options.accounts);
  if (options.timeouts) validateTimeouts(options.timeouts);
  if (object(options.promptCache)) validatePromptCache(options.promptCache);
  if (options.attribution !== undefined) {
    const problem = attributions().problemOf(options.attribution);
    if (problem) throw new TypeError(`BedrockProfileClient: options.attribution${problem}.`);
  }
  if (object(options.costs)) {
    const problem = money().problemOfCosts(options.costs);
    if (problem) throw new TypeError(`BedrockProfileClient: options.costs${problem}.`);
  }
  if (options.budgets !== undefined) {
    const problem = money().problemOfBudgets(options.budgets);
    if (problem) throw new TypeError(`BedrockProfileClient: options.budgets${problem}.`);
  }
  if (options.telemetry) {
    const problem = telemetry().problemOf(options.telemetry);
    if (problem) throw new TypeError(`BedrockProfileClient: options.telemetry${problem}.`);
  }
}

/** Calls are made natively: a handler that makes them in a way of its own would not be asked. */
function validateHandler(handler) {
  if (!callable(handler.handle)) return;
  const known = ['http/1.1', 'h2'].includes(handler.metadata?.handlerProtocol);
  // The class, Object, nothing: otherwise another class stands between.
  let above = Object.getPrototypeOf(handler);
  for (let level = 0; level < 2 && above !== null; level += 1) above = Object.getPrototypeOf(above);
  const derived = above !== null || Object.hasOwn(handler, 'handle');
  if (known && 'configProvider' in handler && !derived) return;
  const name = handler.constructor?.name;
  const what = name && name !== 'Object' ? `a ${name}` : kindOf(handler);
  throw new TypeError(
    `BedrockProfileClient: options.requestHandler is ${what}, which makes calls in a way of its own; ` +
      'here they are made natively. Give a NodeHttpHandler, a NodeHttp2Handler, or the options of one.',
  );
}

/** What of an endpoint would be lost on the way. */
function validateEndpoint(endpoint) {
  if (endpoint === undefined || callable(endpoint)) return;
  const url = new URL(endpointUrl(endpoint));
  const lost = [
    ['credentials', url.username || url.password],
    ['a query', url.search],
    ['headers', Object.keys(endpoint.headers ?? {}).length > 0],
  ].find(([, there]) => there);
  if (lost === undefined) return;
  throw new TypeError(
    `BedrockProfileClient: options.endpoint has ${lost[0]}, which cannot be honoured; give a URL ` +
      'such as "https://gateway.example.com/path".',
  );
}

/** The URL of an endpoint in any of its forms. */
function endpointUrl(endpoint) {
  if (text(endpoint)) return written(endpoint);
  if (endpoint.href) return written(String(endpoint.href));
  if (endpoint.url) return written(String(endpoint.url));
  const { protocol = 'https:', hostname, port, path = '' } = endpoint;
  return written(`${protocol}//${hostname}${port ? `:${port}` : ''}${path}`);
}

/** A URL as it stands in a request: what cannot be there is encoded as on the web, and by the AWS SDK. */
function written(url) {
  const { href } = new URL(url);
  return url.trimEnd().endsWith('/') ? href : href.replace(/\/$/, '');
}

function refuse(name, value) {
  const [why, harmless] = REFUSED[name];
  if (harmless(value)) return;
  throw new TypeError(`BedrockProfileClient: options.${name} cannot be honoured: ${why}.`);
}

/** The names among the options that this client has never heard of. */
function unknown(options) {
  const known = [OPTIONS, MEANINGLESS, REFUSED];
  return Object.keys(options).filter(
    (name) => options[name] !== undefined && !known.some((table) => Object.hasOwn(table, name)),
  );
}

function validateAccounts(accounts) {
  for (const [id, account] of Object.entries(accounts)) {
    const refuseIt = (what) => {
      throw new TypeError(`BedrockProfileClient: options.accounts[${JSON.stringify(id)}]${what}`);
    };
    if (!/^\d{12}$/.test(id)) refuseIt(': an account id has 12 digits, such as "123456789012".');
    if (!object(account))
      refuseIt(` must be { roleArn } or { credentials }, not ${kindOf(account)}.`);
    const names = Object.keys(account).filter((name) => account[name] !== undefined);
    if (names.includes('roleArn') === names.includes('credentials')) {
      refuseIt(' must have one of roleArn and credentials.');
    }
    const known = account.roleArn === undefined ? ['credentials'] : Object.keys(ROLE);
    const odd = names.find((name) => !known.includes(name));
    if (odd !== undefined) refuseIt(`.${odd} means nothing; there is ${known.join(', ')}.`);
    const checks = account.roleArn === undefined ? { credentials: OPTIONS.credentials } : ROLE;
    for (const name of names) {
      const [expected, check] = checks[name];
      const value = account[name];
      const found = text(value) && value !== '' ? 'another text' : kindOf(value);
      if (!check(value)) refuseIt(`.${name} must be ${expected}, not ${found}.`);
    }
    const ofRole = accountOfRole(account.roleArn);
    if (ofRole !== undefined && ofRole !== id) {
      refuseIt(`.roleArn is a role of account ${ofRole}; it must be one of ${id}.`);
    }
  }
}

function validatePromptCache(promptCache) {
  for (const name of Object.keys(promptCache)) {
    if (name !== 'ttl') {
      throw new TypeError(
        `BedrockProfileClient: options.promptCache.${name} means nothing; there is ttl.`,
      );
    }
  }
  const { ttl } = promptCache;
  if (!TTLS.includes(ttl)) {
    const quoted = text(ttl) ? ` ${JSON.stringify(ttl)}` : '';
    throw new TypeError(
      `BedrockProfileClient: options.promptCache.ttl must be "5m" or "1h", not ${kindOf(ttl)}${quoted}.`,
    );
  }
}

function validateTimeouts(timeouts) {
  for (const [name, value] of Object.entries(timeouts)) {
    if (!TIMEOUTS.includes(name)) {
      throw new TypeError(
        `BedrockProfileClient: options.timeouts.${name} is no timeout; there are ${TIMEOUTS.join(', ')}.`,
      );
    }
    if (value !== undefined && !milliseconds(value)) {
      throw new TypeError(
        `BedrockProfileClient: options.timeouts.${name} must be a whole number of milliseconds ` +
          `above 0, not ${kindOf(value)}.`,
      );
    }
  }
}

module.exports = {
  OPTIONS,
  MEANINGLESS,
  REFUSED,
  GATING,
  OWN,
  validate,
  unknown,
  endpointUrl,
  isUrl,
  written,
};
