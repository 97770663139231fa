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
  values: require('./rules/values'),
  secrets: require('./rules/secrets'),
  messages: require('./rules/messages'),
  tools: require('./rules/tools'),
  pairs: require('./rules/pairs'),
  schemas: require('./rules/schemas'),
  sampling: require('./rules/sampling'),
  reasoning: require('./rules/reasoning'),
  history: require('./rules/history'),
  cache: require('./rules/cache'),
};

/** All checks, in the order in which they are made. */
const RULES = Object.entries(SECTIONS).flatMap(([section, rules]) =>
  rules.map((rule) => ({ status: 400, type: 'ValidationException', section, ...rule })),
);

const MODEL_SAYS = 'The model returned the following errors: ';

/** Throws what the service answers to the first of these rules that is broken. */
function check(rules, request, model) {
  for (const { rule, when, status, type, message, side } of rules) {
    const detail = when(request, model);
    if (!detail) continue;
    const text = typeof message === 'function' ? message(detail, request, model) : message;
    throw new BedrockError(status, type, side === 'model' ? MODEL_SAYS + text : text, { rule });
  }
}

/**
 * Checks a Converse request.
 *
 * @param {{ stream: boolean, modelId?: string }} how
 */
function validate(body, model, how) {
  check(RULES, readRequest(body, how), model);
}

const OF_PROJECTS = RULES.filter(({ name, rule }) => name === 'project' || rule === 'I9');

/** Checks the project of an InvokeModel request, which stands in a header. */
function checkProject(projectIdentifier, modelId) {
  check(OF_PROJECTS, readRequest({ projectIdentifier }, { stream: false, modelId }));
}

module.exports = { RULES, checkProject, validate };
