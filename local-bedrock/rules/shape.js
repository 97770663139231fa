'use strict';

/** Whether a body is a Converse request at all: members, types and ranges of the service's shapes. */

const { constraint, extraneous, isObject, list } = require('./request');

const TOP = [
  'messages',
  'system',
  'inferenceConfig',
  'toolConfig',
  'guardrailConfig',
  'projectIdentifier',
  'additionalModelRequestFields',
  'promptVariables',
  'additionalModelResponseFieldPaths',
  'requestMetadata',
  'performanceConfig',
  'serviceTier',
  'outputConfig',
];
const INFERENCE = ['maxTokens', 'temperature', 'topP', 'stopSequences'];
const TOP_K = ['topK', 'top_k'];
/** As the service lists them; then those it did not name when it was last seen to. */
const CONTENT = [
  'text',
  'image',
  'toolUse',
  'toolResult',
  'document',
  'video',
  'cachePoint',
  'reasoningContent',
  'citationsContent',
  'searchResult',
  'audio',
  'guardContent',
  'toolAddition',
  'toolRemoval',
];
const SYSTEM = ['text', 'guardContent', 'cachePoint'];
const TOOL = ['toolSpec', 'systemTool', 'cachePoint'];
const RESULT = ['json', 'text', 'image', 'document', 'video', 'searchResult'];
/** How the service calls the elements of lists that have one member of several. */
const UNIONS = new Map([
  [CONTENT, 'ContentBlock object'],
  [SYSTEM, 'SystemContentBlock object'],
  [RESULT, 'ToolResultContentBlock object'],
  [TOOL, 'The value'],
]);
const MEMBERS = {
  message: ['role', 'content', 'output_config'],
  toolSpec: ['name', 'description', 'inputSchema', 'strict'],
  toolUse: ['toolUseId', 'name', 'input', 'type'],
  toolResult: ['toolUseId', 'content', 'status', 'type'],
  cachePoint: ['type', 'ttl'],
  toolConfig: ['tools', 'toolChoice'],
  toolChoice: ['auto', 'any', 'tool'],
  outputConfig: ['textFormat', 'effort'],
  reasoningContent: ['reasoningText', 'redactedContent'],
};

const unknownKey = (value, known) =>
  isObject(value) ? Object.keys(value).find((key) => !known.includes(key)) : undefined;

/** Every object that the table above describes, with its path. */
function* described(body) {
  yield ['#/toolConfig', body.toolConfig, MEMBERS.toolConfig];
  yield ['#/toolConfig/toolChoice', body.toolConfig?.toolChoice, MEMBERS.toolChoice];
  yield ['#/outputConfig', body.outputConfig, MEMBERS.outputConfig];
  for (const [at, tool] of list(body.toolConfig?.tools).entries()) {
    yield [`#/toolConfig/tools/${at}`, tool, TOOL];
    yield [`#/toolConfig/tools/${at}/toolSpec`, tool?.toolSpec, MEMBERS.toolSpec];
    yield [`#/toolConfig/tools/${at}/cachePoint`, tool?.cachePoint, MEMBERS.cachePoint];
  }
  for (const [at, block] of list(body.system).entries()) {
    yield [`#/system/${at}`, block, SYSTEM];
    yield [`#/system/${at}/cachePoint`, block?.cachePoint, MEMBERS.cachePoint];
  }
  for (const [at, message] of list(body.messages).entries()) {
    yield [`#/messages/${at}`, message, MEMBERS.message];
    for (const [index, block] of list(message?.content).entries()) {
      const path = `#/messages/${at}/content/${index}`;
      yield [path, block, CONTENT];
      for (const name of ['toolUse', 'toolResult', 'cachePoint', 'reasoningContent']) {
        yield [`${path}/${name}`, block?.[name], MEMBERS[name]];
      }
      for (const [inner, part] of list(block?.toolResult?.content).entries()) {
        yield [`${path}/toolResult/content/${inner}`, part, RESULT];
      }
    }
  }
}

function firstExtraneous({ body }) {
  const top = unknownKey(body, TOP);
  if (top) return extraneous(top);
  for (const [path, value, known] of described(body)) {
    const key = unknownKey(value, known);
    if (key) return extraneous(key, path);
  }
  return undefined;
}

/** A list of unions: each element has one member. */
function firstBadUnion({ body }) {
  for (const [path, value, known] of described(body)) {
    const count = Object.keys(value ?? {}).length;
    if (!UNIONS.has(known) || count === 1) continue;
    const keys =
      known === TOOL ? 'toolSpec, systemTool, modelTool, or cachePoint' : known.join(', ');
    return (
      `${UNIONS.get(known)} at ${path.slice(2).replaceAll('/', '.')} ` +
      `${count > 1 ? 'can only' : 'must'} set one of the following keys: ${keys}.`
    );
  }
  return undefined;
}

const kind = (value) =>
  value === null
    ? 'NULL'
    : Array.isArray(value)
      ? 'LIST'
      : typeof value === 'object'
        ? 'STRUCTURE'
        : typeof value;

/** [path, value, wanted]: what is not absent must have this type. */
function firstBadType({ body, inference }) {
  const typed = [
    [inference.maxTokens, 'number', 'an Integer'],
    [inference.temperature, 'number', 'a Float'],
    [inference.topP, 'number', 'a Float'],
    [inference.stopSequences, 'LIST', 'a List'],
    [body.messages, 'LIST', 'a List'],
    [body.projectIdentifier, 'string', 'a String'],
    [body.system, 'LIST', 'a List'],
    [body.inferenceConfig, 'STRUCTURE', 'a Structure'],
    [body.toolConfig, 'STRUCTURE', 'a Structure'],
    [body.toolConfig?.tools, 'LIST', 'a List'],
    ...list(body.messages).flatMap((message) => [
      [message, 'STRUCTURE', 'a Structure'],
      [message?.role, 'string', 'a String'],
      [message?.content, 'LIST', 'a List'],
    ]),
  ];
  const bad = typed.find(([value, wanted]) => value !== undefined && kind(value) !== wanted);
  return bad && `${kind(bad[0]).toUpperCase()}_VALUE can not be converted to ${bad[2]}`;
}

const missing = (path) =>
  constraint('null', path, 'not be null').replace("Value 'null'", 'Value null');

function firstMissing({ body, messages }) {
  for (const [at, message] of messages.entries()) {
    if (message?.role === undefined) return missing(`messages.${at + 1}.member.role`);
    if (message.content === undefined) return missing(`messages.${at + 1}.member.content`);
  }
  if (body.toolConfig && body.toolConfig.tools === undefined) return missing('toolConfig.tools');
  return undefined;
}

function firstOutOfRange({ inference, messages }) {
  const { maxTokens, stopSequences } = inference;
  if (maxTokens !== undefined && !Number.isInteger(maxTokens)) {
    return constraint(maxTokens, 'inferenceConfig.maxTokens', 'be an integer');
  }
  if (maxTokens < 1) {
    return constraint(
      maxTokens,
      'inferenceConfig.maxTokens',
      'have value greater than or equal to 1',
    );
  }
  if (list(stopSequences).some((stop) => stop === '')) {
    return constraint(
      '[]',
      'inferenceConfig.stopSequences',
      'have length greater than or equal to 1',
    );
  }
  const at = messages.findIndex(({ role }) => !['user', 'assistant', 'system'].includes(role));
  return at < 0
    ? undefined
    : constraint(
        messages[at].role,
        `messages.${at + 1}.member.role`,
        'satisfy enum value set: [user, assistant, system]',
      );
}

function emptyTurn({ messages }) {
  const at = messages.findIndex(({ content }) => content.length === 0);
  return (
    at >= 0 &&
    `The content field in the Message object at messages.${at} is empty. ` +
      'Add a ContentBlock object to the content field and try again.'
  );
}

/** Blank text in a turn; inside a tool's result it is accepted. */
function blankText({ blocks }) {
  const blank = blocks.find(
    ({ block }) => typeof block.text === 'string' && block.text.trim() === '',
  );
  return (
    blank &&
    `The text field in the ContentBlock object at ${blank.path} is blank. ` +
      'Add text to the text field, and try again.'
  );
}

const given = (detail) => detail;

module.exports = [
  {
    rule: 'shape',
    name: 'types',
    type: 'SerializationException',
    when: firstBadType,
    message: given,
  },
  {
    rule: 'S6',
    name: 'top-k in inferenceConfig',
    when: ({ inference }) => TOP_K.find((key) => inference[key] !== undefined),
    message: (key) => extraneous(key, '#/inferenceConfig'),
  },
  {
    rule: 'shape',
    name: 'inferenceConfig members',
    when: ({ inference }) => unknownKey(inference, INFERENCE),
    message: (key) => extraneous(key, '#/inferenceConfig'),
  },
  { rule: 'shape', name: 'unknown members', when: firstExtraneous, message: given },
  { rule: 'shape', name: 'missing members', when: firstMissing, message: given },
  { rule: 'shape', name: 'unions', when: firstBadUnion, message: given },
  { rule: 'shape', name: 'ranges', when: firstOutOfRange, message: given },
  { rule: 'M30', when: emptyTurn, message: given },
  { rule: 'M31', when: blankText, message: given },
];
