'use strict';

/** What a refusal teaches: one request more, once, and the next call is right at once. */

const { SONNET, ask, client, collect, failure, start } = require('./support/bedrock');
const { inferences, startUnknown, unique } = require('./support/learning');

const user = (...content) => ({ role: 'user', content });
const TEXT = { text: 'Good day' };
const POINT = { cachePoint: { type: 'default' } };
const TOOL = { toolSpec: { name: 'add', inputSchema: { json: { type: 'object' } } } };
const tools = (toolChoice) => ({
  toolConfig: { tools: [TOOL], ...(toolChoice && { toolChoice }) },
});
const infer = (inferenceConfig) => ({ inferenceConfig });
const fields = (additionalModelRequestFields) => ({ additionalModelRequestFields });
const THINKS = { thinking: { type: 'enabled', budget_tokens: 2000 } };
const CALLED = {
  messages: [
    user(TEXT),
    {
      role: 'assistant',
      content: [{ toolUse: { toolUseId: 'abcdefgh1', name: 'add', input: {} } }],
    },
    user({ toolResult: { toolUseId: 'abcdefgh1', content: [{ text: '3' }], status: 'success' } }),
  ],
};
const THOUGHT = {
  messages: [
    user(TEXT),
    {
      role: 'assistant',
      content: [{ reasoningContent: { reasoningText: { text: 'hm', signature: 'c2ln' } } }, TEXT],
    },
    user(TEXT),
  ],
};
const CITED = {
  messages: [
    user(TEXT, {
      document: {
        format: 'pdf',
        name: 'notes',
        source: { bytes: Buffer.from('%PDF') },
        citations: { enabled: true },
      },
    }),
  ],
};
const STRUCTURED = {
  outputConfig: {
    textFormat: {
      type: 'json_schema',
      structure: {
        jsonSchema: { name: 'a', schema: '{"type":"object","additionalProperties":false}' },
      },
    },
  },
};
const XHIGH = { thinking: { type: 'disabled' }, output_config: { effort: 'xhigh' } };

const OPUS_47 = 'anthropic.claude-opus-4-7';
const OPUS_5 = 'anthropic.claude-opus-5';
const SONNET_4 = 'anthropic.claude-sonnet-4-20250514-v1:0';
const SONNET_37 = 'anthropic.claude-3-7-sonnet-20250219-v1:0';
const GPT = 'openai.gpt-5.6-sol';
const KIMI = 'moonshotai.kimi-k3';
const LLAMA = 'meta.llama4-scout-17b-instruct-v1:0';
const LLAMA_3 = 'meta.llama3-8b-instruct-v1:0';
const MISTRAL = 'mistral.mistral-large-2407-v1:0';
const NEMOTRON = 'nvidia.nemotron-super-3-120b';

/** [the text, the model that says it, a request it says it to, what is changed, the fact] */
// prettier-ignore
const LESSONS = [
  ['`temperature` is deprecated for this model', OPUS_47, infer({ temperature: 0.5, maxTokens: 50 }), ['inferenceConfig.temperature'], 'temperature.supported', false],
  ['`top_p` is deprecated for this model', OPUS_47, infer({ topP: 0.5, maxTokens: 50 }), ['inferenceConfig.topP'], 'topP.supported', false],
  ['`top_k` is deprecated for this model', OPUS_47, fields({ top_k: 5, thinking: { type: 'adaptive' } }), ['additionalModelRequestFields.top_k'], 'topK.supported', false],
  ["doesn't support the temperature field", GPT, infer({ temperature: 0.5, maxTokens: 50 }), ['inferenceConfig.temperature'], 'temperature.supported', false],
  ["doesn't support the stopSequences field", GPT, infer({ stopSequences: ['.'], maxTokens: 50 }), ['inferenceConfig.stopSequences'], 'stopSequences.supported', false],
  ["doesn't support the cachePoint field", KIMI, { messages: [user(TEXT, POINT)] }, ['messages[0].content[1]'], 'promptCaching.supported', false],
  ["doesn't support the status field", 'writer.palmyra-x5-v1:0', { ...CALLED, ...tools() }, ['messages[2].content[0].toolResult.status'], 'tools.resultStatus', false],
  ["doesn't support the toolConfig.toolChoice.any field", LLAMA, tools({ any: {} }), ['toolConfig.toolChoice'], 'tools.toolChoice', ['auto']],
  ["doesn't support the toolConfig.toolChoice.tool field", MISTRAL, tools({ tool: { name: 'add' } }), ['toolConfig.toolChoice'], 'tools.toolChoice', ['auto', 'any']],
  ["doesn't support the toolConfig.toolChoice.auto field", 'cohere.command-r-v1:0', tools({ auto: {} }), ['toolConfig.toolChoice'], 'tools.toolChoice', []],
  ['`temperature` and `top_p` cannot both be specified', 'anthropic.claude-opus-4-1-20250805-v1:0', infer({ temperature: 0.5, topP: 0.5 }), ['inferenceConfig.topP'], 'temperatureAndTopPExclusive', true],
  ['extraneous key [top_k] is not permitted', 'amazon.nova-pro-v1:0', fields({ top_k: 5 }), ['additionalModelRequestFields.top_k', 'additionalModelRequestFields'], 'topK.supported', false],
  ['exceeds the model limit of 4096', 'meta.llama3-1-8b-instruct-v1:0', infer({ maxTokens: 5000 }), ['inferenceConfig.maxTokens'], 'maxOutputTokens', 4096],
  ['"thinking.type.enabled" is not supported for this model', OPUS_47, fields(THINKS), ['additionalModelRequestFields.thinking', 'additionalModelRequestFields.output_config.effort'], 'reasoning.thinkingTypes', ['adaptive']],
  ['`temperature` may only be set to 1 when thinking is enabled', SONNET_4, { ...infer({ temperature: 0.5, maxTokens: 5000 }), ...fields(THINKS) }, ['inferenceConfig.temperature'], 'reasoning.temperatureLocked', true],
  ['`top_p` must be unset when thinking is enabled', SONNET_37, { ...infer({ topP: 0.97, maxTokens: 5000 }), ...fields(THINKS) }, ['inferenceConfig.topP'], 'reasoning.minTopP', 2],
  ['Thinking may not be enabled when tool_choice forces tool use', SONNET_4, { ...tools({ any: {} }), ...fields(THINKS) }, ['toolConfig.toolChoice'], 'reasoning.forbidsForcedTools', true],
  ['budget_tokens: Input should be greater than or equal to 1024', SONNET_4, fields({ thinking: { type: 'enabled', budget_tokens: 500 } }), ['additionalModelRequestFields.thinking.budget_tokens'], 'reasoning.minBudget', 1024],
  ["effort 'xhigh' is not supported when thinking is disabled", OPUS_5, fields(XHIGH), ['additionalModelRequestFields.output_config.effort'], 'reasoning.maxEffortWhenDisabled', 'high'],
  ['cannot contain reasoning content', LLAMA, THOUGHT, ['messages[1].content[0]'], 'reasoning.acceptsHistory', false],
  ['did not allow prompt caching', NEMOTRON, { messages: [user(TEXT, POINT)] }, ['messages[0].content[1]'], 'promptCaching.supported', false],
  ["doesn't support tool use.", LLAMA_3, tools(), ['toolConfig'], 'tools.supported', false],
  ["doesn't support citations", 'amazon.nova-pro-v1:0', CITED, ['messages[0].content[1].document.citations'], 'citations', false],
  ['output_config.format: Extra inputs are not permitted', OPUS_47, STRUCTURED, ['system', 'outputConfig.textFormat', 'outputConfig'], 'structuredOutput', false],
  ["doesn't support system messages", 'mistral.mistral-7b-instruct-v0:2', { system: [TEXT] }, ['system[0]', 'system'], 'systemPrompt', false],
];

const at = (value, path) => path.split('.').reduce((inner, name) => inner[name], value);

/** A request that a script refuses, and what was asked before and after. */
const TEMPERATURE =
  "This model doesn't support the temperature field. Remove temperature and try again.";
const warm = (modelId, more) =>
  ask('Good day', { modelId, ...infer({ temperature: 0.5 }), ...more });

/** A stand-in whose model refuses as the script says; without one it takes everything here. */
async function refusing(refusal) {
  const unknown = await startUnknown('amazon.nova-pro-v1:0', { script: refusal });
  return { ...unknown, made: client(unknown.server), input: warm(unknown.arn) };
}

/** Refuses requests with a temperature. */
const noTemperature =
  (error = { message: TEMPERATURE }) =>
  ({ body }) =>
    body.inferenceConfig?.temperature === undefined ? undefined : { error };

describe('a refusal that names a parameter', () => {
  test.each(LESSONS)('%s (%s)', async (text, like, more, paths, fact, value) => {
    const { server, arn, model } = await startUnknown(like);
    const made = client(server);
    const input = { modelId: arn, messages: [user(TEXT)], ...more };
    expect((await failure(client(server, { learning: false }).converse(input))).message).toContain(
      text,
    );
    server.requests.length = 0;

    const first = await made.converse(input);
    expect(first.output.message.role).toBe('assistant');
    expect(first.$metadata.attempts).toBe(2);
    expect(inferences(server)).toHaveLength(2);
    expect(first.$metadata.profile).toMatchObject({ requestedId: arn, model });
    const { changes } = first.$metadata.profile;
    expect(changes.map(({ rule }) => rule)).toEqual(changes.map(() => 'learned'));
    expect(changes.map(({ path }) => path)).toEqual(paths);
    expect(changes.every(({ reason }) => reason.length > 0)).toBe(true);

    const second = await made.converse(input);
    expect(second.$metadata.attempts).toBe(1);
    expect(inferences(server)).toHaveLength(3);
    expect(second.$metadata.profile.changes).toEqual(changes);
    expect(inferences(server)[2].body).toEqual(inferences(server)[1].body);

    const learned = at(await made.capabilities(arn), fact);
    expect(learned).toEqual({ value, source: 'learned', age: expect.any(Number) });
    expect(learned.age).toBeGreaterThanOrEqual(0);
    expect(learned.age).toBeLessThan(30_000);
  });

  test('the request is changed in just that', async () => {
    const { server, input, made } = await refusing(noTemperature());
    const both = { ...input, inferenceConfig: { maxTokens: 50, temperature: 0.5, topP: 0.5 } };
    await made.converse(both);
    const [first, second] = inferences(server).map(({ body }) => body);
    expect(first.inferenceConfig).toEqual({ maxTokens: 50, temperature: 0.5, topP: 0.5 });
    expect(second).toEqual({ ...first, inferenceConfig: { maxTokens: 50, topP: 0.5 } });
  });

  test('what was learned is also told to listeners, and the caller’s input stays', async () => {
    const { input, made, model } = await refusing(noTemperature());
    const before = structuredClone(input);
    const heard = [];
    made.on('gate', (event) => heard.push(event));
    const answer = await made.converse(input);
    expect(input).toEqual(before);
    expect(heard).toEqual([{ model, changes: answer.$metadata.profile.changes }]);
  });

  test('AWS’s typographic apostrophe is the same word', async () => {
    const message = TEMPERATURE.replace("'", '’');
    const { server, input, made } = await refusing(noTemperature({ message }));
    expect((await made.converse(input)).$metadata.attempts).toBe(2);
    expect(inferences(server)).toHaveLength(2);
  });

  test('an ARN that AWS is not asked about learns too, by itself', async () => {
    const { server, arn, addProfile } = await refusing(noTemperature());
    const made = client(server, { discovery: false });
    expect((await made.converse(warm(arn))).$metadata.attempts).toBe(2);
    expect((await made.converse(warm(arn))).$metadata).toMatchObject({ attempts: 1 });
    expect((await made.capabilities(arn)).temperature.supported.source).toBe('learned');
    expect((await made.converse(warm(addProfile()))).$metadata.attempts).toBe(2);
    expect(server.requests).toHaveLength(inferences(server).length);
  });

  test('in a stream, before its first event', async () => {
    const { server, input, made } = await refusing(noTemperature());
    const { stream, $metadata } = await made.converseStream(input);
    const events = await collect(stream);
    expect(events[0]).toHaveProperty('messageStart');
    expect(events.at(-1)).toHaveProperty('metadata.usage');
    expect($metadata.attempts).toBe(2);
    expect($metadata.profile.changes[0]).toMatchObject({ rule: 'learned', action: 'drop' });
    expect(inferences(server).map(({ operation }) => operation)).toEqual([
      'ConverseStream',
      'ConverseStream',
    ]);
  });

  test('in a stream whose first frame is the refusal', async () => {
    const { server, input, made } = await refusing();
    server.fail({ kind: 'exception', type: 'validationException', message: TEMPERATURE, after: 0 });
    const { stream, $metadata } = await made.converseStream(input);
    expect((await collect(stream)).at(-1)).toHaveProperty('metadata');
    expect($metadata.attempts).toBe(2);
    expect(inferences(server)[1].body.inferenceConfig).toBeUndefined();
  });
});

describe('tools that a model cannot use while it streams', () => {
  test('the answer comes through Converse, as the events of a stream', async () => {
    const { server, arn } = await startUnknown(LLAMA);
    const made = client(server);
    const input = { modelId: arn, messages: [user({ text: 'Use add' })], ...tools() };
    for (const [operations, attempts] of [
      [['ConverseStream', 'Converse'], 2],
      [['Converse'], 1],
    ]) {
      server.requests.length = 0;
      const { stream, $metadata } = await made.converseStream(input);
      const events = await collect(stream);
      expect(inferences(server).map(({ operation }) => operation)).toEqual(operations);
      expect($metadata.attempts).toBe(attempts);
      expect($metadata.profile.changes).toEqual([
        {
          path: '(operation)',
          action: 'rewrite',
          from: 'ConverseStream',
          to: 'Converse',
          rule: expect.stringMatching(/^(learned|M2)$/),
          reason: expect.stringContaining('cannot use tools while it streams'),
        },
      ]);
      expect(events[0]).toEqual({ messageStart: { role: 'assistant' } });
      expect(events.at(-1).metadata.usage.totalTokens).toBeGreaterThan(0);
    }
    expect((await made.capabilities(arn)).tools.streaming).toMatchObject({
      value: false,
      source: 'learned',
    });
    const { stream } = await made.converseStream({ modelId: arn, messages: [user(TEXT)] });
    await collect(stream);
    expect(inferences(server).at(-1).operation).toBe('ConverseStream');
  });
});

describe('who is concerned', () => {
  test('other profiles of the model are, other models are not', async () => {
    const taught = await refusing(noTemperature());
    await taught.made.converse(taught.input);
    const sibling = await taught.made.converse(warm(taught.addProfile()));
    expect(sibling.$metadata.attempts).toBe(1);
    expect(sibling.$metadata.profile.changes[0].path).toBe('inferenceConfig.temperature');

    const other = await refusing();
    const untouched = await other.made.converse(other.input);
    expect(untouched.$metadata.profile.changes).toEqual([]);
    expect(inferences(other.server)[0].body.inferenceConfig).toEqual({ temperature: 0.5 });
    const { temperature } = await other.made.capabilities(other.arn);
    expect(temperature.supported).toMatchObject({ value: null, source: 'assumed' });
  });

  test('what is supposed of a family gives way to what a model of it said', async () => {
    const model = `anthropic.claude-brain-${unique()}`;
    const text = TEMPERATURE.replaceAll('temperature', 'stopSequences');
    const refuses = ({ body }) =>
      body.inferenceConfig?.stopSequences && { error: { message: text } };
    const server = await start({ models: { [model]: SONNET_4 }, script: refuses });
    const { arn } = server.addProfile({ region: 'us-east-1', id: unique(), from: model });
    const made = client(server);
    const supposed = await made.capabilities(arn);
    expect(supposed.stopSequences.supported).toMatchObject({ value: true, source: 'pattern' });
    const input = ask('Good day', { modelId: arn, ...infer({ stopSequences: ['.'] }) });
    expect((await made.converse(input)).$metadata.attempts).toBe(2);
    const { stopSequences, provider } = await made.capabilities(arn);
    expect(stopSequences.supported).toMatchObject({ value: false, source: 'learned' });
    expect(provider).toEqual(supposed.provider);
  });
});

describe('never more than once', () => {
  test('a second refusal comes back as AWS worded it', async () => {
    const second = 'The model is tired.';
    const { server, input, made } = await refusing(({ body }) => ({
      error: { message: body.inferenceConfig?.temperature === undefined ? second : TEMPERATURE },
    }));
    const error = await failure(made.converse(input));
    expect(error).toMatchObject({ name: 'ValidationException', message: second });
    expect(error.$metadata).toMatchObject({ attempts: 2, httpStatusCode: 400 });
    expect(error.$metadata.profile.changes).toHaveLength(2);
    expect(inferences(server)).toHaveLength(2);
  });

  test('also where the second refusal would teach something', async () => {
    const TOP_P = TEMPERATURE.replaceAll('temperature', 'topP');
    const { server, arn, made } = await refusing(({ body }) => {
      const { temperature, topP } = body.inferenceConfig ?? {};
      if (temperature !== undefined) return { error: { message: TEMPERATURE } };
      return topP === undefined ? undefined : { error: { message: TOP_P } };
    });
    const input = warm(arn, infer({ temperature: 0.5, topP: 0.5 }));
    expect((await failure(made.converse(input))).message).toBe(TOP_P);
    expect(inferences(server)).toHaveLength(2);
    const answer = await made.converse(input);
    expect(answer.$metadata.profile.changes.map(({ path }) => path)).toContain(
      'inferenceConfig.topP',
    );
  });

  test('a refusal that names what is not there changes nothing, so nothing is sent again', async () => {
    const { server, arn, made } = await refusing(() => ({ error: { message: TEMPERATURE } }));
    const error = await failure(made.converse(ask('Good day', { modelId: arn })));
    expect(error.message).toBe(TEMPERATURE);
    expect(error.$metadata.attempts).toBe(1);
    expect(inferences(server)).toHaveLength(1);
  });
});

describe('what teaches nothing', () => {
  test.each([
    ['a prompt that is too long', 'prompt is too long: 200049 tokens > 200000 maximum'],
    ['input that is too long', 'Input is too long for requested model.'],
    ['a wrong id', 'The provided model identifier is invalid.'],
    ['content', 'messages.1.content: Input should be a valid list'],
    ['a prefill', 'This model does not support assistant message prefill.'],
    ['an unknown kind of content', "This model doesn't support the video content block"],
  ])('%s', async (_what, message) => {
    const { server, input, made } = await refusing(() => ({ error: { message } }));
    expect(await failure(made.converse(input))).toMatchObject({
      name: 'ValidationException',
      message,
    });
    expect(inferences(server)).toHaveLength(1);
    expect(JSON.stringify(await made.capabilities(input.modelId))).not.toContain('learned');
  });

  test.each([
    ['throttling', 429, 'ThrottlingException'],
    ['missing permissions', 403, 'AccessDeniedException'],
    ['failing models', 424, 'ModelErrorException'],
    ['failing servers', 500, 'InternalServerException'],
  ])('%s, whatever the text', async (_what, status, type) => {
    const error = { status, type, message: TEMPERATURE };
    const { server, arn } = await refusing(() => ({ error }));
    const made = client(server, { maxAttempts: 1 });
    expect(await failure(made.converse(warm(arn)))).toMatchObject({
      name: type,
      message: TEMPERATURE,
    });
    expect(inferences(server)).toHaveLength(1);
    expect(JSON.stringify(await made.capabilities(arn))).not.toContain('learned');
  });

  test('an exception after the first event, whatever its text', async () => {
    const { server, input, made } = await refusing();
    server.fail({ kind: 'exception', type: 'validationException', message: TEMPERATURE, after: 2 });
    const { stream, $metadata } = await made.converseStream(input);
    const seen = [];
    const error = await failure(
      (async () => {
        for await (const event of stream) seen.push(event);
      })(),
    );
    expect(error).toMatchObject({ name: 'ValidationException', message: TEMPERATURE });
    expect(seen).toHaveLength(2);
    expect($metadata.attempts).toBe(1);
    expect(inferences(server)).toHaveLength(1);
    expect(JSON.stringify(await made.capabilities(input.modelId))).not.toContain('learned');
  });
});

describe('options', () => {
  test('learning: false neither learns nor uses what others learned', async () => {
    const { server, input, made } = await refusing(noTemperature());
    const proud = client(server, { learning: false });
    for (let times = 1; times <= 2; times += 1) {
      const error = await failure(proud.converse(input));
      expect(error.message).toBe(TEMPERATURE);
      expect(error.$metadata.attempts).toBe(1);
      expect(inferences(server)).toHaveLength(times);
    }
    expect((await made.converse(input)).$metadata.attempts).toBe(2);
    expect((await failure(proud.converse(input))).message).toBe(TEMPERATURE);
    expect(JSON.stringify(await proud.capabilities(input.modelId))).not.toContain('learned');
  });

  test.each(['yes', 1, null, {}])('learning: %p is refused', (learning) => {
    const server = { region: 'us-east-1', url: 'http://127.0.0.1:9' };
    expect(() => client(server, { learning })).toThrow(/options\.learning must be a boolean, not /);
  });

  test('gating strict sends nothing again, but remembers', async () => {
    const { server, input, made } = await refusing(noTemperature());
    const strict = client(server, { gating: 'strict' });
    const refused = await failure(strict.converse(input));
    expect(refused).toMatchObject({ name: 'ValidationException', message: TEMPERATURE });
    expect(refused.$metadata.attempts).toBe(1);
    expect(inferences(server)).toHaveLength(1);

    const known = await failure(strict.converse(input));
    expect(known.message).toContain('inferenceConfig.temperature (learned)');
    expect(inferences(server)).toHaveLength(1);
    expect((await made.converse(input)).$metadata.attempts).toBe(1);
    expect(inferences(server)).toHaveLength(2);
  });

  test('gating off does neither', async () => {
    const { server, input, made } = await refusing(noTemperature());
    const off = client(server, { gating: 'off' });
    for (const call of [off.converse(input), made.converse(input, { gating: 'off' })]) {
      const error = await failure(call);
      expect(error.message).toBe(TEMPERATURE);
      expect(error.$metadata.attempts).toBe(1);
    }
    expect(inferences(server)).toHaveLength(2);
    expect((await made.converse(input)).$metadata.attempts).toBe(2);
  });

  test('gating off goes on sending what others learned not to', async () => {
    const { server, input, made } = await refusing(noTemperature());
    await made.converse(input);
    await failure(made.converse(input, { gating: 'off' }));
    expect(inferences(server).at(-1).body.inferenceConfig).toEqual({ temperature: 0.5 });
  });
});

describe('what any model may refuse', () => {
  // prettier-ignore
  test.each([
    ['calls of tools in the conversation become text where the model turns out to have no tools', LLAMA_3, { ...CALLED, ...tools() }],
    ['a field is left out', MISTRAL, fields({ reasoning_effort: 'low' })],
    ['an effort is left out where the family is unknown', SONNET_4, fields({ output_config: { effort: 'high' } })],
  ])('%s', async (_what, like, more) => {
    const { server, arn } = await startUnknown(like);
    const input = { modelId: arn, messages: [user(TEXT)], ...more };
    expect((await client(server).converse(input)).$metadata.attempts).toBe(2);
  });
});

test('a known model’s own facts stay unlearned', async () => {
  const server = await start();
  const known = await client(server).capabilities(SONNET);
  expect(known.temperature.supported.source).toBe('catalog');
});
