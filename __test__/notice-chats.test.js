'use strict';

/** The option `notice` in the real ChatBedrockConverse and the real @librechat/agents. */

jest.mock('node-fetch', () => globalThis.fetch, { virtual: true });

const { ChatBedrockConverse } = require('@langchain/aws');
const { HumanMessage, ToolMessage } = require('@langchain/core/messages');
const { tool } = require('@langchain/core/tools');
const { GraphEvents, Providers, Run } = require('@librechat/agents');
const { CustomChatBedrockConverse } = require('@librechat/agents/llm/bedrock');
const { REGION, collect, opener, runtimeRequests } = require('./support/langchain.js');

const open = opener({ afterEach });

const SONNET_45 = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const NOTE = 'Note: The setting top P was left out: the model does not take it here.';
const HIDDEN = /[\u2063\u2064]/;

/** What changes each request: of two settings the model takes one. */
const FIELDS = { model: SONNET_45, region: REGION, temperature: 0.2, topP: 0.5 };
const THINKING = {
  model: SONNET_45,
  region: REGION,
  maxTokens: 8000,
  temperature: 0.5,
  additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2000 } },
};
const WEATHER = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'x',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
};

const CHATS = {
  '@langchain/aws': ChatBedrockConverse,
  '@librechat/agents': CustomChatBedrockConverse,
};
const WAYS = {
  invoke: (chat, messages, options) => chat.invoke(messages, options),
  stream: async (chat, messages, options) =>
    (await collect(await chat.stream(messages, options))).message,
};

/** All reasoning in a message, whatever the version of the chat calls it. */
const reasoningOf = ({ content }) =>
  (Array.isArray(content) ? content : [])
    .map((block) => block.reasoning ?? block.reasoningText?.text ?? '')
    .join('');
const textOf = ({ content }) =>
  typeof content === 'string' ? content : content.map((block) => block.text ?? '').join('');

const cases = Object.keys(CHATS).flatMap((name) => Object.keys(WAYS).map((way) => [name, way]));

describe.each(cases)('%s, %s', (name, way) => {
  const ask = async (server, notice, fields, messages, options) => {
    const client = open.profileClient(server, { notice });
    const chat = new CHATS[name]({ ...fields, client, streaming: way === 'stream' });
    return WAYS[way](chat, messages, options);
  };

  test('shows it as thinking, and the answer as it is', async () => {
    const server = await open.server();
    const plain = await ask(server, false, FIELDS, 'Good day');
    const told = await ask(server, 'reasoning', FIELDS, 'Good day');
    expect(reasoningOf(told)).toContain(NOTE);
    expect(textOf(told)).toBe(textOf(plain));
  });

  test('a conversation goes on as if it had not been there, to the byte', async () => {
    const bodies = [];
    for (const notice of [false, 'reasoning']) {
      const server = await open.server();
      const question = new HumanMessage('Good day');
      const answer = await ask(server, notice, FIELDS, [question]);
      await ask(server, notice, FIELDS, [question, answer, new HumanMessage('And now?')]);
      expect(server.failures).toEqual([]);
      bodies.push(runtimeRequests(server).map(({ rawBody }) => rawBody.toString()));
    }
    const [without, told] = bodies;
    expect(told.join()).not.toMatch(HIDDEN);
    // A chat may write an answer that has reasoning as other blocks of the same text.
    const texts = (all) =>
      all.map((body) =>
        JSON.parse(body).messages.map(({ role, content }) => [
          role,
          content.map(({ text }) => text).join(''),
        ]),
      );
    expect(texts(told)).toEqual(texts(without));
    expect(told[0]).toBe(without[0]);
  });

  test('beside the thinking of the model, also within a loop of tools', async () => {
    const script = (request) =>
      request.body.messages.length > 1
        ? { reasoning: 'Warm.', signature: 'c2ln', text: 'It is 17 degrees.' }
        : {
            reasoning: 'I need the weather.',
            signature: 'c2ln',
            toolUse: { toolUseId: 't1', name: 'get_weather', input: { city: 'Bonn' } },
            stopReason: 'tool_use',
          };
    const server = await open.server({ script });
    const question = new HumanMessage('The weather in Bonn?');
    const options = { tools: [WEATHER] };
    const first = await ask(server, 'reasoning', THINKING, [question], options);
    expect(reasoningOf(first)).toMatch(
      /The setting temperature was left out[\s\S]*I need the weather\./,
    );
    expect(first.tool_calls).toEqual([
      expect.objectContaining({ name: 'get_weather', args: { city: 'Bonn' } }),
    ]);
    const result = new ToolMessage({ tool_call_id: 't1', content: '17 degrees' });
    const last = await ask(server, 'reasoning', THINKING, [question, first, result], options);
    expect(textOf(last)).toBe('It is 17 degrees.');
    expect(server.failures).toEqual([]);
    const { body, rawBody } = runtimeRequests(server).at(-1);
    expect(rawBody.toString()).not.toMatch(HIDDEN);
    expect(body.additionalModelRequestFields.thinking).toEqual({
      type: 'enabled',
      budget_tokens: 2000,
    });
    expect(body.messages[1].content[0]).toEqual({
      reasoningContent: { reasoningText: { text: 'I need the weather.', signature: 'c2ln' } },
    });
  });
});

test('a run of LibreChat shows it once for each call, and sends none of it', async () => {
  const script = (request) =>
    request.body.messages.length > 1
      ? 'It is 17 degrees.'
      : {
          toolUse: { toolUseId: 't1', name: 'get_weather', input: { city: 'Bonn' } },
          stopReason: 'tool_use',
        };
  const server = await open.server({ script });
  const weather = tool(async ({ city }) => `17 degrees in ${city}`, {
    name: 'get_weather',
    description: 'x',
    schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  });
  let thought = '';
  const run = await Run.create({
    runId: 'run',
    graphConfig: {
      type: 'standard',
      llmConfig: {
        provider: Providers.BEDROCK,
        ...FIELDS,
        client: open.profileClient(server, { notice: 'reasoning' }),
        streaming: true,
        streamUsage: true,
        _lc_stream_delay: 0,
      },
      tools: [weather],
    },
    returnContent: true,
    customHandlers: {
      [GraphEvents.ON_REASONING_DELTA]: {
        handle: (_event, { delta }) => {
          thought += delta.content.map(({ think }) => think).join('');
        },
      },
    },
  });
  await run.processStream(
    { messages: [new HumanMessage('The weather in Bonn?')] },
    { configurable: { thread_id: 'thread' }, version: 'v2', streamMode: 'values' },
  );
  expect(server.failures).toEqual([]);
  const requests = runtimeRequests(server);
  expect(requests).toHaveLength(2);
  for (const { rawBody } of requests) expect(rawBody.toString()).not.toMatch(HIDDEN);
  expect(thought.split(NOTE)).toHaveLength(3);
  expect(JSON.stringify(run.getRunMessages())).toContain('It is 17 degrees.');
});
