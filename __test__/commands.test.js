'use strict';

/** The commands beside Converse: those that are sent natively, and those that the AWS SDK sends. */

const sdk = require('@aws-sdk/client-bedrock-runtime');
const {
  CLAUDE_37,
  SONNET,
  ask,
  awsClient,
  client,
  collect,
  failure,
  freshProfile,
  preamble,
  run,
  start,
} = require('./support/bedrock');

const CLAUDE = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 100 };
const MESSAGES = [{ role: 'user', content: 'Good day' }];
const BODY = JSON.stringify({ ...CLAUDE, messages: MESSAGES });
const GUARDRAIL = { guardrailIdentifier: 'abc123', guardrailVersion: 'DRAFT', source: 'INPUT' };
const textBlock = (text) => ({ text: { text } });

/** One of each, as a caller would ask. */
const CASES = [
  ['InvokeModel', { modelId: SONNET, body: BODY }],
  [
    'InvokeModel',
    {
      modelId: SONNET,
      body: Buffer.from(BODY),
      contentType: 'application/json',
      accept: '*/*',
      trace: 'ENABLED',
      guardrailIdentifier: '',
      serviceTier: 'flex',
      requestMetadata: '{"team":"a"}',
    },
  ],
  ['InvokeModel', { modelId: 'amazon.nova-lite-v1:0', body: '{"messages":[]}' }],
  ['InvokeModel', { modelId: 'us.meta.llama3-3-70b-instruct-v1:0', body: '{"prompt":"a"}' }],
  ['InvokeModelWithResponseStream', { modelId: SONNET, body: BODY }],
  [
    'InvokeModelWithResponseStream',
    { modelId: SONNET, body: new TextEncoder().encode(BODY), accept: 'application/json' },
  ],
  [
    'CountTokens',
    { modelId: CLAUDE_37, input: { converse: { messages: ask().messages, unknown: 1 } } },
  ],
  ['CountTokens', { modelId: CLAUDE_37, input: { invokeModel: { body: BODY } } }],
  ['ApplyGuardrail', { ...GUARDRAIL, content: [textBlock('Good day')] }],
  [
    'ApplyGuardrail',
    { ...GUARDRAIL, guardrailVersion: '1', content: [textBlock('a [blocked] word')] },
  ],
];

const methodOf = (operation) => operation[0].toLowerCase() + operation.slice(1);

/** What of a request a service can see, but for what differs from call to call. */
function wireOf({ method, url, headers, rawBody }) {
  const seen = Object.entries(headers).filter(
    ([name]) => name.startsWith('x-amzn-') || name === 'content-type' || name === 'content-length',
  );
  return { method, url, headers: Object.fromEntries(seen), body: rawBody.toString('base64') };
}

async function whole({ $metadata, ...answer }) {
  const stream = answer.body?.[Symbol.asyncIterator];
  const content = stream ? { ...answer, body: await collect(answer.body) } : answer;
  return { content, metadata: Object.keys($metadata) };
}

describe('sent natively, as the AWS SDK sends them', () => {
  test.each(CASES)('%s %#', async (operation, input) => {
    const server = await start();
    const command = new sdk[`${operation}Command`](input);
    const theirs = await whole(await awsClient(server).send(command));
    const sent = await whole(await client(server).send(command));
    const called = await whole(await client(server)[methodOf(operation)](input));
    expect(sent).toEqual(theirs);
    expect(called).toEqual(theirs);
    expect(Object.keys(sent.content)).toEqual(Object.keys(theirs.content));
    const [first, ...others] = server.requests.map(wireOf);
    expect(others).toEqual([first, first]);
  });

  test('bytes of an answer read as text', async () => {
    const server = await start({ script: () => 'Grüße 🤖' });
    const { body, contentType } = await client(server).invokeModel({ modelId: SONNET, body: BODY });
    expect(body).toBeInstanceOf(Uint8Array);
    const text = body.transformToString();
    expect(JSON.parse(text).content[0].text).toBe('Grüße 🤖');
    expect(body.transformToString('base64')).toBe(Buffer.from(text).toString('base64'));
    expect(contentType).toBe('application/json');
  });

  test('callbacks and the names that a bundler has changed', async () => {
    const server = await start();
    class a extends sdk.InvokeModelCommand {}
    const answer = await new Promise((resolve, reject) => {
      client(server).send(new a({ modelId: SONNET, body: BODY }), (error, output) =>
        error ? reject(error) : resolve(output),
      );
    });
    expect(answer.body.transformToString()).toContain('in its own words');
  });
});

describe('profiles', () => {
  test('an ARN is called as it is, where it is, and told', async () => {
    const server = await start();
    const { arn } = freshProfile(server, `eu.${CLAUDE_37}`, 'eu-west-1');
    const heard = [];
    const made = client(server, { logger: { warn: () => {} } }).on('resolve', (e) => heard.push(e));
    const { $metadata } = await made.invokeModel({ modelId: arn, body: BODY });
    const { operation, modelId, model, region } = server.requests.at(-1);
    expect({ operation, modelId, model, region }).toEqual({
      operation: 'InvokeModel',
      modelId: arn,
      model: CLAUDE_37,
      region: 'eu-west-1',
    });
    expect($metadata.profile).toMatchObject({ requestedId: arn, model: CLAUDE_37, changes: [] });
    expect(heard).toHaveLength(1);
  });

  test('an alias is called by what it stands for', async () => {
    const server = await start();
    const made = client(server, { mappings: { 'team-a': SONNET } });
    const { body } = await made.invokeModelWithResponseStream({ modelId: 'team-a', body: BODY });
    expect(await collect(body)).not.toHaveLength(0);
    expect(server.requests.at(-1).modelId).toBe(SONNET);
  });

  test('a model that only profiles serve is called by its profile', async () => {
    const server = await start();
    const modelId = SONNET.replace(/^us\./, '');
    const { $metadata } = await client(server).invokeModel({ modelId, body: BODY });
    expect(server.requests.at(-1).modelId).toBe(SONNET);
    expect($metadata.profile).toMatchObject({ requestedId: modelId, callId: SONNET });
    expect($metadata.profile.changes.map(({ rule, path }) => [rule, path])).toEqual([
      ['I1', 'modelId'],
    ]);
    const off = client(server, { gating: 'off' });
    expect((await failure(off.invokeModel({ modelId, body: BODY }))).message).toContain(
      'with on-demand throughput isn’t supported',
    );
    const strict = client(server, { gating: 'strict' });
    const sent = server.requests.length;
    expect(await failure(strict.invokeModel({ modelId, body: BODY }))).toMatchObject({
      violations: [{ rule: 'I1' }],
    });
    expect(server.requests).toHaveLength(sent);
  });

  test('an answer that Claude may only stream is refused in strict, and left to AWS else', async () => {
    const server = await start();
    const long = {
      ...CLAUDE,
      max_tokens: 30_000,
      messages: MESSAGES,
      thinking: { type: 'adaptive' },
    };
    const input = { modelId: SONNET, body: JSON.stringify(long) };
    const strict = client(server, { gating: 'strict' });
    const error = await failure(strict.invokeModel(input));
    expect(error.violations).toEqual([
      expect.objectContaining({ rule: 'T7', path: 'body.max_tokens' }),
    ]);
    expect(server.requests).toHaveLength(0);
    const { body } = await strict.invokeModelWithResponseStream(input);
    expect(await collect(body)).not.toHaveLength(0);
    expect((await client(server).invokeModel(input)).$metadata.profile.changes).toEqual([]);
  });

  test('the call event tells of every operation', async () => {
    const server = await start();
    const calls = [];
    const made = client(server).on('call', (call) => calls.push(call));
    await made.countTokens({
      modelId: CLAUDE_37,
      input: { converse: { messages: ask().messages } },
    });
    await made.applyGuardrail({ ...GUARDRAIL, content: [textBlock('a')] });
    await failure(made.invokeModel({ modelId: SONNET, body: '{}' }));
    expect(calls.map(({ operation, model, error }) => [operation, model, error])).toEqual([
      ['CountTokens', CLAUDE_37, undefined],
      ['ApplyGuardrail', undefined, undefined],
      ['InvokeModel', 'anthropic.claude-sonnet-4-6', 'ValidationException'],
    ]);
  });
});

describe('CountTokens', () => {
  const converse = { messages: ask().messages };

  test('asks the model behind a profile, which CountTokens does not take', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const changes = [];
    const made = client(server).on('gate', (event) => changes.push(...event.changes));
    for (const modelId of [arn, `us.${CLAUDE_37}`]) {
      const { inputTokens, $metadata } = await made.countTokens({ modelId, input: { converse } });
      expect(inputTokens).toBeGreaterThan(0);
      expect(server.requests.at(-1).modelId).toBe(CLAUDE_37);
      expect($metadata.profile).toMatchObject({ requestedId: modelId, callId: CLAUDE_37 });
      expect($metadata.profile.changes).toEqual([
        {
          path: 'modelId',
          action: 'rewrite',
          from: modelId,
          to: CLAUDE_37,
          rule: 'I8',
          reason: expect.stringContaining('not those of profiles'),
        },
      ]);
    }
    expect(changes).toHaveLength(2);
  });

  test('with gating off the profile is asked, and AWS says no', async () => {
    const server = await start();
    const input = { modelId: `us.${CLAUDE_37}`, input: { converse } };
    const error = await failure(client(server, { gating: 'off' }).countTokens(input));
    expect(error.message).toBe("The provided model doesn't support counting tokens.");
    const sent = server.requests.length;
    const refused = await failure(client(server).countTokens(input, { gating: 'strict' }));
    expect(refused).toMatchObject({ name: 'ValidationException', violations: [{ rule: 'I8' }] });
    expect(server.requests).toHaveLength(sent);
  });

  test('counts the conversation as it would be sent', async () => {
    const server = await start();
    const model = 'meta.llama3-3-70b-instruct-v1:0';
    const content = [{ text: 'Good day' }, { cachePoint: { type: 'default' } }];
    const { $metadata } = await client(server).countTokens({
      modelId: `us.${model}`,
      input: { converse: { messages: [{ role: 'user', content }] } },
    });
    expect($metadata.profile.changes.map(({ rule, path }) => [rule, path])).toEqual([
      ['I8', 'modelId'],
      ['P1', 'input.converse.messages[0].content[1]'],
    ]);
    expect(server.requests.at(-1).body.input.converse.messages[0].content).toEqual([content[0]]);
  });
});

describe('ApplyGuardrail', () => {
  test('an ARN names the region to sign for', async () => {
    const server = await start();
    const arn = 'arn:aws:bedrock:eu-central-1:123456789012:guardrail/abc123';
    const input = { ...GUARDRAIL, guardrailIdentifier: arn, content: [textBlock('a')] };
    const { action, $metadata } = await client(server).applyGuardrail(input);
    expect(action).toBe('NONE');
    expect($metadata.profile).toBeUndefined();
    expect(server.requests.at(-1).region).toBe('eu-central-1');
  });
});

describe('streams of InvokeModelWithResponseStream', () => {
  const input = { modelId: SONNET, body: BODY };

  test('break closes the connection', async () => {
    const server = await start({ pace: 60_000 });
    const { body } = await client(server).invokeModelWithResponseStream(input);
    for await (const { chunk } of body) {
      expect(JSON.parse(Buffer.from(chunk.bytes).toString()).type).toBe('message_start');
      break;
    }
    expect(await server.requests.at(-1).aborted).toBe(true);
  });

  test('a signal ends it', async () => {
    const server = await start({ pace: 60_000 });
    const abort = new AbortController();
    const { body } = await client(server).invokeModelWithResponseStream(input, {
      abortSignal: abort.signal,
    });
    const seen = (async () => {
      for await (const event of body) abort.abort(event);
    })();
    expect(await failure(seen)).toMatchObject({ name: 'AbortError' });
    expect(await server.requests.at(-1).aborted).toBe(true);
  });

  test.each([
    ['cut-reset', 'StreamInterruptedError'],
    ['bad-message-crc', 'EventStreamError'],
    ['exception', 'ThrottlingException'],
  ])('%s is an error', async (kind, name) => {
    const server = await start();
    server.fail({ kind, operation: 'InvokeModelWithResponseStream', after: 2 });
    const { body } = await client(server).invokeModelWithResponseStream(input);
    expect(await failure(collect(body))).toMatchObject({ name });
  });

  test('an exception as the first frame is thrown by send', async () => {
    const server = await start();
    const operation = 'InvokeModelWithResponseStream';
    server.fail({
      kind: 'exception',
      operation,
      after: 0,
      times: 2,
      type: 'modelStreamErrorException',
    });
    const error = await failure(client(server).invokeModelWithResponseStream(input));
    expect(error).toMatchObject({ name: 'ModelStreamErrorException' });
    expect(error).toBeInstanceOf(sdk.ModelStreamErrorException);
  });
});

describe('faults', () => {
  test('throttled twice, then answered', async () => {
    const server = await start();
    const faults = { kind: 'unavailable', operation: 'InvokeModel', times: 2 };
    server.fail(faults);
    const { $metadata } = await client(server).invokeModel({ modelId: SONNET, body: BODY });
    expect($metadata.attempts).toBe(3);
  });

  test('an empty answer is an error', async () => {
    const server = await start();
    server.fail({ kind: 'empty-200', operation: 'InvokeModel', times: 3 });
    const error = await failure(client(server).invokeModel({ modelId: SONNET, body: BODY }));
    expect(error).toMatchObject({ name: 'EmptyAnswerError' });
  });

  test('an aborted call leaves nothing behind and the next one works', async () => {
    const server = await start();
    server.fail({ kind: 'stall-headers', operation: 'InvokeModel' });
    const abort = new AbortController();
    const input = { modelId: SONNET, body: BODY };
    const call = client(server).invokeModel(input, { abortSignal: abort.signal });
    await server.waitForRequest();
    abort.abort();
    expect(await failure(call)).toMatchObject({ name: 'AbortError', message: 'Request aborted' });
    expect((await client(server).invokeModel(input)).contentType).toBe('application/json');
  });
});

describe('bad input', () => {
  test.each([
    ['invokeModel', {}, 'No value provided for input HTTP label: modelId.'],
    ['invokeModel', { modelId: 5 }, 'modelId must be a string, not 5.'],
    [
      'invokeModel',
      { modelId: SONNET, body: { a: 1 } },
      'body must be a Uint8Array, a Buffer or a string.',
    ],
    [
      'invokeModel',
      { modelId: SONNET, requestMetadata: { team: 'a' } },
      'requestMetadata must be a string: it is a header.',
    ],
    [
      'invokeModel',
      { modelId: SONNET, accept: 'a\r\nb: c' },
      'accept has characters that a header cannot have; printable ASCII is right.',
    ],
    [
      'applyGuardrail',
      { guardrailIdentifier: 'a' },
      'No value provided for input HTTP label: guardrailVersion.',
    ],
    ['countTokens', undefined, 'The input must be an object, not undefined.'],
  ])('%s %j', async (method, input, message) => {
    const server = await start();
    const error = await failure(client(server)[method](input));
    expect(error).toMatchObject({ name: 'ValidationException', message });
    expect(error).toBeInstanceOf(sdk.ValidationException);
    expect(server.requests).toHaveLength(0);
  });
});

describe('what only the AWS SDK sends', () => {
  const asyncInput = (modelId) => ({
    modelId,
    modelInput: { prompt: 'a film' },
    outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://bucket' } },
    clientRequestToken: 'token',
  });

  test('goes through it with the resolved id, region and our options', async () => {
    const server = await start();
    const { arn } = freshProfile(server, `eu.${CLAUDE_37}`, 'eu-west-1');
    const made = client(server, {
      mappings: { films: arn },
      logger: { warn: () => {} },
      customUserAgent: 'films/1',
    });
    const command = new sdk.StartAsyncInvokeCommand(asyncInput('films'));
    const error = await failure(made.send(command));
    expect(error.name).toBe('UnknownOperationException'); // the stand-in's answer
    const { path, body, auth, headers } = server.requests.at(-1);
    expect({ path, modelId: body.modelId, auth }).toMatchObject({
      path: '/async-invoke',
      modelId: arn,
      auth: { kind: 'sigv4', region: 'eu-west-1' },
    });
    expect(headers['user-agent']).toContain('films/1');
    expect(command.input.modelId).toBe('films');
  });

  test('is signed with the credentials of the account that an ARN names', async () => {
    const keys = (name) => ({ accessKeyId: `AKIA${name}`, secretAccessKey: `secret-of-${name}` });
    const server = await start({
      credentials: [
        { ...keys('OWN'), account: '123456789012' },
        { ...keys('OTHER'), account: '210987654321' },
      ],
    });
    const arnOf = (account) =>
      `arn:aws:bedrock:us-east-1:${account}:application-inference-profile/abcdefghijkl`;
    const mappings = Object.fromEntries(
      ['123456789012', '210987654321', '333333333333'].map((id) => [arnOf(id), CLAUDE_37]),
    );
    const made = client(server, {
      mappings,
      credentials: keys('OWN'),
      accounts: {
        210987654321: { credentials: async () => keys('OTHER') },
        333333333333: { roleArn: 'arn:aws:iam::333333333333:role/bedrock' },
      },
    });
    const send = (account) =>
      failure(made.send(new sdk.StartAsyncInvokeCommand(asyncInput(arnOf(account)))));
    const key = () => /Credential=([^/]+)/.exec(server.requests.at(-1).headers.authorization)[1];
    for (const [account, name] of [
      ['210987654321', 'OTHER'],
      ['123456789012', 'OWN'],
    ]) {
      await send(account);
      expect(key()).toBe(`AKIA${name}`);
    }
    const before = server.requests.length;
    const error = await send('333333333333');
    expect(error).toBeInstanceOf(sdk.ValidationException);
    expect(error.message).toContain('does not assume the role of options.accounts["333333333333"]');
    expect(server.requests).toHaveLength(before);
  });

  test('and without an id as it is, with a token of the environment', async () => {
    process.env.AWS_BEARER_TOKEN_BEDROCK = 'local-bedrock-api-key';
    const server = await start();
    const made = client(server, { credentials: undefined });
    await failure(made.send(new sdk.GetAsyncInvokeCommand({ invocationArn: 'arn:aws:x' })));
    expect(server.requests.at(-1).auth).toMatchObject({ kind: 'bearer' });
  });

  test('middleware of ours and of the command runs there, too', async () => {
    const server = await start();
    const made = client(server);
    const setting = (name) => (next) => (args) => {
      args.request.headers[name] = 'set';
      return next(args);
    };
    made.middlewareStack.add(setting('x-ours'), { step: 'build' });
    const command = new sdk.ListAsyncInvokesCommand({});
    command.middlewareStack.add(setting('x-theirs'), { step: 'build' });
    await failure(made.send(command));
    await failure(made.send(command)); // a second time with the same command
    for (const { headers } of server.requests) {
      expect(headers).toMatchObject({ 'x-ours': 'set', 'x-theirs': 'set' });
    }
  });

  test('without the package the error says what to install', async () => {
    const server = await start();
    const { stdout } = await run(`
      const Module = require('node:module');
      const resolve = Module._resolveFilename;
      Module._resolveFilename = (request, ...rest) => {
        if (!request.startsWith('@aws-sdk/')) return resolve(request, ...rest);
        throw Object.assign(new Error('no package'), { code: 'MODULE_NOT_FOUND' });
      };
      ${preamble(server)}
      class GetAsyncInvokeCommand { input = {}; resolveMiddleware() {} }
      client.send(new GetAsyncInvokeCommand()).catch(({ name, message }) => console.log(name, message));
    `);
    expect(stdout.trim()).toBe(
      'ValidationException GetAsyncInvokeCommand is sent by @aws-sdk/client-bedrock-runtime, which ' +
        'is not installed here. Install it: npm install @aws-sdk/client-bedrock-runtime',
    );
  });
});
