// What LibreChat's packages/api/src/endpoints/bedrock/initialize.ts does for a request, which is in no
// package: credentials and signing, the parsers, the profile of librechat.yaml, and a client of its own for a proxy
// or a bearer token. The patch of docs/librechat.md applies to it as to LibreChat's; the tests run it
// both ways (build.js).

import { HttpsProxyAgent } from 'https-proxy-agent';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import type { BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
import {
  bedrockInputParser,
  bedrockOutputParser,
  extractEnvVariable,
  removeNullishValues,
} from 'librechat-data-provider';

interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

interface Request {
  model_parameters?: Record<string, unknown>;
  bedrockConfig?: { inferenceProfiles?: Record<string, string> };
  /** What the user has stored, where each brings a key. */
  userKey?: string;
}

interface LLMConfig {
  model?: string;
  region?: string;
  client?: BedrockRuntimeClient;
  credentials?: Keys;
  endpointHost?: string;
  applicationInferenceProfile?: string;
}

/** The user's own key or token, the server's, or nothing: the default chain. */
function signer(userKey: string | undefined): { credentials?: Keys; bearerToken?: string } {
  const {
    BEDROCK_AWS_BEARER_TOKEN: token,
    BEDROCK_AWS_ACCESS_KEY_ID: accessKeyId,
    BEDROCK_AWS_SECRET_ACCESS_KEY: secretAccessKey,
    BEDROCK_AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if ([secretAccessKey, token].includes('user_provided')) {
    if (!userKey) throw new Error('Bedrock credentials not provided.');
    const stored = JSON.parse(userKey);
    const user = typeof stored.apiKey === 'string' ? JSON.parse(stored.apiKey) : stored;
    return user.bearerToken ? { bearerToken: user.bearerToken } : { credentials: user };
  }
  if (token) return { bearerToken: token };
  if (!accessKeyId || !secretAccessKey) return {};
  return { credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } };
}

export async function initializeBedrock({ model_parameters, bedrockConfig, userKey }: Request) {
  const { BEDROCK_AWS_DEFAULT_REGION, BEDROCK_REVERSE_PROXY, PROXY } = process.env;
  const { credentials, bearerToken } = signer(userKey);
  const hasBearerToken = bearerToken !== undefined;

  const requestOptions: Record<string, unknown> = { region: BEDROCK_AWS_DEFAULT_REGION };
  const configOptions: Record<string, unknown> = {};

  const llmConfig = bedrockOutputParser(
    bedrockInputParser.parse(
      removeNullishValues({
        ...requestOptions,
        ...(model_parameters ?? {}),
      }),
    ),
  ) as LLMConfig;

  const model = model_parameters?.model as string | undefined;
  if (model && bedrockConfig?.inferenceProfiles?.[model]) {
    const named = extractEnvVariable(bedrockConfig.inferenceProfiles[model]);
    llmConfig.applicationInferenceProfile = named;
  }

  if (PROXY || hasBearerToken) {
    const customClientConfig: BedrockRuntimeClientConfig = {
      region: llmConfig.region ?? BEDROCK_AWS_DEFAULT_REGION ?? '',
    };
    if (bearerToken !== undefined) {
      customClientConfig.token = { token: bearerToken };
      customClientConfig.authSchemePreference = ['httpBearerAuth'];
    } else if (credentials) {
      customClientConfig.credentials = credentials;
    }
    if (PROXY) {
      const agent = new HttpsProxyAgent(PROXY);
      customClientConfig.requestHandler = new NodeHttpHandler({
        httpAgent: agent,
        httpsAgent: agent,
      });
    }
    if (BEDROCK_REVERSE_PROXY) customClientConfig.endpoint = `https://${BEDROCK_REVERSE_PROXY}`;

    const customClient = new BedrockRuntimeClient(customClientConfig);

    llmConfig.client = customClient;
  } else {
    if (credentials) llmConfig.credentials = credentials;
    if (BEDROCK_REVERSE_PROXY) llmConfig.endpointHost = BEDROCK_REVERSE_PROXY;
  }
  return { llmConfig, configOptions };
}
