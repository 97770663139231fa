'use strict';

/** No secret stands in what is, printed or logged. */

const util = require('node:util');
const { BedrockRuntimeClient } = require('@aws-sdk/client-bedrock-runtime');
const ours = require('..');
const {
  SONNET,
  ask,
  client,
  collect,
  freshProfile,
  outcome,
  preamble,
  run,
  start,
  warnings,
} = require('./support/bedrock');

const OPERATIONS = ['converse', 'converseStream'];

describe('secrets', () => {
  const SECRET = 'wJalrXUtnFEMI/K7MDENG/very-secret';
  const TOKEN = 'session-token-that-nobody-may-see';

  /** Everything one may print of an error or a client. */
  const printed = (value) =>
    [
      util.inspect(value, { depth: 20, showHidden: true }),
      JSON.stringify(value),
      String(value),
      value.stack ?? '',
      JSON.stringify(value.$response ?? {}),
    ].join('\n');

  test('stand in no error and no client', async () => {
    const server = await start();
    const credentials = { ...server.credentials, secretAccessKey: SECRET, sessionToken: TOKEN };
    const made = client(server, { credentials, token: { token: TOKEN } });
    const seen = [printed(made)];
    const note = async (options, kind) => {
      if (kind) server.fail({ kind, times: 3 });
      for (const operation of OPERATIONS) {
        const { error } = await outcome(client(server, options), operation);
        seen.push(printed(error));
      }
    };
    await note({ credentials, maxAttempts: 1 });
    await note({ credentials: undefined, token: { token: TOKEN }, maxAttempts: 1 });
    await note({ credentials, maxAttempts: 1 }, 'reset-before-headers');
    await note({ credentials, maxAttempts: 1 }, 'html-200');
    await note({ credentials: async () => ({ accessKeyId: 7, secretAccessKey: SECRET }) });
    await note({ credentials, region: async () => 7 });
    await note({ credentials, region: 'us/east' });
    for (const text of seen) {
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(TOKEN);
    }
  });

  test('stand in no error of the options', () => {
    for (const options of [
      { credentials: SECRET },
      { credentials: { accessKeyId: 'AKIA', secret: SECRET } },
      { token: SECRET },
      { token: { value: SECRET } },
      { endpoint: `ftp://user:${SECRET}@host` },
    ]) {
      let error;
      try {
        new ours.BedrockProfileClient(options);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(TypeError);
      expect(printed(error)).not.toContain(SECRET);
    }
  });

  test('stand in nothing that is printed', async () => {
    const server = await start();
    const credentials = { accessKeyId: 'AKIAWRONG', secretAccessKey: SECRET, sessionToken: TOKEN };
    const { stdout, stderr } = await run(
      `${preamble(server, { credentials })}
      console.log(client);
      client.converse(input).catch((error) => console.log(error));`,
      { env: { RUST_LOG: 'trace', RUST_BACKTRACE: '1', NODE_DEBUG: 'http' } },
    );
    expect(stdout).toContain('UnrecognizedClientException');
    expect(stdout + stderr).not.toContain(SECRET);
    expect(stdout + stderr).not.toContain(TOKEN);
  });
});

describe('a client’s settings in additionalModelRequestFields', () => {
  const ID = 'AKIAIOSFODNN7EXAMPLE';
  const KEY = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
  const TOKEN = 'IQoJb3JpZ2luX2VjEXAMPLETOKEN';
  const ARN = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123';

  /** What LibreChat's memory makes of the settings of the agent in use. */
  const mixed = () => ({
    credentials: { accessKeyId: ID, secretAccessKey: KEY, sessionToken: TOKEN },
    client: { config: { credentials: { secretAccessKey: KEY } } },
    configuration: { apiKey: KEY },
    applicationInferenceProfile: ARN,
    apiKey: KEY,
    top_k: 5,
  });
  const NAMES = Object.keys(mixed()).filter((name) => name !== 'top_k');
  const input = (modelId = SONNET) =>
    ask('Good day', { modelId, additionalModelRequestFields: mixed() });

  /** Everything that a caller, a listener or an operator can see of a call. */
  async function seen(server, options, call) {
    const { heard, logger } = warnings();
    const told = [];
    const made = client(server, { logger, ...options });
    for (const event of ['resolve', 'gate', 'retry', 'call'])
      made.on(event, (data) => told.push(data));
    let result;
    try {
      result = await call(made);
    } catch (error) {
      result = error;
    }
    const all = [result, result?.$metadata, result?.$response, result?.hint, told, heard];
    const printed = all.map(
      (value) => `${util.inspect(value, { depth: 20, showHidden: true })}${JSON.stringify(value)}`,
    );
    // That a call has failed is told as well, each time without AWS's text.
    const warned = heard.filter((line) => !line.includes(' failed: '));
    return { result, told, heard: warned, printed: printed.join('\n') };
  }

  const unseen = (text) => {
    for (const secret of [ID, KEY, TOKEN]) expect(text).not.toContain(secret);
  };
  const dropped = (changes) =>
    changes
      .filter(({ rule }) => rule === 'K1')
      .map(({ path, from, action }) => [path, from, action]);
  const EXPECTED = NAMES.map((name) => [
    `additionalModelRequestFields.${name}`,
    '[redacted]',
    'drop',
  ]);

  const CALLS = {
    converse: (made, request) => made.converse(request),
    converseStream: async (made, request) => {
      const answer = await made.converseStream(request);
      await collect(answer.stream);
      return answer;
    },
  };
  const MODES = ['adapt', 'strict'].flatMap((gating) =>
    Object.keys(CALLS).map((operation) => [gating, operation]),
  );

  test.each(MODES)('%s, %s: they are dropped, and shown nowhere', async (gating, operation) => {
    const server = await start();
    const call = (made) => CALLS[operation](made, input());
    const { result, told, heard, printed } = await seen(server, { gating }, call);
    expect(dropped(result.$metadata.profile.changes)).toEqual(EXPECTED);
    expect(told.some(({ changes }) => changes && dropped(changes).length === NAMES.length)).toBe(
      true,
    );
    const { body } = server.requests.find(
      ({ status, modelId }) => status === 200 && modelId === SONNET,
    );
    expect(body.additionalModelRequestFields).toEqual({ top_k: 5 });
    unseen(printed);
    unseen(JSON.stringify(server.requests.map((request) => request.body)));
    if (gating === 'adapt') expect(heard).toEqual([]);
    else {
      expect(heard).toEqual([expect.stringContaining('additionalModelRequestFields.credentials')]);
      expect(heard[0]).toContain('were left out');
    }
  });

  test('an unknown model: they are dropped all the same', async () => {
    const server = await start({ deny: ['bedrock:GetInferenceProfile'] });
    const { arn } = freshProfile(server);
    const { result, printed } = await seen(server, {}, (made) => made.converse(input(arn)));
    expect(result.$metadata.profile.model).toBe(null);
    expect(dropped(result.$metadata.profile.changes)).toEqual(EXPECTED);
    unseen(printed);
  });

  test('strict: what else is wrong is refused, without a word of these', async () => {
    const server = await start();
    const request = { ...input(), inferenceConfig: { maxTokens: 1e6 } };
    const { result, heard, printed } = await seen(server, { gating: 'strict' }, (made) =>
      made.converse(request),
    );
    expect(result.violations.map(({ rule }) => rule)).toEqual(['T1']);
    expect(result.message).not.toContain('K1');
    expect(heard).toHaveLength(1);
    unseen(printed);
  });

  test('off: they are sent with a warning, and an error that repeats them does not', async () => {
    const server = await start();
    const { result, heard, printed } = await seen(server, { gating: 'off' }, (made) =>
      made.converse(input()),
    );
    expect(result.name).toBe('ValidationException');
    expect(result.message).toContain('extraneous key [credentials]');
    expect(
      server.requests.at(-1).body.additionalModelRequestFields.credentials.secretAccessKey,
    ).toBe(KEY);
    expect(heard).toEqual([expect.stringContaining('gating is "off"')]);
    unseen(printed);

    server.fail({
      kind: 'status',
      status: 400,
      type: 'ValidationException',
      message: `Value '${KEY}' of ${ID} is not permitted`,
      times: 3,
    });
    const echoed = await seen(server, { gating: 'off', maxAttempts: 1 }, (made) =>
      made.converse(input()),
    );
    unseen(echoed.printed);
  });

  test.each(['adapt', 'strict', 'off'])('explain in %s does not show them', async (gating) => {
    const server = await start();
    const { result, printed } = await seen(server, { gating }, (made) => made.explain(input()));
    const fields = JSON.parse(result.request.body).additionalModelRequestFields;
    if (gating === 'off') {
      expect(fields).toEqual({
        ...Object.fromEntries(NAMES.map((name) => [name, '[redacted]'])),
        top_k: 5,
      });
    } else {
      expect(fields).toEqual({ top_k: 5 });
      expect(dropped(result.changes)).toEqual(EXPECTED);
    }
    unseen(printed);
  });

  test.each([
    [
      'the AWS SDK’s',
      (credentials) => new BedrockRuntimeClient({ region: 'us-east-1', credentials }),
    ],
    [
      'this package’s',
      (credentials) => new ours.BedrockProfileClient({ region: 'us-east-1', credentials }),
    ],
  ])('%s client itself in a request is dropped, too', async (_, make) => {
    const server = await start();
    const credentials = { accessKeyId: ID, secretAccessKey: KEY, sessionToken: TOKEN };
    const request = ask('Good day', {
      modelId: SONNET,
      additionalModelRequestFields: {
        client: make(credentials),
        credentials: async () => credentials,
      },
    });
    const { result, printed } = await seen(server, {}, (made) => made.converse(request));
    expect(result.output).toBeDefined();
    unseen(printed);
    unseen(JSON.stringify(server.requests.map(({ body }) => body)));
  });

  test('CountTokens does not send them either', async () => {
    const server = await start();
    const { messages, additionalModelRequestFields } = input();
    const counted = {
      modelId: SONNET,
      input: { converse: { messages, additionalModelRequestFields } },
    };
    const { result, printed } = await seen(server, {}, (made) => made.countTokens(counted));
    expect(dropped(result.$metadata.profile.changes).map(([path]) => path)).toEqual(
      NAMES.map((name) => `input.converse.additionalModelRequestFields.${name}`),
    );
    unseen(printed);
    unseen(JSON.stringify(server.requests.map(({ body }) => body)));
    const off = await seen(server, { gating: 'off' }, (made) => made.countTokens(counted));
    expect(off.heard).toHaveLength(1);
    unseen(off.printed);
  });

  test.each([
    ['a line’s end behind it', 'secretAccessKey', `${KEY}\n`],
    ['white space around it', 'apiKey', `  ${KEY}\t`],
    ['a scheme in small letters', 'token', `bearer ${KEY}`],
    ['a scheme and more space', 'token', `Bearer   ${KEY}`],
    ['capitals', 'SecretAccessKey', KEY],
    ['underscores', 'secret_access_key', KEY],
    ['a variable’s name', 'AWS_SECRET_ACCESS_KEY', KEY],
    ['a header’s name', 'api-key', KEY],
  ])('a key with %s is a key', async (_, name, value) => {
    const request = ask('Good day', {
      modelId: SONNET,
      additionalModelRequestFields: { top_k: 5, [name]: value, options: [{ [name]: value }] },
    });
    for (const gating of ['adapt', 'strict']) {
      const server = await start();
      const { result, printed } = await seen(server, { gating }, (made) => made.converse(request));
      const member = /^\w+$/.test(name) ? `.${name}` : `["${name}"]`;
      const paths = ['', '.options[0]'].map((at) => `additionalModelRequestFields${at}${member}`);
      expect(dropped(result.$metadata.profile.changes)).toEqual(
        expect.arrayContaining(paths.map((at) => [at, '[redacted]', 'drop'])),
      );
      unseen(printed + JSON.stringify(server.requests.map(({ body }) => body)));
    }
    const server = await start();
    const off = await seen(server, { gating: 'off' }, (made) => made.converse(request));
    expect(off.result.name).toBe('ValidationException');
    expect(off.heard).toEqual([expect.stringContaining(name)]);
    unseen(off.printed);
    unseen((await seen(server, { gating: 'off' }, (made) => made.explain(request))).printed);
  });

  test('off: an exception in the midst of a stream does not show them either', async () => {
    const server = await start();
    const message = `Value '${KEY}' of ${ID} is not permitted`;
    for (const kind of ['exception', 'error-message']) {
      server.fail({ kind, type: 'validationException', message });
      const { printed, result } = await seen(server, { gating: 'off' }, async (made) => {
        const fields = { top_k: 5, apiKey: KEY, access_key_id: ID };
        const body = JSON.stringify({ messages: [], ...fields });
        const answer = await made.invokeModelWithResponseStream({ modelId: SONNET, body });
        return collect(answer.body);
      });
      expect(result).toBeInstanceOf(Error);
      unseen(printed);
    }
    for (const kind of ['exception', 'error-message']) {
      server.fail({ kind, type: 'validationException', message });
      const { printed, result } = await seen(server, { gating: 'off' }, async (made) => {
        const request = ask('Hi', {
          modelId: 'mistral.mistral-large-2407-v1:0',
          additionalModelRequestFields: { apiKey: KEY, access_key_id: ID },
        });
        return collect((await made.converseStream(request)).stream);
      });
      expect(result).toBeInstanceOf(Error);
      unseen(printed);
    }
  });

  describe('in a body in the model’s own words', () => {
    const conversation = {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 20,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Half a pair: \ud83d' }] }],
    };
    const settings = () => ({
      credentials: { accessKeyId: ID, secretAccessKey: KEY, sessionToken: TOKEN },
      options: [{ apiKey: KEY }],
      aws_secret_access_key: KEY,
    });
    const body = () => JSON.stringify({ ...settings(), ...conversation });
    const FORMS = { text: body, bytes: () => Buffer.from(body()) };
    const WAYS = {
      invokeModel: (made, text) => made.invokeModel({ modelId: SONNET, body: text }),
      invokeModelWithResponseStream: async (made, text) => {
        const answer = await made.invokeModelWithResponseStream({ modelId: SONNET, body: text });
        await collect(answer.body);
        return answer;
      },
      countTokens: (made, text) =>
        made.countTokens({
          modelId: 'anthropic.claude-sonnet-4-6',
          input: { invokeModel: { body: Buffer.from(text) } },
        }),
    };
    const CASES = Object.keys(WAYS).flatMap((way) =>
      Object.keys(FORMS).flatMap((form) => ['adapt', 'strict'].map((mode) => [way, form, mode])),
    );

    test.each(CASES)(
      '%s of %s, %s: they are dropped, and nothing else',
      async (way, form, gating) => {
        const server = await start();
        const call = (made) => WAYS[way](made, FORMS[form]());
        const { result, printed } = await seen(server, { gating }, call);
        const at = way === 'countTokens' ? 'input.invokeModel.body' : 'body';
        expect(dropped(result.$metadata.profile.changes).map(([path]) => path)).toEqual([
          `${at}.credentials`,
          `${at}.options[0].apiKey`,
          `${at}.aws_secret_access_key`,
        ]);
        unseen(printed);
        const request = server.requests.at(-1);
        const sent =
          way === 'countTokens'
            ? Buffer.from(JSON.parse(request.rawBody).input.invokeModel.body, 'base64').toString()
            : String(request.rawBody);
        unseen(sent);
        expect(JSON.parse(sent)).toEqual({ options: [{}], ...conversation });
      },
    );

    test.each(Object.keys(WAYS).slice(0, 2))(
      '%s: one without them goes out byte for byte',
      async (way) => {
        const server = await start();
        const own = { ...conversation, configuration: { a: 1 }, client: 'mine', token: 'a word' };
        const said = [
          { role: 'user', content: [{ type: 'text', text: `My apiKey: ${KEY}`, apiKey: KEY }] },
        ];
        const text = ` ${JSON.stringify({ ...own, messages: said, temperature: 1 }, undefined, 3)}\n`;
        const { result } = await seen(server, {}, (made) => WAYS[way](made, text));
        expect(String(server.requests.at(-1).rawBody)).toBe(text);
        expect(dropped(result.$metadata?.profile?.changes ?? [])).toEqual([]);
      },
    );

    test('off: they are sent with a warning, and an error that repeats them does not', async () => {
      const server = await start();
      server.fail({
        kind: 'status',
        operation: 'InvokeModel',
        status: 400,
        type: 'ValidationException',
        message: `Value '${KEY}' of ${ID} is not permitted`,
      });
      const call = (made) => WAYS.invokeModel(made, FORMS.bytes());
      const { result, heard, printed } = await seen(server, { gating: 'off' }, call);
      expect(result.name).toBe('ValidationException');
      expect(heard).toEqual([expect.stringContaining('body.credentials')]);
      unseen(printed);
      expect(String(server.requests.at(-1).rawBody)).toBe(body());
    });
  });

  test('a field of such a name without a key in it is the model’s', async () => {
    const server = await start();
    const fields = { token: 'a word', api_key: 'none', awsRegion: 'us-east-1' };
    const request = ask('Good day', { modelId: SONNET, additionalModelRequestFields: fields });
    const { result } = await seen(server, {}, (made) => made.explain(request));
    expect(dropped(result.changes)).toEqual([]);
  });
});
