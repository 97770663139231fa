// Converse, as AWS describes it. See content.d.ts.

import type {
  CachePointBlock,
  CacheTTL,
  ContentBlock,
  DocumentType,
  GuardrailConverseContentBlock,
  OneOf,
} from './content';
import type { GuardrailAssessment } from './guardrails';

export type ConversationRole = 'assistant' | 'system' | 'user';
export type GuardrailTrace = 'disabled' | 'enabled' | 'enabled_full';
export type OutputFormatType = 'json_schema';
export type PerformanceConfigLatency = 'optimized' | 'standard';
export type ServiceTierType = 'default' | 'flex' | 'priority' | 'reserved';
/** Why the response ended. */
export type StopReason =
  | 'content_filtered'
  | 'end_turn'
  | 'guardrail_intervened'
  | 'malformed_model_output'
  | 'malformed_tool_use'
  | 'max_tokens'
  | 'model_context_window_exceeded'
  | 'stop_sequence'
  | 'tool_use';

/** AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailConfiguration.html */
export interface GuardrailConfiguration {
  guardrailIdentifier?: string | undefined;
  guardrailVersion?: string | undefined;
  trace?: GuardrailTrace | undefined;
}

/**
 * Sampling and length. What a model refuses of it is repaired by the gate.
 *
 * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html
 */
export interface InferenceConfiguration {
  /** At least 1; at most what the model takes. */
  maxTokens?: number | undefined;
  /** 0 to 1. */
  temperature?: number | undefined;
  /** 0 to 1. */
  topP?: number | undefined;
  /** At most 2500; most models take fewer. */
  stopSequences?: string[] | undefined;
}

/**
 * One turn of the conversation.
 *
 * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
 */
export interface Message {
  role: ConversationRole | undefined;
  content: ContentBlock[] | undefined;
}

export interface JsonSchemaDefinition {
  schema: string | undefined;
  name?: string | undefined;
  description?: string | undefined;
}

export type OutputFormatStructure = OneOf<{
  jsonSchema: JsonSchemaDefinition;
}>;

export interface OutputFormat {
  type: OutputFormatType | undefined;
  structure: OutputFormatStructure | undefined;
}

export interface OutputConfig {
  textFormat?: OutputFormat | undefined;
  effort?: string | undefined;
}

export interface PerformanceConfiguration {
  latency?: PerformanceConfigLatency | undefined;
}

export type PromptVariableValues = OneOf<{
  text: string;
}>;

export interface ServiceTier {
  type: ServiceTierType | undefined;
}

export type SystemContentBlock = OneOf<{
  text: string;
  guardContent: GuardrailConverseContentBlock;
  cachePoint: CachePointBlock;
}>;

export interface AnyToolChoice {}

export interface AutoToolChoice {}

export interface SpecificToolChoice {
  name: string | undefined;
}

export type ToolChoice = OneOf<{
  auto: AutoToolChoice;
  any: AnyToolChoice;
  tool: SpecificToolChoice;
}>;

export interface SystemTool {
  name: string | undefined;
}

export type ToolInputSchema = OneOf<{
  json: DocumentType;
}>;

export interface ToolSpecification {
  name: string | undefined;
  description?: string | undefined;
  inputSchema: ToolInputSchema | undefined;
  strict?: boolean | undefined;
}

export type Tool = OneOf<{
  toolSpec: ToolSpecification;
  systemTool: SystemTool;
  cachePoint: CachePointBlock;
}>;

/**
 * Tools, and which of them the model must use.
 *
 * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html
 */
export interface ToolConfiguration {
  tools: Tool[] | undefined;
  toolChoice?: ToolChoice | undefined;
}

/**
 * What Converse takes.
 *
 * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 */
export interface ConverseRequest {
  /** A model id, a system profile id, an alias of the mappings, or an ARN. */
  modelId: string | undefined;
  messages?: Message[] | undefined;
  system?: SystemContentBlock[] | undefined;
  inferenceConfig?: InferenceConfiguration | undefined;
  toolConfig?: ToolConfiguration | undefined;
  guardrailConfig?: GuardrailConfiguration | undefined;
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

export interface ConverseMetrics {
  /** Milliseconds. */
  latencyMs: number | undefined;
}

export type ConverseOutput = OneOf<{
  message: Message;
}>;

export interface GuardrailTraceAssessment {
  modelOutput?: string[] | undefined;
  inputAssessment?: Record<string, GuardrailAssessment> | undefined;
  outputAssessments?: Record<string, GuardrailAssessment[]> | undefined;
  actionReason?: string | undefined;
}

export interface PromptRouterTrace {
  invokedModelId?: string | undefined;
}

export interface ConverseTrace {
  guardrail?: GuardrailTraceAssessment | undefined;
  promptRouter?: PromptRouterTrace | undefined;
}

export interface CacheDetail {
  ttl: CacheTTL | undefined;
  inputTokens: number | undefined;
}

/**
 * Tokens that are billed. Cached tokens are not in `inputTokens`.
 *
 * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html
 */
export interface TokenUsage {
  inputTokens: number | undefined;
  outputTokens: number | undefined;
  totalTokens: number | undefined;
  /** Tokens read from the prompt cache. */
  cacheReadInputTokens?: number | undefined;
  /** Tokens written to the prompt cache. */
  cacheWriteInputTokens?: number | undefined;
  cacheDetails?: CacheDetail[] | undefined;
}

/**
 * What Converse answers.
 *
 * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 */
export interface ConverseResponse {
  output: ConverseOutput | undefined;
  stopReason: StopReason | undefined;
  usage: TokenUsage | undefined;
  metrics: ConverseMetrics | undefined;
  additionalModelResponseFields?: DocumentType | undefined;
  trace?: ConverseTrace | undefined;
  performanceConfig?: PerformanceConfiguration | undefined;
  serviceTier?: ServiceTier | undefined;
}
