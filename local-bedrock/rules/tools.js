'use strict';

/** Section 4, first half: tools. */

const { isNew } = require('../models');
const { constraint, unsupported } = require('./request');

const USE_ID = /^[a-zA-Z0-9_.:-]+$/;
const TOOL_NAME = /^[a-zA-Z0-9_-]+$/;
const LOOKAROUND = /\(\?<?[=!]/;
const isToolBlock = ({ block }) => block.toolUse !== undefined || block.toolResult !== undefined;
const specs = ({ tools }) => tools.flatMap(({ toolSpec }) => toolSpec ?? []);

function badText(value, path, pattern, source) {
  if (typeof value !== 'string' || value.length === 0) {
    return constraint(value ?? '', path, 'have length greater than or equal to 1');
  }
  if (value.length > 64) return constraint(value, path, 'have length less than or equal to 64');
  return pattern.test(value)
    ? undefined
    : constraint(value, path, `satisfy regular expression pattern: ${source}`);
}

const memberPath = ({ messageIndex, index }) =>
  `messages.${messageIndex + 1}.member.content.${index + 1}.member`;

function badUseId({ blocks }) {
  for (const place of blocks.filter(isToolBlock)) {
    const kind = place.block.toolUse ? 'toolUse' : 'toolResult';
    const path = `${memberPath(place)}.${kind}.toolUseId`;
    const bad = badText(place.block[kind].toolUseId, path, USE_ID, '[a-zA-Z0-9_.:-]+');
    if (bad) return bad;
  }
  return undefined;
}

function badName(req) {
  const named = [
    ...specs(req).map(({ name }, at) => [name, `toolConfig.tools.${at + 1}.member.toolSpec.name`]),
    ...req.blocks
      .filter(({ block }) => block.toolUse)
      .map((place) => [place.block.toolUse.name, `${memberPath(place)}.toolUse.name`]),
  ];
  for (const [name, path] of named) {
    const bad = badText(name, path, TOOL_NAME, '[a-zA-Z0-9_-]+');
    if (bad) return bad;
  }
  return undefined;
}

/** Whether a JSON schema has a `pattern` with lookaround, at any depth. */
function hasLookaround(schema) {
  if (typeof schema !== 'object' || schema === null) return false;
  return Object.entries(schema).some(
    ([key, value]) =>
      (key === 'pattern' && typeof value === 'string' && LOOKAROUND.test(value)) ||
      hasLookaround(value),
  );
}

/** Every toolUse has its toolResult in the next message, and no toolResult is without one. */
function unpaired({ messages }) {
  const ids = (message, kind) =>
    (message?.content ?? []).flatMap((block) => block[kind]?.toolUseId ?? []);
  for (const [at, message] of messages.entries()) {
    const asked = ids(messages[at - 1], 'toolUse');
    const answered = message.role === 'user' ? ids(message, 'toolResult') : [];
    const open = asked.filter((id) => !answered.includes(id));
    if (open.length > 0) {
      return `Expected toolResult blocks at messages.${at}.content for the following Ids: ${open.join(', ')}`;
    }
    if (answered.some((id) => !asked.includes(id))) {
      return (
        `The number of toolResult blocks at messages.${at}.content exceeds the number of toolUse ` +
        'blocks of previous turn.'
      );
    }
  }
  return undefined;
}

module.exports = [
  { rule: 'M7', when: badUseId, message: (text) => text },
  { rule: 'M8', when: badName, message: (text) => text },
  {
    rule: 'M1',
    when: ({ blocks, body }) => blocks.some(isToolBlock) && body.toolConfig === undefined,
    message:
      'The toolConfig field must be defined when using toolUse and toolResult content blocks.',
  },
  { rule: 'pairs', when: unpaired, message: (text) => text },
  {
    rule: 'M3',
    when: ({ body, blocks }, model) =>
      !model.tools && (body.toolConfig !== undefined || blocks.some(isToolBlock)),
    message: "This model doesn't support tool use.",
  },
  {
    rule: 'M2',
    when: ({ stream, body }, model) =>
      stream && body.toolConfig !== undefined && !model.streamingWithTools,
    message: "This model doesn't support tool use in streaming mode.",
  },
  {
    rule: 'M4',
    weak: true,
    when: ({ toolChoice }, model) =>
      // Claude's own refusals of a forced tool have their own texts (R6, R7).
      model.family !== 'claude' &&
      toolChoice !== undefined &&
      model.toolChoice?.includes(toolChoice) === false &&
      toolChoice,
    message: (choice) => unsupported(`toolConfig.toolChoice.${choice}`),
  },
  {
    rule: 'M7',
    name: "Mistral's ids",
    weak: true,
    side: 'model',
    when: ({ blocks }, model) =>
      model.shortToolUseIds &&
      blocks.find(({ block }) => {
        const id = (block.toolUse ?? block.toolResult)?.toolUseId;
        return id !== undefined && !/^[a-zA-Z0-9]{9}$/.test(id);
      }),
    message: ({ block }) =>
      `Tool call id was ${(block.toolUse ?? block.toolResult).toolUseId} but must be a-z, A-Z, 0-9, with a length of 9.`,
  },
  {
    rule: 'M9',
    when: ({ messages }, model) =>
      messages.some(({ role, content }) => {
        const rest = content.filter((block) => !block.toolResult && !block.cachePoint);
        if (role !== 'user' || !content.some((block) => block.toolResult)) return false;
        if (model.family === 'claude') return rest.some((block) => block.document || block.video);
        return model.soleResults && rest.length > 0;
      }),
    message: 'Conversation blocks and tool result blocks cannot be provided in the same turn.',
  },
  {
    rule: 'M10',
    when: ({ blocks }, model) =>
      !['claude', 'nova'].includes(model.family) &&
      blocks.some(({ block }) => block.toolResult?.status !== undefined),
    message: unsupported('status'),
  },
  {
    rule: 'M11',
    weak: true,
    when: ({ blocks }, model) =>
      ['gpt', 'kimi'].includes(model.family) &&
      blocks.some(({ block }) => (block.toolResult?.content ?? []).some((part) => part.image)),
    message: "This model doesn't support the image content block in tool results.",
  },
  {
    rule: 'M17',
    weak: true,
    side: 'model',
    when: (req, model) =>
      model.plainPatterns && specs(req).some(({ inputSchema }) => hasLookaround(inputSchema?.json)),
    message: 'Invalid schema for function: lookaround is not supported in pattern.',
  },
  {
    rule: 'M18',
    weak: true,
    side: 'model',
    when: (req, model) => isNew(model) && specs(req).some(({ strict }) => strict === true),
    message: (_detail, req) =>
      `tools.${specs(req).findIndex(({ strict }) => strict)}.custom.strict: Extra inputs are not permitted`,
  },
];
