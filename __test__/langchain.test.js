'use strict';

/** The real ChatBedrockConverse on this client and on AWS's own: callers must see no difference. */

const { ChatBedrockConverse } = require('@langchain/aws');
const { HumanMessage, SystemMessage, ToolMessage } = require('@langchain/core/messages');
const {
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

const SONNET_46 = 'us.anthropic.claude-sonnet-4-6';
const HAIKU_45 = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const WEATHER = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather in a city.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 3 } },
      required: ['city'],
    },
  },
};
/** 3.7 and 4.5 think with a budget, 4.6 adapts. */
const THINKING = { thinking: { type: 'enabled', budget_tokens: 2000 } };
const ADAPTIVE = { thinking: { type: 'adaptive' } };

/** What stands behind the ARN in these tests. */
const BEHIND = {
  sonnet46team: SONNET_46,
  sonnet45team: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  claude37demo: 'us.anthropic.claude-3-7-sonnet-20250219-v1:0',
};

/** The ways in which a chat reaches a model: by its id on AWS's client, by an ARN on ours. */
const WAYS = {
  official: (server, profile, fields) => ({
    model: BEHIND[profile],
    client: open.officialClient(server),
    ...fields,
  }),
  'ARN beside the model': (server, profile, fields) => ({
    model: BEHIND[profile],
    applicationInferenceProfile: arnOf(server, profile),
    client: open.profileClient(server),
    ...fields,
  }),
  'ARN as the model': (server, profile, fields) => ({
    model: arnOf(server, profile),
    // LangChain reads these off the model's name, which an ARN hides.
    supportsToolChoiceValues: ['auto', 'any', 'tool'],
    client: open.profileClient(server),
    ...fields,
  }),
};
const OURS = Object.keys(WAYS).slice(1);

async function chat(way, { profile = 'sonnet46team', script, fields } = {}) {
  const server = await open.server({ script });
  return {
    server,
    model: new ChatBedrockConverse({ region: REGION, ...WAYS[way](server, profile, fields) }),
  };
}

/** Runs a conversation in AWS's way and in one of ours: both must show and send the same. */
async function expectSame(way, options, converse) {
  const sides = [];
  for (const name of ['official', way]) {
    const { server, model } = await chat(name, options);
    const seen = await converse(model, server);
    sides.push({ seen, ...sentTo(server) });
    expect(server.failures).toEqual([]);
  }
  const [official, ours] = sides;
  expect(ours.seen).toStrictEqual(official.seen);
  expect(ours.sent).toStrictEqual(official.sent);
  // To the byte: the order of members is part of what prompt caches compare.
  expect(ours.bytes).toEqual(official.bytes);
  return ours;
}

const streamed = async (model, messages, options) => {
  const { chunks, message } = await collect(await model.stream(messages, options));
  return { chunks: chunks.map(readable), message };
};

describe.each(OURS)('%s: the same as the official client', (way) => {
  test('answers invoke', async () => {
    const fields = { maxTokens: 300, temperature: 0.7 };
    const { seen } = await expectSame(way, { fields }, async (model) =>
      readable(await model.invoke([new SystemMessage('Be brief.'), new HumanMessage('Good day')])),
    );
    expect(seen).toMatchObject({
      content: expect.stringContaining('It came with maxTokens 300, temperature 0.7.'),
      usage_metadata: { input_tokens: 5, output_tokens: expect.any(Number) },
      response_metadata: {
        stopReason: 'end_turn',
        metrics: { latencyMs: 1 },
        $metadata: { httpStatusCode: 200, attempts: 1, totalRetryDelay: 0 },
      },
      hasRequestId: true,
    });
  });

  test('streams chunk by chunk', async () => {
    const { seen } = await expectSame(way, {}, async (model) => {
      const { chunks, message } = await streamed(model, 'Good day');
      return { chunks, message: readable(message) };
    });
    expect(seen.chunks.length).toBeGreaterThan(10);
    expect(seen.message).toMatchObject({
      content: expect.stringContaining('“Good day”'),
      usage_metadata: { input_tokens: 2, input_token_details: { cache_read: 0 } },
      response_metadata: { messageStop: { stopReason: 'end_turn' } },
    });
  });

  test('streams behind invoke where streaming is on', async () => {
    const fields = { streaming: true };
    const { seen } = await expectSame(way, { fields }, async (model) =>
      readable(await model.invoke('Good day')),
    );
    expect(seen.response_metadata.messageStop).toEqual({ stopReason: 'end_turn' });
  });

  test('streams events', async () => {
    const { seen } = await expectSame(way, {}, async (model) => {
      const names = [];
      for await (const { event } of model.streamEvents('Good day', { version: 'v2' })) {
        names.push(event);
      }
      return names;
    });
    expect(seen.at(0)).toBe('on_chat_model_start');
    expect(seen.at(-1)).toBe('on_chat_model_end');
    expect(seen.length).toBeGreaterThan(10);
  });

  test.each(['invoke', 'stream'])('calls a tool and reads its result (%s)', async (method) => {
    const ask = async (model, messages) =>
      method === 'invoke' ? model.invoke(messages) : (await streamed(model, messages)).message;
    const { seen, sent } = await expectSame(way, {}, async (plain) => {
      const model = plain.bindTools([WEATHER]);
      const question = new HumanMessage('Call get_weather for Paris.');
      const call = await ask(model, [question]);
      const [{ id }] = call.tool_calls;
      const result = new ToolMessage({ tool_call_id: id, content: '17 degrees' });
      const answer = await ask(model, [question, call, result]);
      return [readable(call), readable(answer)];
    });
    expect(seen[0].tool_calls).toEqual([
      {
        type: 'tool_call',
        name: 'get_weather',
        args: { city: 'example city', days: 3 },
        id: expect.stringMatching(/^tooluse_/),
      },
    ]);
    expect(seen[0].invalid_tool_calls).toEqual([]);
    expect(seen[1].content).toEqual(expect.stringContaining('Call get_weather for Paris.'));
    // The order of a schema's members is part of the prompt.
    const { inputSchema } = sent[0].toolConfig.tools[0].toolSpec;
    expect(JSON.stringify(inputSchema.json)).toBe(JSON.stringify(WEATHER.function.parameters));
    const [, { toolUse }] = sent[1].messages[1].content;
    const [{ toolResult }] = sent[1].messages[2].content;
    expect(toolResult).toEqual({
      toolUseId: toolUse.toolUseId,
      content: [{ text: '17 degrees' }],
    });
  });

  test('streams two tool calls, merged by their blocks', async () => {
    const script = () => ({
      text: 'Both.',
      toolUse: [
        { toolUseId: 'first', name: 'get_weather', input: { city: 'Zürich 🌧️' } },
        { toolUseId: 'second', name: 'get_weather', input: { city: 'Bern', days: 12 } },
      ],
      stopReason: 'tool_use',
    });
    const { seen } = await expectSame(way, { script }, async (model) => {
      const { chunks, message } = await streamed(model.bindTools([WEATHER]), 'Weather?');
      return { chunks, message: readable(message) };
    });
    expect(seen.message.tool_calls.map(({ id, args }) => [id, args])).toEqual([
      ['first', { city: 'Zürich 🌧️' }],
      ['second', { city: 'Bern', days: 12 }],
    ]);
    // In pieces, the first of them empty.
    expect(seen.chunks.filter(({ tool_call_chunks: [chunk] }) => chunk?.args === '')).toHaveLength(
      2,
    );
  });

  test('withStructuredOutput forces its tool', async () => {
    const schema = WEATHER.function.parameters;
    const { seen, sent } = await expectSame(way, {}, (model) =>
      model.withStructuredOutput(schema, { name: 'report' }).invoke('Report.'),
    );
    expect(seen).toEqual({ city: 'example city', days: 3 });
    expect(sent[0].toolConfig.toolChoice).toEqual({ tool: { name: 'report' } });
  });

  test.each(['invoke', 'stream'])('thinks, and takes its thoughts back (%s)', async (method) => {
    const options = {
      profile: 'sonnet45team',
      fields: { maxTokens: 4000, additionalModelRequestFields: THINKING },
    };
    const { seen, sent } = await expectSame(way, options, async (model) => {
      const ask = async (messages) =>
        method === 'invoke' ? model.invoke(messages) : (await streamed(model, messages)).message;
      const question = new HumanMessage('Think.');
      const first = await ask([question]);
      const second = await ask([question, first, new HumanMessage('And now?')]);
      return [readable(first), readable(second)];
    });
    const thought = seen[0].content.find(({ type }) => type.startsWith('reasoning'));
    expect(thought.reasoning).toMatch(/^The user asks: “Think\.”/);
    expect(thought.signature).toMatch(/^[\w+/]{86}==$/);
    expect(sent[1].messages[1].content[0]).toEqual({
      reasoningContent: {
        reasoningText: { text: thought.reasoning, signature: thought.signature },
      },
    });
  });

  test.each(['invoke', 'stream'])('hands redacted thoughts back as bytes (%s)', async (method) => {
    const redacted = Buffer.from([0, 255, 128, 1]).toString('base64');
    const script = ({ body }) =>
      body.messages.length === 1 ? { redacted, text: 'Hm.' } : { text: 'Still hm.' };
    const { seen, sent } = await expectSame(way, { script }, async (model) => {
      const question = new HumanMessage('Think.');
      const first =
        method === 'invoke'
          ? await model.invoke([question])
          : (await streamed(model, [question])).message;
      await model.invoke([question, first, new HumanMessage('And now?')]);
      return readable(first);
    });
    expect(seen.content).toContainEqual({ type: 'reasoning_content', redactedContent: redacted });
    expect(sent[1].messages[1].content[0]).toEqual({
      reasoningContent: { redactedContent: redacted },
    });
  });

  test('writes and reads the prompt cache', async () => {
    const { seen, sent } = await expectSame(way, {}, async (plain) => {
      const model = plain.bindTools([WEATHER]);
      const point = { cachePoint: { type: 'default' } };
      const system = new SystemMessage({ content: [{ type: 'text', text: LONG }, point] });
      const user = new HumanMessage({ content: [{ type: 'text', text: 'Good day' }, point] });
      const first = await model.invoke([system, user]);
      const again = (await streamed(model, [system, user])).message;
      return [first.usage_metadata, again.usage_metadata];
    });
    const [write, read] = seen.map(({ input_token_details: details }) => details);
    expect(write).toEqual({ cache_read: 0, cache_creation: expect.any(Number) });
    expect(write.cache_creation).toBeGreaterThan(4096);
    expect(read).toEqual({ cache_read: write.cache_creation, cache_creation: 0 });
    expect(sent[0].system[1]).toEqual({ cachePoint: { type: 'default' } });
    expect(sent[0].messages[0].content[1]).toEqual({ cachePoint: { type: 'default' } });
  });

  test('places the cache points of cache_control', async () => {
    const messages = [new SystemMessage(LONG), new HumanMessage('Good day')];
    const options = { cache_control: { type: 'ephemeral', ttl: '1h' } };
    const { seen, sent } = await expectSame(way, {}, async (plain) => {
      const model = plain.bindTools([WEATHER]);
      const answer = await model.invoke(messages, options);
      return readable(answer);
    });
    const { system, toolConfig } = sent[0];
    const point = { cachePoint: { type: 'default', ttl: '1h' } };
    expect([toolConfig.tools.at(-1), system.at(-1)]).toEqual([point, point]);
    expect(seen.usage_metadata.input_token_details.cache_creation).toBeGreaterThan(4096);
  });

  test('sends images and documents byte for byte', async () => {
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG.toString('base64')}` } },
      { type: 'image', image: { format: 'png', source: { bytes: new Uint8Array(PNG) } } },
      { type: 'document', document: { name: 'Report', format: 'pdf', source: { bytes: PDF } } },
    ];
    const { seen, sent } = await expectSame(way, {}, async (model) =>
      readable(await model.invoke([new HumanMessage({ content })])),
    );
    expect(seen.content).toContain('What is this?');
    const [, first, second, { document }] = sent[0].messages[0].content;
    expect([first, second]).toEqual(
      Array(2).fill({ image: { format: 'png', source: { bytes: PNG.toString('base64') } } }),
    );
    expect(document.source.bytes).toBe(PDF.toString('base64'));
  });

  test('carries the fields that few callers use', async () => {
    const fields = {
      performanceConfig: { latency: 'standard' },
      guardrailConfig: { guardrailIdentifier: 'abc', guardrailVersion: '1', trace: 'enabled' },
      serviceTier: 'priority',
    };
    const script = () => ({
      text: 'Yes.',
      additionalModelResponseFields: { stop_sequence: null, deep: [{ 1: 'one' }] },
    });
    const { sent } = await expectSame(way, { fields, script }, async (model) =>
      readable(await model.invoke('Good day', { requestMetadata: { team: 'a' }, stop: ['END'] })),
    );
    expect(sent[0]).toMatchObject({
      guardrailConfig: fields.guardrailConfig,
      serviceTier: { type: 'priority' },
      requestMetadata: { team: 'a' },
      inferenceConfig: { stopSequences: ['END'] },
    });
  });
});

describe.each(OURS)('%s: failures', (way) => {
  const shape = ({ name, message, $fault, $metadata }) => ({
    name,
    message,
    $fault,
    status: $metadata?.httpStatusCode,
    attempts: $metadata?.attempts,
  });
  const calls = [
    ['invoke', (model) => model.invoke('Good day')],
    ['stream', async (model) => collect(await model.stream('Good day'))],
  ];
  const TEXT = 'The model returned the following errors: prompt is too long: 9 tokens > 8 maximum';

  test.each(calls)('gives the text of a refusal word for word (%s)', async (_name, call) => {
    const script = () => ({ error: { type: 'ValidationException', message: TEXT } });
    const { seen } = await expectSame(way, { script }, async (model) => {
      const error = await failure(call(model));
      expect(error).toBeInstanceOf(Error);
      return shape(error);
    });
    expect(seen).toEqual({
      name: 'ValidationException',
      message: TEXT,
      $fault: 'client',
      status: 400,
      attempts: 1,
    });
  });

  test.each(calls)('gives up on throttling after the attempts it has (%s)', async (_name, call) => {
    const errors = [];
    for (const side of ['official', way]) {
      const { server, model } = await chat(side);
      const client = side === 'official' ? open.officialClient : open.profileClient;
      model.client = client(server, { maxAttempts: 1 });
      server.fail('throttle');
      const error = await failure(call(model));
      errors.push(shape(error));
      expect(server.pendingFaults).toBe(0);
      // LangChain itself does not try again.
      expect(runtimeRequests(server)).toHaveLength(1);
    }
    expect(errors[1]).toEqual(errors[0]);
    expect(errors[1]).toMatchObject({
      name: 'ThrottlingException',
      message: 'Too many requests, please wait before trying again.',
      status: 429,
    });
  });

  test('answers after one throttled attempt', async () => {
    const { server, model } = await chat(way);
    server.fail('throttle');
    const answer = await model.invoke('Good day');
    expect(answer.response_metadata.$metadata.attempts).toBe(2);
    expect(runtimeRequests(server)).toHaveLength(2);
  });

  test('fails in mid-stream as the official client does', async () => {
    const sides = [];
    for (const side of ['official', way]) {
      const { server, model } = await chat(side);
      server.fail({
        kind: 'exception',
        after: 3,
        type: 'modelStreamErrorException',
        message: 'No.',
      });
      const chunks = [];
      const error = await failure(
        (async () => {
          for await (const chunk of await model.stream('Good day')) chunks.push(readable(chunk));
        })(),
      );
      sides.push({ chunks, ...shape(error) });
    }
    expect(sides[1]).toEqual(sides[0]);
    expect(sides[1]).toMatchObject({ name: 'ModelStreamErrorException', message: 'No.' });
    expect(sides[1].chunks.length).toBeGreaterThan(0);
  });
});

describe.each(OURS)('%s: leaving', (way) => {
  test('an abort in mid-stream closes the upstream', async () => {
    const { server, model } = await chat(way, { script: () => ({ events: endless() }) });
    const control = new AbortController();
    const reason = new Error('The user has left.');
    const seen = [];
    const error = await failure(
      (async () => {
        for await (const chunk of await model.stream('Go.', { signal: control.signal })) {
          seen.push(chunk);
          if (seen.length === 3) control.abort(reason);
        }
      })(),
    );
    // LangChain throws the signal's reason, whatever the client throws.
    expect(error).toBe(reason);
    expect(await lastRequest(server).aborted).toBe(true);
    expect(seen).toHaveLength(3);
  });

  test('leaving the loop closes the upstream', async () => {
    const { server, model } = await chat(way, { script: () => ({ events: endless() }) });
    for await (const chunk of await model.stream('Go.')) if (chunk.content === '1 ') break;
    expect(await lastRequest(server).aborted).toBe(true);
  });

  test('an abort while waiting for the answer rejects and closes', async () => {
    const { server, model } = await chat(way);
    server.fail('stall-headers');
    const control = new AbortController();
    const answer = failure(model.invoke('Good day', { signal: control.signal }));
    const request = await server.waitForRequest(({ path }) => path.endsWith('/converse'));
    control.abort();
    expect((await answer).name).toBe('AbortError');
    expect(await request.aborted).toBe(true);
  });

  test('an aborted signal sends nothing', async () => {
    const { server, model } = await chat(way);
    const error = await failure(model.invoke('Good day', { signal: AbortSignal.abort() }));
    expect(error.name).toBe('AbortError');
    expect(server.requests).toEqual([]);
  });
});

describe('profiles', () => {
  const MAPPINGS = 'BEDROCK_INFERENCE_PROFILE_MAPPINGS';
  afterEach(() => {
    delete process.env[MAPPINGS];
  });
  const on = (server, fields) =>
    new ChatBedrockConverse({ region: REGION, client: open.profileClient(server), ...fields });

  test('asks AWS once what stands behind an ARN', async () => {
    // A profile of its own: what is known of an ARN is known to the whole process, and jest runs
    // other files in it too.
    const profile = { region: REGION, id: 'askedonlyone', from: BEHIND.sonnet45team };
    const server = await open.server({ profiles: [profile] });
    const arn = arnOf(server, profile.id);
    for (const temperature of [0.1, 0.2]) {
      await on(server, { model: arn, temperature, topP: 0.9 }).invoke('Good day');
    }
    const control = server.requests.filter(({ operation }) => operation === 'GetInferenceProfile');
    expect(control).toHaveLength(1);
    expect(runtimeRequests(server).map(({ modelId }) => modelId)).toEqual([arn, arn]);
    // Sonnet 4.5 takes one of the two.
    expect(lastRequest(server).body.inferenceConfig).toEqual({ temperature: 0.2 });
  });

  test('a mapping in the environment says it without asking', async () => {
    const profile = { region: REGION, id: 'saidbymapping', from: BEHIND.claude37demo };
    const server = await open.server({
      profiles: [profile],
      deny: ['bedrock:GetInferenceProfile'],
    });
    const arn = arnOf(server, profile.id);
    process.env[MAPPINGS] = JSON.stringify({ [arn]: 'anthropic.claude-3-7-sonnet-20250219-v1:0' });
    const fields = { maxTokens: 4000, temperature: 0.3, additionalModelRequestFields: THINKING };
    const { content } = await on(server, { model: arn, ...fields }).invoke('Think.');
    expect(content[0].type).toBe('reasoning');
    expect(server.requests.map(({ operation }) => operation)).toEqual(['Converse']);
    expect(lastRequest(server).modelId).toBe(arn);
    // 3.7 refuses a temperature while it thinks.
    expect(lastRequest(server).body.inferenceConfig).toEqual({ maxTokens: 4000 });
  });

  test('a mapping in the environment names an alias', async () => {
    const server = await open.server();
    const arn = arnOf(server, 'opus47coding');
    const alias = 'team-a.anthropic.claude-opus-4-7';
    process.env[MAPPINGS] = JSON.stringify({ [alias]: arn });
    const fields = { temperature: 0.3, topP: 0.9, additionalModelRequestFields: ADAPTIVE };
    const { content } = await on(server, { model: alias, ...fields }).invoke('Think.');
    expect(content[0].type).toBe('reasoning');
    // The profile lives in us-west-2, whatever region the client has.
    expect(lastRequest(server)).toMatchObject({ modelId: arn, region: 'us-west-2', status: 200 });
    expect(lastRequest(server).body).not.toHaveProperty('inferenceConfig.temperature');
  });

  test('says in $metadata what it did, where spreading does not carry it', async () => {
    const server = await open.server();
    const model = on(server, { model: arnOf(server, 'sonnet45team'), temperature: 0.5, topP: 0.9 });
    const { response_metadata: metadata } = await model.invoke('Good day');
    expect(metadata.$metadata.profile).toMatchObject({
      model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
      changes: [{ rule: 'S1', path: 'inferenceConfig.topP' }],
    });
    expect(Object.keys(metadata.$metadata)).not.toContain('profile');
  });

  test('a request that needs no change is not changed', async () => {
    const server = await open.server();
    const model = on(server, { model: HAIKU_45, temperature: 0.5 });
    const { response_metadata: metadata } = await model.invoke('Good day');
    expect(metadata.$metadata.profile.changes).toEqual([]);
  });
});
