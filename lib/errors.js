'use strict';

// Errors are made here and not by the addon: one made there belongs to another realm under jest,
// where `instanceof Error` is false.

/** The base class of everything Bedrock answers, as in the AWS SDK. */
class ServiceException extends Error {
  constructor(options) {
    super(options.message);
    Object.setPrototypeOf(this, Object.getPrototypeOf(this).constructor.prototype);
    this.name = options.name;
    this.$fault = options.$fault;
    this.$metadata = options.$metadata;
  }
}

class BedrockRuntimeServiceException extends ServiceException {}

const MODELLED = [
  'AccessDeniedException',
  'ConflictException',
  'InternalServerException',
  'ModelErrorException',
  'ModelNotReadyException',
  'ModelStreamErrorException',
  'ModelTimeoutException',
  'ResourceNotFoundException',
  'ServiceQuotaExceededException',
  'ServiceUnavailableException',
  'ThrottlingException',
  'ValidationException',
];

const exceptions = Object.fromEntries(
  MODELLED.map((name) => [name, { [name]: class extends BedrockRuntimeServiceException {} }[name]]),
);

/** `AbortError`, as the AWS SDK throws it. */
function abortError(reason) {
  const error = new Error('Request aborted');
  error.name = 'AbortError';
  // Beside the message that callers match on: why it was aborted.
  if (reason !== undefined) hide(error, 'cause', reason);
  return error;
}

function hide(target, key, value) {
  Object.defineProperty(target, key, {
    value,
    enumerable: false,
    configurable: true,
    writable: true,
  });
}

/** A mistake of the caller's; nothing was sent. */
function inputError(message) {
  return new exceptions.ValidationException({
    name: 'ValidationException',
    message,
    $fault: 'client',
    $metadata: metadataOf(UNSENT),
  });
}

const UNSENT = { attempts: 0, totalRetryDelay: 0 };

function metadataOfRecord({ kind, metadata }) {
  if (metadata) return metadataOf(metadata);
  return kind === 'input' ? metadataOf(UNSENT) : undefined;
}

/** `$metadata` with the keys of the AWS SDK's. */
function metadataOf(metadata) {
  return {
    httpStatusCode: metadata.httpStatusCode,
    requestId: metadata.requestId,
    extendedRequestId: undefined,
    cfId: undefined,
    attempts: metadata.attempts,
    totalRetryDelay: metadata.totalRetryDelay,
  };
}

/** Makes the error behind an error record of the addon. */
function fromRecord(record) {
  const $metadata = metadataOfRecord(record);
  let error;
  if (record.kind === 'abort') {
    error = abortError();
  } else if (record.kind === 'service' || record.kind === 'input') {
    const Exception = exceptions[record.name] ?? BedrockRuntimeServiceException;
    error = new Exception({
      name: record.name,
      message: record.message,
      $fault: record.fault,
      $metadata,
    });
    error.$retryable = record.name === 'ModelNotReadyException' ? {} : undefined;
    Object.assign(error, record.members);
  } else {
    error = new Error(record.message);
    error.name = record.name;
    Object.assign(error, record.members);
    if (record.retryable) error.$retryable = {};
    if ($metadata) error.$metadata = $metadata;
  }
  if (record.code) error.code = record.code;
  if (record.hint) error.hint = record.hint;
  if (record.response) {
    const { statusCode, headers, body } = record.response;
    hide(error, '$response', { statusCode, headers: Object.fromEntries(headers), body });
  }
  if (record.profile && error.$metadata) hide(error.$metadata, 'profile', record.profile);
  return error;
}

/** Makes the error that a synchronous export of the addon threw. */
function fromThrown(thrown) {
  try {
    return fromRecord(JSON.parse(thrown.message));
  } catch {
    return thrown;
  }
}

module.exports = {
  ServiceException,
  BedrockRuntimeServiceException,
  exceptions,
  abortError,
  inputError,
  metadataOf,
  fromRecord,
  fromThrown,
  hide,
};
