'use strict';

// What LibreChat's packages/api/src/endpoints/bedrock/initialize.ts does for a request, which is in no
// package: who signs, the parsers, the profile of librechat.yaml, and a client of its own for a proxy
// or a bearer token. `route` 'patch' is what docs/librechat.md changes in it.

const { HttpsProxyAgent } = require('https-proxy-agent');
const { NodeHttpHandler } = require('@smithy/node-http-handler');
const {
  bedrockInputParser,
  bedrockOutputParser,
  extractEnvVariable,
  removeNullishValues,
} = require('librechat-data-provider');

const MISSING = 'Bedrock credentials not provided. Please provide them again.';

/** The user's own key, the token, the keys, or nothing: the default chain. */
function signer(userKey) {
  const env = process.env;
  const given = ['SECRET_ACCESS_KEY', 'BEARER_TOKEN'].map((name) => env[`BEDROCK_AWS_${name}`]);
  if (given.includes('user_provided')) {
    if (!userKey) throw new Error(MISSING);
    const stored = JSON.parse(userKey);
    const user = typeof stored.apiKey === 'string' ? JSON.parse(stored.apiKey) : stored;
    return user.bearerToken ? { token: user.bearerToken } : { keys: user };
  }
  if (env.BEDROCK_AWS_BEARER_TOKEN) return { token: env.BEDROCK_AWS_BEARER_TOKEN };
  const accessKeyId = env.BEDROCK_AWS_ACCESS_KEY_ID;
  const secretAccessKey = env.BEDROCK_AWS_SECRET_ACCESS_KEY;
  if (!accessKeyId !== !secretAccessKey) throw new Error('Both must be provided together.');
  if (!accessKeyId) return {};
  const sessionToken = env.BEDROCK_AWS_SESSION_TOKEN;
  return { keys: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } };
}

/**
 * The settings of a request's model, its client among them where LibreChat makes one.
 *
 * @param {{ parameters: object, userKey?: string, yaml?: object, route: 'patch' | 'register' }} request
 */
async function initializeBedrock({ parameters, userKey, yaml, route }) {
  const { BEDROCK_AWS_DEFAULT_REGION, BEDROCK_REVERSE_PROXY, PROXY } = process.env;
  const { keys, token } = signer(userKey);
  const patched = route === 'patch';
  const profile =
    patched && (await require('../../../lib/librechat.js').findInferenceProfile(parameters.model));

  const llmConfig = bedrockOutputParser(
    bedrockInputParser.parse(
      removeNullishValues({
        region: BEDROCK_AWS_DEFAULT_REGION,
        ...parameters,
        ...(profile && { model: profile.model }),
        ...(profile?.region && { region: profile.region }),
      }),
    ),
  );
  if (profile) llmConfig.applicationInferenceProfile = profile.arn;
  const named = yaml?.inferenceProfiles?.[parameters.model];
  if (named) llmConfig.applicationInferenceProfile = extractEnvVariable(named);

  if (!patched && !PROXY && !token) {
    if (keys) llmConfig.credentials = keys;
    if (BEDROCK_REVERSE_PROXY) llmConfig.endpointHost = BEDROCK_REVERSE_PROXY;
    return llmConfig;
  }
  const config = { region: llmConfig.region ?? BEDROCK_AWS_DEFAULT_REGION };
  if (token) {
    config.token = { token };
    config.authSchemePreference = ['httpBearerAuth'];
  } else if (keys) {
    config.credentials = keys;
  }
  if (PROXY) {
    const agent = new HttpsProxyAgent(PROXY);
    config.requestHandler = new NodeHttpHandler({ httpAgent: agent, httpsAgent: agent });
  }
  if (BEDROCK_REVERSE_PROXY) config.endpoint = `https://${BEDROCK_REVERSE_PROXY}`;
  llmConfig.client = patched ? nativeClient(config) : officialClient(config);
  return llmConfig;
}

function nativeClient(config) {
  const { BedrockProfileClient } = require('../../..');
  const { loadInferenceProfiles } = require('../../../lib/librechat.js');
  return new BedrockProfileClient({ ...config, mappings: loadInferenceProfiles() });
}

function officialClient(config) {
  const { BedrockRuntimeClient } = require('@aws-sdk/client-bedrock-runtime');
  return new BedrockRuntimeClient(config);
}

module.exports = { initializeBedrock };
