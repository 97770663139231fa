'use strict';

/** What the model says: a deterministic answer, as content blocks in pieces. */

const { createHash } = require('node:crypto');
const { BedrockError } = require('./errors');
const { countTokens } = require('./usage');

const list = (items) => (Array.isArray(items) ? items : []);

/** The last thing the user wrote. */
function lastPrompt(body) {
  for (const message of list(body.messages).toReversed()) {
    if (message.role !== 'user') continue;
    const texts = list(message.content).flatMap((block) => block.text ?? []);
    if (texts.length > 0) return texts.join('\n');
  }
  return '';
}

const shorten = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** Whether this request makes this model think, and show it. */
function thinks(body, model) {
  const fields = body.additionalModelRequestFields ?? {};
  const type = fields.thinking?.type;
  const choice = body.toolConfig?.toolChoice;
  if (model.claude) {
    // A forced tool call is answered at once, without thinking (R6b).
    if (choice?.any || choice?.tool) return false;
    if (type === 'between_tools')
      return list(body.messages)
        .at(-1)
        ?.content?.some((block) => block.toolResult);
    return type === undefined ? model.thinksByDefault : type !== 'disabled';
  }
  if (model.reasoningField === 'reasoningConfig') return fields.reasoningConfig?.type === 'enabled';
  const effort = fields.reasoning_effort ?? fields.reasoning_config;
  if (effort !== undefined && model.reasoningField) return effort !== 'none';
  return model.thinksByDefault;
}

/** A value that fits a JSON schema, the same each time. */
function example(schema, name = 'value', depth = 0) {
  if (schema?.const !== undefined) return schema.const;
  if (Array.isArray(schema?.enum)) return schema.enum[0];
  const type = Array.isArray(schema?.type) ? schema.type[0] : schema?.type;
  if (type === 'integer' || type === 'number') return schema.minimum ?? 1;
  if (type === 'boolean') return true;
  if (type === 'array') return depth > 4 ? [] : [example(schema.items, name, depth + 1)];
  if (type === 'object' || schema?.properties) {
    const entries = Object.entries(schema.properties ?? {});
    return depth > 4
      ? {}
      : Object.fromEntries(entries.map(([key, value]) => [key, example(value, key, depth + 1)]));
  }
  return `example ${name}`;
}

/** The tool the model calls, where it calls one. */
function chooseTool(body, prompt) {
  const tools = list(body.toolConfig?.tools).flatMap(({ toolSpec }) => toolSpec ?? []);
  const choice = body.toolConfig?.toolChoice ?? {};
  const last = list(body.messages).at(-1);
  if (choice.tool) return tools.find(({ name }) => name === choice.tool.name);
  if (choice.any) return tools.find(({ name }) => prompt.includes(name)) ?? tools[0];
  if (body.additionalModelRequestFields?.tool_choice?.type === 'none') return undefined;
  if (list(last?.content).some((block) => block.toolResult)) return undefined;
  return tools.find(({ name }) => prompt.includes(name));
}

function describeRequest(body) {
  const inference = body.inferenceConfig ?? {};
  const fields = body.additionalModelRequestFields ?? {};
  const seen = [
    ...Object.entries(inference).map(([key, value]) => `${key} ${JSON.stringify(value)}`),
    ...Object.entries(fields).map(([key, value]) => `${key} ${JSON.stringify(value)}`),
  ];
  return seen.length > 0 ? `It came with ${seen.join(', ')}.` : 'It came with no parameters.';
}

const SENTENCES =
  'This is the local stand-in for Bedrock, so no model has thought about your words; ' +
  'it has only checked that the real service would have accepted the request.';

function toolUseId(model, seed) {
  const id = createHash('sha256').update(seed).digest('hex');
  return model.tools.useId ? id.slice(0, 9) : `tooluse_${id.slice(0, 22)}`;
}

/**
 * The default answer.
 *
 * @returns {{ reasoning?: string, signature?: string, text?: string,
 *   toolUse?: { toolUseId: string, name: string, input: unknown } }}
 */
function defaultAnswer(body, model) {
  const prompt = lastPrompt(body);
  const answer = {};
  if (thinks(body, model)) {
    answer.reasoning =
      model.reasoningField === 'reasoningConfig'
        ? '[REDACTED]'
        : `The user asks: “${shorten(prompt, 120)}”. I will say who answers and what arrived.`;
    if (body.additionalModelRequestFields?.thinking?.display === 'omitted') answer.reasoning = '';
    if (model.claude) {
      answer.signature = createHash('sha512')
        .update(JSON.stringify(body.messages))
        .digest('base64');
    }
  }
  const tool = chooseTool(body, prompt);
  if (tool) {
    const choice = body.toolConfig.toolChoice ?? {};
    if (!choice.any && !choice.tool) answer.text = `I will use ${tool.name}.`;
    answer.toolUse = {
      toolUseId: toolUseId(model, JSON.stringify(body.messages)),
      name: tool.name,
      input: example(tool.inputSchema?.json),
    };
  } else if (body.outputConfig?.textFormat) {
    const { schema } = body.outputConfig.textFormat.structure?.jsonSchema ?? {};
    answer.text = JSON.stringify(example(schema ? JSON.parse(schema) : { type: 'object' }));
  } else {
    answer.text = `You asked ${model.id}: “${shorten(prompt, 200)}” ${describeRequest(body)} ${SENTENCES}`;
  }
  return answer;
}

/** Words with the spaces before them; longer ones in two. */
function piecesOf(text) {
  return text.match(/\s*\S{1,12}|\s+$/gu) ?? [];
}

/** Cuts an answer where the request says so. */
function limit(answer, body, model) {
  const { maxTokens = model.maxOutput, stopSequences } = body.inferenceConfig ?? {};
  let left = maxTokens;
  let stopReason = answer.toolUse ? 'tool_use' : 'end_turn';
  const cut = { ...answer };
  for (const part of ['reasoning', 'text']) {
    if (cut[part] === undefined) continue;
    const stops = part === 'text' ? list(stopSequences) : [];
    const ends = stops.map((stop) => cut.text.indexOf(stop)).filter((index) => index >= 0);
    if (ends.length > 0) {
      cut.text = cut.text.slice(0, Math.min(...ends));
      delete cut.toolUse;
      stopReason = 'stop_sequence';
    }
    const tokens = countTokens(cut[part]);
    if (tokens > left) {
      cut[part] = Buffer.from(cut[part])
        .subarray(0, left * 4)
        .toString('utf8')
        .replace(/\uFFFD+$/, '');
      if (part === 'reasoning') delete cut.text;
      delete cut.toolUse;
      return { ...cut, stopReason: 'max_tokens' };
    }
    left -= tokens;
  }
  return { ...cut, stopReason };
}

/** An answer's content blocks, as Converse gives them. */
function contentBlocks({ reasoning, signature, redacted, text, toolUse }) {
  const blocks = [];
  if (reasoning !== undefined) {
    const reasoningText = { text: reasoning, ...(signature ? { signature } : {}) };
    blocks.push({ reasoningContent: { reasoningText } });
  }
  if (redacted !== undefined) blocks.push({ reasoningContent: { redactedContent: redacted } });
  if (text !== undefined && text !== '') blocks.push({ text });
  for (const use of toolUse === undefined ? [] : [toolUse].flat()) blocks.push({ toolUse: use });
  return blocks;
}

const delta = (contentBlockIndex, value) => ({
  contentBlockDelta: { delta: value, contentBlockIndex },
});

/** The events that one content block is streamed as. */
function blockEvents(block, index) {
  const stop = { contentBlockStop: { contentBlockIndex: index } };
  if (block.toolUse) {
    const { toolUseId: id, name, input } = block.toolUse;
    const start = { toolUse: { toolUseId: id, name } };
    const pieces = ['', ...(JSON.stringify(input).match(/.{1,10}/gsu) ?? [])];
    return [
      { contentBlockStart: { start, contentBlockIndex: index } },
      ...pieces.map((piece) => delta(index, { toolUse: { input: piece } })),
      stop,
    ];
  }
  if (block.reasoningContent) {
    const { reasoningText, redactedContent } = block.reasoningContent;
    if (redactedContent) return [delta(index, { reasoningContent: { redactedContent } }), stop];
    const { text, signature } = reasoningText;
    return [
      ...piecesOf(text).map((piece) => delta(index, { reasoningContent: { text: piece } })),
      ...(signature ? [delta(index, { reasoningContent: { signature } })] : []),
      stop,
    ];
  }
  // Like the service: a text block has no contentBlockStart.
  return [...piecesOf(block.text).map((piece) => delta(index, { text: piece })), stop];
}

/** All events of a streamed answer. */
function streamEvents(blocks, { stopReason, usage, latencyMs, additionalModelResponseFields }) {
  return [
    { messageStart: { role: 'assistant' } },
    ...blocks.flatMap(blockEvents),
    {
      messageStop: {
        stopReason,
        ...(additionalModelResponseFields ? { additionalModelResponseFields } : {}),
      },
    },
    { metadata: { usage, metrics: { latencyMs } } },
  ];
}

const countOutput = (blocks) =>
  blocks.reduce((sum, block) => {
    const { text, reasoningContent, toolUse } = block;
    return (
      sum +
      countTokens(text ?? reasoningContent?.reasoningText?.text ?? JSON.stringify(toolUse ?? ''))
    );
  }, 0);

/** The error that a script gives. */
const scriptedError = ({ status = 400, type = 'ValidationException', message = '', headers }) =>
  new BedrockError(status, type, message, { rule: 'script', headers });

/** The text that a model says to a request in its own words. */
async function answerText(record, model, server) {
  const scripted = await server.script?.(record);
  if (typeof scripted === 'string') return scripted;
  if (scripted?.error) throw scriptedError(scripted.error);
  return scripted?.text ?? `You asked ${model.id} in its own words. ${SENTENCES}`;
}

module.exports = {
  answerText,
  scriptedError,
  defaultAnswer,
  limit,
  contentBlocks,
  streamEvents,
  countOutput,
  lastPrompt,
};
