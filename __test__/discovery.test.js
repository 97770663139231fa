'use strict';

/** Whom AWS is asked about, and what becomes of a chat where it does not answer. */

const {
  CLAUDE_37,
  ask,
  client,
  freshProfile,
  start,
  until,
  warnings,
} = require('./support/bedrock');

const NOVA = 'amazon.nova-pro-v1:0';

const operations = (server) => server.requests.map(({ operation }) => operation);

describe('AWS', () => {
  test('is asked once for an ARN that nothing maps, whoever asks and however often', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const heard = [];
    const made = client(server).on('resolve', (event) => heard.push(event));
    await Promise.all(
      Array.from({ length: 5 }, () => made.converse(ask('Good day', { modelId: arn }))),
    );
    await client(server).converse(ask('Good day', { modelId: arn }));
    const asked = operations(server).filter((operation) => operation === 'GetInferenceProfile');
    expect(asked).toHaveLength(1);
    expect(operations(server)).toHaveLength(7);
    expect(heard).toHaveLength(5);
    expect(heard[0]).toMatchObject({ requestedId: arn, model: CLAUDE_37, region: 'us-east-1' });
  });

  test('is not asked about a model id or a system profile', async () => {
    const server = await start();
    await client(server).converse(ask());
    await client(server).resolve(CLAUDE_37);
    expect(operations(server)).toEqual(['Converse']);
  });

  test('is never asked where discovery is false', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const { heard, logger } = warnings();
    const made = client(server, { discovery: false, logger });
    await made.converse(ask('Good day', { modelId: arn }));
    expect(await made.resolve(arn)).toMatchObject({ callId: arn, model: null, source: 'unknown' });
    await made.capabilities(arn);
    expect(operations(server)).toEqual(['Converse']);
    expect(heard).toHaveLength(1);
    expect(heard[0]).toContain('"discovery" is false');
    expect(heard[0]).toContain(`"${arn}": "<model id`);
  });

  test.each([
    ['refuses', (server) => server.deny('bedrock:GetInferenceProfile'), 'AWS refused to say'],
    ['fails', (server) => server.fail(...three('internal')), 'AWS could not be asked'],
    [
      'breaks the connection',
      (server) => server.fail(...three('reset-before-headers')),
      'AWS could not be asked',
    ],
    ['throttles', (server) => server.fail(...three('throttle')), 'AWS was asked too often'],
  ])('%s: the chat works, and one warning tells what to do', async (_how, spoil, said) => {
    const server = await start();
    const { arn } = freshProfile(server);
    spoil(server);
    const { heard, logger } = warnings();
    const made = client(server, { logger });
    for (let n = 0; n < 3; n += 1) {
      const { $metadata, stopReason } = await made.converse(ask('Good day', { modelId: arn }));
      expect(stopReason).toBe('end_turn');
      expect($metadata.profile).toMatchObject({ callId: arn, model: null, source: 'unknown' });
    }
    expect(heard).toHaveLength(1);
    expect(heard[0]).toContain(arn);
    expect(heard[0]).toContain(said);
    expect(heard[0]).toContain(`"${arn}": "<model id`);
  });

  const three = (kind) =>
    Array.from({ length: 3 }, () => ({ kind, operation: 'GetInferenceProfile' }));

  test('refuses: the warning names the permission that is missing', async () => {
    const server = await start({ deny: ['bedrock:GetInferenceProfile'] });
    const { arn } = freshProfile(server);
    const { heard, logger } = warnings();
    await client(server, { logger }).converse(ask('Good day', { modelId: arn }));
    expect(heard[0]).toContain('Allow bedrock:GetInferenceProfile for the credentials in use');
  });

  test('is slow: the chat goes out all the same, and one warning tells', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    server.fail({ kind: 'stall-headers', operation: 'GetInferenceProfile' });
    const { heard, logger } = warnings();
    const made = client(server, { logger });
    const { stopReason } = await made.converse(ask('Good day', { modelId: arn }));
    expect(stopReason).toBe('end_turn');
    expect(heard).toEqual([expect.stringContaining('AWS did not answer in time')]);
  });

  test('is asked through the endpoint of the options, signed for the ARN', async () => {
    const server = await start();
    const profile = freshProfile(server, 'eu.amazon.nova-2-lite-v1:0', 'eu-west-1');
    await client(server).resolve(profile.arn);
    expect(server.requests).toMatchObject([
      { operation: 'GetInferenceProfile', method: 'GET', region: 'eu-west-1', status: 200 },
    ]);
    expect(server.requests[0].path).toBe(`/inference-profiles/${encodeURIComponent(profile.arn)}`);
  });

  test('has a host of its own where controlEndpoint says so', async () => {
    const [runtime, control] = [await start(), await start()];
    const { arn } = control.addProfile({ ...freshProfile(runtime), from: `us.${CLAUDE_37}` });
    await client(runtime, { controlEndpoint: control.url }).converse(
      ask('Good day', { modelId: arn }),
    );
    expect(operations(runtime)).toEqual(['Converse']);
    expect(operations(control)).toEqual(['GetInferenceProfile']);
  });

  test.each([['AWS_ENDPOINT_URL_BEDROCK']])(
    'has a host of its own where %s says so',
    async (name) => {
      const [runtime, control] = [await start(), await start()];
      const { arn } = control.addProfile({ ...freshProfile(runtime), from: `us.${CLAUDE_37}` });
      process.env[name] = control.url;
      await client(runtime).converse(ask('Good day', { modelId: arn }));
      expect(operations(control)).toEqual(['GetInferenceProfile']);
    },
  );

  test.each([
    [
      'provisioned model',
      'arn:aws:bedrock:us-west-2:123456789012:provisioned-model/provisioned1',
      'anthropic.claude-3-5-sonnet-20240620-v1:0',
    ],
    [
      'deployment, through its custom model',
      'arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/deployedno12',
      'amazon.nova-lite-v1:0',
    ],
    ['prompt router', 'arn:aws:bedrock:us-east-1:123456789012:prompt-router/routernova12', NOVA],
  ])('is asked about a %s', async (_kind, arn, model) => {
    const server = await start();
    expect(await client(server).resolve(arn)).toMatchObject({ callId: arn, model });
    await until(() => server.requests.every(({ status }) => status === 200));
  });
});
