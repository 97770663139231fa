// Errors: the classes, fields and texts of the AWS SDK, and what this client adds to them.

import type { Change, ProfileReport, Violation } from './profile';

/** `$metadata`, as in the AWS SDK. */
export interface ResponseMetadata {
  /** HTTP status of the last response. */
  httpStatusCode?: number;
  /** AWS's id of the request. */
  requestId?: string;
  extendedRequestId?: string;
  cfId?: string;
  /** How often the request was sent; 0 where the input was wrong. */
  attempts?: number;
  /** Milliseconds waited between attempts. */
  totalRetryDelay?: number;
}

/** `$metadata` of this client's answers and errors. */
export interface ProfileMetadata extends ResponseMetadata {
  /**
   * What the id was resolved to and what the request was changed by. Not enumerable, so that
   * nothing spreads it by accident; absent from errors that were thrown before resolving.
   */
  profile?: ProfileReport;
}

/** The HTTP answer behind an error. */
export interface ErrorResponse {
  statusCode: number;
  headers: Record<string, string>;
  /** The body, or its first 64 KiB. */
  body?: any;
}

export interface ServiceExceptionOptions {
  name: string;
  message?: string;
  $fault: 'client' | 'server';
  $metadata: ResponseMetadata;
}

/** What every error of a call may carry beside `name` and `message`: for `catch (error)`. */
export interface CallError extends Error {
  /** Node's code, where the connection failed (`ECONNREFUSED`). */
  code?: string;
  /** Node's number of a failed system call. */
  errno?: number;
  /** The system call that failed (`connect`, `read`, `getaddrinfo`). */
  syscall?: string;
  /** The address that could not be reached. */
  address?: string;
  /** Its port. */
  port?: number;
  /** The host that has no address. */
  hostname?: string;
  /** The error of the library below. Not enumerable. */
  cause?: unknown;
  /** The likely cause and its fix. AWS's text stays alone in `message`. */
  hint?: string;
  /** The entry of docs/troubleshooting.md; not enumerable. */
  hintId?: string;
  $fault?: 'client' | 'server';
  /** Present where the same request may succeed later. */
  $retryable?: { readonly throttling?: boolean };
  /** Absent from exceptions within a stream, as in the AWS SDK. */
  $metadata?: ProfileMetadata;
  /** Not enumerable. */
  $response?: ErrorResponse;
}

/** The base class of everything Bedrock answers, as in the AWS SDK. */
export declare class ServiceException extends Error {
  readonly $fault: 'client' | 'server';
  /** Not enumerable. */
  $response?: ErrorResponse;
  $retryable?: { readonly throttling?: boolean };
  /** Absent at run time from exceptions within a stream, as in the AWS SDK. */
  $metadata: ProfileMetadata;
  /** The likely cause and its fix. AWS's text stays alone in `message`. */
  hint?: string;
  /** The entry of docs/troubleshooting.md; not enumerable. */
  hintId?: string;
  constructor(options: ServiceExceptionOptions);
}

/**
 * Any exception of Bedrock's; one that AWS's service model does not name is of this class, with
 * AWS's code as its `name`.
 */
export declare class BedrockRuntimeServiceException extends ServiceException {}

/** 403: the credentials may not do this. AWS: https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html */
export declare class AccessDeniedException extends BedrockRuntimeServiceException {
  readonly name: 'AccessDeniedException';
  readonly $fault: 'client';
}

export declare class ConflictException extends BedrockRuntimeServiceException {
  readonly name: 'ConflictException';
  readonly $fault: 'client';
}

/** 500; is retried. */
export declare class InternalServerException extends BedrockRuntimeServiceException {
  readonly name: 'InternalServerException';
  readonly $fault: 'server';
}

/** 424: the model failed; is not retried. */
export declare class ModelErrorException extends BedrockRuntimeServiceException {
  readonly name: 'ModelErrorException';
  readonly $fault: 'client';
  originalStatusCode?: number | undefined;
  resourceName?: string | undefined;
}

/** 429; is retried. */
export declare class ModelNotReadyException extends BedrockRuntimeServiceException {
  readonly name: 'ModelNotReadyException';
  readonly $fault: 'client';
  $retryable: {};
}

/** The model failed while it streamed; is thrown by the iteration. */
export declare class ModelStreamErrorException extends BedrockRuntimeServiceException {
  readonly name: 'ModelStreamErrorException';
  readonly $fault: 'client';
  originalStatusCode?: number | undefined;
  originalMessage?: string | undefined;
}

/** 408: the model took too long; is not retried. */
export declare class ModelTimeoutException extends BedrockRuntimeServiceException {
  readonly name: 'ModelTimeoutException';
  readonly $fault: 'client';
}

export declare class ResourceNotFoundException extends BedrockRuntimeServiceException {
  readonly name: 'ResourceNotFoundException';
  readonly $fault: 'client';
}

export declare class ServiceQuotaExceededException extends BedrockRuntimeServiceException {
  readonly name: 'ServiceQuotaExceededException';
  readonly $fault: 'client';
}

/** 503; is retried. */
export declare class ServiceUnavailableException extends BedrockRuntimeServiceException {
  readonly name: 'ServiceUnavailableException';
  readonly $fault: 'server';
}

/** 429; is retried. */
export declare class ThrottlingException extends BedrockRuntimeServiceException {
  readonly name: 'ThrottlingException';
  readonly $fault: 'client';
}

/**
 * 400: Bedrock refused the request. Also what this client throws for an input that is wrong;
 * nothing was sent then.
 */
export declare class ValidationException extends BedrockRuntimeServiceException {
  readonly name: 'ValidationException';
  readonly $fault: 'client';
  /**
   * With `gating: 'strict'`: everything the model would have refused, with what would be right; what
   * `adapt` would have repaired shows how.
   */
  violations?: ((Change & { remedy: string }) | Violation)[];
}
