'use strict';

/** Section 4, first half: tools. */

const { constraint, memberPath, unsupported } = require('./request');

const USE_ID = /^[a-zA-Z0-9_.:-]+$/;
const TOOL_NAME = /^[a-zA-Z0-9_-]+$/;
const isToolBlock = ({ block }) => block.toolUse !== undefined || block.toolResult !== undefined;
const useIdOf = ({ block }) => (block.toolUse ?? block.toolResult)?.toolUseId;

/** What is wrong with an id or a name. Of the conversation the service does not repeat the value. */
function badText(value, path, pattern, source) {
  const shown = path.startsWith('messages') ? undefined : value;
  if (typeof value !== 'string' || value.length === 0) {
    return constraint(shown, path, 'have length greater than or equal to 1');
  }
  if (value.length > 64) return constraint(shown, path, 'have length less than or equal to 64');
  return pattern.test(value)
    ? undefined
    : constraint(shown, path, `satisfy regular expression pattern: ${source}`);
}

function badUseId({ blocks }) {
  for (const place of blocks.filter(isToolBlock)) {
    const kind = place.block.toolUse ? 'toolUse' : 'toolResult';
    const path = `${memberPath(place)}.${kind}.toolUseId`;
    const bad = badText(useIdOf(place), path, USE_ID, '[a-zA-Z0-9_.:-]+');
    if (bad) return bad;
  }
  return undefined;
}

function badName({ blocks, tools }) {
  const named = [
    ...tools.flatMap((tool, at) =>
      tool?.toolSpec
        ? [[tool.toolSpec.name, `toolConfig.tools.${at + 1}.member.toolSpec.name`]]
        : [],
    ),
    ...blocks
      .filter(({ block }) => block.toolUse)
      .map((place) => [place.block.toolUse.name, `${memberPath(place)}.toolUse.name`]),
  ];
  for (const [name, path] of named) {
    const bad = badText(name, path, TOOL_NAME, '[a-zA-Z0-9_-]+');
    if (bad) return bad;
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
  {
    rule: 'M3',
    when: ({ body, blocks }, model) =>
      model.tools.refused && (body.toolConfig !== undefined || blocks.some(isToolBlock)),
    message: "This model doesn't support tool use.",
  },
  {
    rule: 'M2',
    when: ({ stream, tools }, model) => stream && tools.length > 0 && model.tools.notStreaming,
    message: "This model doesn't support tool use in streaming mode.",
  },
  {
    rule: 'M4',
    weak: true,
    when: ({ toolChoice }, model) =>
      // Claude's own refusals of a forced tool have their own texts (R6, R7).
      !model.claude &&
      toolChoice !== undefined &&
      model.tools.choice?.includes(toolChoice) === false &&
      toolChoice,
    message: (choice) => unsupported(`toolConfig.toolChoice.${choice}`),
  },
  {
    rule: 'M7',
    name: "Mistral's ids",
    weak: true,
    side: 'model',
    when: ({ blocks }, model) =>
      model.tools.useId &&
      blocks.find(
        (place) => useIdOf(place) !== undefined && !model.tools.useId.test(useIdOf(place)),
      ),
    message: (place) =>
      `Tool call id was ${useIdOf(place)} but must be a-z, A-Z, 0-9, with a length of 9.`,
  },
  {
    rule: 'M10',
    when: ({ blocks }, model) =>
      model.tools.noStatus && blocks.some(({ block }) => block.toolResult?.status !== undefined),
    message: unsupported('status'),
  },
  {
    rule: 'M11',
    weak: true,
    when: ({ everywhere }, model) =>
      model.tools.noImages &&
      everywhere.some(({ block, inner }) => inner !== undefined && block.image),
    message: "This model doesn't support the image content block in tool results.",
  },
];
