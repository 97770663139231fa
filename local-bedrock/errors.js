'use strict';

/**
 * An error as Bedrock sends it: a status, a type and a message.
 *
 * `rule` names the check that refused the request (`S1`); it goes out as the header
 * `x-local-bedrock-rule`, which the real service does not send.
 */
class BedrockError extends Error {
  /**
   * @param {number} status
   * @param {string} type
   * @param {string} message
   * @param {{ rule?: string, headers?: Record<string, string> }} [extra]
   */
  constructor(status, type, message, { rule, headers = {} } = {}) {
    super(message);
    this.name = 'BedrockError';
    this.status = status;
    this.type = type;
    this.rule = rule;
    this.headers = headers;
  }
}

const validation = (message, rule) =>
  new BedrockError(400, 'ValidationException', message, { rule });

/** Wrong id, wrong region, wrong prefix: the service has one text for all of them. */
const invalidModel = () => validation('The provided model identifier is invalid.', 'I3');

module.exports = { BedrockError, validation, invalidModel };
