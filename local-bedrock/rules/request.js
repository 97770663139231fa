'use strict';

/** A request as the rules look at it. */

const list = (value) => (Array.isArray(value) ? value : []);
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const object = (value) => (isObject(value) ? value : {});

/**
 * Text of a check of the request against the service's own shapes. Of lists and enums the service
 * does not repeat the value.
 */
const constraint = (value, path, must) =>
  `1 validation error detected: Value ${value === undefined ? '' : `'${value}' `}at '${path}' ` +
  `failed to satisfy constraint: Member must ${must}`;

/** Text of a check against a model's JSON schema. */
const malformed = (what) =>
  `Malformed input request: ${what}, please reformat your input and try again.`;
const extraneous = (key, path = '#') =>
  malformed(`${path}: extraneous key [${key}] is not permitted`);

/** Text for a Converse member that this model lacks. */
const unsupported = (field) =>
  `This model doesn't support the ${field} field. Remove ${field} and try again.`;

/** A member as the service's shapes name its place: lists count from 1. */
const memberPath = ({ messageIndex, index, inner }) =>
  `messages.${messageIndex + 1}.member.content.${index + 1}.member${
    inner === undefined ? '' : `.toolResult.content.${inner + 1}.member`
  }`;

const toolChoiceOf = (body) => Object.keys(object(body.toolConfig?.toolChoice))[0];

/** The blocks inside a tool's result, each with its place. */
const innerBlocks = (place) =>
  list(place.block.toolResult?.content).map((block, inner) => ({
    ...place,
    block: object(block),
    inner,
    path: `${place.path}.toolResult.content.${inner}`,
  }));

/**
 * @param {object} body the parsed body
 * @param {{ stream: boolean, modelId?: string }} how
 */
function readRequest(body, { stream, modelId }) {
  const fields = object(body.additionalModelRequestFields);
  const thinking = isObject(fields.thinking) ? fields.thinking : undefined;
  const messages = list(body.messages);
  const forcedField = ['any', 'tool'].includes(fields.tool_choice?.type);
  const blocks = messages.flatMap((message, messageIndex) =>
    list(message?.content).map((block, index) => ({
      block: object(block),
      role: message.role,
      message,
      messageIndex,
      index,
      path: `messages.${messageIndex}.content.${index}`,
    })),
  );
  return {
    body,
    stream,
    /** The id that was called, as it was written. */
    modelId,
    fields,
    inference: object(body.inferenceConfig),
    betas: list(fields.anthropic_beta),
    thinking,
    thinkingOn: ['enabled', 'adaptive', 'between_tools'].includes(thinking?.type),
    effort: fields.output_config?.effort ?? body.outputConfig?.effort,
    messages,
    blocks,
    /** The same, and those inside results. */
    everywhere: blocks.flatMap((place) => [place, ...innerBlocks(place)]),
    tools: list(body.toolConfig?.tools),
    system: list(body.system),
    toolChoice: toolChoiceOf(body),
    forcesTools: forcedField || ['any', 'tool'].includes(toolChoiceOf(body)),
  };
}

module.exports = {
  readRequest,
  list,
  isObject,
  object,
  constraint,
  malformed,
  extraneous,
  unsupported,
  memberPath,
};
