'use strict';

/** What programs look at beside `send`: a client's `config`, and the classes of its errors. */

const sdk = require('@aws-sdk/client-bedrock-runtime');
const ours = require('..');
const {
  ask,
  awsClient,
  client,
  collect,
  failure,
  preamble,
  run,
  start,
} = require('./support/bedrock');

describe('config', () => {
  test('shows what the AWS SDK’s shows', async () => {
    const server = await start();
    const options = { maxAttempts: 2, useFipsEndpoint: false };
    const mine = client(server, options).config;
    const theirs = awsClient(server, options).config;
    for (const member of ['region', 'maxAttempts', 'useFipsEndpoint', 'useDualstackEndpoint']) {
      expect([member, await mine[member]()]).toEqual([member, await theirs[member]()]);
    }
    expect(await mine.credentials()).toMatchObject(server.credentials);
    expect(await mine.endpoint()).toMatchObject({
      protocol: 'http:',
      hostname: '127.0.0.1',
      port: server.port,
      path: '/',
    });
    expect(await mine.retryMode()).toBe('standard');
    expect(mine.serviceId).toBe(theirs.serviceId);
    expect(mine.apiVersion).toBe(theirs.apiVersion);
  });

  test('reads the environment when it is asked', async () => {
    const made = new ours.BedrockProfileClient();
    expect(await failure(made.config.region())).toMatchObject({ message: 'Region is missing' });
    process.env.BEDROCK_AWS_DEFAULT_REGION = 'eu-west-3';
    process.env.BEDROCK_AWS_ACCESS_KEY_ID = 'AKIAEXAMPLE';
    process.env.BEDROCK_AWS_SECRET_ACCESS_KEY = 'shh';
    expect(await made.config.region()).toBe('eu-west-3');
    expect(await made.config.credentials()).toMatchObject({ accessKeyId: 'AKIAEXAMPLE' });
  });

  test('asks providers', async () => {
    const keys = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'shh' };
    const { config } = new ours.BedrockProfileClient({
      region: async () => 'eu-west-3',
      credentials: async () => keys,
    });
    expect(await config.region()).toBe('eu-west-3');
    expect(await config.credentials()).toEqual(keys);
    expect(config.endpoint).toBeUndefined();
  });

  test('a client shows no secret when it is printed, and nothing of itself when it is copied', () => {
    const secret = 'a secret that nobody may read';
    const made = new ours.BedrockProfileClient({
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: secret },
      token: { token: secret },
    });
    expect(require('node:util').inspect(made, { depth: 9, showHidden: true })).not.toContain(
      secret,
    );
    expect(JSON.stringify(made)).toBe('{}');
    expect(Object.keys(made)).toEqual([]);
    expect(JSON.stringify(made.config)).not.toContain(secret);
  });
});

test('a signal that has `onabort` alone ends a call, and is let go after it', async () => {
  const server = await start();
  server.fail('stall-headers');
  const abortSignal = { aborted: false, onabort: null };
  const call = client(server).converse(ask(), { abortSignal });
  await server.waitForRequest();
  abortSignal.onabort();
  expect(await failure(call)).toMatchObject({ name: 'AbortError' });
  expect(abortSignal.onabort).toBeNull();
  await client(server).converse(ask(), { abortSignal });
  expect(abortSignal.onabort).toBeNull();
});

describe('classes of errors', () => {
  test.each([
    ['throttle', 'ThrottlingException'],
    ['not-ready', 'ModelNotReadyException'],
    ['model-timeout', 'ModelTimeoutException'],
    ['model-error', 'ModelErrorException'],
    ['internal', 'InternalServerException'],
    ['unavailable', 'ServiceUnavailableException'],
  ])('%s is of the caller’s class', async (kind, name) => {
    const server = await start();
    server.fail({ kind, times: 2 });
    const theirs = await failure(
      awsClient(server, { maxAttempts: 1 }).send(new sdk.ConverseCommand(ask())),
    );
    const made = client(server, { maxAttempts: 1 });
    const mine = await failure(made.send(new sdk.ConverseCommand(ask())));
    expect(mine.constructor).toBe(sdk[name]);
    expect(theirs.constructor).toBe(sdk[name]);
    for (const Class of [
      sdk[name],
      sdk.BedrockRuntimeServiceException,
      Error,
      ours[name],
      ours.BedrockRuntimeServiceException,
      ours.ServiceException,
    ]) {
      expect(mine).toBeInstanceOf(Class);
      expect(theirs).toBeInstanceOf(Class);
    }
    expect(mine).not.toBeInstanceOf(ours.ConflictException);
    const shown = ({ $fault, $retryable, message }) => ({ $fault, $retryable, message });
    expect(shown(mine)).toEqual(shown(theirs));
  });

  test('a code that no class is known of is of the base class', async () => {
    const server = await start();
    const brand = { kind: 'status', status: 400, type: 'BrandNewException', message: 'new' };
    server.fail(brand);
    const error = await failure(client(server).send(new sdk.ConverseCommand(ask())));
    expect(error.constructor).toBe(sdk.BedrockRuntimeServiceException);
    expect(error).toMatchObject({ name: 'BrandNewException', message: 'new', $fault: 'client' });
  });

  test('within a stream, too', async () => {
    const server = await start();
    server.fail({ kind: 'exception', type: 'modelStreamErrorException', after: 2 });
    const command = new sdk.ConverseStreamCommand(ask());
    const { stream } = await client(server).send(command);
    const error = await failure(collect(stream));
    expect(error.constructor).toBe(sdk.ModelStreamErrorException);
    expect(error.$metadata).toBeUndefined();
  });

  test('without the AWS SDK they are of equal classes of ours', async () => {
    const server = await start();
    server.fail('throttle');
    const { stdout } = await run(`
      ${preamble(server, { maxAttempts: 1 })}
      const ours = require('./index.js');
      client.converse(input).catch((error) => {
        console.log(error.constructor === ours.ThrottlingException, error instanceof ours.ServiceException);
        const late = require('@aws-sdk/client-bedrock-runtime');
        console.log(error instanceof late.ThrottlingException);
      });
    `);
    expect(stdout).toBe('true true\ntrue\n');
  });

  test('an error of something else is none of ours', () => {
    for (const value of [new Error('x'), {}, null, 'x', { name: 'ThrottlingException' }]) {
      expect(value).not.toBeInstanceOf(ours.ThrottlingException);
      expect(value).not.toBeInstanceOf(ours.ServiceException);
    }
  });
});
