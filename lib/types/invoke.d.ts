// InvokeModel, InvokeModelWithResponseStream and CountTokens, as AWS describes them. See content.d.ts.

import type { DocumentType, OneOf } from './content';
import type {
  Message,
  PerformanceConfigLatency,
  ServiceTierType,
  SystemContentBlock,
  ToolConfiguration,
} from './converse';
import type {
  InternalServerException,
  ModelStreamErrorException,
  ModelTimeoutException,
  ServiceUnavailableException,
  ThrottlingException,
  ValidationException,
} from './errors';

export type Trace = 'DISABLED' | 'ENABLED' | 'ENABLED_FULL';

/** A request's body: bytes, or a text that is sent as UTF-8. */
export type InvokeModelBody = string | Uint8Array | ArrayBuffer | ArrayBufferView;

/**
 * What InvokeModel takes.
 *
 * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
 */
export interface InvokeModelRequest {
  /** A model id, a system profile id, an alias of the mappings, or an ARN. */
  modelId: string | undefined;
  /** In the model's own format. */
  body?: InvokeModelBody | undefined;
  /** Default `application/json`. */
  contentType?: string | undefined;
  accept?: string | undefined;
  trace?: Trace | undefined;
  guardrailIdentifier?: string | undefined;
  guardrailVersion?: string | undefined;
  performanceConfigLatency?: PerformanceConfigLatency | undefined;
  serviceTier?: ServiceTierType | undefined;
  /** For the invocation log; JSON text. */
  requestMetadata?: string | undefined;
  /**
   * The id or ARN of the project to use, `default` where absent. Any other goes with models and
   * system profiles only.
   */
  projectIdentifier?: string | undefined;
}

/**
 * What InvokeModelWithResponseStream takes.
 *
 * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
 */
export interface InvokeModelWithResponseStreamRequest extends InvokeModelRequest {}

/** Bytes that can be had as text. */
export interface Blob extends Uint8Array {
  /** @param encoding `'utf-8'` by default; `'base64'` */
  transformToString(encoding?: string): string;
}

/** What InvokeModel answers. */
export interface InvokeModelResponse {
  /** In the model's own format. */
  body: Blob;
  contentType: string | undefined;
  performanceConfigLatency?: PerformanceConfigLatency | undefined;
  serviceTier?: ServiceTierType | undefined;
}

export interface PayloadPart {
  bytes?: Uint8Array | undefined;
}

/** One event of the stream; exactly one member is present. Exceptions are thrown by the iteration. */
export type ResponseStream = OneOf<{
  chunk: PayloadPart;
  internalServerException: InternalServerException;
  modelStreamErrorException: ModelStreamErrorException;
  validationException: ValidationException;
  throttlingException: ThrottlingException;
  modelTimeoutException: ModelTimeoutException;
  serviceUnavailableException: ServiceUnavailableException;
}>;

/** What InvokeModelWithResponseStream answers. */
export interface InvokeModelWithResponseStreamResponse {
  body: AsyncIterable<ResponseStream> | undefined;
  contentType: string | undefined;
  performanceConfigLatency?: PerformanceConfigLatency | undefined;
  serviceTier?: ServiceTierType | undefined;
}

export interface InvokeModelTokensRequest {
  body: Uint8Array | undefined;
}

export interface ConverseTokensRequest {
  messages?: Message[] | undefined;
  system?: SystemContentBlock[] | undefined;
  toolConfig?: ToolConfiguration | undefined;
  additionalModelRequestFields?: DocumentType | undefined;
}

export type CountTokensInput = OneOf<{
  invokeModel: InvokeModelTokensRequest;
  converse: ConverseTokensRequest;
}>;

/**
 * What CountTokens takes.
 *
 * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html
 */
export interface CountTokensRequest {
  /** A model id, a system profile id, an alias of the mappings, or an ARN. */
  modelId: string | undefined;
  input: CountTokensInput | undefined;
}

export interface CountTokensResponse {
  inputTokens: number | undefined;
}
