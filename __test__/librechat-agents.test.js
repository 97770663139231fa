'use strict';

/**
 * The real @librechat/agents: its Bedrock chat, and whole runs of its graph, through ARNs.
 *
 * The package declares Node.js 24; what is used of it here runs on 20 as well. Its tools fetch with
 * node-fetch, which is an ES module that jest cannot require and that no call to Bedrock needs.
 */
jest.mock('node-fetch', () => globalThis.fetch, { virtual: true });

const { HumanMessage, AIMessage, ToolMessage } = require('@langchain/core/messages');
const { tool } = require('@langchain/core/tools');
const {
  GraphEvents,
  ModelEndHandler,
  Providers,
  Run,
  ToolEndHandler,
  getChatModelClass,
} = require('@librechat/agents');
const { CustomChatBedrockConverse } = require('@librechat/agents/llm/bedrock');
const {
  FAMILIES,
  LONG,
  PDF,
  PNG,
  REGION,
  arnOf,
  collect,
  endless,
  failure,
  lastRequest,
  opener,
  readable,
  runtimeRequests,
  sentTo,
} = require('./support/langchain.js');

const open = opener({ afterEach });

const SONNET_45 = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const THINKING = { thinking: { type: 'enabled', budget_tokens: 2000 } };
const weather = tool(async ({ city }) => `17 degrees in ${city}`, {
  name: 'get_weather',
  description: 'The weather in a city.',
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
});

/** LibreChat paces what its users read; a test does not. */
const UNPACED = { region: REGION, streaming: true, streamUsage: true, _lc_stream_delay: 0 };

/** The official client with the plain id, and ours with the ARN, on a stand-in of its own each. */
const SIDES = {
  official: (server) => ({ model: `us.${SONNET_45}`, client: open.officialClient(server) }),
  ours: (server) => ({
    model: `us.${SONNET_45}`,
    applicationInferenceProfile: arnOf(server, 'sonnet45team'),
    client: open.profileClient(server),
  }),
};

/** Does the same on both sides; both must show and send the same. */
async function expectSame(work, { script } = {}) {
  const results = [];
  for (const side of Object.values(SIDES)) {
    const server = await open.server({ script });
    const seen = await work({ ...UNPACED, ...side(server) });
    results.push({ seen, ...sentTo(server) });
    expect(server.failures).toEqual([]);
  }
  const [official, ours] = results;
  expect(ours.seen).toStrictEqual(official.seen);
  expect(ours.sent).toStrictEqual(official.sent);
  // To the byte: the order of members is part of what prompt caches compare.
  expect(ours.bytes).toEqual(official.bytes);
  return ours;
}

/** One turn of LibreChat: what the run gives back, and what its handlers were told. */
async function turn(llmConfig, messages, { tools = [], instructions, signal, onDelta } = {}) {
  const usage = [];
  const deltas = { message: '', reasoning: '' };
  const take = (kind, part) => ({
    handle: (_event, { delta }) => {
      deltas[kind] += delta.content.map((block) => block[part]).join('');
      onDelta?.();
    },
  });
  const run = await Run.create({
    runId: 'run',
    graphConfig: {
      type: 'standard',
      llmConfig: { provider: Providers.BEDROCK, ...llmConfig },
      tools,
      instructions,
      signal,
    },
    returnContent: true,
    customHandlers: {
      [GraphEvents.CHAT_MODEL_END]: new ModelEndHandler(usage),
      [GraphEvents.TOOL_END]: new ToolEndHandler(),
      [GraphEvents.ON_MESSAGE_DELTA]: take('message', 'text'),
      [GraphEvents.ON_REASONING_DELTA]: take('reasoning', 'think'),
    },
  });
  const content = await run.processStream(
    { messages },
    { configurable: { thread_id: 'thread' }, version: 'v2', streamMode: 'values', signal },
  );
  return { content, usage, deltas, messages: run.getRunMessages() };
}

test("the run's Bedrock chat is the one tested here", () => {
  expect(getChatModelClass(Providers.BEDROCK)).toBe(CustomChatBedrockConverse);
});

describe('CustomChatBedrockConverse: the same as on the official client', () => {
  const chat = (config, fields) => new CustomChatBedrockConverse({ ...config, ...fields });
  const stream = async (model, messages, options) => {
    const { chunks, message } = await collect(await model.stream(messages, options));
    return { chunks: chunks.map(readable), message };
  };

  test('streams chunk by chunk', async () => {
    const { seen } = await expectSame(async (config) => {
      const { chunks, message } = await stream(chat(config), 'Good day');
      return { chunks, message: readable(message) };
    });
    expect(seen.chunks.length).toBeGreaterThan(10);
    expect(seen.message.content).toContain('“Good day”');
    expect(seen.message.usage_metadata).toMatchObject({ input_tokens: 2 });
  });

  test('answers at once where streaming is off', async () => {
    const { seen } = await expectSame(async (config) =>
      readable(await chat(config, { streaming: false, maxTokens: 100 }).invoke('Good day')),
    );
    expect(seen.response_metadata.$metadata.httpStatusCode).toBe(200);
    expect(seen.content).toContain('It came with maxTokens 100.');
  });

  test('thinks, calls a tool, and takes both back', async () => {
    const fields = { maxTokens: 4000, additionalModelRequestFields: THINKING };
    const { seen, sent } = await expectSame(async (config) => {
      const model = chat(config, fields).bindTools([weather]);
      const question = new HumanMessage('Call get_weather.');
      const { message: call } = await stream(model, [question]);
      const result = new ToolMessage({ tool_call_id: call.tool_calls[0].id, content: '17' });
      const { message: answer } = await stream(model, [question, call, result]);
      return [readable(call), readable(answer)];
    });
    expect(seen[0].tool_calls[0]).toMatchObject({ name: 'get_weather', args: {} });
    const [thought, , use] = sent[1].messages[1].content;
    expect(thought.reasoningContent.reasoningText).toEqual({
      text: expect.stringContaining('Call get_weather.'),
      signature: expect.stringMatching(/^[\w+/]{86}==$/),
    });
    expect(use.toolUse.input).toEqual({ city: 'example city' });
  });

  test('sends images, documents and cache points', async () => {
    const content = [
      { type: 'text', text: LONG },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG.toString('base64')}` } },
      { type: 'document', document: { name: 'Report', format: 'pdf', source: { bytes: PDF } } },
      { cachePoint: { type: 'default', ttl: '1h' } },
    ];
    const { seen, sent } = await expectSame(async (config) => {
      const model = chat(config, { promptCache: true }).bindTools([weather]);
      return readable((await stream(model, [new HumanMessage({ content })])).message);
    });
    const [{ toolSpec }, point] = sent[0].toolConfig.tools;
    expect([toolSpec.name, point]).toEqual([
      'get_weather',
      { cachePoint: { type: 'default', ttl: '1h' } },
    ]);
    expect(sent[0].messages[0].content[2].document.source.bytes).toBe(PDF.toString('base64'));
    expect(seen.usage_metadata.input_token_details.cache_creation).toBeGreaterThan(1024);
  });

  test('hands on redacted thoughts, and the text of a refusal', async () => {
    const redacted = Buffer.from([0, 255, 128, 1]).toString('base64');
    const TEXT = 'prompt is too long: 200049 tokens > 200000 maximum';
    const script = ({ body }) =>
      body.messages.length === 1
        ? { redacted, text: 'Hm.' }
        : { error: { type: 'ValidationException', message: TEXT } };
    const { seen } = await expectSame(
      async (config) => {
        const model = chat(config);
        const question = new HumanMessage('Think.');
        const { message } = await stream(model, [question]);
        const { name, message: text } = await failure(stream(model, [question, message, question]));
        return { content: message.content, name, text };
      },
      { script },
    );
    expect(seen.content).toContainEqual(expect.objectContaining({ redactedContent: redacted }));
    expect([seen.name, seen.text]).toEqual(['ValidationException', TEXT]);
  });
});

describe('a run of the graph', () => {
  test('calls a tool in the midst of thinking, the same as on the official client', async () => {
    const fields = { maxTokens: 8000, promptCache: true, additionalModelRequestFields: THINKING };
    const { seen, sent } = await expectSame(async (config) => {
      const { content, usage, deltas } = await turn(
        { ...config, ...fields },
        [new HumanMessage('Call get_weather please.')],
        { tools: [weather], instructions: LONG },
      );
      return { content, usage, deltas };
    });
    expect(seen.content.map(({ type }) => type)).toEqual([
      'reasoning_content',
      'text',
      'tool_call',
      'reasoning_content',
      'text',
    ]);
    expect(seen.content[2].tool_call.output).toBe('17 degrees in example city');
    expect(seen.deltas.reasoning).toContain('“Call get_weather please.”');
    expect(seen.deltas.message).toContain('I will use get_weather.');
    const [first, second] = seen.usage.map(({ input_token_details: details }) => details);
    expect(first.cache_creation).toBeGreaterThan(4096);
    expect(second.cache_read).toBe(first.cache_creation);
    const point = { cachePoint: { type: 'default', ttl: '1h' } };
    for (const { system, toolConfig, messages } of sent) {
      expect([system.at(-1), toolConfig.tools.at(-1), messages.at(-1).content.at(-1)]).toEqual([
        point,
        point,
        point,
      ]);
    }
    // The thought goes back with its signature, before the call that it led to.
    expect(sent[1].messages[1].content.map((block) => Object.keys(block)[0])).toEqual([
      'reasoningContent',
      'text',
      'toolUse',
    ]);
  });

  test('goes on from what an earlier run said', async () => {
    const fields = { maxTokens: 8000, additionalModelRequestFields: THINKING };
    const { sent } = await expectSame(async (config) => {
      const question = new HumanMessage('Think.');
      const first = await turn({ ...config, ...fields }, [question]);
      const next = [question, ...first.messages, new HumanMessage('And now?')];
      const { content } = await turn({ ...config, ...fields }, next);
      return content;
    });
    const [thought, text] = sent[1].messages[1].content;
    expect(thought.reasoningContent.reasoningText.signature).toMatch(/^[\w+/]{86}==$/);
    expect(text.text).toContain('“Think.”');
  });

  test('with an ARN as its model', async () => {
    const server = await open.server();
    const arn = arnOf(server, 'sonnet45team');
    const config = { ...UNPACED, model: arn, client: open.profileClient(server) };
    const { content } = await turn(
      { ...config, temperature: 0.4, topP: 0.9, promptCache: true },
      [new HumanMessage('Call get_weather please.')],
      { tools: [weather], instructions: LONG },
    );
    expect(content.map(({ type }) => type)).toEqual(['text', 'tool_call', 'text']);
    expect(runtimeRequests(server).map(({ modelId, status }) => [modelId, status])).toEqual([
      [arn, 200],
      [arn, 200],
    ]);
  });

  test('stops, and closes the upstream, when its user stops it', async () => {
    const server = await open.server({ script: () => ({ events: endless() }) });
    const control = new AbortController();
    const reason = new Error('The user pressed stop.');
    const error = await failure(
      turn({ ...UNPACED, ...SIDES.ours(server) }, [new HumanMessage('Go.')], {
        signal: control.signal,
        onDelta: () => control.abort(reason),
      }),
    );
    expect(error).toBe(reason);
    expect(await lastRequest(server).aborted).toBe(true);
  });

  test.each([
    ['throttle', 'Too many requests, please wait before trying again.'],
    [{ kind: 'exception', after: 4, message: 'The stream broke.' }, 'The stream broke.'],
  ])('fails with the words of AWS (%j)', async (fault, text) => {
    const errors = [];
    for (const [name, side] of Object.entries(SIDES)) {
      const server = await open.server();
      const config = { ...UNPACED, ...side(server) };
      const client = name === 'ours' ? open.profileClient : open.officialClient;
      config.client = client(server, { maxAttempts: 1 });
      server.fail(fault);
      const error = await failure(turn(config, [new HumanMessage('Good day')]));
      errors.push({ name: error.name, message: error.message, $fault: error.$fault });
      expect(runtimeRequests(server)).toHaveLength(1);
    }
    expect(errors[1]).toEqual(errors[0]);
    expect(errors[1]).toEqual({ name: 'ThrottlingException', message: text, $fault: 'client' });
  });

  test('names its conversation', async () => {
    const { seen, sent } = await expectSame(async (config) => {
      const run = await Run.create({
        runId: 'run',
        graphConfig: {
          type: 'standard',
          llmConfig: { provider: Providers.BEDROCK, ...config },
          tools: [],
        },
      });
      const { title } = await run.generateTitle({
        provider: Providers.BEDROCK,
        inputText: 'Good day',
        contentParts: [{ type: 'text', text: 'Good day to you.' }],
        titleMethod: 'completion',
        clientOptions: { ...config, streaming: false, temperature: 0.4 },
      });
      return title;
    });
    expect(seen).toContain('User: Good day');
    expect(sent[0].inferenceConfig).toEqual({ temperature: 0.4 });
  });
});

describe('a conversation with tools, as the panel of LibreChat lets users set it', () => {
  const settings = {
    temperature: 0.4,
    topP: 0.9,
    promptCache: true,
    maxTokens: 6000,
    additionalModelRequestFields: { top_k: 40 },
  };
  const history = [
    new HumanMessage('Good day'),
    new AIMessage('Good day to you.'),
    new HumanMessage('Call get_weather please.'),
  ];

  test.each(Object.entries(FAMILIES))('%s', async (_family, id) => {
    const server = await open.server();
    const arn = arnOf(server, id);
    const { model } = server.profiles.find((profile) => profile.arn === arn);
    const client = open.profileClient(server, { logger: { warn() {} } });
    const config = {
      ...UNPACED,
      ...settings,
      model,
      applicationInferenceProfile: arn,
      client,
    };
    const { content } = await turn(config, history, { tools: [weather], instructions: LONG });
    expect(content.find(({ type }) => type === 'tool_call').tool_call.output).toBe(
      '17 degrees in example city',
    );
    expect(runtimeRequests(server).map(({ modelId, status }) => [modelId, status])).toEqual([
      [arn, 200],
      [arn, 200],
    ]);
    const { body } = lastRequest(server);
    const points = JSON.stringify(body).split('"cachePoint"').length - 1;
    const caches = { anthropic: 3, amazon: 1 };
    expect(points).toBe(caches[model.split('.')[0]] ?? 0);
  });
});
