'use strict';

/** Wrong input: what was wrong, where, and what would be right; nothing is sent. */

const { ConverseCommand } = require('@aws-sdk/client-bedrock-runtime');
const { ListInferenceProfilesCommand } = require('@aws-sdk/client-bedrock');
const { NodeHttpHandler } = require('@smithy/node-http-handler');
const ours = require('..');
const { ask, awsClient, client, collect, failure, start, thrown } = require('./support/bedrock');

const { BedrockProfileClient } = ours;

describe('options', () => {
  const KEYS =
    'an object { accessKeyId, secretAccessKey, sessionToken? } of texts that are not empty, ' +
    'or a function that gives one';
  const TOKEN = 'an object { token } with a text that is not empty, or a function that gives one';
  const URL_ = 'a URL such as "https://gateway.example.com"';
  const ATTEMPTS = 'an integer of at least 1, or a function that gives one';

  // option, value, what it must be, what it is
  const WRONG = [
    ['region', 5, 'a region such as "us-east-1", or a function that gives one', '5'],
    ['region', null, 'a region such as "us-east-1", or a function that gives one', 'null'],
    ['credentials', 'AKIA', KEYS, 'another string'],
    ['credentials', null, KEYS, 'null'],
    ['credentials', {}, KEYS, 'an object'],
    ['credentials', { accessKeyId: 'A' }, KEYS, 'an object { accessKeyId }'],
    [
      'credentials',
      { accessKeyId: '', secretAccessKey: '' },
      KEYS,
      'an object { accessKeyId, secretAccessKey }',
    ],
    [
      'credentials',
      { accessKeyId: 'A', secretAccessKey: 'S', sessionToken: 7 },
      KEYS,
      'an object { accessKeyId, secretAccessKey, sessionToken }',
    ],
    ['token', 'text', TOKEN, 'another string'],
    ['token', { token: '' }, TOKEN, 'an object { token }'],
    ['token', {}, TOKEN, 'an object'],
    [
      'authSchemePreference',
      'httpBearerAuth',
      'an array of auth schemes such as ["httpBearerAuth"]',
      'another string',
    ],
    [
      'authSchemePreference',
      [5],
      'an array of auth schemes such as ["httpBearerAuth"]',
      'an array',
    ],
    ['profile', 5, 'the name of a profile of the shared AWS configuration', '5'],
    ['endpoint', '', URL_, 'an empty string'],
    ['endpoint', 'gateway.example.com', URL_, 'another string'],
    ['endpoint', 'ftp://gateway.example.com', URL_, 'another string'],
    ['endpoint', {}, URL_, 'an object'],
    ['endpoint', { url: 'nope' }, URL_, 'an object { url }'],
    ['controlEndpoint', 'nope', URL_, 'another string'],
    ['controlEndpoint', 5, URL_, '5'],
    ['maxAttempts', 0, ATTEMPTS, '0'],
    ['maxAttempts', 1.5, ATTEMPTS, '1.5'],
    ['maxAttempts', NaN, ATTEMPTS, 'NaN'],
    ['maxAttempts', '3', ATTEMPTS, 'another string'],
    ['retryMode', 'legacy', '"standard" or "adaptive"', '"legacy"'],
    ['retryMode', 5, '"standard" or "adaptive"', '5'],
    ['requestHandler', 5, 'a NodeHttpHandler, or its options', '5'],
    ['logger', () => {}, 'an object with methods such as warn()', 'a function'],
    ['customUserAgent', 5, 'a string or an array of [name, version]', '5'],
    ['useFipsEndpoint', 'true', 'a boolean', 'another string'],
    ['useDualstackEndpoint', 1, 'a boolean', '1'],
    ['mappings', '{}', 'an object as in BEDROCK_INFERENCE_PROFILE_MAPPINGS', 'another string'],
    ['mappings', [], 'an object as in BEDROCK_INFERENCE_PROFILE_MAPPINGS', 'an array'],
    ['gating', 'loose', 'one of "adapt", "strict", "off"', '"loose"'],
    ['gating', false, 'one of "adapt", "strict", "off"', 'a boolean'],
    ['discovery', 'false', 'a boolean', 'another string'],
    ['learning', 'no', 'a boolean', 'another string'],
    ['overrides', [], 'an object of capabilities by model or profile id', 'an array'],
    ['timeouts', 5000, 'an object of milliseconds', '5000'],
  ];

  test.each(WRONG)('%s: %p', (name, value, expected, given) => {
    const error = thrown(() => new BedrockProfileClient({ [name]: value }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(
      `BedrockProfileClient: options.${name} must be ${expected}, not ${given}.`,
    );
  });

  test.each([0, -1, 1.5, NaN, Infinity, '5', null, true])('timeouts.connect: %p', (value) => {
    expect(() => new BedrockProfileClient({ timeouts: { connect: value } })).toThrow(
      /^BedrockProfileClient: options\.timeouts\.connect must be a whole number of milliseconds above 0, not /,
    );
  });

  test('a timeout that there is not is named, with those there are', () => {
    expect(() => new BedrockProfileClient({ timeouts: { idle: 5 } })).toThrow(
      'BedrockProfileClient: options.timeouts.idle is no timeout; there are connect, firstByte, ' +
        'betweenEvents, whileThinking, call.',
    );
  });

  test.each([
    [null, 'null'],
    [5, '5'],
    ['us-east-1', 'a string'],
    [[], 'an array'],
    [() => {}, 'a function'],
  ])('the options themselves: %p', (options, given) => {
    expect(() => new BedrockProfileClient(options)).toThrow(
      `BedrockProfileClient: the options must be an object, not ${given}.`,
    );
  });

  test('undefined is absent, and options of the AWS SDK that mean nothing here pass', () => {
    const names = [...new Set(WRONG.map(([name]) => name))];
    const options = Object.fromEntries(names.map((name) => [name, undefined]));
    expect(new BedrockProfileClient(options)).toBeInstanceOf(BedrockProfileClient);
    const foreign = { apiVersion: '2023-09-30', cacheMiddleware: true, constructor: 5 };
    expect(new BedrockProfileClient(foreign)).toBeInstanceOf(BedrockProfileClient);
    expect(new BedrockProfileClient()).toBeInstanceOf(BedrockProfileClient);
  });

  test.each([
    ['region', () => 5, 'options.region must be a region such as "us-east-1"'],
    ['endpoint', async () => 'nope', 'options.endpoint must be a URL'],
    ['maxAttempts', async () => 'x', 'options.maxAttempts must be an integer of at least 1'],
    ['retryMode', async () => 'x', 'options.retryMode must be "standard" or "adaptive", not "x"'],
    ['useFipsEndpoint', async () => 'x', 'options.useFipsEndpoint must be a boolean'],
  ])('what a function gives for %s is checked too', async (name, provider, text) => {
    const server = await start();
    const made = client(server, { [name]: provider });
    for (const calling of [made.converse(ask()), made.resolve('x')]) {
      const error = await failure(calling);
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(`BedrockProfileClient: ${text}`);
    }
    expect(server.requests).toHaveLength(0);
  });

  test('what a function throws is what the call rejects with, and the next call asks again', async () => {
    const server = await start();
    const reason = new Error('not yet');
    const region = jest.fn().mockRejectedValueOnce(reason).mockResolvedValue('us-east-1');
    const made = client(server, { region });
    expect(await failure(made.converse(ask()))).toBe(reason);
    expect((await made.converse(ask())).stopReason).toBe('end_turn');
  });

  test.each([
    ['its options', (options) => options],
    ['a handler', (options) => new NodeHttpHandler(options)],
  ])('a timeout of requestHandler of a wrong type is named: %s', async (_what, make) => {
    const server = await start();
    const requestHandler = make({ requestTimeout: '5' });
    const error = await failure(client(server, { requestHandler }).converse(ask()));
    expect(error.message).toBe(
      'BedrockProfileClient: options.requestHandler.requestTimeout must be a whole number of ' +
        'milliseconds, not a string.',
    );
  });

  test.each(['mappings', 'overrides'])('%s that cannot be JSON are named', async (name) => {
    const server = await start();
    const error = await failure(client(server, { [name]: { a: 1n } }).converse(ask()));
    expect(error.message).toContain(`BedrockProfileClient: options.${name} cannot be JSON: `);
  });

  test.each([
    ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME', 'nope', 'must be a URL'],
    ['AWS_ENDPOINT_URL', 'http://', 'must be a URL'],
    ['AWS_ENDPOINT_URL_BEDROCK', 'nope', 'must be a URL'],
    ['AWS_MAX_ATTEMPTS', 'lots', 'must be an integer of at least 1, not "lots".'],
    ['AWS_MAX_ATTEMPTS', '0', 'must be an integer of at least 1, not "0".'],
  ])('the variable %s=%s is named', async (name, value, text) => {
    const server = await start();
    process.env[name] = value;
    const endpoint = name === 'AWS_ENDPOINT_URL_BEDROCK' ? server.url : undefined;
    const error = await failure(client(server, { endpoint }).converse(ask()));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(`${name} ${text}`);
    expect(server.requests).toHaveLength(0);
  });

  test('certificates that cannot be read are named', async () => {
    const server = await start();
    process.env.AWS_CA_BUNDLE = '/no/such/file.pem';
    const error = await failure(client(server).converse(ask()));
    expect(error.message).toContain('cannot be read from /no/such/file.pem');
    expect(error.cause.code).toBe('ENOENT');
  });

  test('no region anywhere: the error says where to give one', async () => {
    const server = await start();
    for (const region of [undefined, '']) {
      const error = await failure(client(server, { region }).converse(ask()));
      expect(error.message).toBe('Region is missing');
      expect(error.hint).toContain('BEDROCK_AWS_DEFAULT_REGION');
    }
  });

  test.each(['us/east', 'evil.example#', 'us-east-1@evil.example', ' us-east-1', '../x'])(
    'a region that is no host label (%j) sends nothing',
    async (region) => {
      const server = await start();
      const error = await failure(client(server, { region }).converse(ask()));
      expect(error.message).toContain('region');
      expect(server.requests).toHaveLength(0);
    },
  );
});

describe('modelId', () => {
  const NONE = 'No value provided for input HTTP label: modelId.';
  const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile';

  test.each([
    ['undefined', undefined, NONE],
    ['null', null, NONE],
    ['a number', 5, 'modelId must be a string, not 5.'],
    ['an object', {}, 'modelId must be a string, not an object.'],
    ['empty', '', 'The model id is empty; give a model id such as'],
    ['.', '.', 'Model id ".": it is a step in a path, not a name'],
    ['..', '..', 'Model id "..": it is a step in a path, not a name'],
    ['a line feed', 'a\nb', 'whitespace stands at character 2'],
    ['a control character', 'a\u0007b', 'character 2'],
    ['NUL', 'a\u0000b', 'character 2'],
    ['a space', 'a b', 'whitespace stands at character 2'],
    ['whitespace around', ' us.anthropic.claude-sonnet-4-6', 'whitespace stands before it'],
    ['a slash', 'a/b', '"/" cannot stand in a model id (character 2)'],
    ['too long', 'x'.repeat(2049), 'it has 2049 characters; AWS takes at most 2048'],
    ['an ARN cut short', 'arn:', 'it has 2 of the 6 parts of an ARN'],
    ['its partition', PROFILE.replace('arn:aws:', 'arn:xx:'), 'the partition (part 2) is "xx"'],
    ['its service', `${PROFILE.replace(':bedrock:', ':s3:')}/x`, 'the service (part 3) is "s3"'],
    ['its region', `${PROFILE.replace('us-east-1', 'US EAST')}/x`, 'whitespace'],
    ['its region', `${PROFILE.replace('us-east-1', 'US')}/x`, 'the region (part 4) is "US"'],
    ['its region missing', `${PROFILE.replace('us-east-1', '')}/x`, 'the region (part 4) is ""'],
    [
      'its account',
      `${PROFILE.replace('123456789012', '1234')}/x`,
      'the account (part 5) is "1234"',
    ],
    [
      'its account missing',
      `${PROFILE.replace('123456789012', '')}/x`,
      'the account (part 5) is ""',
    ],
    [
      'its type',
      `${PROFILE.replace('application-inference-profile', 'nope')}/x`,
      'the resource (part 6) is "nope/x"',
    ],
    ['its id missing', PROFILE, 'it must be "<type>/<id>"'],
    ['its id empty', `${PROFILE}/`, 'the id after "/"'],
    ['its id', `${PROFILE}/a_b*`, 'the id after "/"'],
  ])('%s', async (_what, modelId, text) => {
    const server = await start();
    for (const operation of ['converse', 'converseStream', 'explain']) {
      const error = await failure(client(server)[operation]({ ...ask(), modelId }));
      expect(error).toBeInstanceOf(ours.ValidationException);
      expect(error).toMatchObject({
        name: 'ValidationException',
        $fault: 'client',
        $metadata: { attempts: 0, totalRetryDelay: 0 },
      });
      expect(error.message).toContain(text);
    }
    expect(server.requests).toHaveLength(0);
  });

  test('the message holds no control characters and not all of a long id', async () => {
    const server = await start();
    for (const modelId of ['a\u001b[31mb', 'x'.repeat(1e6)]) {
      const { message } = await failure(client(server).converse({ ...ask(), modelId }));
      expect([...message].filter((letter) => letter < ' ')).toEqual([]);
      expect(message.length).toBeLessThan(1000);
    }
  });

  test.each(['resolve', 'capabilities'])('%s(id) takes a string', async (method) => {
    const server = await start();
    for (const id of [undefined, null, 5, {}]) {
      let error;
      try {
        error = await failure(client(server)[method](id));
      } catch (rejected) {
        error = rejected;
      }
      expect(error).toMatchObject({ name: 'ValidationException' });
      expect(error.message).toContain(`${method}(id): the id must be a string, not `);
    }
    expect((await failure(client(server)[method](''))).message).toContain('The model id is empty');
  });

  test('resolveSync(id) throws', async () => {
    const server = await start();
    expect(() => client(server).resolveSync(5)).toThrow('resolveSync(id): the id must be a string');
    const error = thrown(() => client(server).resolveSync('arn:aws:bedrock'));
    expect(error).toBeInstanceOf(ours.ValidationException);
    expect(error.message).toContain('of the 6 parts of an ARN');
  });
});

describe('input', () => {
  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [5, '5'],
    ['text', 'a string'],
    [[], 'an array'],
    [() => {}, 'a function'],
  ])('%p is no input', async (input, given) => {
    const server = await start();
    for (const operation of ['converse', 'converseStream']) {
      const error = await failure(client(server)[operation](input));
      expect(error).toBeInstanceOf(ours.ValidationException);
      expect(error.message).toBe(`The input must be an object, not ${given}.`);
    }
  });

  test.each(['\0json', '\0blob'])(
    'the key %j, which has a meaning here, is refused',
    async (key) => {
      const server = await start();
      const said = { [key]: key === '\0json' ? '{"role":"user"}' : 0 };
      const bytes = { image: { format: 'png', source: { bytes: Buffer.from('a') } } };
      for (const content of [[{ text: 'a' }], [{ text: 'a' }, bytes]]) {
        const messages = [{ role: 'user', content }];
        const fields = { additionalModelRequestFields: { deep: [{ said }] } };
        const error = await failure(client(server).converse(ask('a', { messages, ...fields })));
        expect(error).toBeInstanceOf(ours.ValidationException);
        expect(error.message).toBe(
          `The input has the key ${JSON.stringify(key)}, which cannot be sent.`,
        );
      }
      expect(server.requests).toHaveLength(0);
    },
  );

  test('a cycle is a RangeError, as in the AWS SDK', async () => {
    const server = await start();
    const inObject = ask();
    inObject.additionalModelRequestFields = { self: inObject };
    const inArray = ask();
    inArray.messages[0].content.push(inArray.messages);
    for (const input of [inObject, inArray]) {
      for (const operation of ['converse', 'converseStream', 'explain']) {
        const error = await failure(client(server)[operation](input));
        expect(error).toBeInstanceOf(RangeError);
        expect(error.message).toBe('The input contains itself: a cycle cannot be sent as JSON.');
      }
    }
    expect(server.requests).toHaveLength(0);
  });

  test('the same object at two places is no cycle', async () => {
    const server = await start();
    const message = { role: 'user', content: [{ text: 'Good day' }] };
    const answer = { role: 'assistant', content: message.content };
    const input = ask('Good day', { messages: [message, answer, message] });
    await client(server).converse(input);
    expect(server.requests[0].body.messages).toEqual([message, answer, message]);
  });

  test('nesting is taken to 126 levels, and deeper is named', async () => {
    const server = await start();
    const nested = (levels) => {
      let value = {};
      for (let n = 1; n < levels; n += 1) value = { d: value };
      return ask('Good day', { additionalModelRequestFields: value });
    };
    const made = client(server, { gating: 'off' });
    await made.converse(nested(125)).catch(() => {});
    expect(server.requests[0].rawBody.toString()).toContain('{"d":'.repeat(124));
    const error = await failure(made.converse(nested(126)));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toBe('The input is nested more than 126 levels deep.');
    expect(await failure(made.converse(nested(50_000)))).toBeInstanceOf(RangeError);
  });

  test('half an emoji is sent as it is', async () => {
    const server = await start();
    const text = 'cut \ud83e| kept 🦀 \\ud83e \\\\ud83e "\udc00"';
    await client(server).converse(ask(text));
    expect(server.requests[0].body.messages[0].content[0].text).toBe(text);
  });

  test('a getter that throws rejects the call with its error', async () => {
    const server = await start();
    const reason = new Error('of the getter');
    const input = ask();
    Object.defineProperty(input, 'system', {
      enumerable: true,
      get() {
        throw reason;
      },
    });
    expect(await failure(client(server).converse(input))).toBe(reason);
  });

  test('values of a wrong type go out as the AWS SDK sends them', async () => {
    const server = await start();
    const input = ask('Good day', { inferenceConfig: { maxTokens: '5', stopSequences: [1] } });
    await failure(client(server, { gating: 'off' }).converse(input));
    await failure(awsClient(server).send(new ConverseCommand(input)));
    const [mine, theirs] = server.requests;
    expect(mine.rawBody.toString()).toBe(theirs.rawBody.toString());
  });

  test('a process that got a wrong input ends by itself, and goes on working', async () => {
    const server = await start();
    const made = client(server);
    for (const input of [undefined, {}, { modelId: '..' }]) await failure(made.converse(input));
    expect((await made.converse(ask())).stopReason).toBe('end_turn');
  });
});

describe('commands and signals', () => {
  test.each([
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a number', 5, '5'],
    ['a plain object', { input: {} }, 'an object { input }'],
    ['a class', ConverseCommand, 'a function'],
    [
      'a command of another service',
      new ListInferenceProfilesCommand({}),
      'a ListInferenceProfilesCommand',
    ],
  ])('send() of %s', async (_what, command, given) => {
    const server = await start();
    const error = await failure(client(server).send(command));
    expect(error).toBeInstanceOf(ours.ValidationException);
    expect(error.message).toBe(
      `send() was given ${given}, which is no command. It takes the commands of ` +
        '@aws-sdk/client-bedrock-runtime: ApplyGuardrailCommand, ConverseCommand, ' +
        'ConverseStreamCommand, CountTokensCommand, InvokeModelCommand, ' +
        'InvokeModelWithResponseStreamCommand and others.',
    );
    const called = await new Promise((resolve) => {
      client(server).send(command, (...heard) => resolve(heard));
    });
    expect(called).toEqual([expect.objectContaining({ message: error.message })]);
    expect(server.requests).toHaveLength(0);
  });

  test.each([
    [5, '5'],
    ['signal', 'a string'],
    [true, 'a boolean'],
    [{}, 'an object'],
    [new AbortController(), 'an object'],
  ])('an abortSignal such as %p', async (abortSignal, given) => {
    const server = await start();
    for (const operation of ['converse', 'converseStream']) {
      const error = await failure(client(server)[operation](ask(), { abortSignal }));
      expect(error).toBeInstanceOf(ours.ValidationException);
      expect(error.message).toBe(`options.abortSignal must be an AbortSignal, not ${given}.`);
    }
    expect(server.requests).toHaveLength(0);
  });

  test.each(['loose', 5, null, {}])('a gating of a call such as %p', async (gating) => {
    const server = await start();
    const error = await failure(client(server).converse(ask(), { gating }));
    expect(error).toBeInstanceOf(ours.ValidationException);
    expect(error.message).toContain('options.gating must be one of adapt, strict, off, not ');
    expect(server.requests).toHaveLength(0);
  });

  test.each([undefined, null])('an abortSignal that is %p is none', async (abortSignal) => {
    const server = await start();
    const { stream } = await client(server).converseStream(ask(), { abortSignal });
    expect(await collect(stream)).not.toHaveLength(0);
  });
});
