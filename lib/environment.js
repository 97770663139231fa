'use strict';

// The environment is read when it is used and not when this is loaded: LibreChat's dotenv runs later.

function variable(...names) {
  for (const name of names) {
    const value = process.env[name];
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}

const region = () => variable('BEDROCK_AWS_DEFAULT_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION');
const mappings = () => variable('BEDROCK_INFERENCE_PROFILE_MAPPINGS');
const models = () => variable('BEDROCK_AWS_MODELS');

/**
 * Who signs where the options do not say: LibreChat's variables before the AWS SDK's, a bearer
 * token before keys, keys before a profile.
 */
function credentials() {
  const bearer = fromLibreChat('BEDROCK_AWS_BEARER_TOKEN');
  if (bearer) return { bearer };
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
  const profile = variable('BEDROCK_AWS_PROFILE');
  if (profile) return { chain: { profile } };
  return awsKeys() ?? { chain: { profile: variable('AWS_PROFILE') ?? null } };
}

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

/** Wins over every other credentials, as in the AWS SDK for JavaScript. */
const bearerToken = () => variable('AWS_BEARER_TOKEN_BEDROCK');

/** The endpoint for inference with the name of its variable. */
function endpoint() {
  const reverseProxy = variable('BEDROCK_REVERSE_PROXY');
  if (reverseProxy) {
    const url = `https://${reverseProxy.replace(/^https?:\/\//, '')}`;
    return { name: 'BEDROCK_REVERSE_PROXY', url };
  }
  return configured('AWS_ENDPOINT_URL_BEDROCK_RUNTIME', 'AWS_ENDPOINT_URL');
}

/** The endpoint for the control plane with the name of its variable. */
const controlEndpoint = () => configured('AWS_ENDPOINT_URL_BEDROCK', 'AWS_ENDPOINT_URL');

function configured(...names) {
  if (variable('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS') === 'true') return undefined;
  const name = names.find((candidate) => variable(candidate) !== undefined);
  return name && { name, url: variable(name) };
}

function maxAttempts() {
  const text = variable('AWS_MAX_ATTEMPTS');
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new TypeError(`AWS_MAX_ATTEMPTS must be an integer of at least 1, not "${text}".`);
}

const retryMode = () => variable('AWS_RETRY_MODE');
const flag = (name) => variable(name)?.toLowerCase() === 'true';
const useFips = () => flag('AWS_USE_FIPS_ENDPOINT');
const useDualStack = () => flag('AWS_USE_DUALSTACK_ENDPOINT');

/** The proxy that LibreChat would use for this endpoint. */
function proxy(https) {
  const all = variable('PROXY', 'proxy');
  const secure = https ? variable('HTTPS_PROXY', 'https_proxy') : undefined;
  return all ?? secure ?? variable('HTTP_PROXY', 'http_proxy');
}

const noProxy = () => variable('NO_PROXY', 'no_proxy');
const certificates = () => variable('AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS');

module.exports = {
  region,
  mappings,
  models,
  credentials,
  bearerToken,
  endpoint,
  controlEndpoint,
  maxAttempts,
  retryMode,
  useFips,
  useDualStack,
  proxy,
  noProxy,
  certificates,
};
