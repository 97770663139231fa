// What the shapes beside this file take and give.

import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';

export interface BedrockKeys {
  accessKeyId?: string;
  secretAccessKey?: string;
  sessionToken?: string;
}

export interface InitializeParams {
  req: {
    config?: {
      endpoints?: { bedrock?: { inferenceProfiles?: Record<string, string> }; streamRate?: number };
    };
  };
  model_parameters?: Record<string, unknown>;
}

export interface ModelParameters {
  model: string;
  region: string;
}

export interface LLMConfig {
  model?: string;
  region?: string;
  client?: BedrockRuntimeClient;
  credentials?: BedrockKeys;
  applicationInferenceProfile?: string;
  _lc_stream_delay?: number;
}
