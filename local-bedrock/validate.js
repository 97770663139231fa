'use strict';

/**
 * What the service refuses, rule by rule, with its own words.
 *
 * Each entry: `rule` (its id), `when(request, model)` (a truthy detail where the rule is broken),
 * `status`, `type`, `message` (a text, or made from the detail), `side: 'model'` where the text
 * comes from the model and Bedrock puts it behind a prefix, `weak` where the text or the rule is
 * known from clients or pages and not from an answer of the service.
 */

const { BedrockError } = require('./errors');
const { readRequest } = require('./rules/request');

const SECTIONS = {
  shape: require('./rules/shape'),
  secrets: require('./rules/secrets'),
  messages: require('./rules/messages'),
  tools: require('./rules/tools'),
  sampling: require('./rules/sampling'),
  reasoning: require('./rules/reasoning'),
  cache: require('./rules/cache'),
};

/** All checks, in the order in which they are made. */
const RULES = Object.entries(SECTIONS).flatMap(([section, rules]) =>
  rules.map((rule) => ({ status: 400, type: 'ValidationException', section, ...rule })),
);

const MODEL_SAYS = 'The model returned the following errors: ';

/** Throws what the service answers to the first broken rule. */
function validate(body, model, { stream }) {
  const request = readRequest(body, { stream });
  for (const { rule, when, status, type, message, side } of RULES) {
    const detail = when(request, model);
    if (!detail) continue;
    const text = typeof message === 'function' ? message(detail, request, model) : message;
    throw new BedrockError(status, type, side === 'model' ? MODEL_SAYS + text : text, { rule });
  }
}

module.exports = { RULES, validate };
