'use strict';

/** What AWS states of models confirms or corrects the catalog. */

const { SONNET, ask, client, freshProfile, start, until } = require('./support/bedrock');

const NOVA = 'amazon.nova-pro-v1:0';
const LEGACY = {
  status: 'LEGACY',
  legacyTime: '2026-05-01T00:00:00Z',
  endOfLifeTime: '2099-01-31T00:00:00Z',
};

/** Hears everything a client says. */
function listener() {
  const warned = [];
  const debugged = [];
  const logger = { warn: (text) => warned.push(text), debug: (text) => debugged.push(text) };
  return { warned, debugged, logger };
}
const count = (server, operation = 'GetFoundationModel') =>
  server.requests.filter((request) => request.operation === operation).length;

test('capabilities have AWS’s word before the catalog’s, with its age', async () => {
  const server = await start({
    foundationModels: {
      [NOVA]: { inputModalities: ['TEXT'], responseStreamingSupported: false },
    },
  });
  const known = await client(server).capabilities(NOVA);
  expect(known.inputs.image).toEqual({ value: false, source: 'aws', age: expect.any(Number) });
  expect(known.streaming).toEqual({ value: false, source: 'aws', age: expect.any(Number) });
  expect(known.inputs.text).toMatchObject({ value: true, source: 'aws' });
  // Of documents AWS states nothing.
  expect(known.inputs.document).toMatchObject({ value: true, source: 'catalog' });
  expect(known.contextWindow.source).toBe('catalog');
  expect(server.requests.map(({ operation, path }) => [operation, path])).toEqual([
    ['GetFoundationModel', `/foundation-models/${encodeURIComponent(NOVA)}`],
  ]);
});

test('it is asked once a day, and what it said is laid over requests too', async () => {
  const server = await start({ foundationModels: { [NOVA]: { inputModalities: ['TEXT'] } } });
  const made = client(server);
  await Promise.all([made.capabilities(NOVA), made.capabilities(NOVA)]);
  await made.capabilities(NOVA);
  expect(count(server)).toBe(1);
  const image = { image: { format: 'png', source: { bytes: Buffer.from('x') } } };
  const input = ask('Good day', { modelId: NOVA });
  input.messages[0].content.push(image);
  const { capabilities } = await made.explain(input);
  expect(capabilities.inputs.image).toMatchObject({ value: false, source: 'aws' });
});

test('what the operator says, and what refusals taught, goes before', async () => {
  const server = await start({ foundationModels: { [NOVA]: { inputModalities: ['TEXT'] } } });
  const overrides = { [NOVA]: { inputs: { image: true } } };
  const known = await client(server, { overrides }).capabilities(NOVA);
  expect(known.inputs.image).toMatchObject({ value: true, source: 'config' });
});

test('behind a profile it is the model that is asked about, where the profile is', async () => {
  const server = await start();
  const { arn } = freshProfile(server, 'eu.amazon.nova-2-lite-v1:0', 'eu-west-1');
  const known = await client(server).capabilities(arn);
  expect(known.streaming.source).toBe('aws');
  expect(server.requests.at(-1)).toMatchObject({
    operation: 'GetFoundationModel',
    region: 'eu-west-1',
    path: `/foundation-models/${encodeURIComponent('amazon.nova-2-lite-v1:0')}`,
  });
});

test('a legacy model is told once, with its date and its successor', async () => {
  const id = 'anthropic.claude-3-5-sonnet-20241022-v2:0';
  const server = await start({
    models: { [id]: 'anthropic.claude-sonnet-4-6' },
    foundationModels: { [id]: { modelLifecycle: LEGACY } },
  });
  const { warned, logger } = listener();
  for (let n = 0; n < 3; n += 1) await client(server, { logger }).capabilities(id);
  expect(warned).toEqual([
    `bedrock-profile-client: ${id} is a legacy model in us-east-1 since 2026-05-01; AWS ends it on ` +
      '2099-01-31. Move to another model: anthropic.claude-sonnet-5-5 is its successor.',
  ]);
});

describe('denied', () => {
  test('it is silently the catalog, asked for no second model, and told to debug', async () => {
    const server = await start({ deny: ['bedrock:GetFoundationModel'] });
    const { warned, debugged, logger } = listener();
    const made = client(server, { logger });
    for (const id of [NOVA, SONNET, 'amazon.nova-lite-v1:0']) {
      expect((await made.capabilities(id)).streaming.source).toBe('catalog');
    }
    expect(count(server)).toBe(1);
    expect(warned).toEqual([]);
    expect(debugged).toEqual([
      expect.stringMatching(/amazon\.nova-pro-v1:0 in us-east-1 .*bedrock:GetFoundationModel/s),
    ]);
  });

  test('to one account, another one is not hindered', async () => {
    const keys = ['123456789012', '210987654321'].map((account) => ({
      accessKeyId: `AKIACONFIRM${account}`,
      secretAccessKey: 'secret',
      account,
    }));
    const server = await start({ credentials: keys });
    server.deny('bedrock:GetFoundationModel', { account: keys[0].account });
    const [one, two] = keys.map((credentials) => client(server, { credentials }));
    expect((await one.capabilities(NOVA)).streaming.source).toBe('catalog');
    expect((await two.capabilities(NOVA)).streaming.source).toBe('aws');
  });
});

test('AWS that does not answer holds nothing up for long', async () => {
  const server = await start();
  server.fail({ kind: 'stall-headers', operation: 'GetFoundationModel' });
  const { warned, logger } = listener();
  const started = performance.now();
  const known = await client(server, { logger }).capabilities(NOVA);
  expect(performance.now() - started).toBeLessThan(5000);
  expect(known.streaming.source).toBe('catalog');
  expect(warned).toEqual([]);
});

test('requests ask only where `confirmModels` says so, and wait for nothing', async () => {
  const server = await start({ foundationModels: { [NOVA]: { modelLifecycle: LEGACY } } });
  const input = ask('Good day', { modelId: NOVA });
  await client(server).converse(input);
  expect(count(server)).toBe(0);
  server.fail({ kind: 'stall-headers', operation: 'GetFoundationModel' });
  const { warned, logger } = listener();
  const made = client(server, { confirmModels: true, logger, maxAttempts: 1 });
  await made.converse(input);
  await until(() => count(server) === 1);
  made.destroy();
  // Another tenant's stand-in: nothing is known of it yet, and nothing stalls.
  const other = await start({ foundationModels: { [NOVA]: { modelLifecycle: LEGACY } } });
  const asking = client(other, { confirmModels: true, logger });
  await until(async () => {
    await asking.converse(input);
    return warned.length > 0;
  });
  expect(count(other)).toBe(1);
  await asking.converse(input);
  expect(warned).toEqual([
    expect.stringMatching(/amazon\.nova-pro-v1:0 is a legacy model in us-east-1 since 2026-05-01/),
  ]);
});

test('nobody is asked with `discovery: false`', async () => {
  const server = await start();
  const made = client(server, { discovery: false, confirmModels: true });
  await made.converse(ask());
  expect((await made.capabilities(NOVA)).streaming.source).toBe('catalog');
  expect(server.requests.map(({ operation }) => operation)).toEqual(['Converse']);
});

test('a discovery states all models of a region at once', async () => {
  const server = await start({ foundationModels: { [NOVA]: { inputModalities: ['TEXT'] } } });
  const made = client(server);
  await made.discover({ types: ['APPLICATION'], tags: false }).result();
  const known = await made.capabilities(NOVA);
  expect(known.inputs.image).toMatchObject({ value: false, source: 'aws' });
  expect(count(server)).toBe(0);
  expect(count(server, 'ListFoundationModels')).toBe(1);
});

test.each(['json-200', 'html-200'])('an answer that is none (%s) changes nothing', async (kind) => {
  const server = await start();
  server.fail({ kind, operation: 'GetFoundationModel' });
  const { warned, logger } = listener();
  const known = await client(server, { logger, maxAttempts: 1 }).capabilities(NOVA);
  expect(known.streaming.source).toBe('catalog');
  expect(warned).toEqual([]);
});

test('what AWS states in a way that is not known here changes nothing', async () => {
  const server = await start({
    foundationModels: {
      [NOVA]: {
        inputModalities: 'TEXT',
        responseStreamingSupported: 'yes',
        inferenceTypesSupported: [],
        modelLifecycle: { status: 'RETIRED', legacyTime: 'soon' },
      },
    },
  });
  const before = await client(await start(), { discovery: false }).capabilities(NOVA);
  expect(await client(server).capabilities(NOVA)).toEqual(before);
});
