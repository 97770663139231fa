'use strict';

/** `@ai-sdk/amazon-bedrock` as its users call it: `streamText` and `generateText` of the package `ai`. */

const load = () => require('@ai-sdk/amazon-bedrock');
let ai;

/** Warnings about models that are no news to anyone here would be printed in the midst of rounds. */
globalThis.AI_SDK_LOG_WARNINGS = false;

function open({ region, credentials, endpoint }) {
  ai ??= require('ai');
  const { createAmazonBedrock } = load();
  const provider = createAmazonBedrock({ region, ...credentials, baseURL: endpoint });
  return { provider, destroy() {} };
}

/** An input of Converse in the words of the AI SDK. */
function prepare(input) {
  ai ??= require('ai');
  const { modelId, messages, system, toolConfig, inferenceConfig, requestMetadata } = input;
  const tools = toolConfig?.tools.map(({ toolSpec: { name, description, inputSchema } }) => [
    name,
    ai.tool({ description, inputSchema: ai.jsonSchema(inputSchema.json) }),
  ]);
  return {
    modelId,
    messages: messages.flatMap(messageOf),
    system: system?.map(({ text }) => text).join('\n'),
    tools: tools && Object.fromEntries(tools),
    maxOutputTokens: inferenceConfig.maxTokens,
    temperature: inferenceConfig.temperature,
    maxRetries: 0,
    // Where the server looks for a stream's pace.
    providerOptions: requestMetadata && {
      bedrock: { additionalModelRequestFields: { ...requestMetadata } },
    },
  };
}

function messageOf({ role, content }) {
  const results = content.filter((block) => block.toolResult);
  if (results.length > 0) {
    const parts = results.map(({ toolResult: { toolUseId, content: given } }) => ({
      type: 'tool-result',
      toolCallId: toolUseId,
      toolName: 'tool',
      output: { type: 'text', value: given[0].text },
    }));
    return [{ role: 'tool', content: parts }];
  }
  return [{ role, content: content.map(partOf) }];
}

function partOf({ text, toolUse, image, document }) {
  if (text !== undefined) return { type: 'text', text };
  if (toolUse) {
    const { toolUseId, name, input } = toolUse;
    return { type: 'tool-call', toolCallId: toolUseId, toolName: name, input };
  }
  if (image)
    return { type: 'image', image: image.source.bytes, mediaType: `image/${image.format}` };
  const { name, source } = document;
  return { type: 'file', data: source.bytes, mediaType: 'application/pdf', filename: name };
}

async function converse({ provider }, { modelId, ...prompt }) {
  const { text } = await ai.generateText({ model: provider(modelId), ...prompt });
  return text;
}

async function stream({ provider }, { modelId, ...prompt }, { signal, event }) {
  const result = ai.streamText({
    model: provider(modelId),
    ...prompt,
    abortSignal: signal,
    onError: () => {},
  });
  for await (const part of result.fullStream) {
    if (part.type === 'error') throw part.error;
    // It says that it starts before anything has arrived.
    if (part.type !== 'start') event(part);
  }
}

module.exports = { load, open, prepare, converse, stream };
