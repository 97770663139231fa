// As LibreChat 0.8.3 to 0.8.5 go about it: a client of their own is made for a proxy only, with its
// settings in one object. Written for the tests of the patch.

import { HttpsProxyAgent } from 'https-proxy-agent';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import {
  bedrockInputParser,
  bedrockOutputParser,
  extractEnvVariable,
  removeNullishValues,
} from 'librechat-data-provider';
import type { BedrockKeys, InitializeParams, LLMConfig } from './types';

export async function initializeBedrock({ req, model_parameters }: InitializeParams) {
  const bedrockConfig = req.config?.endpoints?.bedrock;
  const { BEDROCK_AWS_DEFAULT_REGION, PROXY } = process.env;

  let credentials: BedrockKeys | undefined = {
    accessKeyId: process.env.BEDROCK_AWS_ACCESS_KEY_ID,
    secretAccessKey: process.env.BEDROCK_AWS_SECRET_ACCESS_KEY,
  };
  if (!credentials.accessKeyId) {
    credentials = undefined;
  }

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

  if (PROXY) {
    const proxyAgent = new HttpsProxyAgent(PROXY);

    const customClient = new BedrockRuntimeClient({
      region: llmConfig.region ?? BEDROCK_AWS_DEFAULT_REGION ?? '',
      ...(credentials && {
        credentials: credentials as { accessKeyId: string; secretAccessKey: string },
      }),
      requestHandler: new NodeHttpHandler({
        httpAgent: proxyAgent,
        httpsAgent: proxyAgent,
      }),
    });

    llmConfig.client = customClient;
  } else if (credentials) {
    llmConfig.credentials = credentials;
  }

  return { llmConfig };
}
