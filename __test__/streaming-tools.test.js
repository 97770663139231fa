'use strict';

/** Models that use tools, but not while they stream (M2): asked whole, told as a stream. */

const { ChatBedrockConverse } = require('@langchain/aws');
const { ConverseStreamCommand } = require('@aws-sdk/client-bedrock-runtime');
const { HumanMessage, SystemMessage, ToolMessage } = require('@langchain/core/messages');
const { awsClient, client, collect, failure, start } = require('./support/bedrock');
const { REGION, collect: merge, readable } = require('./support/langchain');
const { inferences } = require('./support/learning');

/** A model of each family that the rule names. */
const MODELS = [
  'us.meta.llama4-maverick-17b-instruct-v1:0',
  'us.meta.llama4-scout-17b-instruct-v1:0',
  'us.meta.llama3-3-70b-instruct-v1:0',
  'us.meta.llama3-2-90b-instruct-v1:0',
  'us.meta.llama3-1-8b-instruct-v1:0',
  'mistral.mistral-large-2402-v1:0',
  'mistral.mistral-large-2407-v1:0',
  'mistral.mistral-small-2402-v1:0',
  'us.mistral.pixtral-large-2502-v1:0',
  'us.writer.palmyra-x4-v1:0',
  'us.writer.palmyra-x5-v1:0',
];
const [LLAMA] = MODELS;
const SONNET = 'us.anthropic.claude-sonnet-4-6';

const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 3 } },
};
const TOOLS = [
  { toolSpec: { name: 'get_weather', description: 'Weather.', inputSchema: { json: SCHEMA } } },
];
const asks = (modelId, more) => ({
  modelId,
  messages: [{ role: 'user', content: [{ text: 'Please use get_weather.' }] }],
  toolConfig: { tools: TOOLS },
  ...more,
});
const ASIDE = {
  path: '(operation)',
  action: 'rewrite',
  from: 'ConverseStream',
  to: 'Converse',
  rule: 'M2',
  reason: expect.stringContaining('cannot use tools while it streams'),
};

/** What a stream said, as the message that Converse would have given. */
function told(events) {
  const blocks = [];
  for (const event of events) {
    const { contentBlockIndex: at, start: begun, delta } = Object.values(event)[0];
    if (event.contentBlockStart) blocks[at] = { toolUse: { ...begun.toolUse, input: '' } };
    if (delta?.toolUse) blocks[at].toolUse.input += delta.toolUse.input;
    if (delta?.text !== undefined) blocks[at] = { text: (blocks[at]?.text ?? '') + delta.text };
  }
  for (const { toolUse } of blocks) if (toolUse) toolUse.input = JSON.parse(toolUse.input);
  return blocks;
}

describe.each(MODELS)('%s', (modelId) => {
  test('is called through Converse and answers as a stream', async () => {
    const server = await start();
    const made = client(server);
    const { stream, $metadata } = await made.converseStream(asks(modelId));
    const events = await collect(stream);
    expect(inferences(server).map(({ operation, path }) => [operation, path])).toEqual([
      ['Converse', `/model/${encodeURIComponent(modelId)}/converse`],
    ]);
    expect($metadata).toMatchObject({ httpStatusCode: 200, attempts: 1 });
    expect($metadata.profile.changes).toEqual([ASIDE]);

    const whole = await made.converse(asks(modelId));
    expect(whole.$metadata.profile.changes).toEqual([]);
    const content = whole.output.message.content.map((block) => {
      if (block.toolUse) delete block.toolUse.toolUseId;
      return block;
    });
    const streamed = told(events);
    const use = streamed.find((block) => block.toolUse).toolUse;
    expect(use.toolUseId).toMatch(/\S/);
    delete use.toolUseId;
    expect(streamed).toEqual(content);
    expect(use).toEqual({ name: 'get_weather', input: { city: 'example city', days: 3 } });
    const { metadata } = events.at(-1);
    expect(metadata.usage).toEqual(whole.usage);
    expect(metadata.metrics.latencyMs).toEqual(expect.any(Number));
    expect(events.at(-2)).toEqual({ messageStop: { stopReason: 'tool_use' } });
  });
});

describe('the events', () => {
  /** An answer of every kind of block. */
  const CONTENT = [
    { text: 'Let me see.' },
    {
      toolUse: {
        toolUseId: 'abcdefgh1',
        name: 'get_weather',
        input: { b: [1, { a: 'ü' }], a: null },
      },
    },
    { toolUse: { toolUseId: 'abcdefgh2', name: 'get_weather', input: {} } },
  ];
  const script = () => ({ content: CONTENT, stopReason: 'tool_use' });

  test('are those of ConverseStream, in its order', async () => {
    const server = await start({ script });
    const { stream } = await client(server).converseStream(asks(LLAMA));
    const events = await collect(stream);
    const block = (contentBlockIndex, ...inner) => [
      ...inner.map(([name, content]) => ({ [name]: { ...content, contentBlockIndex } })),
      { contentBlockStop: { contentBlockIndex } },
    ];
    const begin = (toolUseId) => [
      'contentBlockStart',
      { start: { toolUse: { toolUseId, name: 'get_weather' } } },
    ];
    const input = (text) => ['contentBlockDelta', { delta: { toolUse: { input: text } } }];
    expect(events).toEqual([
      { messageStart: { role: 'assistant' } },
      ...block(0, ['contentBlockDelta', { delta: { text: 'Let me see.' } }]),
      ...block(1, begin('abcdefgh1'), input('{"b":[1,{"a":"ü"}],"a":null}')),
      ...block(2, begin('abcdefgh2'), input('{}')),
      { messageStop: { stopReason: 'tool_use' } },
      { metadata: { usage: expect.any(Object), metrics: { latencyMs: expect.any(Number) } } },
    ]);
  });

  test('are told as a model that streams tools tells them', async () => {
    const server = await start({ script });
    const made = client(server);
    const kinds = async (modelId) => {
      const { stream } = await made.converseStream(asks(modelId));
      const events = await collect(stream);
      const names = events.map((event) => Object.keys(event)[0]);
      // One delta or several: consecutive ones are one.
      return [names.filter((name, at) => name !== names[at - 1]), told(events)];
    };
    expect(await kinds(LLAMA)).toEqual(await kinds(SONNET));
  });

  test('can be left, and reach whoever asks late', async () => {
    const server = await start({ script });
    const made = client(server);
    const { stream } = await made.converseStream(asks(LLAMA));
    for await (const event of stream) {
      expect(event).toHaveProperty('messageStart');
      break;
    }
    const late = await made.converseStream(asks(LLAMA));
    await made.converse(asks(LLAMA));
    expect(await collect(late.stream)).toHaveLength(11);
    expect(server.failures).toEqual([]);
  });

  test('usage and attempts reach the call event', async () => {
    const server = await start();
    const made = client(server);
    const calls = [];
    made.on('call', (call) => calls.push(call));
    server.fail('throttle');
    const { stream, $metadata } = await made.converseStream(asks(LLAMA));
    const events = await collect(stream);
    expect($metadata.attempts).toBe(2);
    expect(calls).toMatchObject([
      { operation: 'ConverseStream', attempts: 2, usage: events.at(-1).metadata.usage },
    ]);
  });

  test('AWS’s refusals stay its own, before the stream begins', async () => {
    const server = await start();
    const message = 'messages.0: it is not to its taste';
    server.fail({ kind: 'status', status: 400, type: 'ValidationException', message });
    const error = await failure(client(server).converseStream(asks(LLAMA)));
    expect(error).toMatchObject({ name: 'ValidationException', message });
    expect(inferences(server).map(({ operation }) => operation)).toEqual(['Converse']);
  });
});

describe('who streams', () => {
  const streams = async (input, options) => {
    const server = await start();
    const made = client(server, options);
    const { stream, $metadata } = await made.send(new ConverseStreamCommand(input));
    await collect(stream);
    expect(inferences(server)).toHaveLength(1);
    return [inferences(server)[0].operation, $metadata.profile.changes.map(({ rule }) => rule)];
  };

  test('these models without tools', async () => {
    for (const modelId of MODELS) {
      const { toolConfig: _tools, ...input } = asks(modelId);
      expect(await streams(input)).toEqual(['ConverseStream', []]);
    }
  });

  test.each([
    SONNET,
    'us.amazon.nova-pro-v1:0',
    'us.openai.gpt-5.6-sol',
    'openai.gpt-oss-120b-1:0',
  ])('%s with tools', async (modelId) => {
    expect(await streams(asks(modelId))).toEqual(['ConverseStream', []]);
  });

  test('not these models where only the conversation has used tools', async () => {
    const toolUse = { toolUseId: 'abcdefgh1', name: 'get_weather', input: {} };
    const toolResult = { toolUseId: 'abcdefgh1', content: [{ text: 'sunny' }] };
    const input = {
      modelId: 'mistral.mistral-large-2407-v1:0',
      messages: [
        ...asks().messages,
        { role: 'assistant', content: [{ toolUse }] },
        { role: 'user', content: [{ toolResult }] },
      ],
    };
    const [operation, rules] = await streams(input);
    expect(operation).toBe('Converse');
    expect([...new Set(rules)].sort()).toEqual(['M1', 'M2']);
  });

  test('a model that the operator says can', async () => {
    const server = await start();
    const overrides = { [LLAMA]: { tools: { streaming: true } } };
    const made = client(server, { overrides, learning: false });
    expect((await failure(made.converseStream(asks(LLAMA)))).message).toBe(
      "This model doesn't support tool use in streaming mode.",
    );
    expect(inferences(server).map(({ operation }) => operation)).toEqual(['ConverseStream']);
  });

  test('explain says which operation is called', async () => {
    const server = await start();
    const made = client(server);
    const asked = await made.explain(new ConverseStreamCommand(asks(LLAMA)));
    expect(asked.request.url).toMatch(/\/converse$/);
    expect(asked.changes).toEqual([ASIDE]);
    const off = await made.explain(asks(LLAMA), { stream: true, gating: 'off' });
    expect(off.request.url).toMatch(/\/converse-stream$/);
  });
});

describe('in LangChain', () => {
  const MESSAGES = [
    new SystemMessage('You know the weather.'),
    new HumanMessage('Please use get_weather.'),
  ];
  const TOOL = {
    type: 'function',
    function: { name: 'get_weather', description: 'Weather.', parameters: SCHEMA },
  };

  async function chat(model, makeClient = client) {
    const now = Date.now();
    const server = await start({ now: () => now });
    const made = new ChatBedrockConverse({ region: REGION, model, client: makeClient(server) });
    return { server, chat: made.bindTools([TOOL]) };
  }

  /** What differs from call to call, and between whole answers and streams, left out. */
  function comparable(message) {
    const { content, tool_calls, usage_metadata: usage, ...rest } = readable(message);
    const { input_tokens, output_tokens, total_tokens } = usage;
    const texts = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    return {
      text: texts
        .filter(({ type }) => type === 'text')
        .map(({ text }) => text)
        .join(''),
      tool_calls: tool_calls.map(({ id: _id, ...call }) => call),
      tokens: { input_tokens, output_tokens, total_tokens },
      stopReason:
        rest.response_metadata.stopReason ?? rest.response_metadata.messageStop?.stopReason,
    };
  }

  test.each(MODELS)('%s: a stream merges to the message of invoke', async (model) => {
    const { server, chat: bound } = await chat(model);
    const invoked = await bound.invoke(MESSAGES);
    const { chunks, message } = await merge(await bound.stream(MESSAGES));
    expect(inferences(server).map(({ operation }) => operation)).toEqual(['Converse', 'Converse']);
    expect(chunks.length).toBeGreaterThan(2);
    expect(comparable(message)).toEqual(comparable(invoked));
    expect(message.tool_calls).toMatchObject([
      { name: 'get_weather', args: { city: 'example city', days: 3 } },
    ]);
    expect(message.usage_metadata.total_tokens).toBeGreaterThan(0);
    expect(message.invalid_tool_calls).toEqual([]);
  });

  test('AWS’s own client fails at this', async () => {
    const { chat: bound } = await chat(LLAMA, awsClient);
    const error = await failure(bound.stream(MESSAGES).then(merge));
    expect(error.message).toContain("doesn't support tool use in streaming mode");
  });

  test('a whole turn: the call, its result, the answer', async () => {
    const { server, chat: bound } = await chat(LLAMA);
    const { message } = await merge(await bound.stream(MESSAGES));
    const [{ id }] = message.tool_calls;
    const result = new ToolMessage({ content: 'sunny', tool_call_id: id, name: 'get_weather' });
    const answer = await merge(await bound.stream([...MESSAGES, message, result]));
    expect(answer.message.text ?? answer.message.content).not.toBe('');
    expect(answer.message.tool_calls).toEqual([]);
    expect(inferences(server).at(-1).operation).toBe('Converse');
    expect(server.failures).toEqual([]);
  });
});
