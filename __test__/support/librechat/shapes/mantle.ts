// As LibreChat goes about OpenAI's models by bedrock-mantle: by the model's name, before the parsers.
// Written for the tests of the patch.

import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import {
  bedrockInputParser,
  bedrockOutputParser,
  extractEnvVariable,
  removeNullishValues,
} from 'librechat-data-provider';
import type { BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
import type { InitializeParams, LLMConfig, ModelParameters } from './types';
import {
  initializeBedrockMantle,
  isBedrockMantleModel,
  proxyAgentFor,
  resolveCredentials,
} from './elsewhere';

export async function initializeBedrock({ req, model_parameters }: InitializeParams) {
  const bedrockConfig = req.config?.endpoints?.bedrock;
  const { BEDROCK_AWS_DEFAULT_REGION } = process.env;
  const { credentials, bearerToken } = await resolveCredentials(process.env);

  const model = model_parameters?.model as string | undefined;
  if (isBedrockMantleModel(model)) {
    return initializeBedrockMantle({
      model_parameters: model_parameters as ModelParameters | undefined,
      defaultRegion: BEDROCK_AWS_DEFAULT_REGION,
    });
  }

  const requestOptions: Record<string, unknown> = { model, region: BEDROCK_AWS_DEFAULT_REGION };

  const llmConfig = bedrockOutputParser(
    bedrockInputParser.parse(
      removeNullishValues({
        ...requestOptions,
        ...(model_parameters ?? {}),
      }),
    ),
  ) as LLMConfig;

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
  return { llmConfig };
}
