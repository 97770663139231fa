// What stands in other files of LibreChat's.

import { HttpsProxyAgent } from 'https-proxy-agent';
import type { BedrockKeys, ModelParameters } from './types';

export async function resolveCredentials(
  environment: NodeJS.ProcessEnv,
): Promise<{ credentials?: BedrockKeys; bearerToken?: string }> {
  const { BEDROCK_AWS_ACCESS_KEY_ID: accessKeyId, BEDROCK_AWS_SECRET_ACCESS_KEY: secretAccessKey } =
    environment;
  return accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {};
}

export function proxyAgentFor(region: string | undefined): HttpsProxyAgent<string> | undefined {
  const { PROXY } = process.env;
  return PROXY && region ? new HttpsProxyAgent(PROXY) : undefined;
}

export const isBedrockMantleModel = (model?: string): boolean =>
  model !== undefined && model.startsWith('openai.') && !model.startsWith('openai.gpt-oss');

export const initializeBedrockMantle = (given: {
  model_parameters?: Partial<ModelParameters>;
  defaultRegion?: string;
}) => ({ endpoint: 'bedrock-mantle', ...given });
