// What this client knows of an id: the model behind it, and what was done to a request for it.

import type { TokenUsage } from './converse';
import type { BudgetWarning, CallCost } from './costs';
import type { DiscoveryResult } from './discovery';

/** What an id stands for. */
export type IdKind =
  | 'foundation-model'
  | 'system-profile'
  | 'application-profile'
  | 'provisioned-model'
  | 'custom-model'
  | 'custom-model-deployment'
  | 'imported-model'
  | 'prompt-router'
  | 'default-prompt-router'
  | 'prompt'
  | 'sagemaker-endpoint'
  /** A name: an alias of the mappings, the bare id of a profile, the name of a provisioned model. */
  | 'alias';

/** Where the model behind an id is known from. */
export type ResolveSource =
  /** The operator's mappings. */
  | 'mapping'
  /** The id itself names it. */
  | 'id'
  /** An earlier response of AWS. */
  | 'cache'
  /** A store, just now. */
  | 'store'
  /** AWS, just now. */
  | 'aws'
  /** Nobody: the request goes out as it is. */
  | 'unknown';

export interface ResolveWarning {
  /** What it is about. */
  cause:
    | 'accessDenied'
    | 'credentials'
    | 'expired'
    | 'clock'
    | 'refused'
    | 'notFound'
    | 'throttled'
    | 'validation'
    | 'unavailable'
    | 'timeout'
    | 'other'
    | 'notAsked'
    | 'cannotTell'
    | 'region'
    | 'severalModels'
    | 'decoration'
    | 'mappingLeftOut'
    | 'overridden'
    | 'store';
  /** What is wrong, and what would be right. */
  message: string;
}

/** Which model stands behind an id, and how it is called. */
export interface ResolvedProfile {
  /** The id as it was given. */
  requestedId: string;
  /** The id that is called. */
  callId: string;
  /** What `callId` is. */
  kind: IdKind;
  /** The base model's id; `null` where nobody knows it. */
  model: string | null;
  /**
   * Further models that may answer: those of a prompt router, or of a profile that has several.
   * Requests are fitted to what all of them have in common.
   */
  otherModels?: string[];
  /** Where it is called: the ARN's region, else the mapping's, else the client's. */
  region: string | null;
  /** `aws`, `aws-us-gov`, `aws-cn`, … */
  partition: string;
  /** Where `model` is known from. */
  source: ResolveSource;
  /** Milliseconds since AWS confirmed it; 0 where it did not have to. */
  age: number;
  /** The operator's name for it, from the mappings. */
  label: string | null;
  /** AWS's name for it. */
  name: string | null;
  /** Everything the mappings list for it, `callId` first. */
  profiles: string[];
  /** What the operator should know. A call logs what the process says for the first time. */
  warnings: ResolveWarning[];
}

/** One change the gate made to a request. */
export interface Change {
  /** The member, as JavaScript would write it (`messages[3].content[1]`). */
  path: string;
  action: 'drop' | 'clamp' | 'move' | 'rewrite' | 'add';
  /** The value before; absent where there was none. `'[redacted]'` for what nobody may see (K1). */
  from?: unknown;
  /** The value after; absent where none is left. For a move: the path it went to. */
  to?: unknown;
  /** The rule's id; docs/gating.md lists them. */
  rule: string;
  /** Why, in a sentence. */
  reason: string;
}

/** Something the model will refuse and no rule can repair. */
export interface Violation {
  path: string;
  /** The rule's id; docs/gating.md lists them. */
  rule: string;
  /** Why Bedrock will refuse it. */
  reason: string;
  /** What would be right. */
  remedy: string;
}

/** What a chat's users are told of a call. */
export interface CallNotice {
  /** Sentences in English. */
  text: string;
  /** What they are about, for texts of your own. */
  topics: (
    | 'otherModel'
    | 'thinkingOff'
    | 'thinkingOn'
    | 'effortChanged'
    | 'attachmentsLeftOut'
    | 'toolsLeftOut'
    | 'citationsLeftOut'
    | 'settingsLeftOut'
    | 'settingsChanged'
    | 'answerShorter'
  )[];
}

/** `$metadata.profile`: what a call was resolved to, and changed by. */
export interface ProfileReport {
  requestedId: string;
  callId: string;
  model: string | null;
  region: string | null;
  source: ResolveSource;
  /** The operator's name for it, where the mappings give one. */
  label?: string;
  changes: Change[];
  /** What the call has cost, once that is known; with the options `costs` or `budgets`. */
  cost?: CallCost;
  /** What a chat's users should know of it; with the option `notice`, and where there is something. */
  notice?: CallNotice;
  /** The way to the answer; absent where there was but one destination and nothing forbids any. */
  route?: RouteReport;
}

/** Why a destination is left for another one, before the first byte of its answer. */
export type FailoverCause =
  /** Too many requests or tokens in a minute. */
  | 'throttled'
  /** A quota is used up that does not refill within minutes. */
  | 'quota'
  /** The service or the model has no capacity, or an error of its own. */
  | 'overloaded'
  /** The credentials may not call it. */
  | 'denied'
  /** There is no such profile or model there. */
  | 'notFound'
  /** No connection, or one that broke. */
  | 'connection'
  /** No stream event arrived in time, or no response within `timeouts.firstByte`. */
  | 'stalled'
  /** The credentials that sign there are not accepted, or could not be had. */
  | 'credentials';

/** The way that a call has taken among the profiles of an alias (docs/failover.md). */
export interface RouteReport {
  /**
   * Destinations in the order in which they were considered; the last one has answered, or failed, or is the one
   * that `explain()` would call.
   */
  steps: RouteStep[];
  /** The conversation's prompt cache was warm where it was answered. */
  warm: boolean;
  /**
   * Tokens of the prompt cache that was left, as its last response counted them: they are written anew.
   * The event `coldWrite` has what was written.
   */
  coldTokens?: number;
  /** Streaming is denied: the stream is a whole response of Converse. */
  streamedFromConverse?: boolean;
  /** Streaming is denied: the stream is a whole response of InvokeModel. */
  streamedFromInvokeModel?: boolean;
}

export interface RouteStep {
  callId: string;
  region: string | null;
  model?: string;
  outcome:
    | 'answered'
    | FailoverCause
    /** Of `explain()`: it would be called. */
    | 'chosen'
    /** It failed with what another destination would answer too. */
    | 'failed'
    /** It was not called: it cools down. */
    | 'coolingDown'
    /** It was not called: it may lead to where nothing is allowed. */
    | 'notAllowed'
    /** It was not called: another model is behind it, and it is not listed with that model. */
    | 'otherModel';
  /** The name of its error, or why it was not called. */
  reason?: string;
  /** Milliseconds for which it is not called. */
  coolDown?: number;
}

/** What would be sent for an input, and why. */
export interface Explanation {
  resolved: ResolvedProfile;
  capabilities: ModelCapabilities;
  /** What is repaired. */
  changes: Change[];
  /** What is left for AWS to refuse. */
  violations: Violation[];
  /** In which of AWS's ways the request says whose cost it is; absent without `attribution`. */
  attribution?:
    | {
        way: 'profile' | 'project' | 'sessionTags' | 'requestMetadata';
        applied: boolean;
        /** What it says, or why it says nothing. */
        reason: string;
      }[]
    | undefined;
  /** The way to what would be called; absent where there is one destination and nothing forbids it. */
  route?: RouteReport;
  request: {
    method: 'POST';
    url: string;
    /** The body's text, byte for byte. */
    body: string;
  };
}

/** Payloads of the events, by name. */
export interface ClientEvents {
  /** What a discovery in the background has found. */
  discovery: DiscoveryResult;
  /** An id was resolved, for a call. */
  resolve: ResolvedProfile;
  /** A request was changed. */
  gate: { model: string; changes: Change[] };
  /** An attempt failed and is repeated. */
  retry: {
    /** The attempt that failed, from 1. */
    attempt: number;
    maxAttempts: number;
    /** Milliseconds until the next. */
    delay: number;
    /** The name and the text of what it failed with. */
    error: string;
    message: string;
  };
  /** A budget has reached a share of its limit, of `warnAt`. */
  budget: BudgetWarning;
  /** A destination is left for another one, before the first byte of its answer. */
  failover: {
    /** `<region>/<id>` of the destination that is left. */
    from: string;
    cause: FailoverCause;
    /** The name and the text of what it failed with. */
    error: string;
    message: string;
    /** Milliseconds for which it is not called; `null` where it is called again at once. */
    coolDown: number | null;
  };
  /** A conversation has left a warm prompt cache and was written to another one. */
  coldWrite: {
    /** `<region>/<id>` of where its cache was warm, and of where it was written. */
    from: string;
    to: string;
    /** Tokens that were written. */
    tokens: number;
    /** Tokens of the cache that was left. */
    warm: number;
  };
  /** A call has ended: a response is complete, has failed, or was given up. */
  call: {
    operation: 'Converse' | 'ConverseStream';
    requestedId?: string | undefined;
    callId?: string | undefined;
    model?: string | null | undefined;
    region?: string | null | undefined;
    requestId?: string | undefined;
    attempts?: number | undefined;
    /** Milliseconds. */
    duration: number;
    usage?: TokenUsage | undefined;
    /** The name of the error, where it failed. */
    error?: string | undefined;
    /** Whether `usage` was estimated: the response ended before it said what was used. */
    estimated?: boolean | undefined;
    /** What it has cost; absent without the options `costs` and `budgets`. */
    cost?: CallCost | undefined;
    /** What it was attributed to, as that went out; absent without the option `attribution`. */
    attribution?: Partial<Record<'user' | 'team' | 'project' | 'conversation', string>> | undefined;
  };
}

/** A fact about a model, and where it is known from. */
export interface Fact<T> {
  /**
   * How old the fact is, in milliseconds: since Bedrock taught it, or since the catalog was
   * collected, which is known to the day. `null` where it has no age.
   */
  age: number | null;
  /** `null` where nobody knows; then nothing is gated because of it. */
  value: T | null;
  source:
    /** The operator's overrides. */
    | 'config'
    /** AWS's control plane. */
    | 'aws'
    /** Bedrock refused a request with a text that names it. */
    | 'learned'
    /** The model is in the catalog. */
    | 'catalog'
    /** The model is unknown, its family is not: the family's newest behaviour. */
    | 'pattern'
    /** Nothing is known. */
    | 'assumed';
}

/** A number that a model may or may not take. */
export interface NumberParameter {
  supported: Fact<boolean>;
  /** Inclusive, as `max`. */
  min: Fact<number>;
  max: Fact<number>;
  /** Values that are tolerated although the parameter is not supported. */
  acceptedValues: Fact<number[]>;
}

/** Everything known about a model. The facts stand in core/src/model/catalog.json. */
export interface ModelCapabilities {
  /** The base model's id, or the requested id where it is unknown. */
  model: string;
  /** Who made it (`Anthropic`). */
  provider: Fact<string>;
  /** `claude-sonnet-4-5` */
  family: Fact<string>;
  /** Whether Converse serves it. */
  converse: Fact<boolean>;
  /** Whether the bare id can be called; `false` where only an inference profile can. */
  onDemand: Fact<boolean>;
  /** Geo prefixes of its system profiles (`us`, `eu`, `global`, …). */
  inferenceProfilePrefixes: Fact<string[]>;
  /** Tokens: input and output together, where `maxInputTokens` is less. */
  contextWindow: Fact<number>;
  /** The most input tokens, where that is less than the context window. */
  maxInputTokens: Fact<number>;
  /** Whether the response counts against it: prompt and `maxTokens` must fit into it together. */
  answerInWindow: Fact<boolean>;
  /** The largest `maxTokens`. */
  maxOutputTokens: Fact<number>;
  /** What the model uses where `maxTokens` is absent. */
  defaultMaxTokens: Fact<number>;
  /** The smallest `maxTokens`. */
  minMaxTokens: Fact<number>;
  /** How many tokens of the tokens-per-minute quota one output token consumes. */
  outputBurndownRate: Fact<number>;
  /** What a message may hold. */
  inputs: {
    text: Fact<boolean>;
    image: Fact<boolean>;
    document: Fact<boolean>;
    video: Fact<boolean>;
    audio: Fact<boolean>;
    /** Bytes of an image at most, where that is less than Bedrock's 3.75 MB. */
    maxImageBytes: Fact<number>;
  };
  /** Whether `system` is accepted. */
  systemPrompt: Fact<boolean>;
  /** Whether ConverseStream serves it. */
  streaming: Fact<boolean>;
  guardrails: Fact<boolean>;
  /** Whether `outputConfig.textFormat` is accepted. */
  structuredOutput: Fact<boolean>;
  /** Whether citations are accepted on documents. */
  citations: Fact<boolean>;
  /** Whether a conversation may begin with the assistant. */
  assistantFirst: Fact<boolean>;
  /** `inferenceConfig.temperature` */
  temperature: NumberParameter;
  /** `inferenceConfig.topP` */
  topP: NumberParameter;
  /** Top-k, which Converse has no member for. */
  topK: {
    supported: Fact<boolean>;
    /** Its path below `additionalModelRequestFields`: `top_k`, `inferenceConfig.topK`, `k`. */
    requestField: Fact<string>;
    min: Fact<number>;
    max: Fact<number>;
  };
  /** Only one of temperature and topP is accepted. */
  temperatureAndTopPExclusive: Fact<boolean>;
  stopSequences: {
    supported: Fact<boolean>;
    /** How many at most. */
    max: Fact<number>;
  };
  /** Thinking. */
  reasoning: ReasoningCapabilities;
  tools: ToolCapabilities;
  /** Prompt caching with explicit cache points. */
  promptCaching: CachingCapabilities;
  /** Betas that may stand in `anthropic_beta`. */
  betas: Fact<string[]>;
  /** Members of `additionalModelRequestFields` that the model has refused, by dotted path. */
  refusedFields: Fact<string[]>;
  /**
   * Data retention modes of an account under which the model may be called (`aws_review`); unknown
   * where it makes no demands.
   */
  dataRetentionModes: Fact<string[]>;
  /** Whether only accounts in the provider's trusted access program may call it. */
  trustedAccess: Fact<boolean>;
  /** Whether it is a preview; `false`: generally available. */
  preview: Fact<boolean>;
  /** Day on which it became legacy, `YYYY-MM-DD`. */
  legacyDate: Fact<string>;
  /** Day of end of life, `YYYY-MM-DD`. */
  eolDate: Fact<string>;
  /** Base id of the model that is recommended in its place. */
  successor: Fact<string>;
  /** `active`, `legacy`, `eol`, `preview`: derived from the dates, today. */
  status: Fact<string>;
}

export type ThinkingType = 'enabled' | 'disabled' | 'adaptive' | 'between_tools';

export interface ReasoningCapabilities {
  supported: Fact<boolean>;
  /** Where the setting goes, below `additionalModelRequestFields`. */
  field: Fact<
    | 'thinking'
    | 'reasoningConfig'
    | 'reasoning_effort'
    | 'reasoning.effort'
    | 'reasoning_config'
    | 'none'
  >;
  /** Accepted values of `thinking.type`, deprecated ones included. */
  thinkingTypes: Fact<ThinkingType[]>;
  /** Accepted, but with a silent loss. */
  deprecatedThinkingTypes: Fact<ThinkingType[]>;
  /** From low to high; empty where effort is refused. */
  efforts: Fact<string[]>;
  /** The beta that effort needs. */
  effortBeta: Fact<string>;
  /** The highest effort while thinking is disabled, or as little as it can be. */
  maxEffortWhenDisabled: Fact<string>;
  /** The smallest `budget_tokens`. */
  minBudget: Fact<number>;
  /** Whether the model thinks when the request does not say. */
  defaultOn: Fact<boolean>;
  canDisable: Fact<boolean>;
  /** While thinking, temperature must be 1 or absent. */
  temperatureLocked: Fact<boolean>;
  /** While thinking, the smallest topP; above 1 where it must be absent. */
  minTopP: Fact<number>;
  /** While thinking with a budget, `toolChoice` any and tool are refused. */
  forbidsForcedTools: Fact<boolean>;
  /** The conversation may not end with an assistant message. */
  rejectsPrefill: Fact<boolean>;
  /** Thinking blocks are bound to the turns before them. */
  bindsBlocks: Fact<boolean>;
  /** `reasoningContent` may stand in the history that is sent. */
  acceptsHistory: Fact<boolean>;
  /** `redactedContent` may stand in the history that is sent. */
  acceptsRedacted: Fact<boolean>;
  /** Reasoning in the history that is sent must bear its signature. */
  needsSignature: Fact<boolean>;
  /** The signature of reasoning in the history that is sent may be empty. */
  acceptsEmptySignature: Fact<boolean>;
  /** While thinking with a budget, a tool loop's first turn must begin with reasoning. */
  signedLoops: Fact<boolean>;
}

export interface ToolCapabilities {
  supported: Fact<boolean>;
  /** Accepted members of `toolChoice`: `auto`, `any`, `tool`. */
  toolChoice: Fact<string[]>;
  /** Whether tools work with ConverseStream. */
  streaming: Fact<boolean>;
  /** Whether `strict` on a tool is accepted. */
  strict: Fact<boolean>;
  /** Whether `toolResult.status` is accepted. */
  resultStatus: Fact<boolean>;
  /** Whether images may stand inside a `toolResult`. */
  resultImages: Fact<boolean>;
  /** Whether a user turn may mix `toolResult` with other blocks. */
  mixedResults: Fact<boolean>;
  /** Whether a document or a video may stand beside a `toolResult`. */
  mediaBesideResults: Fact<boolean>;
  /** Whether an assistant turn may say something beside its calls. */
  textBesideCalls: Fact<boolean>;
  /** Whether `anyOf`, `oneOf` and `allOf` may stand at the top of a tool's schema. */
  schemaUnions: Fact<boolean>;
  /** What the keys of a tool schema's own properties must match. */
  propertyKeyPattern: Fact<string>;
  /** Whether lookaround in `pattern` of a tool's schema is accepted. */
  schemaLookaround: Fact<boolean>;
  /** What a `toolUseId` must match; `null` is AWS's own. */
  useIdPattern: Fact<string>;
}

export interface CachingCapabilities {
  supported: Fact<boolean>;
  /** Tokens below which a section is silently not cached. */
  minTokens: Fact<number>;
  /** How many cache points, over tools, system and messages together. */
  maxCheckpoints: Fact<number>;
  /** Accepted values of `cachePoint.ttl`. */
  ttls: Fact<string[]>;
  /** Where cache points are accepted: `tools`, `system`, `messages`. */
  fields: Fact<string[]>;
  /** Whether a message with `toolUse` or `toolResult` may hold a cache point. */
  besideTools: Fact<boolean>;
}
