'use strict';

/** What each fault becomes: names, texts, attempts; never a silent end. */

const aws = require('@aws-sdk/client-bedrock-runtime');
const ours = require('..');
const { ask, awsClient, client, collect, failure, outcome, start } = require('./support/bedrock');

const OPERATIONS = ['converse', 'converseStream'];

describe('an exception of AWS', () => {
  // kind, name, status, $fault, text
  const FINAL = [
    ['model-timeout', 'ModelTimeoutException', 408, 'client', 'Model processing timed out.'],
    ['model-error', 'ModelErrorException', 424, 'client', 'The model returned an error.'],
    [
      'expired-token',
      'ExpiredTokenException',
      403,
      'client',
      'The security token included in the request is expired',
    ],
    [
      { kind: 'status', status: 400, type: 'ValidationException', message: 'bad input' },
      'ValidationException',
      400,
      'client',
      'bad input',
    ],
    [
      { kind: 'status', status: 403, type: 'AccessDeniedException', message: 'not you' },
      'AccessDeniedException',
      403,
      'client',
      'not you',
    ],
  ];
  const RETRIED = [
    [
      'throttle',
      'ThrottlingException',
      429,
      'client',
      'Too many requests, please wait before trying again.',
    ],
    ['not-ready', 'ModelNotReadyException', 429, 'client', 'The model is not ready for inference.'],
    [
      'internal',
      'InternalServerException',
      500,
      'server',
      'The system encountered an unexpected error.',
    ],
    [
      'unavailable',
      'ServiceUnavailableException',
      503,
      'server',
      'Bedrock is unable to process your request.',
    ],
  ];
  const each = OPERATIONS.flatMap((operation) => [
    ...FINAL.map((row) => [operation, ...row, 1]),
    ...RETRIED.map((row) => [operation, ...row, 3]),
  ]).map(([operation, fault, ...rest]) => [operation, fault.kind ?? fault, ...rest, fault]);

  test.each(each)(
    '%s: %s is a %s',
    async (operation, _kind, name, status, $fault, message, attempts, fault) => {
      const server = await start();
      server.fail({ ...(typeof fault === 'string' ? { kind: fault } : fault), times: 3 });
      const { error } = await outcome(client(server), operation);
      expect(error).toMatchObject({ name, message, $fault });
      expect(error).toBeInstanceOf(Error);
      expect(error).toBeInstanceOf(ours.BedrockRuntimeServiceException);
      expect(error).toBeInstanceOf(ours.ServiceException);
      if (ours[name]) expect(error).toBeInstanceOf(ours[name]);
      if (aws[name]) expect(error).toBeInstanceOf(aws[name]);
      expect(error).not.toBeInstanceOf(ours.ConflictException);
      expect(error).not.toBeInstanceOf(aws.ConflictException);
      expect(error.$metadata).toMatchObject({
        httpStatusCode: status,
        requestId: server.requests.at(-1).requestId,
        attempts,
      });
      expect(server.requests).toHaveLength(attempts);
      expect(error.stack).toContain(message);
    },
    20_000,
  );

  test.each([
    ['an exception', { kind: 'status', status: 424, type: 'ModelErrorException', message: 'm' }],
    ['an exception nobody knows', { kind: 'status', status: 400, type: 'Later', message: 'm' }],
    ['an exception without a text', { kind: 'status', status: 404, type: 'Later', body: '' }],
    ['an exception within a stream', { kind: 'exception', after: 2 }],
    ['a connection that breaks', { kind: 'reset-before-headers' }],
    ['an answer that never comes', { kind: 'stall-headers' }],
  ])('%s shows its text where that of the AWS SDK does', async (_what, fault) => {
    const server = await start();
    server.fail({ ...fault, times: 2 });
    const made = client(server, { maxAttempts: 1, timeouts: { firstByte: 300 } });
    const { error } = await outcome(made, 'converseStream');
    // The AWS SDK waits for ever where nothing is said: a signal ends that.
    const theirClient = awsClient(server, { maxAttempts: 1 });
    const command = new aws.ConverseStreamCommand(ask());
    const sending = theirClient.send(command, { abortSignal: AbortSignal.timeout(2000) });
    const theirs = await failure(sending.then(({ stream }) => collect(stream)));
    const shows = (of) => Object.prototype.propertyIsEnumerable.call(of, 'message');
    expect(shows(error)).toBe(shows(theirs));
    expect(JSON.parse(JSON.stringify(error)).message).toBe(
      JSON.parse(JSON.stringify(theirs)).message,
    );
  });

  test('of an input shows its text too', async () => {
    const error = await failure(client(await start()).converse({}));
    expect({ ...error }).toMatchObject({ name: 'ValidationException', message: error.message });
  });

  test.each(OPERATIONS)('%s: looks as that of the AWS SDK', async (operation) => {
    const server = await start();
    const fault = { kind: 'status', status: 424, type: 'ModelErrorException', message: 'broken' };
    server.fail(fault, fault);
    const { error } = await outcome(client(server), operation);
    const Command = { converse: 'ConverseCommand', converseStream: 'ConverseStreamCommand' };
    const theirs = await failure(awsClient(server).send(new aws[Command[operation]](ask())));
    const shown = ({ name, message, $fault, $retryable, $metadata }) => ({
      ...{ name, message, $fault, $retryable },
      $metadata: Object.keys($metadata),
    });
    expect(shown(error)).toEqual(shown(theirs));
    expect(Object.keys(error.$metadata)).toEqual(Object.keys(theirs.$metadata));
    expect(Object.keys(error)).not.toContain('$response');
    expect(error.$response).toMatchObject({
      statusCode: 424,
      headers: { 'x-amzn-errortype': 'ModelErrorException' },
      body: '{"message":"broken"}',
    });
  });

  test('of a name that nobody has heard of keeps its name and its text', async () => {
    const server = await start();
    server.fail({ kind: 'status', status: 418, type: 'BrandNewException', message: 'new' });
    const { error } = await outcome(client(server), 'converse');
    expect(error).toMatchObject({ name: 'BrandNewException', message: 'new', $fault: 'client' });
    expect(error).toBeInstanceOf(ours.BedrockRuntimeServiceException);
  });

  test('only ModelNotReadyException is marked retryable, as in the AWS SDK', async () => {
    const server = await start();
    server.fail('not-ready', 'throttle');
    const made = client(server, { maxAttempts: 1 });
    expect((await outcome(made, 'converse')).error.$retryable).toEqual({});
    expect((await outcome(made, 'converse')).error.$retryable).toBeUndefined();
  });

  test('that the stand-in finds in a request is thrown word for word', async () => {
    const server = await start();
    const input = ask('Good day', { inferenceConfig: { temperature: 9 } });
    const { error } = await outcome(client(server, { gating: 'off' }), 'converse', input);
    const theirs = await failure(awsClient(server).send(new aws.ConverseCommand(input)));
    expect([error.name, error.message]).toEqual([theirs.name, theirs.message]);
    expect(error.name).toBe('ValidationException');
  });
});

describe('retries', () => {
  test.each([
    ['converse', 'unavailable'],
    ['converse', 'html-502'],
    ['converse', 'reset-before-headers'],
    ['converse', 'cut-fin'],
    ['converse', 'empty-200'],
    ['converse', 'html-200'],
    ['converseStream', 'unavailable'],
    ['converseStream', 'html-502'],
    ['converseStream', 'reset-before-headers'],
    ['converseStream', 'reset-after-headers'],
    ['converseStream', 'empty-200'],
    ['converseStream', 'html-200'],
  ])('%s: after two times %s the third attempt answers', async (operation, kind) => {
    const server = await start();
    server.fail({ kind, times: 2 });
    const heard = [];
    const made = client(server).on('retry', (event) => heard.push(event));
    const { answer, error } = await outcome(made, operation);
    expect(error).toBeUndefined();
    expect(answer.$metadata).toMatchObject({ httpStatusCode: 200, attempts: 3 });
    expect(answer.$metadata.totalRetryDelay).toBe(heard[0].delay + heard[1].delay);
    expect(heard).toEqual([
      { attempt: 1, maxAttempts: 3, delay: expect.any(Number), ...anyError() },
      { attempt: 2, maxAttempts: 3, delay: expect.any(Number), ...anyError() },
    ]);
  });

  const anyError = () => ({ error: expect.any(String), message: expect.any(String) });

  test.each(OPERATIONS)('%s: an exception as first frame is thrown, and retried', async (name) => {
    const server = await start();
    server.fail({ kind: 'exception', after: 0, times: 3, type: 'serviceUnavailableException' });
    const { events, error } = await outcome(client(server), 'converseStream');
    expect(events).toEqual([]);
    expect(error).toMatchObject({
      name: 'ServiceUnavailableException',
      message: 'streamed serviceUnavailableException',
      $metadata: { attempts: 3 },
    });
    expect(server.requests).toHaveLength(3);
    expect((await outcome(client(server), name)).error).toBeUndefined();
  });

  test.each(['validationException', 'modelStreamErrorException'])(
    '%s as first frame is thrown by send() at once',
    async (type) => {
      const server = await start();
      server.fail({ kind: 'exception', after: 0, type });
      const error = await failure(client(server).converseStream(ask()));
      expect(error).toMatchObject({
        name: `${type[0].toUpperCase()}${type.slice(1)}`,
        message: `streamed ${type}`,
      });
      expect(server.requests).toHaveLength(1);
    },
  );

  test.each([1, 2, 5])('maxAttempts: %i', async (maxAttempts) => {
    const server = await start();
    server.fail({ kind: 'unavailable', times: maxAttempts });
    const { error } = await outcome(client(server, { maxAttempts }), 'converse');
    expect(error.$metadata.attempts).toBe(maxAttempts);
    expect(server.requests).toHaveLength(maxAttempts);
  });

  test('AWS_MAX_ATTEMPTS counts where the option is not given', async () => {
    const server = await start();
    process.env.AWS_MAX_ATTEMPTS = '2';
    server.fail({ kind: 'unavailable', times: 2 });
    const { error } = await outcome(client(server), 'converse');
    expect(error.$metadata.attempts).toBe(2);
  });

  test('retry-after is waited for', async () => {
    const server = await start();
    server.fail({ kind: 'throttle', headers: { 'retry-after': '1' } });
    const heard = [];
    const made = client(server).on('retry', (event) => heard.push(event));
    const { answer } = await outcome(made, 'converse');
    expect(heard[0].delay).toBeGreaterThanOrEqual(1000);
    expect(answer.$metadata.totalRetryDelay).toBe(heard[0].delay);
  });

  test('x-amz-retry-after is waited for', async () => {
    const server = await start();
    server.fail({ kind: 'unavailable', headers: { 'x-amz-retry-after': '120' } });
    const { answer } = await outcome(client(server), 'converse');
    expect(answer.$metadata.totalRetryDelay).toBeGreaterThanOrEqual(120);
  });

  test('every attempt is signed anew and carries one id of the call', async () => {
    const server = await start();
    server.fail({ kind: 'unavailable', times: 2 });
    await client(server).converse(ask());
    const headers = server.requests.map((request) => request.headers);
    expect(new Set(headers.map((of) => of['amz-sdk-invocation-id'])).size).toBe(1);
    expect(headers.map((of) => of['amz-sdk-request'])).toEqual([
      expect.stringContaining('attempt=1'),
      expect.stringContaining('attempt=2'),
      expect.stringContaining('attempt=3'),
    ]);
  });

  test("a clock that is wrong is set by the service's", async () => {
    const server = await start({ now: () => Date.now() + 2 * 60 * 60 * 1000 });
    const { $metadata } = await client(server).converse(ask());
    expect($metadata.attempts).toBe(2);
  });
});

describe('an answer that is not whole', () => {
  test.each([
    ['cut-clean', 'StreamInterruptedError', 'messageStop', undefined],
    ['cut-fin', 'StreamInterruptedError', 'The connection broke', 'ECONNRESET'],
    ['cut-reset', 'StreamInterruptedError', 'The connection broke', 'ECONNRESET'],
    ['truncated-frame', 'EventStreamError', 'Truncated event message', undefined],
    ['bad-prelude-crc', 'EventStreamError', 'prelude checksum', undefined],
    ['bad-message-crc', 'EventStreamError', 'message checksum', undefined],
    ['huge-frame', 'EventStreamError', '2147483647 bytes', undefined],
    ['tiny-frame', 'EventStreamError', 'too short', undefined],
    ['headers-overflow', 'EventStreamError', 'headers', undefined],
    ['bad-json', 'UnreadableAnswerError', 'no JSON', undefined],
  ])('%s: the events arrive, then a %s', async (kind, name, text, code) => {
    const server = await start();
    server.fail({ kind, after: 3 });
    const { events, error } = await outcome(client(server));
    expect(events).toHaveLength(3);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
    expect(error.message).toContain(text);
    expect(error.code).toBe(code);
    expect(error.$retryable).toEqual({});
    expect(error.hint).toContain('3 events had arrived');
    expect(error.$metadata).toMatchObject({
      httpStatusCode: 200,
      attempts: 1,
      requestId: server.requests[0].requestId,
    });
    expect(server.requests).toHaveLength(1);
  });

  test('the error is thrown once, then the stream is over', async () => {
    const server = await start();
    server.fail({ kind: 'cut-reset', after: 1 });
    const { stream } = await client(server).converseStream(ask());
    await stream.next();
    expect((await failure(stream.next())).name).toBe('StreamInterruptedError');
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  test.each([
    ['throttlingException', 'ThrottlingException', 'client'],
    ['modelStreamErrorException', 'ModelStreamErrorException', 'client'],
    ['internalServerException', 'InternalServerException', 'server'],
    ['validationException', 'ValidationException', 'client'],
    ['serviceUnavailableException', 'ServiceUnavailableException', 'server'],
  ])('%s in the midst of a stream is a %s, not retried', async (type, name, $fault) => {
    const server = await start();
    server.fail({ kind: 'exception', after: 2, type });
    const { events, error } = await outcome(client(server));
    expect(events).toHaveLength(2);
    expect(error).toMatchObject({ name, message: `streamed ${type}`, $fault });
    expect(error).toBeInstanceOf(ours[name]);
    expect(error.$metadata).toBeUndefined();
    expect(server.requests).toHaveLength(1);
  });

  test('an exception of an unknown type keeps its name', async () => {
    const server = await start();
    server.fail({ kind: 'exception', after: 1, type: 'brandNewException' });
    const { error } = await outcome(client(server));
    expect(error.name).toBe('brandNewException');
    expect(error.message).toContain('streamed brandNewException');
  });

  test('an error message of the stream keeps its code and its text', async () => {
    const server = await start();
    server.fail('error-message');
    const { events, error } = await outcome(client(server));
    expect(events).toHaveLength(1);
    expect(error).toMatchObject({
      name: 'InternalFailure',
      message: 'An internal server error occurred',
    });
  });

  // Of a whole answer; attempts because each is retried.
  test.each([
    ['empty-200', 'EmptyAnswerError', 'empty'],
    ['html-200', 'UnreadableAnswerError', 'Sign in to continue'],
    ['gzip', 'UnreadableAnswerError', 'no JSON'],
    ['cut-clean', 'UnreadableAnswerError', 'no JSON'],
    ['bad-json', 'UnreadableAnswerError', 'no JSON'],
  ])('Converse, %s: a %s', async (kind, name, text) => {
    const server = await start();
    server.fail({ kind, times: 3 });
    const { error } = await outcome(client(server), 'converse');
    expect(error.name).toBe(name);
    expect(error.message).toContain(text);
    expect(error.$retryable).toEqual({});
    expect(error.$metadata.attempts).toBe(3);
    expect(server.requests).toHaveLength(3);
  });

  test.each([
    ['empty-200', 'EmptyAnswerError'],
    ['html-200', 'EventStreamError'],
    ['json-200', 'EventStreamError'],
    ['reset-after-headers', 'StreamInterruptedError'],
  ])('ConverseStream, %s: a %s', async (kind, name) => {
    const server = await start();
    server.fail({ kind, times: 3 });
    const { events, error } = await outcome(client(server));
    expect(events).toEqual([]);
    expect(error.name).toBe(name);
    expect(error.$metadata.attempts).toBe(3);
    expect(server.requests).toHaveLength(3);
  });

  test.each([
    ['converse', 'empty-200'],
    ['converse', 'html-200'],
    ['converseStream', 'empty-200'],
    ['converseStream', 'html-200'],
  ])('%s, %s: the error names the request', async (operation, kind) => {
    const server = await start();
    server.fail(kind);
    const { error } = await outcome(client(server, { maxAttempts: 1 }), operation);
    expect(error.$metadata).toMatchObject({
      httpStatusCode: 200,
      requestId: server.requests[0].requestId,
      attempts: 1,
    });
  });
});
