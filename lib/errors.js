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

  /** An exception of the AWS SDK's classes is one of ours of the same name, as there. */
  static [Symbol.hasInstance](value) {
    if (typeof value !== 'object' || value === null) return false;
    if (Object.prototype.isPrototypeOf.call(this.prototype, value)) return true;
    const { $fault, name } = value;
    if (!(value instanceof Error) || !($fault === 'client' || $fault === 'server')) return false;
    return name === this.name || classNames(value).includes(this.name);
  }
}

/** The names of the classes that a value is of. */
function classNames(value) {
  const names = [];
  let prototype = Object.getPrototypeOf(value);
  while (prototype && prototype !== Error.prototype) {
    names.push(prototype.constructor?.name);
    prototype = Object.getPrototypeOf(prototype);
  }
  return names;
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

/** `timeouts.call` has passed; in the words of `core/src/bedrock/deadline.rs`. */
function tooLate(limit) {
  const error = new Error(`The call took longer than its timeout of ${limit} ms.`);
  error.name = 'TimeoutError';
  error.code = 'ETIMEDOUT';
  error.$metadata = metadataOf({});
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
  const error = new exceptions.ValidationException({
    name: 'ValidationException',
    message,
    $fault: 'client',
    $metadata: metadataOf(UNSENT),
  });
  return withMessage(error, message);
}

const UNSENT = { attempts: 0, totalRetryDelay: 0 };

function metadataOfRecord({ kind, metadata }) {
  if (metadata) return metadataOf(metadata);
  return kind === 'input' ? metadataOf(UNSENT) : undefined;
}

/** `$metadata` with the keys of the AWS SDK's. */
function metadataOf(metadata) {
  const kept = {
    httpStatusCode: metadata.httpStatusCode,
    requestId: metadata.requestId,
    extendedRequestId: metadata.extendedRequestId,
    cfId: metadata.cfId,
    attempts: metadata.attempts,
    totalRetryDelay: metadata.totalRetryDelay,
  };
  if (metadata.throttles > 0) hide(kept, 'throttles', metadata.throttles);
  return kept;
}

/**
 * Makes the error behind an error record of the addon.
 *
 * @param {object} record
 * @param {object} [classes] the exports of the AWS SDK that the caller has, whose classes it is of
 */
function fromRecord(record, classes) {
  const $metadata = metadataOfRecord(record);
  let error;
  if (record.kind === 'abort') {
    error = abortError();
  } else if (record.kind === 'service' || record.kind === 'input') {
    error = exception(record, $metadata, classes);
    error.$retryable = record.name === 'ModelNotReadyException' ? {} : undefined;
    addMembers(error, record.members);
  } else {
    error = new Error(record.message);
    error.name = record.name;
    addMembers(error, record.members);
    if (record.retryable) error.$retryable = {};
    if ($metadata) error.$metadata = $metadata;
  }
  if (record.code) error.code = record.code;
  if (record.hint) error.hint = record.hint;
  if (record.hintId) hide(error, 'hintId', record.hintId);
  if (record.cause) hide(error, 'cause', new Error(record.cause));
  if (record.response) {
    const { statusCode, headers, body } = record.response;
    hide(error, '$response', { statusCode, headers: Object.fromEntries(headers), body });
  }
  if (record.profile && error.$metadata) hide(error.$metadata, 'profile', record.profile);
  return error;
}

/** As in the AWS SDK, a member of a response is not put over what an error has by itself. */
function addMembers(error, members = {}) {
  for (const [name, value] of Object.entries(members)) {
    if (error[name] === undefined || error[name] === '') error[name] = value;
  }
}

function exception({ name, message, fault: $fault }, $metadata, classes) {
  const options = { name, message, $fault, $metadata };
  const Ours = Object.hasOwn(exceptions, name) ? exceptions[name] : BedrockRuntimeServiceException;
  return theirs(options, classes) ?? withMessage(new Ours(options), message);
}

/** The error as the caller's AWS SDK has it; undefined where that is not what it was. */
function theirs(options, classes) {
  const { name, message, $fault } = options;
  // The name is the answer's: it may be that of another export, or of what every object has.
  const Theirs = [classes?.[name], classes?.BedrockRuntimeServiceException].find(
    (made) => typeof made === 'function' && made.prototype instanceof Error,
  );
  if (Theirs === undefined) return undefined;
  try {
    const error = new Theirs(options);
    // What is not ours to know may not be of the shape it once was.
    if (!(error instanceof Error) || error.name !== name || error.message !== message) {
      return undefined;
    }
    return withMessage(Object.assign(error, { $fault }), message);
  } catch {
    return undefined;
  }
}

/** As in the AWS SDK, whoever copies an exception's own members, or writes them as JSON, has its text. */
function withMessage(error, value) {
  return Object.defineProperty(error, 'message', {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** What a value is, in words, without showing a text: it may be a secret. */
function kindOf(value) {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') {
    const names = Object.keys(value).slice(0, 8);
    return names.length === 0 ? 'an object' : `an object { ${names.join(', ')} }`;
  }
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value === '' ? 'an empty string' : `a ${typeof value}`;
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
  tooLate,
  inputError,
  metadataOf,
  fromRecord,
  fromThrown,
  hide,
  kindOf,
};
