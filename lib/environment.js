'use strict';

const { lazy } = require('./lazy.js');
const { read } = require('./variables.js');

const sharedConfig = lazy(() => require('./shared-config.js'));

// The environment is read when it is used and not when this is loaded: LibreChat's dotenv runs later.
// Where it sets nothing, the profile of the shared configuration files is read.

function variable(...names) {
  for (const name of names) {
    // A line break at the end is a file's or a secret's, and no part of the value.
    const value = read(name)?.trim();
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}

/** A value that its giver has read from the environment is the environment's, line break and all. */
function fromEnvironment(value) {
  const trimmed = typeof value === 'string' ? value.trim() : value;
  return trimmed !== value && Object.values(process.env).includes(value) ? trimmed : value;
}

/** The profile that is meant where the options name none. */
const profile = () => variable('BEDROCK_AWS_PROFILE', 'AWS_PROFILE');

const region = (named) =>
  variable('BEDROCK_AWS_DEFAULT_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION') ??
  sharedConfig().region(named);
const mappings = () => variable('BEDROCK_INFERENCE_PROFILE_MAPPINGS');
const mappingsFile = () => variable('BEDROCK_INFERENCE_PROFILE_MAPPINGS_FILE');
const attribution = () => variable('BEDROCK_PROFILE_ATTRIBUTION');
const attributionKey = () => variable('BEDROCK_PROFILE_ATTRIBUTION_KEY');
const costs = () => variable('BEDROCK_PROFILE_COSTS');
const budgets = () => variable('BEDROCK_PROFILE_BUDGETS');
const telemetry = () => variable('BEDROCK_PROFILE_TELEMETRY');
/** LibreChat's key for what it stores, the same in all of its replicas. */
const libreChatKey = () => variable('CREDS_KEY');
/** From which level on lines are written: `error`, `warn`, `info` or `debug`. */
function log() {
  const level = variable('BEDROCK_PROFILE_LOG')?.toLowerCase();
  return ['error', 'warn', 'info', 'debug'].includes(level) ? level : undefined;
}
/** Whether a chat's users are told what was changed: `reasoning`, `metadata`. */
const notice = () => variable('BEDROCK_PROFILE_NOTICE')?.toLowerCase();
const models = () => variable('BEDROCK_AWS_MODELS');
const profileAliases = () => variable('BEDROCK_PROFILE_ALIASES');

/**
 * Credentials where the options name none. LibreChat's variables take precedence over the AWS SDK's;
 * keys take precedence over a profile in LibreChat's, and a profile over keys in the AWS SDK's.
 */
function credentials() {
  const accessKeyId = fromLibreChat('BEDROCK_AWS_ACCESS_KEY_ID');
  const secretAccessKey = fromLibreChat('BEDROCK_AWS_SECRET_ACCESS_KEY');
  if (accessKeyId && secretAccessKey) {
    const sessionToken = fromLibreChat('BEDROCK_AWS_SESSION_TOKEN');
    return { static: { accessKeyId, secretAccessKey, sessionToken } };
  }
  if (accessKeyId || secretAccessKey) {
    const missing = accessKeyId ? 'BEDROCK_AWS_SECRET_ACCESS_KEY' : 'BEDROCK_AWS_ACCESS_KEY_ID';
    throw new Error(`${missing} is not set although the other half of the key is. Set both.`);
  }
  const named = profile();
  if (named) return { chain: { profile: named } };
  return awsKeys() ?? { chain: { profile: null } };
}

/** Whether `AWS_PROFILE` and keys contradict each other. */
const profileHidesKeys = () =>
  variable('AWS_PROFILE') !== undefined && awsKeys() !== undefined && !fromLibreChatAtAll();

const fromLibreChatAtAll = () =>
  fromLibreChat('BEDROCK_AWS_ACCESS_KEY_ID') !== undefined ||
  variable('BEDROCK_AWS_PROFILE') !== undefined;

/** LibreChat's word for "each user brings a key" is no key. */
function fromLibreChat(name) {
  const value = variable(name);
  return value === 'user_provided' ? undefined : value;
}

function awsKeys() {
  const accessKeyId = variable('AWS_ACCESS_KEY_ID');
  const secretAccessKey = variable('AWS_SECRET_ACCESS_KEY');
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { static: { accessKeyId, secretAccessKey, sessionToken: variable('AWS_SESSION_TOKEN') } };
}

/** The AWS SDK's variable of a bearer token; it prefers the token to keys. */
const bearerToken = () => variable('AWS_BEARER_TOKEN_BEDROCK');

/** LibreChat's own variable, one of its sources of credentials. */
const libreChatToken = () => fromLibreChat('BEDROCK_AWS_BEARER_TOKEN');

/** Names of auth schemes, the preferred first. */
function authSchemes(named) {
  const text =
    variable('AWS_AUTH_SCHEME_PREFERENCE') ??
    sharedConfig().setting(named, 'auth_scheme_preference');
  return text?.split(',').map((name) => name.trim());
}

/** The endpoint for inference, with the name of the setting it comes from. */
function endpoint(named, ignored) {
  const reverseProxy = variable('BEDROCK_REVERSE_PROXY');
  if (reverseProxy) {
    const url = `https://${reverseProxy.replace(/^https?:\/\//, '')}`;
    return { name: 'BEDROCK_REVERSE_PROXY', url };
  }
  return configured(named, ignored, 'bedrock_runtime', 'AWS_ENDPOINT_URL_BEDROCK_RUNTIME');
}

/** The endpoint for the control plane, with the name of the setting it comes from. */
const controlEndpoint = (named, ignored) =>
  configured(named, ignored, 'bedrock', 'AWS_ENDPOINT_URL_BEDROCK');

function configured(named, ignored, service, own) {
  const off =
    variable('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS') ??
    sharedConfig().setting(named, 'ignore_configured_endpoint_urls');
  if (ignored || off === 'true') return undefined;
  const name = [own, 'AWS_ENDPOINT_URL'].find((candidate) => variable(candidate) !== undefined);
  if (name !== undefined) return { name, url: variable(name) };
  const url = sharedConfig().endpointUrl(named, service);
  return url && { name: 'endpoint_url of the shared configuration file', url };
}

function maxAttempts(named) {
  const text = variable('AWS_MAX_ATTEMPTS');
  const [name, value] = text
    ? ['AWS_MAX_ATTEMPTS', text]
    : [
        'max_attempts of the shared configuration file',
        sharedConfig().setting(named, 'max_attempts'),
      ];
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new TypeError(`${name} must be an integer of at least 1, not "${value}".`);
}

const retryMode = (named) =>
  variable('AWS_RETRY_MODE') ?? sharedConfig().setting(named, 'retry_mode');
const defaultsMode = (named) =>
  variable('AWS_DEFAULTS_MODE') ?? sharedConfig().setting(named, 'defaults_mode');
const userAgentAppId = (named) =>
  variable('AWS_SDK_UA_APP_ID') ?? sharedConfig().setting(named, 'sdk_ua_app_id');

const flag = (name, named, setting) =>
  (variable(name) ?? sharedConfig().setting(named, setting))?.toLowerCase() === 'true';
const useFips = (named) => flag('AWS_USE_FIPS_ENDPOINT', named, 'use_fips_endpoint');
const useDualStack = (named) => flag('AWS_USE_DUALSTACK_ENDPOINT', named, 'use_dualstack_endpoint');

/** Where this process runs, as far as AWS says it. */
const ownRegion = () =>
  variable('AWS_EXECUTION_ENV') && variable('AWS_REGION', 'AWS_DEFAULT_REGION');

/** The proxy that LibreChat would use for this endpoint, with the name of its variable. */
function proxy(https) {
  const names = ['PROXY', 'proxy', ...(https ? ['HTTPS_PROXY', 'https_proxy'] : [])];
  const name = [...names, 'HTTP_PROXY', 'http_proxy'].find((candidate) => variable(candidate));
  return name && { name, url: variable(name) };
}

const noProxy = () => variable('NO_PROXY', 'no_proxy');
const certificates = () =>
  ['AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'].map((name) => variable(name)).filter(Boolean);

/** Node.js's switch for TLS without a check of certificates. */
const unverified = () => variable('NODE_TLS_REJECT_UNAUTHORIZED') === '0';

/** Where what is known is kept, and who says it: LibreChat's Redis where it has one. */
function store() {
  const own = variable('BEDROCK_PROFILE_STORE');
  if (own !== undefined) return { value: own, name: 'BEDROCK_PROFILE_STORE' };
  const shared = isOn('USE_REDIS') ? variable('REDIS_URI') : undefined;
  return { value: shared, name: 'REDIS_URI' };
}

const isOn = (name) => variable(name)?.toLowerCase() === 'true';

/** How a Redis is reached, beside its URL, in LibreChat's variables; and what is wrong with them. */
function redis() {
  const warnings = [];
  const file = variable('REDIS_CA');
  let ca;
  try {
    ca = file && require('node:fs').readFileSync(file, 'utf8');
  } catch (error) {
    warnings.push(
      `REDIS_CA names a file that cannot be read (${error.code}): the system's certificates are trusted.`,
    );
  }
  const named = variable('REDIS_KEY_PREFIX_VAR');
  const settings = {
    username: variable('REDIS_USERNAME'),
    password: variable('REDIS_PASSWORD'),
    ca,
    cluster: isOn('USE_REDIS_CLUSTER'),
    prefix: (named && variable(named)) ?? variable('REDIS_KEY_PREFIX') ?? '',
  };
  return { settings, warnings };
}

/** The folders of the user in which there may be a cache. */
const folders = () => ({
  cache: variable('XDG_CACHE_HOME'),
  home: variable('HOME', 'LOCALAPPDATA'),
});

module.exports = {
  fromEnvironment,
  profile,
  region,
  mappings,
  mappingsFile,
  attribution,
  attributionKey,
  telemetry,
  costs,
  budgets,
  libreChatKey,
  log,
  notice,
  models,
  profileAliases,
  credentials,
  profileHidesKeys,
  bearerToken,
  libreChatToken,
  authSchemes,
  endpoint,
  controlEndpoint,
  maxAttempts,
  retryMode,
  defaultsMode,
  userAgentAppId,
  useFips,
  useDualStack,
  ownRegion,
  proxy,
  noProxy,
  store,
  redis,
  folders,
  certificates,
  unverified,
};
