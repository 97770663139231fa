// The types of `bedrock-profile-client/librechat`, and that LibreChat's client options fit.

import type {
  BedrockRuntimeClient,
  BedrockRuntimeClientConfig,
} from '@aws-sdk/client-bedrock-runtime';
import { BedrockProfileClient } from 'bedrock-profile-client';
import {
  detectBedrockInferenceProfileModel,
  findInferenceProfile,
  getModelMaxOutputTokens,
  getModelMaxTokens,
  loadBedrockInferenceProfileMappings,
  loadInferenceProfiles,
  matchModelName,
  resolveInferenceProfile,
} from 'bedrock-profile-client/librechat';
import 'bedrock-profile-client/register';

const window: number | undefined = getModelMaxTokens('a', 'bedrock', { a: { context: 1 }, b: 2 });
const output: number | undefined = getModelMaxOutputTokens('a');
const name: string | undefined = matchModelName('a', 'bedrock');
const behind: string | null = detectBedrockInferenceProfileModel('a');
const mappings: Record<string, string> = loadBedrockInferenceProfileMappings();
export const known = [window, output, name, behind, mappings];

// As the patch of docs/librechat.md has it.
export async function initialize(model: string | undefined, config: BedrockRuntimeClientConfig) {
  const profile = await findInferenceProfile(model, {
    inferenceProfiles: { a: 'arn' },
    credentials: undefined,
    bearerToken: 'token',
  });
  await findInferenceProfile(model, new BedrockProfileClient());
  const client: BedrockRuntimeClient = new BedrockProfileClient({
    ...config,
    mappings: loadInferenceProfiles(),
  });
  return { ...(profile && { model: profile.alias, region: profile.region }), client };
}

export const arn: string | undefined = resolveInferenceProfile('a')?.arn;
// @ts-expect-error a name is a text
getModelMaxTokens(7);
