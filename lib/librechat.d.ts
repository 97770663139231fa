// The types of librechat.js: answers to what LibreChat's code asks of a model's name.

import type { Mapping } from './types/options';
import type { IdKind, ResolvedProfile, ResolveSource } from './types/profile';

/** A table of LibreChat's: numbers, or objects of them, by model or part of a model's name. */
export type EndpointTokenConfig = Record<
  string,
  number | { context?: number; output?: number; [member: string]: unknown }
>;

/** The profile behind a name of LibreChat's list of models. */
export interface InferenceProfile {
  /** The underlying model's id, for whoever decides by the model's name. */
  model: string;
  /** What to call: the ARN; for the alias of a model, that model's id. */
  arn: string;
  /**
   * The name to give LibreChat as `model`: it shows the model, so that whatever decides by the name
   * decides as for the model, and a client with `mappings: loadInferenceProfiles()` calls the profile
   * for it. The listed name where that shows the model; else `<alias, label, name or id>.<model>`.
   */
  alias: string;
  /** Where it must be called; `undefined` where the region is free to choose. */
  region: string | undefined;
  /** The operator's name for it, from the mappings. */
  label: string | null;
  /** AWS's name for it. */
  name: string | null;
  /** What `arn` is. */
  kind: IdKind;
  /** Everything the mappings list for it, `arn` first. */
  profiles: string[];
  /** Where `model` is known from. */
  source: ResolveSource;
}

/**
 * The name by which LibreChat's tables know the model behind a name (`claude-sonnet-4-6`); the name
 * itself where nothing is known. Plain model ids are looked up for the endpoints `bedrock` and
 * `agents`, and without an endpoint; profiles and aliases for every endpoint.
 */
export declare function matchModelName(modelName: string, endpoint?: string): string | undefined;

/** The context window, in tokens, of the model behind a name. A given table goes before the catalog. */
export declare function getModelMaxTokens(
  modelName: string,
  endpoint?: string,
  endpointTokenConfig?: EndpointTokenConfig,
): number | undefined;

/** The most tokens that the model behind a name can answer. */
export declare function getModelMaxOutputTokens(
  modelName: string,
  endpoint?: string,
  endpointTokenConfig?: EndpointTokenConfig,
): number | undefined;

/** The model behind an ARN or alias; `null` for a plain model id, and where nobody knows. */
export declare function detectBedrockInferenceProfileModel(modelName: string): string | null;

/**
 * BEDROCK_INFERENCE_PROFILE_MAPPINGS, the first 10,000 entries (sorted by key) of the file that
 * BEDROCK_INFERENCE_PROFILE_MAPPINGS_FILE names, and `endpoints.bedrock.inferenceProfiles` of
 * librechat.yaml, as ARN or alias → model id, links followed.
 */
export declare function loadBedrockInferenceProfileMappings(): Record<string, string>;

/**
 * For the option `mappings` of a client: `endpoints.bedrock.inferenceProfiles` of librechat.yaml, with
 * the environment's values put in, and every `alias` that this process has given to a profile. All
 * functions here know them already. The file is that of `CONFIG_PATH`, or the one in the folder of the
 * process or above its program; it is read once, with LibreChat's own `js-yaml`. What cannot be read is
 * a warning (`BedrockProfileWarning`).
 */
export declare function loadInferenceProfiles(): Record<string, Mapping>;

/**
 * The profile behind an ARN or alias, from mappings and what AWS has said so far; `undefined` for a
 * plain model id, and where AWS would have to be asked.
 */
export declare function resolveInferenceProfile(modelOrAlias: string): InferenceProfile | undefined;

/** Whose credentials AWS is asked with, and what LibreChat itself has mapped. */
export interface FindOptions {
  /** The keys of this request's user, or the server's. Without them those of the environment are used. */
  credentials?:
    | {
        accessKeyId?: string | undefined;
        secretAccessKey?: string | undefined;
        sessionToken?: string | undefined;
      }
    | undefined;
  /** A bearer token instead; used before `credentials`. */
  bearerToken?: string | undefined;
  /**
   * `endpoints.bedrock.inferenceProfiles` as they are for this user: roles and groups can have their
   * own. They take precedence over the file's.
   */
  inferenceProfiles?: Record<string, string> | undefined;
}

/**
 * The same, and asks AWS what is behind an ARN, or behind an alias of one, where it must (3 seconds at
 * most). Where users bring their own keys (`user_provided`) and none are given, AWS is not asked. Never
 * fails: what cannot be had is `undefined`.
 */
export declare function findInferenceProfile(
  modelOrAlias: string | null | undefined,
  /** Also: a client whose `resolve` is asked. */
  options?: FindOptions | { resolve(id: string): Promise<ResolvedProfile> },
): Promise<InferenceProfile | undefined>;
