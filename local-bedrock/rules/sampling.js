'use strict';

/** Section 1 and 2: sampling parameters and token limits. */

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

const NAMES = { temperature: 'temperature', topP: 'top_p' };

/** A sampling parameter that is set on a model without it, and not to a value that it tolerates. */
const refusedSampling = ({ inference }, model) =>
  ['temperature', 'topP'].find((name) => {
    if (!isSet(inference[name]) || model[name].supported !== false) return false;
    const tolerated = model[name].acceptedValues?.includes(inference[name]);
    return !tolerated || (name === 'topP' && isSet(inference.temperature));
  });

/** The first of the sampling parameters that Claude no longer takes. */
function deprecated(req, model) {
  const name = refusedSampling(req, model);
  if (name) return NAMES[name];
  return model.topK.supported === false && isSet(req.fields.top_k) ? 'top_k' : undefined;
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
    ['temperature', inference.temperature, model.temperature.min, model.temperature.max],
    ['topP', inference.topP, model.topP.min, model.topP.max],
  ];
  for (const [name, value, min, max] of checks) {
    if (value < min) return malformed(`#/${name}: ${value} is not greater or equal to ${min}`);
    if (value > max) return malformed(`#/${name}: ${value} is not less or equal to ${max}`);
  }
  return undefined;
}

const LONG = 'context-1m-2025-08-07';
const contextOf = (model, betas) =>
  betas.includes(LONG) && model.betas.includes(LONG)
    ? Math.max(1_000_000, model.context)
    : model.context;

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
    when: (req, model) => !model.claude && refusedSampling(req, model),
    message: unsupported,
  },
  {
    rule: 'S4',
    when: ({ inference }, model) => model.noStops && list(inference.stopSequences).length > 0,
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
    when: ({ fields }, model) => model.claude && fields.inferenceConfig !== undefined,
    message: extraneous('inferenceConfig'),
  },
  {
    rule: 'S7',
    side: 'model',
    when: ({ fields }, model) =>
      model.topK.requestField === 'inferenceConfig.topK' && fields.top_k !== undefined,
    message: extraneous('top_k'),
  },
  {
    rule: 'S9',
    side: 'model',
    when: ({ fields }, model) =>
      !model.claude &&
      model.topK.supported === false &&
      ['top_k', 'topK', 'k'].find((key) => fields[key] !== undefined),
    message: (key) => extraneous(key),
  },
  {
    rule: 'S6',
    name: 'range of top-k',
    weak: true,
    side: 'model',
    when: (req, model) => {
      const value = topKOf(req);
      const { min = 0, max = Infinity } = model.topK;
      return value > max || (max < Infinity && value < min) ? [value] : undefined;
    },
    message: ([value], _req, model) =>
      malformed(
        `#/${model.topK.requestField}: ${value} is not between ${model.topK.min ?? 0} and ${model.topK.max}`,
      ),
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
    when: (req, model) => model.claude && deprecated(req, model),
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
    message: (_detail, { inference }, { minMaxTokens }) =>
      "Invalid 'max_output_tokens': integer below minimum value. " +
      `Expected a value >= ${minMaxTokens}, but got ${inference.maxTokens} instead.`,
  },
  {
    rule: 'T4',
    side: 'model',
    when: ({ body, betas }, model) => {
      const [tokens, window] = [countInput(body), contextOf(model, betas)];
      return tokens > window && [tokens, window];
    },
    message: ([tokens, window], _req, model) =>
      model.claude
        ? `prompt is too long: ${tokens} tokens > ${window} maximum`
        : 'Input is too long for requested model.',
  },
  {
    rule: 'T5',
    weak: true,
    side: 'model',
    when: ({ body, inference, betas }, model) => {
      const [tokens, window] = [countInput(body), contextOf(model, betas)];
      return model.countsAnswer && tokens + (inference.maxTokens ?? 0) > window && [tokens, window];
    },
    message: ([tokens, window], { inference }) =>
      `input length and \`max_tokens\` exceed context limit: ${tokens} + ${inference.maxTokens} > ${window}, ` +
      'decrease input length or `max_tokens` and try again',
  },
];
