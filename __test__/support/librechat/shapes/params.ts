// As LibreChat 0.8.7 and later go about it: imports apart, the proxy of a host, credentials from a
// function of their own, parameters that are taken apart within. Written for the tests of the patch.

import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import {
  bedrockInputParser,
  bedrockOutputParser,
  extractEnvVariable,
  removeNullishValues,
} from 'librechat-data-provider';
import type { BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
import type { InitializeParams, LLMConfig } from './types';
import { proxyAgentFor, resolveCredentials } from './elsewhere';

export async function initializeBedrock(params: InitializeParams) {
  const { req, model_parameters } = params;
  const bedrockConfig = req.config?.endpoints?.bedrock;
  const { BEDROCK_AWS_DEFAULT_REGION } = process.env;

  const { credentials, bearerToken } = await resolveCredentials(process.env);

  const llmConfig = bedrockOutputParser(
    bedrockInputParser.parse(
      removeNullishValues({
        region: BEDROCK_AWS_DEFAULT_REGION,
        ...(model_parameters ?? {}),
      }),
    ),
  ) as LLMConfig;

  const model = model_parameters?.model as string | undefined;
  if (model && bedrockConfig?.inferenceProfiles?.[model]) {
    llmConfig.applicationInferenceProfile = extractEnvVariable(
      bedrockConfig.inferenceProfiles[model],
    );
  }

  const hasBearerToken = typeof bearerToken === 'string' && bearerToken !== '';
  const proxyAgent = proxyAgentFor(llmConfig.region);
  if (proxyAgent || hasBearerToken) {
    const customClientConfig: BedrockRuntimeClientConfig = {
      region: llmConfig.region ?? BEDROCK_AWS_DEFAULT_REGION ?? '',
    };
    if (hasBearerToken && bearerToken) {
      customClientConfig.token = { token: bearerToken };
    }

    const customClient = new BedrockRuntimeClient(customClientConfig);

    llmConfig.client = customClient;
  } else if (credentials) {
    llmConfig.credentials = credentials;
  }

  const streamRate = req.config?.endpoints?.streamRate;
  if (streamRate != null) {
    llmConfig._lc_stream_delay = streamRate;
  }
  return { llmConfig };
}
