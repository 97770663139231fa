'use strict';

/** Section 3: thinking. */

const { extraneous, malformed } = require('./request');

const REASONING_MEMBERS = [
  'thinking',
  'reasoning_effort',
  'reasoning',
  'reasoning_config',
  'reasoningConfig',
];
const isSet = (value) => value !== undefined && value !== null;
const extraInputs = (path) => `${path}: Extra inputs are not permitted`;
const INTERLEAVED = 'interleaved-thinking-2025-05-14';

/** Thinking as the older models know it: a budget, or adaptive on 4.6. */
const thinksOld = (req, model) =>
  model.fixedWhileThinking && ['enabled', 'adaptive'].includes(req.thinking?.type);

/** The member of another family's reasoning setting, where one is present. */
function foreignMember({ fields }, model) {
  // Of Claude's own setting DeepSeek takes no notice.
  const ignored = model.provider === 'DeepSeek' && model.reasoningField ? 'thinking' : undefined;
  return REASONING_MEMBERS.find(
    (name) => name !== model.reasoningField && name !== ignored && isSet(fields[name]),
  );
}

const effortValue = ({ fields, effort }, model) =>
  model.claude
    ? effort
    : (fields.reasoning_effort ?? fields.reasoning?.effort ?? fields.reasoning_config);

const novaThinking = ({ fields }, model) =>
  model.reasoningField === 'reasoningConfig' && fields.reasoningConfig?.type === 'enabled'
    ? fields.reasoningConfig
    : undefined;

function novaHighWith(req, model) {
  const reasoning = novaThinking(req, model);
  if (reasoning?.maxReasoningEffort !== 'high') return undefined;
  if (isSet(req.fields.inferenceConfig?.topK)) return 'topK';
  return ['temperature', 'topP', 'maxTokens'].find((name) => isSet(req.inference[name]));
}

const betweenTools = (req, model) => {
  if (req.thinking?.type !== 'between_tools') return undefined;
  if (!model.thinking.between) return extraInputs('thinking.type');
  if (['xhigh', 'max'].includes(req.effort)) {
    return `output_config.effort '${req.effort}' is not supported when thinking is between_tools on this model. Use effort 'high' or below.`;
  }
  const extra = ['display', 'block_binding'].find((name) => req.thinking[name] !== undefined);
  return extra && extraInputs(`thinking.between_tools.${extra}`);
};

module.exports = [
  {
    rule: 'R18',
    weak: true,
    side: 'model',
    when: ({ thinking }, model) => model.claude && thinking?.effort !== undefined,
    message: (_detail, { thinking }) => extraInputs(`thinking.${thinking.type}.effort`),
  },
  {
    rule: 'R24',
    name: 'thinking before Claude 3.7',
    weak: true,
    side: 'model',
    when: ({ thinking }, model) =>
      model.claude && model.thinking.refused && thinking && thinking.type !== 'disabled',
    message: extraInputs('thinking'),
  },
  {
    rule: 'R24',
    weak: true,
    side: 'model',
    when: foreignMember,
    message: (name) => extraneous(name),
  },
  {
    rule: 'R25',
    weak: true,
    side: 'model',
    when: (req, model) => {
      const effort = effortValue(req, model);
      const known = !model.claude && model.efforts?.length > 0;
      return (
        (effort === 'minimal' ||
          (known && typeof effort === 'string' && !model.efforts.includes(effort))) &&
        effort
      );
    },
    message: (effort) => malformed(`reasoning effort: '${effort}' is not a valid enum value`),
  },
  {
    rule: 'R8',
    side: 'model',
    when: ({ thinking }, model) => model.thinking.noBudget && thinking?.type === 'enabled',
    message:
      '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and ' +
      '"output_config.effort" to control thinking behavior.',
  },
  {
    rule: 'R10',
    weak: true,
    side: 'model',
    when: ({ thinking }, model) => model.thinking.noAdaptive && thinking?.type === 'adaptive',
    message: 'adaptive thinking is not supported on this model',
  },
  {
    rule: 'R11',
    weak: true,
    side: 'model',
    when: ({ thinking }, model) =>
      model.thinking.noDisabled && !model.thinking.between && thinking?.type === 'disabled',
    message: '"thinking.type.disabled" is not supported for this model.',
  },
  {
    rule: 'R12',
    weak: true,
    side: 'model',
    when: ({ thinking }, model) =>
      model.thinking.noDisabled && model.thinking.between && thinking?.type === 'disabled',
    message:
      '"thinking.type.disabled" is not supported for this model. Use "thinking.type.between_tools".',
  },
  {
    rule: 'R12',
    name: 'between_tools',
    weak: true,
    side: 'model',
    when: betweenTools,
    message: (text) => text,
  },
  {
    rule: 'R13',
    side: 'model',
    when: ({ thinking, effort }, model) =>
      model.maxEffortWhenDisabled &&
      thinking?.type === 'disabled' &&
      ['xhigh', 'max'].includes(effort),
    message: (_detail, { effort }) =>
      `output_config.effort '${effort}' is not supported when thinking is disabled on this model. ` +
      "Use effort 'high' or below, or enable thinking.",
  },
  {
    rule: 'R15',
    weak: true,
    side: 'model',
    when: ({ effort }, model) => model.claude && isSet(effort) && model.efforts?.length === 0,
    message: extraInputs('output_config.effort'),
  },
  {
    rule: 'R16',
    weak: true,
    side: 'model',
    when: ({ effort, betas }, model) =>
      isSet(effort) && model.effortBeta && !betas.includes(model.effortBeta),
    message: extraInputs('output_config.effort'),
  },
  {
    rule: 'R17',
    weak: true,
    side: 'model',
    when: ({ effort }, model) =>
      model.claude && isSet(effort) && model.efforts?.length > 0 && !model.efforts.includes(effort),
    message: (_detail, _req, { efforts }) => {
      const quoted = efforts.map((effort) => `'${effort}'`);
      return `output_config.effort: Input should be ${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
    },
  },
  {
    rule: 'R19',
    side: 'model',
    when: ({ messages, betas }) => {
      if (betas.includes('mid-conversation-output-config-2026-07-01')) return undefined;
      const at = messages.findIndex((message) => message.output_config !== undefined);
      return at >= 0 ? [at] : undefined;
    },
    message: ([at]) => extraInputs(`messages.${at}.output_config`),
  },
  {
    rule: 'R6',
    side: 'model',
    when: ({ thinking, forcesTools }, model) =>
      model.noForcedToolsWhileThinking && thinking?.type === 'enabled' && forcesTools,
    message: 'Thinking may not be enabled when tool_choice forces tool use.',
  },
  {
    rule: 'R7',
    weak: true,
    side: 'model',
    when: ({ forcesTools }, model) =>
      model.claude && model.tools.choice?.includes('any') === false && forcesTools,
    message: 'Thinking may not be enabled when tool_choice forces tool use.',
  },
  {
    rule: 'R1',
    side: 'model',
    when: (req, model) =>
      thinksOld(req, model) && isSet(req.inference.temperature) && req.inference.temperature !== 1,
    message: (_detail, _req, model) =>
      `\`temperature\` may only be set to 1 when thinking is enabled${model.thinking.noAdaptive ? '' : ' or in adaptive mode'}.`,
  },
  {
    rule: 'R2',
    side: 'model',
    when: (req, model) =>
      thinksOld(req, model) && isSet(req.inference.topP) && model.minTopPWhileThinking > 1,
    message: '`top_p` must be unset when thinking is enabled.',
  },
  {
    rule: 'R2b',
    weak: true,
    side: 'model',
    when: (req, model) =>
      thinksOld(req, model) &&
      model.minTopPWhileThinking <= 1 &&
      req.inference.topP < model.minTopPWhileThinking,
    message: (_detail, _req, model) =>
      `\`top_p\` must be greater than or equal to ${model.minTopPWhileThinking} or unset when thinking is enabled.`,
  },
  {
    rule: 'R3',
    weak: true,
    side: 'model',
    when: (req, model) => thinksOld(req, model) && isSet(req.fields.top_k),
    message: '`top_k` must be unset when thinking is enabled.',
  },
  {
    rule: 'R4',
    side: 'model',
    when: ({ thinking }, model) =>
      model.minBudget !== undefined &&
      thinking?.type === 'enabled' &&
      !(thinking.budget_tokens >= model.minBudget),
    message: (_detail, { thinking }, { minBudget }) =>
      thinking.budget_tokens === undefined
        ? 'thinking.enabled.budget_tokens: Field required'
        : `thinking.enabled.budget_tokens: Input should be greater than or equal to ${minBudget}`,
  },
  {
    rule: 'R5',
    side: 'model',
    when: ({ thinking, inference, betas }, model) => {
      const interleaved = betas.includes(INTERLEAVED) && model.betas.includes(INTERLEAVED);
      return (
        model.thinking.budget &&
        thinking?.type === 'enabled' &&
        !interleaved &&
        thinking.budget_tokens >= inference.maxTokens
      );
    },
    message: '`max_tokens` must be greater than `thinking.budget_tokens`.',
  },
  {
    rule: 'R21',
    side: 'model',
    when: ({ thinking, betas }, model) =>
      model.claude &&
      thinking?.block_binding !== undefined &&
      !betas.includes('thinking-binding-controls-2026-08-01'),
    message: (_detail, { thinking }) => extraInputs(`thinking.${thinking.type}.block_binding`),
  },
  {
    rule: 'R22',
    weak: true,
    side: 'model',
    when: (req, model) => {
      const reasoning = novaThinking(req, model);
      if (reasoning?.budgetTokens !== undefined)
        return extraneous('budgetTokens', '#/reasoningConfig');
      return (
        reasoning &&
        !reasoning.maxReasoningEffort &&
        malformed('#/reasoningConfig: required key [maxReasoningEffort] not found')
      );
    },
    message: (text) => text,
  },
  {
    rule: 'R23',
    weak: true,
    side: 'model',
    when: novaHighWith,
    message: (name) => malformed(`${name} must be unset when maxReasoningEffort is high`),
  },
];
