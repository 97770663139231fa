'use strict';

/** What the client tells about an id and about a request, and the three ways of gating. */

const { ConverseCommand, ConverseStreamCommand } = require('@aws-sdk/client-bedrock-runtime');
const ours = require('..');
const {
  CLAUDE_37,
  SONNET,
  ask,
  awsClient,
  client,
  collect,
  failure,
  freshProfile,
  start,
} = require('./support/bedrock');

// Claude Sonnet 4.6 takes temperature or topP, not both, and answers with at most 64000 tokens.
const tooMuch = () =>
  ask('Good day', { inferenceConfig: { maxTokens: 1_000_000, temperature: 0.5, topP: 0.5 } });

const inferences = (server) => server.requests.filter(({ path }) => path.startsWith('/model/'));

describe('resolve', () => {
  test('a system profile names its model itself', async () => {
    const server = await start();
    expect(await client(server).resolve(SONNET)).toEqual({
      requestedId: SONNET,
      callId: SONNET,
      kind: 'system-profile',
      model: 'anthropic.claude-sonnet-4-6',
      region: 'us-east-1',
      partition: 'aws',
      source: 'id',
      age: 0,
      label: null,
      name: null,
      profiles: [SONNET],
      warnings: [],
    });
    expect(server.requests).toHaveLength(0);
  });

  test('a profile that nobody knows is asked of AWS, then known', async () => {
    const server = await start();
    const profile = freshProfile(server);
    const made = client(server);
    expect(made.resolveSync(profile.arn)).toBeUndefined();
    expect(server.requests).toHaveLength(0);
    expect(await made.resolve(profile.arn)).toMatchObject({
      kind: 'application-profile',
      model: CLAUDE_37,
      region: 'us-east-1',
      source: 'aws',
      name: profile.name,
    });
    const known = made.resolveSync(profile.arn);
    expect(known).toMatchObject({ model: CLAUDE_37, source: 'cache' });
    expect(known.age).toBeGreaterThanOrEqual(0);
    expect(client(server).resolveSync(profile.arn)).toMatchObject({ source: 'cache' });
    expect(server.requests).toHaveLength(1);
  });

  test('an ARN of another partition is called there', async () => {
    const server = await start();
    const profile = freshProfile(
      server,
      'us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'us-gov-east-1',
    );
    expect(await client(server).resolve(profile.arn)).toMatchObject({
      region: 'us-gov-east-1',
      partition: 'aws-us-gov',
      model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
    });
    expect(server.requests[0].region).toBe('us-gov-east-1');
  });

  test('the results are of this realm and of the caller: changing one changes no other', async () => {
    const server = await start();
    const made = client(server);
    const first = await made.resolve(SONNET);
    expect(first).toBeInstanceOf(Object);
    first.model = 'changed';
    first.profiles.length = 0;
    expect((await made.resolve(SONNET)).profiles).toEqual([SONNET]);
  });

  test('resolveSync is undefined while options must be asked first', async () => {
    const server = await start();
    const made = client(server, { region: async () => 'us-west-2' });
    expect(made.resolveSync(SONNET)).toBeUndefined();
    expect((await made.resolve(SONNET)).region).toBe('us-west-2');
    expect(made.resolveSync(SONNET).region).toBe('us-west-2');
  });
});

describe('capabilities', () => {
  /** Every fact below, with its path. */
  function* facts(value, path = []) {
    for (const [key, member] of Object.entries(value)) {
      if (key === 'model' && path.length === 0) continue;
      if (Object.hasOwn(member, 'source')) yield [[...path, key].join('.'), member];
      else yield* facts(member, [...path, key]);
    }
  }

  test.each([
    ['a model id', 'anthropic.claude-opus-4-7'],
    ['a system profile', SONNET],
    ['a model of another family', 'amazon.nova-pro-v1:0'],
    ['a model that nobody knows', 'anthropic.claude-sonnet-99-20990101-v1:0'],
    ['a family that nobody knows', 'newcomer.model-1-v1:0'],
  ])('of %s: every fact has a value, a source and an age', async (_what, id) => {
    const server = await start();
    const capabilities = await client(server, { discovery: false }).capabilities(id);
    expect(typeof capabilities.model).toBe('string');
    const all = [...facts(capabilities)];
    expect(all.length).toBeGreaterThan(30);
    for (const [path, fact] of all) {
      expect([path, Object.keys(fact).sort()]).toEqual([path, ['age', 'source', 'value']]);
      const dated = ['catalog', 'pattern'].includes(fact.source);
      expect([path, typeof fact.age]).toEqual([path, dated ? 'number' : 'object']);
      expect(['config', 'aws', 'learned', 'catalog', 'pattern', 'assumed']).toContain(fact.source);
    }
  });

  test('say what is known and how: catalog, pattern, assumed', async () => {
    const server = await start();
    const of = (id) => client(server, { discovery: false }).capabilities(id);
    expect((await of(SONNET)).temperatureAndTopPExclusive).toEqual({
      value: true,
      source: 'catalog',
      age: expect.any(Number),
    });
    expect((await of('anthropic.claude-sonnet-99-20990101-v1:0')).streaming.source).toBe('pattern');
    expect((await of('newcomer.model-1-v1:0')).streaming.source).toBe('assumed');
  });

  test('of an ARN are those of the model behind it', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const made = client(server);
    // What AWS states ages by the millisecond.
    const timeless = (fact) =>
      JSON.parse(JSON.stringify(fact, (name, value) => (name === 'age' ? null : value)));
    const [ofArn, ofModel] = [await made.capabilities(arn), await made.capabilities(CLAUDE_37)];
    expect(timeless(ofArn)).toEqual(timeless(ofModel));
  });
});

describe('explain', () => {
  test.each([
    ['an input', (input) => [input], 'converse'],
    ['an input of a stream', (input) => [input, { stream: true }], 'converse-stream'],
    ['a ConverseCommand', (input) => [new ConverseCommand(input)], 'converse'],
    ['a ConverseStreamCommand', (input) => [new ConverseStreamCommand(input)], 'converse-stream'],
  ])('%s: says what would be sent, and sends no inference', async (_what, given, verb) => {
    const server = await start();
    const { arn } = freshProfile(server, 'us.anthropic.claude-sonnet-4-6');
    const input = { ...tooMuch(), modelId: arn };
    const made = client(server);
    const explained = await made.explain(...given(input));
    expect(inferences(server)).toHaveLength(0);
    expect(explained.resolved).toMatchObject({ requestedId: arn, source: 'aws' });
    expect(explained.capabilities.model).toBe('anthropic.claude-sonnet-4-6');
    expect(explained.violations).toEqual([]);
    expect(explained.request).toMatchObject({
      method: 'POST',
      url: `${server.url}/model/${encodeURIComponent(arn)}/${verb}`,
    });

    const { $metadata, stream } =
      verb === 'converse' ? await made.converse(input) : await made.converseStream(input);
    if (stream) await collect(stream);
    const [sent] = inferences(server);
    expect(explained.request.body).toBe(sent.rawBody.toString());
    expect(new URL(explained.request.url).pathname).toBe(sent.path);
    expect(explained.changes).toEqual($metadata.profile.changes);
  });

  test('a body with images is the body that is sent', async () => {
    const server = await start();
    const input = ask();
    input.messages[0].content.push({
      image: { format: 'png', source: { bytes: Buffer.from([137, 80, 78, 71]) } },
    });
    const made = client(server);
    const { request } = await made.explain(input);
    await made.converse(input);
    expect(request.body).toBe(server.requests[0].rawBody.toString());
    expect(request.body).toContain('iVBORw==');
  });

  test("the URL is that of the ARN's region where no endpoint is given", async () => {
    const server = await start();
    const arn = 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/explainonly1';
    const made = client(server, {
      endpoint: undefined,
      discovery: false,
      mappings: { [arn]: 'anthropic.claude-haiku-5-5' },
    });
    const { request } = await made.explain(ask('Good day', { modelId: arn }));
    expect(new URL(request.url).host).toBe('bedrock-runtime.eu-west-1.amazonaws.com');
  });

  test('a wrong input rejects as send() would', async () => {
    const server = await start();
    const made = client(server);
    for (const input of [undefined, {}, { modelId: '' }]) {
      const told = await failure(made.explain(input));
      const sent = await failure(made.converse(input));
      expect([told.name, told.message]).toEqual([sent.name, sent.message]);
    }
  });
});

describe("gating: 'adapt'", () => {
  test('is the default: what the model would refuse is repaired, and told', async () => {
    const server = await start();
    const heard = [];
    const made = client(server).on('gate', (event) => heard.push(event));
    const { $metadata } = await made.converse(tooMuch());
    expect(server.requests[0].body.inferenceConfig).toEqual({ maxTokens: 64000, temperature: 0.5 });
    expect(heard).toEqual([
      { model: 'anthropic.claude-sonnet-4-6', changes: $metadata.profile.changes },
    ]);
    expect($metadata.profile.changes).toEqual([
      {
        path: 'inferenceConfig.topP',
        action: 'drop',
        from: 0.5,
        rule: expect.any(String),
        reason: expect.stringContaining('temperature or topP, not both'),
      },
      {
        path: 'inferenceConfig.maxTokens',
        action: 'clamp',
        from: 1_000_000,
        to: 64000,
        rule: expect.any(String),
        reason: expect.stringContaining('64000'),
      },
    ]);
  });

  test('a request that fits goes out unchanged, and nothing is told', async () => {
    const server = await start();
    const listener = jest.fn();
    const { $metadata } = await client(server).on('gate', listener).converse(ask());
    expect($metadata.profile.changes).toEqual([]);
    expect(listener).not.toHaveBeenCalled();
  });

  test('a model of an unknown family is not judged', async () => {
    const server = await start({ models: { 'newcomer.model-1-v1:0': 'amazon.nova-pro-v1:0' } });
    const input = { ...tooMuch(), modelId: 'newcomer.model-1-v1:0' };
    const { changes } = await client(server, { discovery: false }).explain(input);
    expect(changes).toEqual([]);
  });
});

describe("gating: 'strict'", () => {
  test('throws one error that lists everything, and sends nothing', async () => {
    const server = await start();
    for (const operation of ['converse', 'converseStream']) {
      const error = await failure(client(server, { gating: 'strict' })[operation](tooMuch()));
      expect(error).toBeInstanceOf(ours.ValidationException);
      expect(error.name).toBe('ValidationException');
      expect(error.message).toContain('gating: "strict"');
      expect(error.message).toContain('inferenceConfig.topP');
      expect(error.message).toContain('inferenceConfig.maxTokens');
      expect(error.violations).toMatchObject([
        { path: 'inferenceConfig.topP', action: 'drop' },
        { path: 'inferenceConfig.maxTokens', action: 'clamp', to: 64000 },
      ]);
    }
    expect(server.requests).toHaveLength(0);
  });

  test('lets a request that fits pass', async () => {
    const server = await start();
    const { stopReason } = await client(server, { gating: 'strict' }).converse(ask());
    expect(stopReason).toBe('end_turn');
  });
});

describe("gating: 'off'", () => {
  const bare = (more) => ask('Good day', more);
  const INPUTS = [
    ['parameters that the model refuses', () => tooMuch()],
    ['numbers', () => bare({ inferenceConfig: { temperature: 0.7, topP: 1e-7, maxTokens: 0 } })],
    [
      'text of every kind',
      () => bare({ system: [{ text: 'ünïcode 🦀 "\\ \u2028 \u0007 </script>' }] }),
    ],
    [
      'documents with keys in the order of the caller',
      () => bare({ additionalModelRequestFields: { zeta: 1, alpha: { b: null, a: [true, 0.1] } } }),
    ],
    [
      'documents with what JSON cannot say',
      () =>
        bare({
          additionalModelRequestFields: {
            nan: NaN,
            infinity: -Infinity,
            big: 12345678901234567890n,
            date: new Date(1_700_000_000_500),
            gone: undefined,
            bytes: new Uint8Array([1, 2, 3]),
            zero: -0,
            exponent: 1e21,
            small: 1e-9,
          },
        }),
    ],
    [
      'members in another order than AWS has them',
      () => ({
        requestMetadata: { team: 'a' },
        inferenceConfig: { stopSequences: ['END'], maxTokens: 5 },
        ...bare(),
        system: [{ cachePoint: { type: 'default' } }, { text: 'Be brief.' }],
      }),
    ],
    [
      'tools',
      () =>
        bare({
          toolConfig: {
            toolChoice: { auto: {} },
            tools: [
              {
                toolSpec: {
                  description: 'Tells the weather.',
                  inputSchema: { json: { type: 'object', properties: { zip: {}, a: {} } } },
                  name: 'weather',
                },
              },
            ],
          },
        }),
    ],
    [
      'a document',
      () => {
        const input = bare();
        input.messages[0].content.push({
          document: { format: 'txt', name: 'paper', source: { bytes: Buffer.from('text') } },
        });
        return input;
      },
    ],
    [
      'tool results and reasoning',
      () => ({
        modelId: SONNET,
        messages: [
          { role: 'user', content: [{ text: 'Weather?' }] },
          {
            role: 'assistant',
            content: [
              { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'c2ln' } } },
              { reasoningContent: { redactedContent: new Uint8Array([1, 2]) } },
              { toolUse: { toolUseId: 't1', name: 'weather', input: { z: 1, a: null } } },
            ],
          },
          {
            role: 'user',
            content: [
              {
                toolResult: {
                  toolUseId: 't1',
                  content: [{ json: { b: 1, a: 2 } }, { text: 'sunny' }],
                  status: 'success',
                },
              },
            ],
          },
        ],
      }),
    ],
  ];

  test.each(INPUTS)('%s leave byte for byte as from the AWS SDK', async (_what, make) => {
    const server = await start({ script: () => 'Hello.' });
    // What the service says to such a request is not the question here.
    await client(server, { gating: 'off' })
      .converse(make())
      .catch(() => {});
    await awsClient(server)
      .send(new ConverseCommand(make()))
      .catch(() => {});
    const [mine, theirs] = server.requests;
    expect(mine.rawBody.toString()).toBe(theirs.rawBody.toString());
    expect(mine.path).toBe(theirs.path);
    expect(mine.headers['content-type']).toBe(theirs.headers['content-type']);
    expect(mine.headers['content-length']).toBe(theirs.headers['content-length']);
  });

  test('asks nobody about an ARN, and its region still signs', async () => {
    const server = await start();
    const profile = freshProfile(server, 'eu.amazon.nova-2-lite-v1:0', 'eu-west-1');
    await client(server, { gating: 'off' }).converse(ask('Good day', { modelId: profile.arn }));
    expect(server.requests.map(({ operation, region }) => [operation, region])).toEqual([
      ['Converse', 'eu-west-1'],
    ]);
  });

  test('mappings still resolve', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const made = client(server, { gating: 'off', mappings: { 'team-x': arn } });
    await made.converse(ask('Good day', { modelId: 'team-x' }));
    expect(inferences(server)[0].modelId).toBe(arn);
  });

  test.each(['odd model', 'a/b', 'ünï', "!*'()", '%41'])(
    'an id such as %j goes out as the AWS SDK encodes it',
    async (modelId) => {
      const server = await start();
      await failure(client(server, { gating: 'off' }).converse({ ...ask(), modelId }));
      await failure(awsClient(server).send(new ConverseCommand({ ...ask(), modelId })));
      const [mine, theirs] = server.requests;
      expect(mine.path).toBe(theirs.path);
      expect(mine.status).toBe(theirs.status);
    },
  );
});
