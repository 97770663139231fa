'use strict';

const GATING = ['adapt', 'strict', 'off'];

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
  useFipsEndpoint: ['a boolean', orProvider(flag)],
  useDualstackEndpoint: ['a boolean', orProvider(flag)],
  mappings: ['an object as in BEDROCK_INFERENCE_PROFILE_MAPPINGS', object],
  gating: [`one of ${GATING.map((mode) => `"${mode}"`).join(', ')}`, (v) => GATING.includes(v)],
  promptCache: [
    '"auto", { ttl: "5m" } or { ttl: "1h" }',
    (value) => value === 'auto' || object(value),
  ],
  discovery: ['a boolean', flag],
  learning: ['a boolean', flag],
  overrides: ['an object of capabilities by model or profile id', object],
  timeouts: ['an object of milliseconds', object],
};

/** Those that the AWS SDK does not have. */
const OWN = [
  'controlEndpoint',
  'mappings',
  'gating',
  'promptCache',
  'discovery',
  'learning',
  'overrides',
  'timeouts',
];

const TTLS = ['5m', '1h'];

const TIMEOUTS = ['connect', 'firstByte', 'betweenEvents', 'whileThinking', 'call'];

function keys(value) {
  const { accessKeyId, secretAccessKey, sessionToken } = value;
  return filled(accessKeyId) && filled(secretAccessKey) && text(sessionToken ?? '');
}

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

/** What a value is, in words, without showing a text: it may be a secret. */
function kindOf(value) {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') {
    const names = Object.keys(value).slice(0, 8);
    return names.length === 0 ? 'an object' : `an object { ${names.join(', ')} }`;
  }
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value === '' ? 'an empty string' : `a ${typeof value}`;
}

/** Options whose value is a word, which may be shown. */
const HARMLESS = ['gating', 'retryMode', 'promptCache'];

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
    // Options of the AWS SDK that mean nothing here are let pass.
    if (!Object.hasOwn(OPTIONS, name) || value === undefined) continue;
    const [expected, check] = OPTIONS[name];
    if (!check(value)) {
      throw new TypeError(
        `BedrockProfileClient: options.${name} must be ${expected}, not ${wrong(name, value)}.`,
      );
    }
  }
  if (options.timeouts) validateTimeouts(options.timeouts);
  if (object(options.promptCache)) validatePromptCache(options.promptCache);
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

module.exports = { validate, isUrl, kindOf, GATING, OWN };
