// ConverseStream, as AWS describes it. See content.d.ts.

import type {
  CitationLocation,
  DocumentType,
  ErrorBlock,
  ImageFormat,
  ImageSource,
  OneOf,
  ToolResultStatus,
  ToolUseType,
} from './content';
import type {
  ConversationRole,
  GuardrailTrace,
  GuardrailTraceAssessment,
  InferenceConfiguration,
  Message,
  OutputConfig,
  PerformanceConfiguration,
  PromptRouterTrace,
  PromptVariableValues,
  ServiceTier,
  StopReason,
  SystemContentBlock,
  TokenUsage,
  ToolConfiguration,
} from './converse';
import type {
  InternalServerException,
  ModelStreamErrorException,
  ServiceUnavailableException,
  ThrottlingException,
  ValidationException,
} from './errors';

export type GuardrailStreamProcessingMode = 'async' | 'sync';

/** AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailStreamConfiguration.html */
export interface GuardrailStreamConfiguration {
  guardrailIdentifier?: string | undefined;
  guardrailVersion?: string | undefined;
  trace?: GuardrailTrace | undefined;
  streamProcessingMode?: GuardrailStreamProcessingMode | undefined;
}

/**
 * What ConverseStream takes.
 *
 * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
 */
export interface ConverseStreamRequest {
  /** A model id, a system profile id, an alias of the mappings, or an ARN. */
  modelId: string | undefined;
  messages?: Message[] | undefined;
  system?: SystemContentBlock[] | undefined;
  inferenceConfig?: InferenceConfiguration | undefined;
  toolConfig?: ToolConfiguration | undefined;
  guardrailConfig?: GuardrailStreamConfiguration | undefined;
  /**
   * The id or ARN of the project to use, `default` where absent. Any other goes with models and
   * system profiles only.
   */
  projectIdentifier?: string | undefined;
  /** What only this model takes: `thinking`, `top_k`, `anthropic_beta`, … */
  additionalModelRequestFields?: DocumentType | undefined;
  promptVariables?: Record<string, PromptVariableValues> | undefined;
  additionalModelResponseFieldPaths?: string[] | undefined;
  /** For the invocation log. */
  requestMetadata?: Record<string, string> | undefined;
  performanceConfig?: PerformanceConfiguration | undefined;
  serviceTier?: ServiceTier | undefined;
  outputConfig?: OutputConfig | undefined;
}

export interface CitationSourceContentDelta {
  text?: string | undefined;
}

export interface CitationsDelta {
  title?: string | undefined;
  source?: string | undefined;
  sourceContent?: CitationSourceContentDelta[] | undefined;
  location?: CitationLocation | undefined;
}

export interface ImageBlockDelta {
  source?: ImageSource | undefined;
  error?: ErrorBlock | undefined;
}

export type ReasoningContentBlockDelta = OneOf<{
  text: string;
  redactedContent: Uint8Array;
  signature: string;
}>;

export type ToolResultBlockDelta = OneOf<{
  text: string;
  json: DocumentType;
}>;

export interface ToolUseBlockDelta {
  /** A piece of the JSON text of the input. */
  input: string | undefined;
}

export type ContentBlockDelta = OneOf<{
  text: string;
  toolUse: ToolUseBlockDelta;
  toolResult: ToolResultBlockDelta[];
  reasoningContent: ReasoningContentBlockDelta;
  citation: CitationsDelta;
  image: ImageBlockDelta;
}>;

export interface ContentBlockDeltaEvent {
  delta: ContentBlockDelta | undefined;
  /** Which block of the message the piece belongs to, from 0. */
  contentBlockIndex: number | undefined;
}

export interface ImageBlockStart {
  format: ImageFormat | undefined;
}

export interface ToolResultBlockStart {
  toolUseId: string | undefined;
  type?: string | undefined;
  status?: ToolResultStatus | undefined;
}

export interface ToolUseBlockStart {
  toolUseId: string | undefined;
  name: string | undefined;
  type?: ToolUseType | undefined;
}

export type ContentBlockStart = OneOf<{
  toolUse: ToolUseBlockStart;
  toolResult: ToolResultBlockStart;
  image: ImageBlockStart;
}>;

export interface ContentBlockStartEvent {
  start: ContentBlockStart | undefined;
  contentBlockIndex: number | undefined;
}

export interface ContentBlockStopEvent {
  contentBlockIndex: number | undefined;
}

export interface MessageStartEvent {
  role: ConversationRole | undefined;
}

export interface MessageStopEvent {
  stopReason: StopReason | undefined;
  additionalModelResponseFields?: DocumentType | undefined;
}

export interface ConverseStreamMetrics {
  /** Milliseconds. */
  latencyMs: number | undefined;
}

export interface ConverseStreamTrace {
  guardrail?: GuardrailTraceAssessment | undefined;
  promptRouter?: PromptRouterTrace | undefined;
}

export interface ConverseStreamMetadataEvent {
  usage: TokenUsage | undefined;
  metrics: ConverseStreamMetrics | undefined;
  trace?: ConverseStreamTrace | undefined;
  performanceConfig?: PerformanceConfiguration | undefined;
  serviceTier?: ServiceTier | undefined;
}

/**
 * One event of a stream; exactly one member is present. Exceptions are thrown by the iteration, as in
 * the AWS SDK, and never stand in an event.
 *
 * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html
 */
export type ConverseStreamOutput = OneOf<{
  messageStart: MessageStartEvent;
  contentBlockStart: ContentBlockStartEvent;
  contentBlockDelta: ContentBlockDeltaEvent;
  contentBlockStop: ContentBlockStopEvent;
  messageStop: MessageStopEvent;
  metadata: ConverseStreamMetadataEvent;
  internalServerException: InternalServerException;
  modelStreamErrorException: ModelStreamErrorException;
  validationException: ValidationException;
  throttlingException: ThrottlingException;
  serviceUnavailableException: ServiceUnavailableException;
}>;

/**
 * What ConverseStream answers.
 *
 * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
 */
export interface ConverseStreamResponse {
  stream?: AsyncIterable<ConverseStreamOutput> | undefined;
}
