// Discovery: which inference profiles accounts have, and what to configure for them.

import type { AbortSignalLike } from '../../index';
import type { Mapping } from './options';

export interface DiscoverOptions {
  /**
   * Regions to look in, all at once. Default: the client's region.
   *
   * AWS: https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
   */
  regions?: string[] | undefined;
  /**
   * Whose profiles: `'own'` is the account of the client's own credentials, an id one of the option
   * `accounts`. Default: all of them.
   */
  accounts?: string[] | undefined;
  /** Default: both. */
  types?: ('APPLICATION' | 'SYSTEM_DEFINED')[] | undefined;
  /** Whether tags of application profiles are read, one request for each profile. Default `true`. */
  tags?: boolean | undefined;
  /** Whether the models of each region are read, for `lifecycle`. Default `true`. */
  models?: boolean | undefined;
  /** Requests at a time, from 1 to 64. Default 4. */
  concurrency?: number | undefined;
  /** Ends it with an `AbortError`. */
  abortSignal?: AbortSignalLike | null | undefined;
}

/** How far a discovery is. */
export interface DiscoveryProgress {
  /** Regions times accounts. */
  places: number;
  placesDone: number;
  pages: number;
  profiles: number;
  failures: number;
}

/** A region and an account (`'own'`, or an id). */
export interface DiscoveryPlace {
  region: string;
  account: string;
}

/** An inference profile. */
export interface DiscoveredProfile {
  arn: string;
  id: string;
  name: string;
  description: string | null;
  /** `ACTIVE` is the only one that AWS documents. */
  status: string | null;
  type: 'APPLICATION' | 'SYSTEM_DEFINED';
  createdAt: string | null;
  updatedAt: string | null;
  /** The account that its ARN names. */
  account: string | null;
  /** Where it was found. */
  region: string;
  /** The base model behind it, the first of `models`; `null` where AWS names none. */
  model: string | null;
  /** Further models, where the entries of `models` disagree. */
  otherModels: string[];
  /** As AWS lists them; `region` is `null` for destinations that AWS chooses worldwide. */
  models: { arn: string; model: string | null; region: string | null }[];
  /** Tags by key; `null` for system profiles, and where they were not read. */
  tags: Record<string, string> | null;
  /** The stage of its model's life; `null` where it was not read. Days are `YYYY-MM-DD`. */
  lifecycle: { status: 'active' | 'legacy'; legacyDate?: string; eolDate?: string } | null;
}

/** A question without an answer. The rest goes on. */
export interface DiscoveryFailure extends DiscoveryPlace {
  cause:
    'accessDenied' | 'notFound' | 'throttled' | 'validation' | 'unavailable' | 'timeout' | 'other';
  /** The IAM action of the question. */
  permission: string;
  /** AWS's text. */
  message: string;
}

export type DiscoveryEvent = { progress: DiscoveryProgress } & (
  | { type: 'profile'; profile: DiscoveredProfile }
  | { type: 'failure'; failure: DiscoveryFailure }
  /** A page has arrived. */
  | { type: 'page'; place: DiscoveryPlace; profileType: 'APPLICATION' | 'SYSTEM_DEFINED' }
  /** A region of an account is done. */
  | { type: 'place'; place: DiscoveryPlace }
);

/** Everything that was found, and what to configure for it. */
export interface DiscoveryResult {
  profiles: DiscoveredProfile[];
  failures: DiscoveryFailure[];
  /** ARN by alias, `<name>.<vendor>.<model>`, for each application profile that can be used. */
  aliases: Record<string, string>;
  /** The same as the option `mappings` takes them. */
  mappings: Record<string, Mapping>;
  /** Application profiles without an alias, and why. */
  leftOut: { arn: string; why: string }[];
  /** What to look at before it is used. */
  warnings: string[];
  /** Values of environment variables. */
  environment: { BEDROCK_AWS_MODELS: string; BEDROCK_INFERENCE_PROFILE_MAPPINGS: string };
  /** The same as lines of a `.env` file. */
  env: string;
  /** `endpoints.bedrock` of librechat.yaml, as YAML. */
  librechatYaml: string;
}

/**
 * A discovery. It begins when it is first read. `break` and `return()` end it; so do the signal and
 * `destroy()` of the client, with an `AbortError`.
 */
export interface Discovery extends AsyncIterableIterator<DiscoveryEvent> {
  next(): Promise<IteratorResult<DiscoveryEvent, any>>;
  return(value?: any): Promise<IteratorResult<DiscoveryEvent, any>>;
  throw(error?: any): Promise<IteratorResult<DiscoveryEvent, any>>;
  [Symbol.asyncIterator](): Discovery;
  [Symbol.asyncDispose](): Promise<any>;
  /** How far it is; `undefined` before it has begun. */
  readonly progress: DiscoveryProgress | undefined;
  /** Runs it to its end. It can be read beside that, before or after. */
  result(): Promise<DiscoveryResult>;
}

export interface KeepDiscoveringOptions extends DiscoverOptions {
  /** Milliseconds from the end of one discovery to the next, from 1000 to 86400000 (a day). */
  every: number;
}

/** A discovery that is repeated. */
export interface KeptDiscovery {
  /** Ends it, and what it has under way. */
  stop(): void;
}
