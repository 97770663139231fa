'use strict';

/** local-bedrock driven by the AWS SDK over HTTP/1.1 and HTTP/2: it must hold for a real client. */

const { ConverseCommand, ConverseStreamCommand } = require('@aws-sdk/client-bedrock-runtime');
const { NodeHttpHandler } = require('@smithy/node-http-handler');
const { canonicalPath, canonicalQuery } = require('../local-bedrock/auth');
const { SONNET_46, start, client, ask, collect, fault } = require('./support/local-bedrock');

const textOf = (events) =>
  events.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.text ?? '').join('');

describe.each([
  ['2', () => ({})],
  ['1.1', () => ({ requestHandler: new NodeHttpHandler() })],
])('over HTTP/%s', (protocol, transport) => {
  test('answers Converse', async () => {
    const server = await start();
    const answer = await client(server, transport()).send(new ConverseCommand(ask('Good day')));
    expect(answer.output.message.content[0].text).toContain('“Good day”');
    expect(answer).toMatchObject({
      stopReason: 'end_turn',
      usage: { inputTokens: 2, cacheReadInputTokens: 0 },
      metrics: { latencyMs: expect.any(Number) },
      $metadata: { httpStatusCode: 200, requestId: server.requests[0].requestId },
    });
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({
      protocol,
      operation: 'Converse',
      modelId: SONNET_46,
      model: 'anthropic.claude-sonnet-4-6',
      region: 'us-east-1',
      status: 200,
    });
  });

  test('streams the same text as it answers at once', async () => {
    const server = await start();
    const caller = client(server, transport());
    const { stream } = await caller.send(new ConverseStreamCommand(ask('Good day')));
    const events = await collect(stream);
    const whole = await caller.send(new ConverseCommand(ask('Good day')));
    expect(textOf(events)).toBe(whole.output.message.content[0].text);
    expect(events.length).toBeGreaterThan(10);
    expect(events.map((event) => Object.keys(event)[0]).slice(-3)).toEqual([
      'contentBlockStop',
      'messageStop',
      'metadata',
    ]);
    expect(await server.requests[0].aborted).toBe(false);
  });

  test('takes a bearer token', async () => {
    const server = await start();
    const caller = client(server, {
      ...transport(),
      credentials: undefined,
      token: { token: server.bearerToken },
      authSchemePreference: ['httpBearerAuth'],
    });
    const answer = await caller.send(new ConverseCommand(ask('Good day')));
    expect(answer.stopReason).toBe('end_turn');
    expect(server.requests[0].auth).toEqual({ kind: 'bearer' });
  });

  test('verifies the signature over an ARN in the path', async () => {
    const server = await start();
    const { arn } = server.profiles.find(({ id }) => id === 'sonnet46team');
    await client(server, transport()).send(new ConverseCommand(ask('Hi', { modelId: arn })));
    expect(server.requests[0]).toMatchObject({
      modelId: arn,
      path: `/model/${encodeURIComponent(arn)}/converse`,
      auth: { kind: 'sigv4', accessKeyId: server.credentials.accessKeyId, region: 'us-east-1' },
    });
  });

  test('notices that a client has left in mid-stream', async () => {
    const server = await start({
      script: () => ({
        events: (async function* endless() {
          yield { messageStart: { role: 'assistant' } };
          for (;;)
            yield { contentBlockDelta: { delta: { text: 'x'.repeat(999) }, contentBlockIndex: 0 } };
        })(),
      }),
    });
    const aborter = new AbortController();
    const { stream } = await client(server, transport()).send(
      new ConverseStreamCommand(ask('Hi')),
      {
        abortSignal: aborter.signal,
      },
    );
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    aborter.abort();
    expect(await server.requests[0].aborted).toBe(true);
    // HTTP/1.1 rejects here, HTTP/2 ends.
    await iterator.next().catch(() => {});
  });
});

describe('authentication', () => {
  const wrong = (server, credentials) => ({
    credentials: { ...server.credentials, ...credentials },
  });
  const cases = [
    [
      'an unknown key',
      (s) => wrong(s, { accessKeyId: 'AKIAUNKNOWN' }),
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    ],
    [
      'a wrong secret',
      (s) => wrong(s, { secretAccessKey: 'wrong' }),
      'InvalidSignatureException',
      'The request signature we calculated does not match',
    ],
    [
      'a session token nobody issued',
      (s) => wrong(s, { sessionToken: 'what' }),
      'UnrecognizedClientException',
      'is invalid.',
    ],
    [
      'a wrong bearer token',
      () => ({ token: { token: 'wrong' }, authSchemePreference: ['httpBearerAuth'] }),
      'AccessDeniedException',
      'API Key is valid',
    ],
  ];
  test.each(cases)('refuses %s', async (_name, options, name, text) => {
    const server = await start();
    const error = await fault(client(server, options(server)).send(new ConverseCommand(ask('Hi'))));
    expect(error).toMatchObject({ name, $metadata: { httpStatusCode: 403 } });
    expect(error.message).toContain(text);
  });

  test('takes the session token it expects, and no other', async () => {
    const credentials = { accessKeyId: 'ASIA1', secretAccessKey: 's', sessionToken: 't' };
    const server = await start({ credentials });
    await client(server).send(new ConverseCommand(ask('Hi')));
    const without = client(server, { credentials: { ...credentials, sessionToken: undefined } });
    expect((await fault(without.send(new ConverseCommand(ask('Hi'))))).name).toBe(
      'UnrecognizedClientException',
    );
  });

  test('refuses expired credentials', async () => {
    const server = await start({
      credentials: { accessKeyId: 'ASIA1', secretAccessKey: 's', sessionToken: 't', expired: true },
    });
    const error = await fault(client(server).send(new ConverseCommand(ask('Hi'))));
    expect(error).toMatchObject({
      name: 'ExpiredTokenException',
      message: 'The security token included in the request is expired',
    });
  });

  test.each([
    ['refuses a clock that is 6 minutes ahead', -6, 'Signature not yet current'],
    ['refuses a clock that is 6 minutes behind', 6, 'Signature expired'],
  ])('%s, and its Date lets the SDK correct itself', async (_name, minutes, text) => {
    const server = await start({ now: () => Date.now() + minutes * 60_000 });
    const error = await fault(client(server).send(new ConverseCommand(ask('Hi'))));
    expect(error.name).toBe('InvalidSignatureException');
    expect(error.message).toContain(text);
    const patient = client(server, { maxAttempts: 2 });
    expect((await patient.send(new ConverseCommand(ask('Hi')))).$metadata.attempts).toBe(2);
  });

  test('accepts a clock that is 4 minutes off', async () => {
    const server = await start({ now: () => Date.now() + 4 * 60_000 });
    await client(server).send(new ConverseCommand(ask('Hi')));
  });

  async function raw(server, headers, body = JSON.stringify(ask('Hi'))) {
    const response = await fetch(`${server.url}/model/x/converse`, {
      method: 'POST',
      headers,
      body,
    });
    return [
      response.status,
      response.headers.get('x-amzn-errortype'),
      (await response.json()).message,
    ];
  }

  test('asks for credentials where there are none', async () => {
    const server = await start();
    const missing = [403, 'MissingAuthenticationTokenException', 'Missing Authentication Token'];
    expect(await raw(server, {})).toEqual(missing);
    expect(await raw(server, { authorization: 'Basic eDp5' })).toEqual(missing);
    expect((await raw(server, { authorization: 'AWS4-HMAC-SHA256 Credential=a' }))[1]).toBe(
      'IncompleteSignatureException',
    );
    expect((await raw(server, { authorization: 'Bearer' }))[1]).toBe('AccessDeniedException');
  });

  test('refuses a body that is not the one that was signed', async () => {
    const server = await start();
    const caller = client(server);
    caller.middlewareStack.add(
      (next) => (args) => {
        args.request.body = JSON.stringify({ messages: ask('Jello').messages });
        args.request.headers['content-length'] = String(args.request.body.length);
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    const error = await fault(caller.send(new ConverseCommand(ask('Hello'))));
    expect(error.name).toBe('InvalidSignatureException');
    expect(server.requests[0].body.messages[0].content[0].text).toBe('Jello');
  });

  test('wants the service and the region in the scope', async () => {
    const server = await start();
    for (const scope of [
      '20261123/us-east-1/s3/aws4_request',
      '20261123/nowhere/bedrock/aws4_request',
    ]) {
      const [, type, message] = await raw(server, {
        'x-amz-date': '20261123T000000Z',
        authorization: `AWS4-HMAC-SHA256 Credential=${server.credentials.accessKeyId}/${scope}, SignedHeaders=host;x-amz-date, Signature=00`,
      });
      expect(type).toBe('InvalidSignatureException');
      expect(message).toMatch(/^Credential should be scoped to (correct service|a valid region)/);
    }
  });

  test('makes the canonical request as AWS does', () => {
    expect(canonicalPath('/model/a%3Ab%2Fc/converse')).toBe('/model/a%253Ab%252Fc/converse');
    expect(canonicalPath('/model/./a/../b/')).toBe('/model/b/');
    expect(canonicalQuery('type=B&maxResults=3&a=%20x&a')).toBe('a=&a=%20x&maxResults=3&type=B');
  });
});

describe('ids and regions', () => {
  const refusals = [
    [
      'an unknown id',
      'anthropic.claude-sonnet-9',
      'The provided model identifier is invalid.',
      'I3',
    ],
    [
      'a prefix from another part of the world',
      'eu.anthropic.claude-sonnet-4-6',
      'The provided model identifier is invalid.',
      'I3',
    ],
    [
      'a profile that does not exist',
      'us.anthropic.claude-3-haiku-20240307-v1:0',
      'The provided model identifier is invalid.',
      'I3',
    ],
    [
      'the ARN of another region',
      'arn:aws:bedrock:us-west-2:123456789012:application-inference-profile/opus47coding',
      'The provided model identifier is invalid.',
      'I3',
    ],
    [
      'an ARN nobody made',
      'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/000000000000',
      'The provided model identifier is invalid.',
      'I3',
    ],
    [
      'a bare id of a profile-only model',
      'anthropic.claude-sonnet-4-6',
      'Invocation of model ID anthropic.claude-sonnet-4-6 with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.',
      'I1',
    ],
    [
      'its foundation-model ARN',
      'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-5',
      'Invocation of model ID anthropic.claude-opus-5 with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.',
      'I1',
    ],
  ];
  test.each(refusals)('refuses %s', async (_name, modelId, message, rule) => {
    const server = await start();
    const error = await fault(client(server).send(new ConverseCommand(ask('Hi', { modelId }))));
    expect(error).toMatchObject({ name: 'ValidationException', message });
    expect(server.requests[0].rule).toBe(rule);
  });

  test.each([
    ['us-east-1', 'amazon.nova-pro-v1:0', 'amazon.nova-pro-v1:0'],
    [
      'us-east-1',
      'anthropic.claude-3-5-sonnet-20240620-v1:0:51k',
      'anthropic.claude-3-5-sonnet-20240620-v1:0',
    ],
    [
      'us-east-1',
      'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0',
      'amazon.nova-pro-v1:0',
    ],
    ['ap-northeast-1', 'jp.anthropic.claude-opus-4-7', 'anthropic.claude-opus-4-7'],
    [
      'eu-west-1',
      'arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-6',
      'anthropic.claude-sonnet-4-6',
    ],
    [
      'us-west-2',
      'arn:aws:bedrock:us-west-2:123456789012:application-inference-profile/opus50coding',
      'anthropic.claude-opus-5',
    ],
    [
      'us-gov-east-1',
      'arn:aws-us-gov:bedrock:us-gov-east-1:123456789012:application-inference-profile/sonnet45govt',
      'anthropic.claude-sonnet-4-5-20250929-v1:0',
    ],
    [
      'us-west-2',
      'arn:aws:bedrock:us-west-2:123456789012:provisioned-model/provisioned1',
      'anthropic.claude-3-5-sonnet-20240620-v1:0',
    ],
    [
      'us-east-1',
      'arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/deployedno12',
      'amazon.nova-lite-v1:0',
    ],
  ])('in %s takes %s', async (region, modelId, model) => {
    const server = await start();
    await client(server, { region }).send(new ConverseCommand(ask('Hi', { modelId })));
    expect(server.requests[0]).toMatchObject({ status: 200, region, model });
  });

  test('a model of the user behaves like the one it names', async () => {
    const server = await start({
      models: { 'anthropic.claude-opus-6': 'anthropic.claude-opus-5' },
    });
    const input = ask('Hi', {
      modelId: 'us.anthropic.claude-opus-6',
      inferenceConfig: { temperature: 0.5 },
    });
    const error = await fault(client(server).send(new ConverseCommand(input)));
    expect(error.message).toContain('`temperature` is deprecated for this model.');
  });
});
