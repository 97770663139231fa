'use strict';

/** Section 1 and 2: sampling parameters and token limits. */

const { isNew } = require('../models');
const { countInput } = require('../usage');
const { constraint, extraneous, list, malformed, unsupported } = require('./request');

/** Members of the native request that Converse fills in itself. */
const CONVERSE_OWN = [
  'temperature',
  'top_p',
  'max_tokens',
  'stop_sequences',
  'system',
  'messages',
  'tools',
];

const isSet = (value) => value !== undefined && value !== null;
const topKOf = ({ fields }) => fields.top_k ?? fields.inferenceConfig?.topK ?? fields.k;

/** The first of the sampling parameters that a model without any of them refuses. */
function deprecated({ inference, fields }, model) {
  if (isSet(inference.temperature) && inference.temperature !== 1) return 'temperature';
  if (isSet(inference.topP)) {
    const tolerated = inference.topP === model.toleratedTopP && !isSet(inference.temperature);
    if (!tolerated) return 'top_p';
  }
  return isSet(fields.top_k) ? 'top_k' : undefined;
}

function outsideUnit({ inference }) {
  for (const name of ['temperature', 'topP']) {
    const value = inference[name];
    const path = `inferenceConfig.${name}`;
    if (value > 1) return constraint(value, path, 'have value less than or equal to 1');
    if (value < 0) return constraint(value, path, 'have value greater than or equal to 0');
  }
  return undefined;
}

function outsideModel({ inference }, model) {
  const checks = [
    ['temperature', inference.temperature, model.minTemperature, undefined],
    ['topP', inference.topP, model.minTopP, model.maxTopP],
  ];
  for (const [name, value, min, max] of checks) {
    if (value < min) return malformed(`#/${name}: ${value} is not greater or equal to ${min}`);
    if (value > max) return malformed(`#/${name}: ${value} is not less or equal to ${max}`);
  }
  return undefined;
}

const contextOf = (model, betas) =>
  /claude-sonnet-4-(2|5)/.test(model.id) && betas.includes('context-1m-2025-08-07')
    ? 1_000_000
    : model.context;

/** Claude before Sonnet 4.5 counts maxTokens against the window; newer ones stop when it is full. */
const countsOutput = (model) =>
  model.cls === 'old' || /claude-(3-7|sonnet-4-2|opus-4-2|opus-4-1)/.test(model.id);

module.exports = [
  {
    rule: 'S11',
    when: ({ fields, body }) =>
      CONVERSE_OWN.find((name) => fields[name] !== undefined) ??
      (fields.tool_choice && body.toolConfig?.toolChoice ? 'tool_choice' : undefined),
    message: (name) => `The additional field ${name} conflicts with an existing field`,
  },
  {
    rule: 'S3',
    when: ({ inference }, model) =>
      model.fixedSampling && ['temperature', 'topP'].find((name) => isSet(inference[name])),
    message: unsupported,
  },
  {
    rule: 'S4',
    when: ({ inference }, model) => model.fixedSampling && list(inference.stopSequences).length > 0,
    message: () => unsupported('stopSequences'),
  },
  { rule: 'S5', when: outsideUnit, message: (detail) => detail },
  {
    rule: 'S5',
    name: "a model's own range",
    weak: true,
    side: 'model',
    when: outsideModel,
    message: (detail) => detail,
  },
  {
    rule: 'S8',
    side: 'model',
    when: ({ fields }, model) => model.family === 'claude' && fields.inferenceConfig !== undefined,
    message: extraneous('inferenceConfig'),
  },
  {
    rule: 'S7',
    side: 'model',
    when: ({ fields }, model) => model.family === 'nova' && fields.top_k !== undefined,
    message: extraneous('top_k'),
  },
  {
    rule: 'S9',
    side: 'model',
    when: ({ fields }, model) =>
      model.topK === false && ['top_k', 'topK', 'k'].find((key) => fields[key] !== undefined),
    message: (key) => extraneous(key),
  },
  {
    rule: 'S6',
    name: 'range of top-k',
    weak: true,
    side: 'model',
    when: (req, model) => {
      const value = topKOf(req);
      if (model.topKMax === undefined) return undefined;
      return value > model.topKMax || value < 0 ? [value] : undefined;
    },
    message: ([value], _req, model) =>
      malformed(`#/${model.topK}: ${value} is not between 0 and ${model.topKMax}`),
  },
  {
    rule: 'S10',
    when: ({ inference }) => list(inference.stopSequences).length > 2500,
    message: constraint(
      '[…]',
      'inferenceConfig.stopSequences',
      'have length less than or equal to 2500',
    ),
  },
  {
    rule: 'S10',
    name: "a model's own maximum",
    weak: true,
    side: 'model',
    when: ({ inference }, model) =>
      list(inference.stopSequences).length > model.maxStops && list(inference.stopSequences).length,
    message: (count, _req, model) =>
      malformed(`#/stop: expected maximum item count: ${model.maxStops}, found: ${count}`),
  },
  {
    rule: 'S2',
    side: 'model',
    when: (req, model) => isNew(model) && deprecated(req, model),
    message: (name) => `\`${name}\` is deprecated for this model.`,
  },
  {
    rule: 'S1',
    side: 'model',
    when: ({ inference }, model) =>
      model.exclusiveSampling && isSet(inference.temperature) && isSet(inference.topP),
    message:
      '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
  },
  {
    rule: 'T1',
    when: ({ inference }, model) => inference.maxTokens > model.maxOutput,
    message: (_detail, _req, { maxOutput }) =>
      `The maximum tokens you requested exceeds the model limit of ${maxOutput}. ` +
      `Try again with a maximum tokens value that is lower than ${maxOutput}.`,
  },
  {
    rule: 'T2',
    weak: true,
    side: 'model',
    when: ({ inference }, model) => inference.maxTokens < model.minMaxTokens,
    message: (_detail, { inference }) =>
      "Invalid 'max_output_tokens': integer below minimum value. " +
      `Expected a value >= 16, but got ${inference.maxTokens} instead.`,
  },
  {
    rule: 'T4',
    side: 'model',
    when: ({ body, betas }, model) => {
      const [tokens, window] = [countInput(body), contextOf(model, betas)];
      return tokens > window && [tokens, window];
    },
    message: ([tokens, window], _req, model) =>
      model.family === 'claude'
        ? `prompt is too long: ${tokens} tokens > ${window} maximum`
        : 'Input is too long for requested model.',
  },
  {
    rule: 'T5',
    weak: true,
    side: 'model',
    when: ({ body, inference, betas }, model) => {
      const [tokens, window] = [countInput(body), contextOf(model, betas)];
      return (
        countsOutput(model) && tokens + (inference.maxTokens ?? 0) > window && [tokens, window]
      );
    },
    message: ([tokens, window], { inference }) =>
      `input length and \`max_tokens\` exceed context limit: ${tokens} + ${inference.maxTokens} > ${window}, ` +
      'decrease input length or `max_tokens` and try again',
  },
];
