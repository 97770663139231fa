'use strict';

/** A request as the rules look at it. */

const list = (value) => (Array.isArray(value) ? value : []);
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const object = (value) => (isObject(value) ? value : {});

/** Text of a check of the request against the service's own shapes. */
const constraint = (value, path, must) =>
  `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: ` +
  `Member must ${must}`;

/** Text of a check against a model's JSON schema. */
const malformed = (what) =>
  `Malformed input request: ${what}, please reformat your input and try again.`;
const extraneous = (key, path = '#') =>
  malformed(`${path}: extraneous key [${key}] is not permitted`);

/** Text for a Converse member that this model lacks. */
const unsupported = (field) =>
  `This model doesn't support the ${field} field. Remove ${field} and try again.`;

const toolChoiceOf = (body) => Object.keys(object(body.toolConfig?.toolChoice))[0];

/**
 * @param {object} body the parsed body
 * @param {{ stream: boolean }} how
 */
function readRequest(body, { stream }) {
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
    fields,
    inference: object(body.inferenceConfig),
    betas: list(fields.anthropic_beta),
    thinking,
    thinkingOn: ['enabled', 'adaptive', 'between_tools'].includes(thinking?.type),
    effort: fields.output_config?.effort ?? body.outputConfig?.effort,
    messages,
    blocks,
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
};
