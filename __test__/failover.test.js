'use strict';

/** Several profiles for one alias: when one is left for another, and the way that was taken. */

const { randomBytes } = require('node:crypto');
const { join } = require('node:path');
const {
  ask,
  client,
  collect,
  failure,
  outcome,
  preamble,
  run,
  start,
  until,
  warnings,
} = require('./support/bedrock');
const { clean, folder, startRedis } = require('./support/redis');

afterAll(clean);

const MODEL = 'anthropic.claude-sonnet-4-6';
const OTHER = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const ALIAS = `team.${MODEL}`;
const REGIONS = ['us-east-1', 'us-west-2', 'eu-central-1'];

/** A stand-in with a profile in each of some regions, and a client whose alias lists them. */
async function routed({ regions = REGIONS.slice(0, 2), entry, server: given, ...options } = {}) {
  const server = given ?? (await start(options.standIn));
  const arns = regions.map((region) => {
    const from = region.startsWith('eu') ? `eu.${MODEL}` : `us.${MODEL}`;
    return server.addProfile({ region, id: randomBytes(6).toString('hex'), from }).arn;
  });
  const profiles = entry ? entry(arns) : { profiles: arns, model: MODEL };
  const { standIn, ...own } = options;
  const one = client(server, { mappings: { [ALIAS]: profiles }, maxAttempts: 1, ...own });
  return { server, arns, one };
}

const input = (text, more) => ask(text, { modelId: ALIAS, ...more });
/** What was called, refused or not, by its path. */
const called = ({ requests }) =>
  requests
    .filter(({ path }) => path.startsWith('/model/'))
    .map(({ path }) => decodeURIComponent(path.split('/')[2]));
/** The region that a request is signed for. */
const regionOf = ({ headers }) => headers.authorization.split('/')[2];
const outcomes = ({ $metadata }) => $metadata.profile.route.steps.map((step) => step.outcome);

const invalid = { status: 400, type: 'ValidationException' };
const REFUSALS = [
  ['throttled', 'throttle'],
  ['quota', { kind: 'status', status: 400, type: 'ServiceQuotaExceededException' }],
  ['quota', { kind: 'throttle', message: 'Too many tokens per day, please wait.' }],
  ['overloaded', 'unavailable'],
  ['overloaded', 'not-ready'],
  ['overloaded', 'internal'],
  ['overloaded', 'html-502'],
  ['denied', { kind: 'status', status: 403, type: 'AccessDeniedException' }],
  ['notFound', { kind: 'status', status: 404, type: 'ResourceNotFoundException' }],
  ['denied', { kind: 'status', ...invalid, message: 'Operation not allowed' }],
  [
    'notFound',
    { kind: 'status', ...invalid, message: 'The provided model identifier is invalid.' },
  ],
  ['connection', 'reset-before-headers'],
  ['connection', 'fin-before-headers'],
];
const OPERATIONS = ['converse', 'converseStream'];
const CASES = REFUSALS.flatMap(([cause, fault]) =>
  OPERATIONS.map((operation) => [cause, fault?.kind ?? fault, operation, fault]),
);

describe('a destination is left', () => {
  test.each(CASES)('%s (%s, %s)', async (cause, _kind, operation, fault) => {
    const { server, arns, one } = await routed();
    const heard = [];
    one.on('failover', (event) => heard.push(event));
    server.fail({ ...(fault.kind ? fault : { kind: fault }), modelId: arns[0], times: 9 });
    const { answer, error } = await outcome(one, operation, input());
    expect(error).toBeUndefined();
    expect(outcomes(answer)).toEqual([cause, 'answered']);
    expect(answer.$metadata.profile).toMatchObject({
      requestedId: ALIAS,
      callId: arns[1],
      region: 'us-west-2',
      route: {
        warm: false,
        steps: [{ callId: arns[0], region: 'us-east-1' }, { callId: arns[1] }],
      },
    });
    expect(heard).toMatchObject([{ from: `us-east-1/${arns[0]}`, cause }]);
    expect(called(server)).toEqual(arns);
    // And it is left alone for a while.
    const again = await outcome(one, operation, input());
    expect(outcomes(again.answer)).toEqual(['coolingDown', 'answered']);
    expect(again.answer.$metadata.profile.route.steps[0]).toMatchObject({ reason: cause });
    expect(called(server)).toEqual([...arns, arns[1]]);
  });

  test.each(['stall-headers', 'stall'])('a stream that does not begin (%s)', async (kind) => {
    const { server, arns, one } = await routed({ timeouts: { betweenEvents: 100 } });
    server.fail({ kind, after: 0, modelId: arns[0] });
    const { answer, events } = await outcome(one, 'converseStream', input());
    expect(outcomes(answer)).toEqual(['stalled', 'answered']);
    expect(events.at(-1).metadata.usage.outputTokens).toBeGreaterThan(0);
  });

  test('Converse that does not answer is left where timeouts.firstByte is set', async () => {
    const { server, arns, one } = await routed({ timeouts: { firstByte: 100 } });
    server.fail({ kind: 'stall-headers', modelId: arns[0] });
    expect(outcomes(await one.converse(input()))).toEqual(['stalled', 'answered']);
  });

  test('Converse that does not answer is waited for where it is not set', async () => {
    const { server, arns, one } = await routed({ timeouts: { betweenEvents: 50, call: 600 } });
    server.fail({ kind: 'stall-headers', modelId: arns[0] });
    const error = await failure(one.converse(input()));
    expect(error.message).toContain('The call took longer than its timeout of 600 ms.');
    expect(called(server)).toEqual([arns[0]]);
  });

  test('an exception as the first event is before the answer', async () => {
    const { server, arns, one } = await routed();
    server.fail({ kind: 'exception', after: 0, modelId: arns[0] });
    const { answer } = await outcome(one, 'converseStream', input());
    expect(outcomes(answer)).toEqual(['throttled', 'answered']);
  });
});

describe('a destination is not left', () => {
  test.each(['cut-reset', 'cut-fin', 'exception', 'error-message'])(
    'once its stream has begun (%s)',
    async (kind) => {
      const { server, arns, one } = await routed();
      server.fail({ kind, after: 2, modelId: arns[0] });
      const { events, error } = await outcome(one, 'converseStream', input());
      expect(events.length).toBeGreaterThan(0);
      expect(error).toBeInstanceOf(Error);
      expect(called(server)).toEqual([arns[0]]);
      expect(outcomes((await outcome(one, 'converseStream', input())).answer)).toEqual([
        'answered',
      ]);
    },
  );

  test.each(['cut-reset', 'empty-200', 'html-200'])(
    'once its whole answer has begun (%s)',
    async (kind) => {
      const { server, arns, one } = await routed();
      server.fail({ kind, modelId: arns[0] });
      await failure(one.converse(input()));
      expect(called(server)).toEqual([arns[0]]);
    },
  );

  test('for what another one would answer too', async () => {
    const { server, arns, one } = await routed();
    server.fail({ kind: 'status', status: 400, type: 'ValidationException', message: 'bad' });
    const error = await failure(one.converse(input()));
    expect(error).toMatchObject({ name: 'ValidationException', message: 'bad' });
    expect(outcomes(error)).toEqual(['failed']);
    expect(called(server)).toEqual([arns[0]]);
  });

  test('for credentials that would be the same elsewhere', async () => {
    const { server, arns, one } = await routed();
    server.fail({ kind: 'expired-token', times: 9 });
    const error = await failure(one.converse(input()));
    expect(error.name).toBe('ExpiredTokenException');
    expect(called(server)).toEqual([arns[0]]);
  });

  test('after the caller has given up', async () => {
    const { server, arns, one } = await routed();
    server.fail({ kind: 'stall-headers', modelId: arns[0] });
    const abort = new AbortController();
    const call = failure(one.converse(input(), { abortSignal: abort.signal }));
    const request = await server.waitForRequest(({ path }) => path.startsWith('/model/'));
    abort.abort();
    expect((await call).name).toBe('AbortError');
    expect(await request.aborted).toBe(true);
    expect(called(server)).toEqual([arns[0]]);
  });
});

describe('where no destination answers', () => {
  test("the last error is the caller's, as it came", async () => {
    const { server, arns, one } = await routed({ regions: REGIONS, maxAttempts: 2 });
    server.fail({ kind: 'throttle', modelId: arns[0] }, { kind: 'unavailable', modelId: arns[1] });
    server.fail({ kind: 'throttle', message: 'the last word', modelId: arns[2], times: 2 });
    const error = await failure(one.converse(input()));
    expect(error).toMatchObject({ name: 'ThrottlingException', message: 'the last word' });
    expect(error.$metadata.httpStatusCode).toBe(429);
    expect(outcomes(error)).toEqual(['throttled', 'overloaded', 'throttled']);
    // Retries are where no other destination is left.
    expect(called(server)).toEqual([arns[0], arns[1], arns[2], arns[2]]);
    expect(error.$metadata.attempts).toBe(4);
  });

  test('one that cools down is called all the same, once', async () => {
    const { server, arns, one } = await routed();
    server.fail({ kind: 'throttle', times: 2 });
    await failure(one.converse(input()));
    expect(called(server)).toEqual(arns);
    const answer = await one.converse(input());
    expect(outcomes(answer)).toEqual(['coolingDown', 'coolingDown', 'answered']);
    // It has answered: it cools down no longer.
    expect(outcomes(await one.converse(input()))).toContain('answered');
    expect(server.requests.length).toBeLessThan(8);
  });

  test('one that is denied is not called in the place of one that is throttled', async () => {
    const { server, arns, one } = await routed();
    const denied = { kind: 'status', status: 403, type: 'AccessDeniedException' };
    server.fail({ kind: 'throttle', modelId: arns[0] }, { ...denied, modelId: arns[1] });
    expect((await failure(one.converse(input()))).name).toBe('AccessDeniedException');
    server.fail({ kind: 'throttle', modelId: arns[0] });
    expect((await failure(one.converse(input()))).name).toBe('ThrottlingException');
    expect(called(server)).toEqual([...arns, arns[0]]);
  });
});

describe('the order', () => {
  test("is by priority, whatever the list's", async () => {
    const entry = ([a, b]) => ({
      profiles: [
        { id: a, priority: 7 },
        { id: b, priority: 1 },
      ],
    });
    const { server, arns, one } = await routed({ entry });
    const { $metadata } = await one.converse(input());
    expect($metadata.profile.callId).toBe(arns[1]);
    expect((await one.resolve(ALIAS)).callId).toBe(arns[1]);
    expect(called(server)).toEqual([arns[1]]);
  });

  test('of equals is by weight', async () => {
    const entry = ([a, b]) => ({
      model: MODEL,
      profiles: [
        { id: a, priority: 1, weight: 3 },
        { id: b, priority: 1 },
      ],
    });
    const { server, arns, one } = await routed({ entry });
    await Promise.all(Array.from({ length: 200 }, () => one.converse(input())));
    const first = called(server).filter((id) => id === arns[0]).length;
    expect(first).toBeGreaterThan(120);
    expect(first).toBeLessThan(180);
  });

  test('holds one id in two regions, and an alias within an alias', async () => {
    const server = await start();
    const id = `us.${MODEL}`;
    const mappings = {
      inner: {
        profiles: [
          { id, region: 'us-east-2' },
          { id, region: 'us-west-2' },
        ],
      },
      [ALIAS]: { profiles: [{ id, region: 'us-east-1' }, 'inner'] },
    };
    const one = client(server, { mappings, maxAttempts: 1 });
    server.fail(
      { kind: 'throttle', region: 'us-east-1' },
      { kind: 'throttle', region: 'us-east-2' },
    );
    const { $metadata } = await one.converse(input());
    expect($metadata.profile.route.steps.map(({ region }) => region)).toEqual([
      'us-east-1',
      'us-east-2',
      'us-west-2',
    ]);
    expect(server.requests.map(regionOf)).toEqual(['us-east-1', 'us-east-2', 'us-west-2']);
  });

  test('ends: each destination is called once, however it is arrived at', async () => {
    const server = await start();
    const { heard, logger } = warnings();
    const [a, b] = REGIONS.map(
      (region) =>
        server.addProfile({ region, id: randomBytes(6).toString('hex'), from: MODEL }).arn,
    );
    const mappings = {
      round: { profiles: ['trip', a] },
      trip: { profiles: ['round', b] },
      twice: { profiles: [a, b, 'same'], model: MODEL },
      same: { profiles: [b, a], model: MODEL },
    };
    const one = client(server, { mappings, maxAttempts: 1, logger });
    server.fail({ kind: 'throttle', times: 9 });
    await failure(one.converse(ask('x', { modelId: 'twice' })));
    expect(called(server)).toEqual([a, b]);
    expect(heard.join()).toContain('go round in a loop');
  });
});

describe('the prompt cache', () => {
  const long = 'A rule of this house. '.repeat(1_500);
  const turn = (text) =>
    input(text, { system: [{ text: long }, { cachePoint: { type: 'default' } }] });
  const equal = ([a, b]) => ({
    model: MODEL,
    profiles: [
      { id: a, priority: 1 },
      { id: b, priority: 1 },
    ],
  });

  test('keeps a conversation where it is warm, in every client', async () => {
    const { server, one } = await routed({ entry: equal });
    const places = new Set();
    for (let n = 0; n < 8; n += 1) {
      const { $metadata, usage } = await one.converse(turn('one conversation'));
      places.add($metadata.profile.callId);
      expect($metadata.profile.route.warm).toBe(n > 0);
      expect(usage.cacheReadInputTokens > 0).toBe(n > 0);
    }
    expect(places.size).toBe(1);
    expect(server.requests).toHaveLength(8);
  });

  test('spreads conversations over equals', async () => {
    const { one } = await routed({ entry: equal });
    const all = Array.from({ length: 40 }, (_, n) => one.converse(turn(`conversation ${n}`)));
    const ids = (await Promise.all(all)).map(({ $metadata }) => $metadata.profile.callId);
    expect(new Set(ids).size).toBe(2);
  });

  test.each(OPERATIONS)(
    'is left when refused only, and what that costs is told (%s)',
    async (operation) => {
      const { server, arns, one } = await routed();
      const written = [];
      one.on('coldWrite', (event) => written.push(event));
      const say = async () =>
        (await outcome(one, operation, turn('moves'))).answer.$metadata.profile;
      await say();
      server.fail({ kind: 'throttle', modelId: arns[0] });
      const { callId, route } = await say();
      expect(callId).toBe(arns[1]);
      expect(route.coldTokens).toBeGreaterThan(1024);
      await until(() => written.length > 0);
      expect(written).toMatchObject([{ from: `us-east-1/${arns[0]}`, to: `us-west-2/${arns[1]}` }]);
      expect(written[0].tokens).toBe(route.coldTokens);
      // It stays where it is warm now, though the first one may be called again.
      const later = client(server, {
        mappings: { [ALIAS]: { profiles: arns, model: MODEL } },
      });
      const stayed = await later.converse(turn('moves'));
      expect(stayed.$metadata.profile).toMatchObject({ callId: arns[1], route: { warm: true } });
    },
  );

  test('is worth a retry before it is left', async () => {
    const { server, arns, one } = await routed({ maxAttempts: 2 });
    await one.converse(turn('patient'));
    server.fail({ kind: 'internal', modelId: arns[0] });
    const { $metadata } = await one.converse(turn('patient'));
    expect($metadata).toMatchObject({ attempts: 2, profile: { callId: arns[0] } });
  });
});

describe('residency', () => {
  const allowing =
    (...allow) =>
    (profiles) => ({ profiles, allow, model: MODEL });
  const some = ['eu-central-1', 'us-east-1'];

  test('is not crossed, though all that is allowed is refused', async () => {
    const { server, arns, one } = await routed({ regions: some, entry: allowing('eu') });
    server.fail({ kind: 'throttle', times: 9 });
    const error = await failure(one.converse(input()));
    expect(error.name).toBe('ThrottlingException');
    expect(outcomes(error)).toEqual(['throttled', 'notAllowed']);
    expect(called(server)).toEqual([arns[0]]);
    expect(error.$metadata.profile.route.steps[1].reason).toContain('only eu is allowed');
  });

  test.each([
    [
      'a profile of a geography is more than its region',
      ['eu-central-1'],
      [{ id: `eu.${MODEL}`, region: 'eu-central-1' }],
    ],
    [
      'a global profile is everywhere',
      ['eu', 'us'],
      [{ id: `global.${MODEL}`, region: 'eu-central-1' }],
    ],
    ['a region', ['eu'], [{ id: MODEL, region: 'us-east-1' }]],
    [
      'a list that cannot be read allows nothing',
      ['europe'],
      [{ id: `eu.${MODEL}`, region: 'eu-central-1' }],
    ],
  ])('nothing is sent: %s', async (_what, allow, profiles) => {
    const { logger } = warnings();
    const server = await start();
    const one = client(server, { mappings: { [ALIAS]: { profiles, allow } }, logger });
    const error = await failure(one.converse(input()));
    expect(error.message).toMatch(/^Nothing may be called for "team/);
    expect(error.hint).toContain('"allow"');
    await failure(one.explain(input()));
    expect(called(server)).toEqual([]);
  });

  test('AWS is asked where an application profile leads, once', async () => {
    const server = await start();
    const profile = (from, region) =>
      server.addProfile({ region, id: randomBytes(6).toString('hex'), from }).arn;
    // Both are in an allowed region; the one leads out of it.
    const out = profile(`global.${MODEL}`, 'eu-central-1');
    const within = profile(`eu.${MODEL}`, 'eu-central-1');
    const mappings = { [ALIAS]: { profiles: [out, within], model: MODEL, allow: ['eu'] } };
    const one = client(server, { mappings });
    const answers = await Promise.all(Array.from({ length: 5 }, () => one.converse(input())));
    for (const answer of answers) expect(outcomes(answer)).toEqual(['notAllowed', 'answered']);
    expect(new Set(called(server))).toEqual(new Set([within]));
    const asked = server.requests.filter(({ operation }) => operation === 'GetInferenceProfile');
    expect(asked).toHaveLength(2);
  });

  test('what AWS does not say is not allowed, unless the operator says it', async () => {
    const { server, arns, one } = await routed({
      regions: ['eu-central-1'],
      entry: allowing('eu'),
      discovery: false,
    });
    expect((await failure(one.converse(input()))).message).toContain('"runsIn"');
    const profiles = [{ id: arns[0], runsIn: ['eu'] }];
    const two = client(server, {
      mappings: { [ALIAS]: { profiles, model: MODEL, allow: ['eu'] } },
      discovery: false,
    });
    expect(outcomes(await two.converse(input()))).toEqual(['answered']);
  });

  test('holds for what the AWS SDK sends, which calls what is ready', async () => {
    const { StartAsyncInvokeCommand } = require('@aws-sdk/client-bedrock-runtime');
    const s3OutputDataConfig = { s3Uri: 's3://bucket' };
    const rest = { modelInput: {}, outputDataConfig: { s3OutputDataConfig } };
    const command = new StartAsyncInvokeCommand({ modelId: ALIAS, ...rest });
    const refused = await routed({
      entry: (profiles) => ({ profiles, model: MODEL, allow: ['eu'] }),
    });
    expect(await failure(refused.one.send(command))).toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('nothing was sent'),
    });
    expect(refused.server.requests.filter(({ method }) => method === 'POST')).toEqual([]);
    const entry = (arns) => ({ profiles: arns, model: MODEL, allow: ['eu'] });
    const { server, arns, one } = await routed({ regions: ['us-east-1', 'eu-central-1'], entry });
    await failure(one.send(command)); // the stand-in knows no such operation
    expect(server.requests.at(-1)).toMatchObject({
      path: '/async-invoke',
      body: { modelId: arns[1] },
    });
    expect(regionOf(server.requests.at(-1))).toBe('eu-central-1');
  });

  test('that allows all regions allows a global profile', async () => {
    const profiles = [`global.${MODEL}`];
    const { one } = await routed({ entry: () => ({ profiles, allow: ['global'] }) });
    expect(outcomes(await one.converse(input()))).toEqual(['answered']);
  });

  test('holds for a profile that attribution calls instead', async () => {
    const { server, arns } = await routed();
    const mappings = {
      [ALIAS]: { profiles: [`eu.${MODEL}`], region: 'eu-central-1', allow: ['eu'] },
    };
    const attribution = { team: 'a', ways: { profile: { team: { a: { [ALIAS]: arns[0] } } } } };
    const one = client(server, { mappings, attribution });
    const error = await failure(one.converse(input()));
    expect(called(server)).toEqual([]);
    expect(error).toBeInstanceOf(Error);
  });
});

describe('another model', () => {
  const hot = { inferenceConfig: { temperature: 0.5, topP: 0.5, maxTokens: 50 } };

  test('is not called where it is listed without saying so', async () => {
    const { logger, heard } = warnings();
    const server = await start();
    const profiles = [`us.${MODEL}`, `us.${OTHER}`];
    const one = client(server, { mappings: { [ALIAS]: { profiles } }, maxAttempts: 1, logger });
    server.fail({ kind: 'throttle', times: 9 });
    const error = await failure(one.converse(input()));
    expect(outcomes(error)).toEqual(['throttled', 'otherModel']);
    expect(called(server)).toEqual([`us.${MODEL}`]);
    expect(heard.join()).toContain('different models are behind it');
  });

  test('is called where it is listed, and the request is fitted to it', async () => {
    const server = await start();
    const nova = 'amazon.nova-pro-v1:0';
    const profiles = [`us.${MODEL}`, { id: `us.${nova}`, model: nova }];
    const one = client(server, { mappings: { [ALIAS]: { profiles } }, maxAttempts: 1 });
    server.fail({ kind: 'throttle' });
    const thinking = { additionalModelRequestFields: { thinking: { type: 'adaptive' } } };
    const { $metadata } = await one.converse(input('Good day', { ...hot, ...thinking }));
    expect($metadata.profile.model).toBe(nova);
    const [first, second] = server.requests.map(({ body }) => body);
    expect(first.additionalModelRequestFields).toEqual(thinking.additionalModelRequestFields);
    expect(second.additionalModelRequestFields?.thinking).toBeUndefined();
    expect($metadata.profile.changes.length).toBeGreaterThan(0);
    expect($metadata.profile.route.steps.map(({ model }) => model)).toEqual([MODEL, nova]);
  });
});

describe('streaming that is denied', () => {
  const message =
    'User: arn:aws:iam::123456789012:user/a is not authorized to perform: bedrock:InvokeModelWithResponseStream on resource: x';
  const denied = { kind: 'status', status: 403, type: 'AccessDeniedException', message };

  test.each([
    ['an alias', 2],
    ['one profile', 1],
  ])('Converse is handed on as a stream: %s', async (_what, count) => {
    const { heard, logger } = warnings();
    const { server, arns, one } = await routed({ logger });
    const modelId = count > 1 ? ALIAS : arns[0];
    server.fail({ ...denied, operation: 'ConverseStream', times: 9 });
    for (const operations of [['ConverseStream', 'Converse'], ['Converse']]) {
      const before = server.requests.length;
      const answer = await one.converseStream(ask('Good day', { modelId }));
      const events = await collect(answer.stream);
      expect(events[0]).toHaveProperty('messageStart');
      expect(events.at(-1)).toHaveProperty('metadata.usage');
      expect(answer.$metadata.profile.route.streamedFromConverse).toBe(true);
      const sent = server.requests.slice(before).filter(({ path }) => path.startsWith('/model/'));
      expect(sent.map(({ operation }) => operation)).toEqual(operations);
    }
    expect(heard.filter((text) => text.includes('not for a stream'))).toHaveLength(1);
  });

  test("Converse that is denied too is the next destination's turn", async () => {
    const { server, arns, one } = await routed();
    server.fail({ ...denied, operation: 'ConverseStream', modelId: arns[0] });
    server.fail({ ...denied, message: 'not authorized', operation: 'Converse', modelId: arns[0] });
    const { answer } = await outcome(one, 'converseStream', input());
    expect(outcomes(answer)).toEqual(['denied', 'answered']);
    expect(answer.$metadata.profile.route.streamedFromConverse).toBeUndefined();
  });
});

describe('InvokeModelWithResponseStream that is denied', () => {
  const message =
    'User: arn:aws:iam::123456789012:user/a is not authorized to perform: bedrock:InvokeModelWithResponseStream on resource: x';
  const denied = { kind: 'status', status: 403, type: 'AccessDeniedException', message };
  const operation = 'InvokeModelWithResponseStream';
  const BODIES = {
    [MODEL]: {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Good day' }],
    },
    'amazon.nova-pro-v1:0': { messages: [{ role: 'user', content: [{ text: 'Good day' }] }] },
    'meta.llama3-3-70b-instruct-v1:0': { prompt: 'Good day' },
  };
  const invoke = (modelId, body) => ({ modelId, body: JSON.stringify(body) });
  const pieces = async ({ body }) =>
    (await collect(body)).map(({ chunk }) => JSON.parse(Buffer.from(chunk.bytes).toString()));
  const text = (chunks) =>
    chunks
      .map(
        (chunk) =>
          chunk.delta?.text ?? chunk.contentBlockDelta?.delta.text ?? chunk.generation ?? '',
      )
      .join('');

  test.each(Object.keys(BODIES))('InvokeModel is handed on as the chunks of %s', async (model) => {
    const { heard, logger } = warnings();
    const server = await start();
    const id = randomBytes(6).toString('hex');
    const { arn } = server.addProfile({ region: 'us-east-1', id, from: `us.${model}` });
    const one = client(server, { logger });
    const asked = invoke(arn, BODIES[model]);
    const streamed = await pieces(await one.invokeModelWithResponseStream(asked));
    server.fail({ ...denied, operation, times: 9 });
    for (const operations of [[operation, 'InvokeModel'], ['InvokeModel']]) {
      const before = server.requests.length;
      const answer = await one.invokeModelWithResponseStream(asked);
      const chunks = await pieces(answer);
      expect(answer.contentType).toBe('application/json');
      expect(answer.$metadata.profile.route.streamedFromInvokeModel).toBe(true);
      expect(chunks.at(-1)).toHaveProperty('amazon-bedrock-invocationMetrics');
      if (model === MODEL) {
        expect(text(chunks)).toBe(text(streamed));
        const kinds = (all) => [...new Set(all.map(({ type }) => type))];
        expect(kinds(chunks)).toEqual(kinds(streamed));
      } else {
        expect(text(chunks)).not.toBe('');
      }
      const sent = server.requests.slice(before).map((request) => request.operation);
      expect(sent.filter((name) => name.startsWith('Invoke'))).toEqual(operations);
    }
    expect(heard.filter((said) => said.includes('not for a stream'))).toHaveLength(1);
  });

  test.each([
    ['whose chunks are not known', 'cohere.command-r-v1:0', [operation]],
    ['that may not be invoked either', MODEL, [operation, 'InvokeModel']],
  ])('the denial of a model %s is the caller’s', async (_which, model, operations) => {
    const server = await start();
    server.fail({ ...denied, operation });
    server.fail({ ...denied, message: 'not authorized', operation: 'InvokeModel' });
    const one = client(server, { maxAttempts: 1 });
    const body = BODIES[model] ?? { message: 'Good day' };
    const error = await failure(one.invokeModelWithResponseStream(invoke(model, body)));
    expect(error).toMatchObject({ name: 'AccessDeniedException', message });
    expect(server.requests.map((request) => request.operation)).toEqual(operations);
  });
});

describe('many at once', () => {
  test('users of one alias all get their answers while one destination is throttled', async () => {
    const { server, arns, one } = await routed({ regions: REGIONS.slice(0, 2) });
    server.fail({ kind: 'throttle', modelId: arns[0], times: 1_000 });
    const calls = Array.from({ length: 100 }, (_, n) =>
      outcome(one, OPERATIONS[n % 2], input(`user ${n}`)),
    );
    const all = await Promise.all(calls);
    expect(all.filter(({ error }) => error)).toEqual([]);
    expect(all.every(({ answer }) => answer.$metadata.profile.callId === arns[1])).toBe(true);
    // Only those that were on their way already have met it.
    const late = await one.converse(input());
    expect(outcomes(late)).toEqual(['coolingDown', 'answered']);
  });

  test('replicas share cool-downs through their store', async () => {
    const server = await start({ tls: undefined });
    const id = `us.${MODEL}`;
    const regions = ['us-east-1', 'us-west-2'];
    const mappings = { [ALIAS]: { profiles: regions.map((region) => ({ id, region })) } };
    const store = `file:${join(folder(), 'store.json')}`;
    server.fail({ kind: 'throttle', region: 'us-east-1' });
    const replica = async () => {
      const { stdout, stderr } = await run(`
        ${preamble(server, { mappings, store, maxAttempts: 1 })}
        client.converse({ ...input, modelId: ${JSON.stringify(ALIAS)} }).then(({ $metadata }) => {
          console.log(JSON.stringify($metadata.profile.route.steps.map((step) => step.outcome)));
        });
      `);
      expect(stderr).toBe('');
      return JSON.parse(stdout);
    };
    expect(await replica()).toEqual(['throttled', 'answered']);
    expect(await replica()).toEqual(['coolingDown', 'answered']);
  });

  test('replicas are told where a conversation that has moved is warm', async () => {
    const [server, redis] = await Promise.all([start({ tls: undefined }), startRedis()]);
    const id = `us.${MODEL}`;
    const profiles = ['us-east-1', 'us-west-2'].map((region) => ({ id, region, priority: 1 }));
    const mappings = { [ALIAS]: { profiles } };
    const system = [{ text: 'long '.repeat(4000) }, { cachePoint: { type: 'default' } }];
    const replica = async () => {
      const { stdout, stderr } = await run(`
        ${preamble(server, { mappings, store: redis.url, maxAttempts: 1 })}
        const modelId = ${JSON.stringify(ALIAS)};
        client.converse({ ...input, modelId, system: ${JSON.stringify(system)} }).then(({ $metadata }) => {
          console.log(JSON.stringify($metadata.profile));
        });
      `);
      expect(stderr).toBe('');
      return JSON.parse(stdout);
    };
    const first = await replica();
    server.fail({ kind: 'throttle', region: first.region });
    const second = await replica();
    expect(second.region).not.toBe(first.region);
    const keys = async (kind) =>
      (await redis.cli('--scan')).split('\n').filter((key) => key.includes(`:${kind}:`));
    const [stay] = await until(async () => {
      const found = await keys('stay');
      return found.length > 0 && found;
    });
    expect(await redis.cli('GET', stay)).not.toContain('long');
    // As soon as it need not cool down any more.
    await redis.cli('DEL', ...(await keys('cooldown')));
    const third = await replica();
    expect(third).toMatchObject({ region: second.region, route: { warm: true } });
    expect(third.route.steps).toHaveLength(1);
    // Where it is refused there, all follow it to where it goes next.
    server.fail({ kind: 'throttle', region: second.region });
    expect((await replica()).region).toBe(first.region);
    await redis.cli('DEL', ...(await keys('cooldown')));
    await until(async () => (await redis.cli('GET', stay)).includes(`"${first.region}/`));
    expect(await replica()).toMatchObject({ region: first.region, route: { warm: true } });
  });

  test('`explain` says which way would be taken', async () => {
    const { server, arns, one } = await routed();
    const steps = async () => {
      const { route, resolved } = await one.explain(input());
      return [resolved.callId, route.steps.map((step) => [step.outcome, step.reason])];
    };
    expect(await steps()).toEqual([arns[0], [['chosen', undefined]]]);
    server.fail({ kind: 'throttle', modelId: arns[0] });
    await one.converse(input());
    expect(await steps()).toEqual([
      arns[1],
      [
        ['coolingDown', 'throttled'],
        ['chosen', undefined],
      ],
    ]);
    expect(await client(server).explain(ask())).not.toHaveProperty('route');
  });

  test('accounts do not share cool-downs', async () => {
    const keys = (account) => ({ accessKeyId: `AKIA${account}`, secretAccessKey: `of-${account}` });
    const [a, b] = ['123456789012', '210987654321'];
    const credentials = [a, b].map((account) => ({ ...keys(account), account }));
    const server = await start({ credentials });
    const id = `us.${MODEL}`;
    const mappings = {
      [ALIAS]: {
        profiles: [
          { id, region: 'us-east-1' },
          { id, region: 'us-west-2' },
        ],
      },
    };
    const of = (account) =>
      client(server, { mappings, maxAttempts: 1, credentials: keys(account) });
    server.fail({ kind: 'throttle', region: 'us-east-1' });
    expect(outcomes(await of(a).converse(input()))).toEqual(['throttled', 'answered']);
    expect(outcomes(await of(a).converse(input()))).toEqual(['coolingDown', 'answered']);
    expect(outcomes(await of(b).converse(input()))).toEqual(['answered']);
  });

  test('a project goes with the destinations that take one', async () => {
    const server = await start();
    const { arn } = server.addProfile({
      region: 'us-east-1',
      id: randomBytes(6).toString('hex'),
      from: MODEL,
    });
    const profiles = [{ id: `us.${MODEL}`, region: 'us-west-2' }, arn];
    const one = client(server, {
      mappings: { [ALIAS]: { profiles, model: MODEL } },
      maxAttempts: 1,
      attribution: { project: 'project-1' },
    });
    server.fail('throttle');
    expect(outcomes(await one.converse(input()))).toEqual(['throttled', 'answered']);
    const named = server.requests.map(({ body, headers }) =>
      JSON.stringify([body.projectIdentifier, headers]).includes('project-1'),
    );
    expect(named).toEqual([true, false]);
  });
});
