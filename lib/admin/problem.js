'use strict';

// Errors of the API, as RFC 9457 has them: `application/problem+json`.

/** Every kind of problem: its status, and its title. `detail` and `remedy` are of the occurrence. */
const PROBLEMS = {
  'invalid-input': [400, 'The request is not valid'],
  'not-signed-in': [401, 'Not signed in'],
  'session-over': [401, 'The session is over'],
  'token-not-valid': [401, 'The one-time token is not valid'],
  'not-authorized': [403, 'Not authorized'],
  'not-loopback': [403, 'Only requests from this machine are admitted'],
  'wrong-host': [403, 'The Host header does not name this machine'],
  'cross-site': [403, 'Requests from other sites are refused'],
  'not-found': [404, 'Not found'],
  'method-not-allowed': [405, 'Method not allowed'],
  'not-acceptable': [406, 'Not acceptable'],
  'request-timeout': [408, 'The request did not arrive in time'],
  conflict: [409, 'Conflict'],
  'read-only': [409, 'The mappings cannot be changed here'],
  'version-mismatch': [412, 'Someone else has saved meanwhile'],
  'too-large': [413, 'The request is too large'],
  'unsupported-media-type': [415, 'Unsupported media type'],
  'mappings-not-valid': [422, 'The mappings are not valid'],
  'overrides-not-valid': [422, 'The overrides are not valid'],
  'version-required': [428, 'The version is missing'],
  'rate-limited': [429, 'Too many requests'],
  internal: [500, 'Internal error'],
  'not-available': [501, 'Not available'],
  'aws-error': [502, 'AWS refused or failed'],
  'store-failed': [503, 'The mappings could not be read or written'],
};

const urn = (kind) => `urn:bedrock-profile-client:problem:${kind}`;

/** An error that is an answer. */
class Problem extends Error {
  /**
   * @param {keyof typeof PROBLEMS} kind
   * @param {string} detail what was wrong
   * @param {string} [remedy] what would be right
   * @param {{ headers?: Record<string, string>, close?: boolean, cause?: unknown, [member: string]: unknown }} [more]
   *   `headers` of the response; `close`: whether the connection is closed after it; every other member
   *   becomes one of the body
   */
  constructor(kind, detail, remedy, { headers = {}, close = false, cause, ...members } = {}) {
    super(detail, cause === undefined ? undefined : { cause });
    const [status, title] = PROBLEMS[kind];
    this.name = 'Problem';
    this.kind = kind;
    this.status = status;
    this.headers = headers;
    this.close = close;
    this.body = { type: urn(kind), title, status, detail, ...(remedy && { remedy }), ...members };
  }
}

/** What an error of a call becomes: AWS's own text stays as it is. */
function ofCall(error) {
  if (error instanceof Problem) return error;
  const { name, message, hint, violations, $metadata } = Object(error);
  const aws = {
    name: String(name ?? 'Error'),
    message: String(message ?? error),
    ...(Number.isInteger($metadata?.httpStatusCode) && { status: $metadata.httpStatusCode }),
    ...(typeof $metadata?.requestId === 'string' && { requestId: $metadata.requestId }),
    ...(Array.isArray(violations) && { violations }),
  };
  const unsent = $metadata?.attempts === 0 && name === 'ValidationException';
  const remedy = typeof hint === 'string' ? hint : undefined;
  if (unsent) return new Problem('invalid-input', aws.message, remedy, { aws, cause: error });
  return new Problem('aws-error', `${aws.name}: ${aws.message}`, remedy, { aws, cause: error });
}

module.exports = { PROBLEMS, Problem, ofCall, urn };
