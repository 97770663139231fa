'use strict';

/** What processes that share a store know of each other's calls: over a file, a Redis, a cluster, a sentinel. */

const { spawn } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const { once } = require('node:events');
const path = require('node:path');
const { createInterface } = require('node:readline');

const { preamble, start, cleanEnvironment, trusting, ROOT } = require('./support/bedrock');
const { inferences, startUnknown } = require('./support/learning');
const { clean, folder, startCluster, startRedis, startSentinel } = require('./support/redis');

jest.setTimeout(60_000);

const MODEL = 'anthropic.claude-sonnet-4-6';
const ALIAS = 'alias';

const SHARED = [
  ['a file', async () => `file:${path.join(folder(), 'store.json')}`],
  ['a Redis', async () => (await startRedis()).url],
];
const ALL = [
  ...SHARED,
  ['a cluster', async () => (await startCluster()).urls.join(',')],
  ['a Redis behind a sentinel', async () => (await startSentinel()).url],
];

const replicas = [];

afterEach(async () => {
  for (const { child } of replicas) child.stdin.end();
  await Promise.all(replicas.splice(0).map(({ ended }) => ended));
  await clean();
});

/** A process of its own with a client, which does what it is told. */
async function replica(server, options) {
  const script = `${preamble(server, options)}
    process.on('warning', () => {});
    const does = {
      async converse(more) {
        const { $metadata, usage } = await client.converse({ ...input, ...more });
        return { ...$metadata.profile, usage };
      },
      async stream(more) {
        const { stream, $metadata } = await client.converseStream({ ...input, ...more });
        for await (const event of stream);
        return $metadata.profile;
      },
    };
    require('node:readline').createInterface({ input: process.stdin }).on('line', async (line) => {
      const { what, more } = JSON.parse(line);
      console.log(JSON.stringify(await does[what](more).catch((error) => ({ error: error.message }))));
    });
    console.log('"up"');`;
  const child = spawn(process.execPath, ['-e', script], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
    // The folder for what nobody shares is each one's own.
    env: cleanEnvironment({ ...trusting(), NODE_NO_WARNINGS: '1', XDG_CACHE_HOME: folder() }),
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value);
  const made = {
    child,
    ended: once(child, 'close'),
    tell(what, more) {
      child.stdin.write(`${JSON.stringify({ what, more })}\n`);
      return next();
    },
  };
  replicas.push(made);
  await next();
  return made;
}

const two = (server, options) => Promise.all([replica(server, options), replica(server, options)]);

/** Tells a process something again and again until what it says fits; replicas know within a second. */
async function within(attempt, fits, milliseconds = 3000) {
  const started = performance.now();
  for (;;) {
    const said = await attempt();
    if (fits(said) || performance.now() - started > milliseconds) return said;
  }
}

const outcomes = ({ route }) => route.steps.map(({ outcome }) => outcome);
const profiles = (server, regions = ['us-east-1', 'us-west-2'], from = `us.${MODEL}`) =>
  regions.map(
    (region) => server.addProfile({ region, id: randomBytes(6).toString('hex'), from }).arn,
  );
const called = (server) => inferences(server).map(({ modelId }) => modelId);

test.each(ALL)(
  'a destination that has throttled one is not called by others: %s',
  async (_what, open) => {
    const server = await start();
    const store = await open();
    const arns = profiles(server);
    const mappings = { [ALIAS]: { model: MODEL, profiles: arns } };
    const [one, other] = await two(server, { store, mappings, maxAttempts: 1 });
    const call = (which) => which.tell('converse', { modelId: ALIAS });
    // Both are up and have called before one of them is throttled.
    expect(outcomes(await call(one))).toEqual(['answered']);
    expect(outcomes(await call(other))).toEqual(['answered']);
    server.fail({ kind: 'throttle', modelId: arns[0] });
    expect(outcomes(await call(one))).toEqual(['throttled', 'answered']);
    const steps = await within(
      () => call(other).then(outcomes),
      ([first]) => first === 'coolingDown',
    );
    expect(steps).toEqual(['coolingDown', 'answered']);
    expect(outcomes(await call(one))).toEqual(['coolingDown', 'answered']);
    // So does one that comes later, from its first call on.
    const late = await replica(server, { store, mappings, maxAttempts: 1 });
    expect(outcomes(await call(late))).toEqual(['coolingDown', 'answered']);
  },
);

test.each(ALL)('what a refusal has taught one is heeded by others: %s', async (_what, open) => {
  const message =
    'Malformed input request: #: extraneous key [top_k] is not permitted, please reformat your input and try again.';
  const script = ({ body }) =>
    body.additionalModelRequestFields?.top_k ? { error: { message } } : undefined;
  const { server, arn } = await startUnknown('amazon.nova-pro-v1:0', { script });
  const store = await open();
  const [one, other] = await two(server, { store });
  const request = { modelId: arn, additionalModelRequestFields: { top_k: 5 } };
  const sent = () => inferences(server).map(({ body }) => body.additionalModelRequestFields?.top_k);
  const { changes } = await one.tell('converse', request);
  expect(new Set(changes.map(({ rule }) => rule))).toEqual(new Set(['learned']));
  expect(sent()).toEqual([5, undefined]);
  // The others need not be refused for it.
  const late = await replica(server, { store });
  await late.tell('converse', request);
  expect(sent()).toEqual([5, undefined, undefined]);
  await other.tell('converse', request);
  expect(sent()).toEqual([5, undefined, undefined, undefined]);
});

test.each(SHARED)('that streaming is denied one finds out for all: %s', async (_what, open) => {
  const server = await start();
  const store = await open();
  const [arn] = profiles(server, ['us-east-1']);
  const message =
    'User: arn:aws:iam::123456789012:user/a is not authorized to perform: bedrock:InvokeModelWithResponseStream on resource: x';
  const denied = { kind: 'status', status: 403, type: 'AccessDeniedException', message };
  server.fail({ ...denied, operation: 'ConverseStream', times: 9 });
  const [one, other] = await two(server, { store });
  const operations = () => inferences(server).map(({ operation }) => operation);
  const { route } = await one.tell('stream', { modelId: arn });
  expect(route.streamedFromConverse).toBe(true);
  expect(operations()).toEqual(['ConverseStream', 'Converse']);
  await one.tell('stream', { modelId: arn });
  await other.tell('stream', { modelId: arn });
  expect(operations()).toEqual(['ConverseStream', 'Converse', 'Converse', 'Converse']);
});

test.each(SHARED)('a conversation stays where one has taken it: %s', async (_what, open) => {
  const server = await start();
  const store = await open();
  const arns = profiles(server);
  const mappings = {
    [ALIAS]: { model: MODEL, profiles: arns.map((id) => ({ id, priority: 1 })) },
  };
  const [one, other] = await two(server, { store, mappings, maxAttempts: 1 });
  const system = [
    { text: 'A rule of this house. '.repeat(1500) },
    { cachePoint: { type: 'default' } },
  ];
  const turn = (which) => which.tell('converse', { modelId: ALIAS, system });
  const first = await turn(one);
  expect((await turn(other)).callId).toBe(first.callId);
  server.fail({ kind: 'throttle', modelId: first.callId });
  const moved = await turn(one);
  expect(moved.callId).not.toBe(first.callId);
  // It is the cache that it stays for, and not that the other one cools down.
  const late = await replica(server, { store, mappings, maxAttempts: 1 });
  const followed = await turn(late);
  expect(followed).toMatchObject({ callId: moved.callId, route: { warm: true } });
  expect(followed.route.steps).toHaveLength(1);
  expect(followed.usage.cacheReadInputTokens).toBeGreaterThan(0);
});

test.each(SHARED)('where a profile leads one asks for all: %s', async (_what, open) => {
  const server = await start();
  const store = await open();
  const [arn] = profiles(server, ['eu-central-1'], `eu.${MODEL}`);
  const mappings = { [ALIAS]: { model: MODEL, profiles: [arn], allow: ['eu'] } };
  const [one, other] = await two(server, { store, mappings });
  const asked = () =>
    server.requests.filter(({ operation }) => operation === 'GetInferenceProfile').length;
  await one.tell('converse', { modelId: ALIAS });
  const before = asked();
  expect(before).toBeGreaterThan(0);
  await within(
    async () => one.tell('converse', { modelId: ALIAS }),
    () => true,
  );
  expect(outcomes(await other.tell('converse', { modelId: ALIAS }))).toEqual(['answered']);
  expect(asked()).toBe(before);
  expect(called(server)).toEqual([arn, arn, arn]);
});

test.each(SHARED)('accounts share none of it: %s', async (_what, open) => {
  const keys = (account) => ({ accessKeyId: `AKIA${account}`, secretAccessKey: `of-${account}` });
  const accounts = ['123456789012', '210987654321'];
  const credentials = accounts.map((account) => ({ ...keys(account), account }));
  const server = await start({ credentials });
  const store = await open();
  const id = `us.${MODEL}`;
  const mappings = {
    [ALIAS]: { profiles: ['us-east-1', 'us-west-2'].map((region) => ({ id, region })) },
  };
  const [one, other] = await Promise.all(
    accounts.map((account) =>
      replica(server, { store, mappings, maxAttempts: 1, credentials: keys(account) }),
    ),
  );
  server.fail({ kind: 'throttle', region: 'us-east-1' });
  expect(outcomes(await one.tell('converse', { modelId: ALIAS }))).toEqual([
    'throttled',
    'answered',
  ]);
  expect(outcomes(await one.tell('converse', { modelId: ALIAS }))).toEqual([
    'coolingDown',
    'answered',
  ]);
  expect(outcomes(await other.tell('converse', { modelId: ALIAS }))).toEqual(['answered']);
});
