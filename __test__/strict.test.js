'use strict';

/** `gating` by client and by call: `strict` says everything at once and sends nothing. */

const { ConverseCommand, ConverseStreamCommand } = require('@aws-sdk/client-bedrock-runtime');
const { SONNET, ask, client, collect, failure, freshProfile, start } = require('./support/bedrock');
const { inferences } = require('./support/learning');

const OPUS = 'us.anthropic.claude-opus-4-7';
const LLAMA = 'us.meta.llama4-maverick-17b-instruct-v1:0';
const TOOL = { toolSpec: { name: 'add', inputSchema: { json: { type: 'object' } } } };

/** Too long, and temperature beside topP; a prefill, which nobody repairs. */
const wrong = (more) => ({
  modelId: SONNET,
  messages: [
    { role: 'user', content: [{ text: 'Good day' }] },
    { role: 'assistant', content: [{ text: 'Well' }] },
  ],
  inferenceConfig: { maxTokens: 1_000_000, temperature: 0.5, topP: 0.5 },
  ...more,
});
const RULES = ['S1', 'T1', 'R20'];
/** The same without the prefill: this can be repaired. */
const repairable = () => ask('Good day', { inferenceConfig: wrong().inferenceConfig });

/** Every way to make a call. */
const WAYS = {
  converse: (made, input, options) => made.converse(input, options),
  converseStream: (made, input, options) => made.converseStream(input, options),
  'send(ConverseCommand)': (made, input, options) => made.send(new ConverseCommand(input), options),
  'send(ConverseStreamCommand)': (made, input, options) =>
    made.send(new ConverseStreamCommand(input), options),
};

/** What `strict` answers to `wrong`. */
function expectRefusal(error) {
  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe('ValidationException');
  expect(error.$fault).toBe('client');
  expect(error.violations.map(({ rule }) => rule)).toEqual(RULES);
  for (const { path, rule, reason } of error.violations) {
    expect(reason).not.toBe('');
    expect(error.message).toContain(`${path} (${rule}): ${reason}`);
  }
  expect(error.violations.map(({ path }) => path)).toEqual([
    'inferenceConfig.topP',
    'inferenceConfig.maxTokens',
    'messages[1]',
  ]);
}

describe.each(Object.entries(WAYS))('%s', (_name, call) => {
  test('strict by client: one error with everything, and nothing is sent', async () => {
    const server = await start();
    const error = await failure(call(client(server, { gating: 'strict' }), wrong()));
    expectRefusal(error);
    expect(server.requests).toEqual([]);
    expect(error.$metadata.attempts).toBe(0);
    expect(error.$metadata.httpStatusCode).toBeUndefined();
    expect(error.$metadata.profile).toMatchObject({
      requestedId: SONNET,
      callId: SONNET,
      model: 'anthropic.claude-sonnet-4-6',
      region: 'us-east-1',
    });
    expect(Object.keys(error.$metadata)).not.toContain('profile');
  });

  test('strict by call, and the next call is the client’s again', async () => {
    const server = await start();
    const made = client(server);
    expectRefusal(await failure(call(made, wrong(), { gating: 'strict' })));
    expect(server.requests).toEqual([]);
    const { $metadata, stream } = await call(made, repairable());
    if (stream) await collect(stream);
    expect($metadata.profile.changes.map(({ rule }) => rule)).toEqual(['S1', 'T1']);
    expect(inferences(server)).toHaveLength(1);
  });

  test('a request that fits passes strict unchanged', async () => {
    const server = await start();
    const made = client(server, { gating: 'strict' });
    const input = ask('Good day', { inferenceConfig: { maxTokens: 50, temperature: 0.5 } });
    const { $metadata, stream } = await call(made, input);
    if (stream) await collect(stream);
    expect($metadata.profile.changes).toEqual([]);
    expect(inferences(server)[0].body.inferenceConfig).toEqual({ maxTokens: 50, temperature: 0.5 });
  });

  test('off by call sends it as it is, whatever the client’s', async () => {
    const server = await start();
    for (const gating of ['adapt', 'strict']) {
      const made = client(server, { gating });
      const error = await failure(call(made, repairable(), { gating: 'off' }));
      expect(error.message).toContain('cannot both be specified for this model');
      expect(error.$metadata.profile.changes).toEqual([]);
      expect(inferences(server).at(-1).body.inferenceConfig).toEqual(repairable().inferenceConfig);
    }
    expect(inferences(server)).toHaveLength(2);
  });

  test('adapt by call repairs what a strict client would refuse', async () => {
    const server = await start();
    const made = client(server, { gating: 'strict' });
    const { $metadata, stream } = await call(made, repairable(), { gating: 'adapt' });
    if (stream) await collect(stream);
    expect($metadata.profile.changes).toHaveLength(2);
    expectRefusal(await failure(call(made, wrong())));
  });

  test.each([
    ['x', '"x"'],
    ['Strict', '"Strict"'],
    [null, 'null'],
    [1, '1'],
    [{}, '{}'],
  ])('a wrong value: %p', async (gating, quoted) => {
    const server = await start();
    const error = await failure(call(client(server), ask(), { gating }));
    expect(error.name).toBe('ValidationException');
    expect(error.message).toBe(`options.gating must be one of adapt, strict, off, not ${quoted}.`);
    expect(server.requests).toEqual([]);
  });

  test('an absent value is the client’s', async () => {
    const server = await start();
    const made = client(server, { gating: 'strict' });
    expectRefusal(await failure(call(made, wrong(), { gating: undefined })));
    expect(server.requests).toEqual([]);
  });
});

describe('explain', () => {
  test('strict by client and by call', async () => {
    const server = await start();
    expectRefusal(await failure(client(server, { gating: 'strict' }).explain(wrong())));
    expectRefusal(await failure(client(server).explain(wrong(), { gating: 'strict' })));
    expect(server.requests).toEqual([]);
  });

  test('its error says what the id was resolved to', async () => {
    const server = await start();
    const error = await failure(client(server).explain(wrong(), { gating: 'strict' }));
    expect(error.$metadata.profile).toMatchObject({ requestedId: SONNET });
  });

  test('off by call: nothing is judged', async () => {
    const server = await start();
    const made = client(server, { gating: 'strict' });
    const { changes, violations, request } = await made.explain(wrong(), { gating: 'off' });
    expect({ changes, violations }).toEqual({ changes: [], violations: [] });
    expect(JSON.parse(request.body).inferenceConfig).toEqual(wrong().inferenceConfig);
  });

  test('adapt by call: changes, and what nobody repairs', async () => {
    const server = await start();
    const made = client(server, { gating: 'strict' });
    const { changes, violations } = await made.explain(wrong(), { gating: 'adapt' });
    expect(changes.map(({ rule }) => rule)).toEqual(['S1', 'T1']);
    expect(violations.map(({ rule }) => rule)).toEqual(['R20']);
  });

  test('a wrong value', async () => {
    const server = await start();
    const error = await failure(client(server).explain(ask(), { gating: 'loose' }));
    expect(error.message).toBe('options.gating must be one of adapt, strict, off, not "loose".');
  });
});

describe('what strict refuses', () => {
  test('an ARN is resolved first, and named in the error', async () => {
    const server = await start();
    const { arn } = freshProfile(server, OPUS);
    const input = ask('Good day', {
      modelId: arn,
      inferenceConfig: { temperature: 0.5, topP: 0.5 },
    });
    const error = await failure(client(server).converse(input, { gating: 'strict' }));
    expect(error.violations.map(({ rule, path }) => `${rule} ${path}`)).toEqual(
      expect.arrayContaining(['S2 inferenceConfig.temperature', 'S2 inferenceConfig.topP']),
    );
    expect(error.$metadata.profile).toMatchObject({
      requestedId: arn,
      model: 'anthropic.claude-opus-4-7',
      source: 'aws',
    });
    expect(server.requests.map(({ operation }) => operation)).toEqual(['GetInferenceProfile']);
  });

  test('what was emptied by a rule is no violation of its own', async () => {
    const server = await start();
    const input = ask('Good day', { modelId: OPUS, inferenceConfig: { temperature: 0.5 } });
    const error = await failure(client(server).converse(input, { gating: 'strict' }));
    expect(error.violations.map(({ path }) => path)).toEqual(['inferenceConfig.temperature']);
    expect(error.message).not.toContain('inferenceConfig (');
    // It is a change all the same: without it the changes would not give what was sent.
    const { changes } = await client(server).explain(input);
    expect(changes.map(({ path }) => path)).toEqual([
      'inferenceConfig.temperature',
      'inferenceConfig',
    ]);
  });

  test('everything that is wrong says what would be right', async () => {
    const server = await start();
    const error = await failure(client(server, { gating: 'strict' }).converse(wrong()));
    expect(error.violations.map(({ remedy }) => remedy)).toEqual([
      'Leave it out.',
      'Set it to 64000.',
      'End the conversation with a user message.',
    ]);
    for (const { remedy } of error.violations) expect(error.message).toContain(remedy);
  });

  test('a remedy repeats nothing of the conversation', async () => {
    const server = await start();
    const input = {
      modelId: LLAMA,
      system: [{ text: 'the secret of the house' }],
      messages: [{ role: 'assistant', content: [{ text: 'Well' }] }],
      additionalModelRequestFields: { system: 'another secret' },
    };
    const error = await failure(client(server, { gating: 'strict' }).converse(input));
    expect(error.violations.map(({ rule }) => rule)).toEqual(['S11', 'M12']);
    expect(error.message).not.toContain('secret');
  });

  test('tools in a stream that would need Converse', async () => {
    const server = await start();
    const made = client(server, { gating: 'strict' });
    const input = ask('Good day', { modelId: LLAMA, toolConfig: { tools: [TOOL] } });
    const error = await failure(made.converseStream(input));
    expect(error.violations.map(({ rule }) => rule)).toEqual(['M2']);
    expect(error.message).toContain('(operation) (M2)');
    expect(server.requests).toEqual([]);
    expect((await made.converse(input)).output.message.role).toBe('assistant');
  });

  test('nothing of a model that nobody knows', async () => {
    const server = await start({ models: { 'acme.brain-1': 'amazon.nova-pro-v1:0' } });
    const made = client(server, { gating: 'strict' });
    const { arn } = freshProfile(server, 'acme.brain-1');
    const input = ask('Good day', {
      modelId: arn,
      inferenceConfig: { temperature: 0.5, topP: 0.5 },
    });
    expect((await made.converse(input)).$metadata.profile.changes).toEqual([]);
  });

  test('the caller’s callback and abort signal work as ever', async () => {
    const server = await start();
    const made = client(server, { gating: 'strict' });
    const error = await new Promise((resolve) => {
      made.send(new ConverseCommand(wrong()), (refused) => resolve(refused));
    });
    expectRefusal(error);
    const options = { gating: 'strict', abortSignal: AbortSignal.abort() };
    expect((await failure(made.converse(wrong(), options))).name).toBe('AbortError');
  });
});

test.each([['x'], [null], [1]])('a client’s wrong gating: %p', (gating) => {
  const server = { region: 'us-east-1', url: 'http://127.0.0.1:9' };
  expect(() => client(server, { gating })).toThrow(
    /options\.gating must be one of "adapt", "strict", "off", not .+/,
  );
});

test('what no rule repairs is said before the call in strict, and in the hint after it', async () => {
  const schema = { type: 'object', properties: { $top: { type: 'integer' } } };
  const toolSpec = { name: 'list', inputSchema: { json: schema } };
  const input = ask('Good day', { toolConfig: { tools: [{ toolSpec }] } });
  const message = 'tools.0.custom.input_schema.properties: Property keys should match pattern';
  const server = await start({
    script: () => ({ error: { status: 400, type: 'ValidationException', message } }),
  });
  const path = 'toolConfig.tools[0].toolSpec.inputSchema.json.properties.$top';
  const before = await failure(client(server, { gating: 'strict' }).converse(input));
  expect(before.violations).toMatchObject([{ path, rule: 'M43' }]);
  expect(before.violations[0].remedy).not.toBe('');
  expect(server.requests).toEqual([]);
  const after = await failure(client(server).converse(input));
  expect(after.message).toContain(message);
  expect(after.hint).toContain(`${path} (M43)`);
  expect(after.hint).toContain(before.violations[0].remedy);
});
