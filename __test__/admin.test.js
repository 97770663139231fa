'use strict';

/** The API of createAdminRouter(): every route, with what is good and what is bad, held to its description. */

const {
  admin,
  answered,
  description,
  eventsOf,
  faults,
  version,
  HEADERS,
  MOUNTS,
} = require('./support/admin');
const { problemsOf } = require('../lib/admin/schema');
const { SONNET, freshProfile, thrown, until } = require('./support/bedrock');
const { createAdminRouter } = require('../lib/admin');

const ARN = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdef123456';
const MAPPINGS = {
  'Team A': { profiles: [ARN], model: 'anthropic.claude-sonnet-4-6', label: 'Team A of Café' },
  'team-b.amazon.nova-pro-v1:0': 'amazon.nova-pro-v1:0',
};

describe.each(Object.keys(MOUNTS))('every route with %s', (mount) => {
  test('answers as the description says', async () => {
    const now = new Date().toISOString();
    const { call, bedrock } = await admin({
      mount,
      mappings: MAPPINGS,
      router: {
        metrics: {
          read: async ({ from }) => ({
            from: from ?? now,
            to: now,
            resolution: 'hour',
            series: [{ name: 'calls', unit: '1', labels: {}, points: [{ at: now, value: null }] }],
          }),
        },
        cost: {
          read: async () => ({
            from: now,
            to: now,
            resolution: 'day',
            complete: true,
            rows: [{ model: 'm', cost: null, calls: 1 }],
          }),
          budgets: async () => ({ budgets: [] }),
        },
        doctor: {
          run: async () => ({
            ok: false,
            failures: 1,
            warnings: 0,
            checks: [
              { id: 'region', title: 'Region', status: 'failure', findings: [{ text: 'None.' }] },
            ],
          }),
        },
      },
    });
    freshProfile(bedrock);
    const good = async (...parts) => {
      const answer = await call(...parts);
      expect([parts[0], parts[1], answer.status]).toEqual([
        parts[0],
        parts[1],
        parts[1] === '/session' && parts[0] === 'DELETE' ? 204 : 200,
      ]);
      return answer;
    };
    expect((await good('GET', '/')).body).toMatchObject({
      name: 'bedrock-profile-client',
      available: { metrics: true, mappings: { kind: 'file', writable: true } },
    });
    expect((await good('GET', '/openapi.json')).body.openapi).toBe('3.1.0');
    expect((await good('GET', '/session')).body).toMatchObject({ actor: 'ada', mode: 'authorize' });
    await good('GET', '/mappings?limit=1');
    const discovered = await good('POST', '/discovery', { body: { types: ['APPLICATION'] } });
    expect(eventsOf(discovered.text).at(-1).event).toBe('result');
    const lines = await good('POST', '/discovery', {
      body: {},
      headers: { Accept: 'application/x-ndjson' },
    });
    expect(lines.type).toBe('application/x-ndjson');
    expect(eventsOf(lines.text).filter(({ event }) => event === 'profile').length).toBeGreaterThan(
      5,
    );
    expect((await good('GET', '/discovery')).body.profiles).toBeGreaterThan(5);
    const { body: profiles } = await good(
      'GET',
      '/profiles?state=mapped&state=discovered&sort=-model&limit=3',
    );
    expect(profiles.items.length).toBe(3);
    expect((await good('GET', `/profile?id=${encodeURIComponent(ARN)}`)).body.id).toBe('Team A');
    for (const format of ['json', 'yaml', 'env', 'librechat']) {
      const { text, headers } = await good('GET', `/mappings/export?format=${format}`);
      expect(text).toContain(ARN);
      expect(headers.get('content-disposition')).toMatch(/^attachment; filename="/);
    }
    const change = { set: { 'Team C': 'amazon.nova-lite-v1:0' }, remove: ['Team A'] };
    expect((await good('POST', '/mappings/diff', { body: change })).body.diff).toMatchObject({
      added: 1,
      removed: 1,
      changed: 0,
      unchanged: 1,
    });
    expect(
      (await good('POST', '/mappings/validate', { body: { mappings: {} } })).body,
    ).toMatchObject({ valid: true, diff: { removed: 2 } });
    const etag = await version(call);
    const { body: written, headers } = await good('PATCH', '/mappings', {
      body: change,
      headers: { 'If-Match': etag },
    });
    expect(headers.get('etag')).toBe(`"${written.version}"`);
    const imported = await good('POST', '/mappings/import', {
      body: { text: 'BEDROCK_INFERENCE_PROFILE_MAPPINGS=\'{"d":"amazon.nova-pro-v1:0"}\'' },
      headers: { 'If-Match': headers.get('etag') },
    });
    const put = await good('PUT', '/mappings', {
      body: { mappings: MAPPINGS },
      headers: { 'If-Match': imported.headers.get('etag') },
    });
    const { body: log } = await good('GET', '/audit');
    expect(log.items.map(({ action, actor }) => [action, actor])).toEqual([
      ['mappings.replace', 'ada'],
      ['mappings.import', 'ada'],
      ['mappings.patch', 'ada'],
    ]);
    await good('POST', '/audit/undo', { body: { id: put.body.id }, headers: { 'If-Match': '*' } });
    expect((await good('GET', '/models?q=CLAUDE&status=active')).body.items.length).toBeGreaterThan(
      3,
    );
    expect((await good('GET', `/capabilities?id=${SONNET}`)).body.reasoning.supported.value).toBe(
      true,
    );
    await good('GET', '/overrides');
    const overrides = { 'amazon.nova-pro-v1:0': { maxOutputTokens: 77 } };
    expect(
      (
        await good('POST', '/overrides/preview', {
          body: { overrides, id: 'amazon.nova-pro-v1:0' },
        })
      ).body.maxOutputTokens,
    ).toMatchObject({ value: 77, source: 'config' });
    const request = {
      modelId: SONNET,
      prompt: 'Good day',
      inferenceConfig: { temperature: 0.5, topP: 0.5 },
    };
    const { body: explained } = await good('POST', '/explain', {
      body: { ...request, stream: true },
    });
    expect(explained.changes.length).toBe(1);
    expect(explained.request.url).toMatch(/converse-stream$/);
    const tried = eventsOf((await good('POST', '/try', { body: request })).text);
    expect(tried.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['explanation', 'begin', 'stream', 'end']),
    );
    expect(faults({ $ref: '#/components/schemas/TrialEnd' }, tried.at(-1).data)).toEqual([]);
    expect(tried.at(-1).data).toMatchObject({
      stopReason: 'end_turn',
      usage: { outputTokens: expect.any(Number) },
      cost: null,
    });
    await good('GET', '/metrics?from=2026-01-01T00:00:00Z&resolution=hour');
    await good('GET', '/cost?by=model&by=user');
    await good('GET', '/budgets');
    await good('GET', '/doctor');
    await good('DELETE', '/session');
    if (mount === 'Express 5') {
      // Every operation has been asked, unless it needs a store.
      const asked = new Set([...answered].map((one) => one.split(' ')[0]));
      const all = Object.values(description.paths).flatMap((item) =>
        Object.values(item).map(({ operationId }) => operationId),
      );
      expect(all.filter((id) => !asked.has(id))).toEqual(['replaceOverrides']);
    }
  });

  test('says what is wrong, where, and what would be right', async () => {
    const { call, base } = await admin({
      mount,
      mappings: MAPPINGS,
      router: { metrics: false, cost: false, doctor: false },
    });
    const etag = await version(call);
    const bad = [
      ['GET', '/nothing', 404, /no such address/],
      ['GET', '/constructor', 404, /no such address/],
      ['POST', '/profiles', 405, /method/],
      ['GET', '/profiles?limit=0', 400, /limit: It is 0\./],
      ['GET', '/profiles?limit=x', 400, /limit: It is a text\./],
      ['GET', '/profiles?limit=1&limit=2', 400, /stands there 2 times/],
      ['GET', '/profiles?sort=__proto__', 400, /sort/],
      ['GET', '/profiles?__proto__=1', 400, /no such parameter/],
      ['GET', '/profiles?state=lost', 400, /state/],
      ['GET', '/profile', 400, /id: It is missing/],
      ['GET', '/profile?id=nobody', 404, /No profile/],
      ['GET', '/capabilities?id=%20', 400, /./],
      ['GET', '/metrics', 501, /switched off/],
      ['GET', '/cost', 501, /switched off/],
      ['GET', '/cost?format=xml', 400, /format/],
      ['GET', '/budgets', 501, /not available/],
      ['GET', '/doctor', 501, /switched off/],
      ['GET', '/metrics?from=yesterday', 400, /from is no time/],
      ['GET', '/cost?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 400, /not before/],
      ['POST', '/mappings/diff', 415, /no Content-Type/],
      ['POST', '/mappings/diff', 400, /not JSON at line 2, column 2|not JSON/, { body: '{\n x' }],
      ['POST', '/mappings/diff', 400, /body/, { body: '[]' }],
      ['POST', '/mappings/diff', 400, /text/, { body: { text: 7 } }],
      ['POST', '/mappings/diff', 400, /not JSON at line 1/, { body: { text: '{"a":' } }],
      ['POST', '/mappings/diff', 400, /truth values or numbers/, { body: { text: 'a: 1.5' } }],
      [
        'POST',
        '/mappings/diff',
        400,
        /line 1, column|YAML/,
        { body: { text: 'a: [', format: 'yaml' } },
      ],
      ['POST', '/mappings/diff', 400, /inferenceProfiles/, { body: { text: 'endpoints: {}' } }],
      ['PATCH', '/mappings', 428, /If-Match/, { body: {} }],
      [
        'PATCH',
        '/mappings',
        412,
        /changed since/,
        { body: {}, headers: { 'If-Match': '"other"' } },
      ],
      [
        'PATCH',
        '/mappings',
        400,
        /no such member/,
        { body: { sets: {} }, headers: { 'If-Match': etag } },
      ],
      [
        'PATCH',
        '/mappings',
        422,
        /neither a model id/,
        { body: { set: { a: 'My Thing' } }, headers: { 'If-Match': etag } },
      ],
      [
        'PATCH',
        '/mappings',
        422,
        /loop/,
        { body: { set: { a: 'b', b: 'a' } }, headers: { 'If-Match': etag } },
      ],
      [
        'PUT',
        '/overrides',
        409,
        /cannot be changed/,
        { body: { overrides: {} }, headers: { 'If-Match': '*' } },
      ],
      [
        'POST',
        '/overrides/preview',
        422,
        /maxOutputTokens/,
        { body: { overrides: { m: { maxOutputTokens: 'x' } }, id: 'm' } },
      ],
      [
        'POST',
        '/audit/undo',
        404,
        /no such change/,
        { body: { id: 'x' }, headers: { 'If-Match': '*' } },
      ],
      ['POST', '/explain', 400, /prompt and messages/, { body: { modelId: SONNET } }],
      ['POST', '/explain', 400, /member/, { body: { modelId: SONNET, prompt: 'x', nonsense: 1 } }],
      ['POST', '/try', 400, /body\/modelId: It is missing/, { body: { prompt: 'x' } }],
      [
        'POST',
        '/try',
        406,
        /stream/,
        { body: { modelId: SONNET, prompt: 'x' }, headers: { Accept: 'text/html' } },
      ],
      ['POST', '/discovery', 400, /regions/, { body: { regions: ['EU West!'] } }],
    ];
    for (const [method, address, status, detail, more] of bad) {
      const answer = await call(method, address, more);
      expect([method, address, answer.status, answer.type]).toEqual([
        method,
        address,
        status,
        'application/problem+json',
      ]);
      expect(answer.body.detail).toMatch(detail);
      expect(answer.body).toMatchObject({
        status,
        title: expect.any(String),
        type: expect.stringMatching(/^urn:bedrock-profile-client:problem:/),
      });
    }
    const outside = await fetch(`${base}/api/%zz`);
    expect([outside.status, (await outside.json()).detail]).toEqual([
      400,
      expect.stringContaining('%'),
    ]);
  });

  test('reads what a parser that was mounted before has read', async () => {
    if (mount === 'node:http') return;
    const express = mount === 'Express 5' ? require('express') : require('express4');
    const { call } = await admin({
      mount,
      mappings: MAPPINGS,
      before: [express.json({ limit: '1mb' }), express.text()],
    });
    const answer = await call('POST', '/mappings/diff', { body: { mappings: {} } });
    expect([answer.status, answer.body.diff.removed]).toEqual([200, 2]);
  });
});

test('what AWS refuses has AWS’s own text, and a hint', async () => {
  const { call, bedrock } = await admin({ client: { maxAttempts: 1 } });
  bedrock.fail({ kind: 'throttle' });
  const { status, body } = await call('POST', '/try', { body: { modelId: SONNET, prompt: 'x' } });
  // The explanation is out by then: the error is an event.
  expect([status, body]).toEqual([200, undefined]);
  bedrock.fail({ kind: 'throttle' });
  const { text } = await call('POST', '/try', { body: { modelId: SONNET, prompt: 'x' } });
  const { event, data } = eventsOf(text).at(-1);
  expect([event, data.type, data.aws.name]).toEqual([
    'error',
    'urn:bedrock-profile-client:problem:aws-error',
    'ThrottlingException',
  ]);
});

test('who leaves ends the call', async () => {
  const { base, bedrock } = await admin({ bedrockOptions: { pace: 50 } });
  const leaving = new AbortController();
  const response = await fetch(`${base}/api/try`, {
    method: 'POST',
    signal: leaving.signal,
    headers: { ...HEADERS, 'Content-Type': 'application/json' },
    body: JSON.stringify({ modelId: SONNET, prompt: 'tell me a long story '.repeat(50) }),
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  await until(async () => (await reader.read()).value.includes('event: stream'));
  const request = await until(() =>
    bedrock.requests.find(({ operation }) => operation === 'ConverseStream'),
  );
  leaving.abort();
  expect(await request.aborted).toBe(true);
});

test('tries are limited, each for itself', async () => {
  const { call } = await admin({
    router: { tryLimit: { perMinute: 2 }, authorize: (req) => req.headers['x-who'] ?? 'ada' },
  });
  const body = { modelId: SONNET, prompt: 'x' };
  expect((await call('POST', '/try', { body })).status).toBe(200);
  expect((await call('POST', '/try', { body })).status).toBe(200);
  const refused = await call('POST', '/try', { body });
  expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
  expect((await call('POST', '/try', { body, headers: { 'x-who': 'bob' } })).status).toBe(200);
});

test.each([
  [undefined, /must be an object/],
  [{}, /client must be a BedrockProfileClient/],
  [{ client: {} }, /client must be a BedrockProfileClient/],
])('options %j are refused', (options, message) => {
  expect(thrown(() => createAdminRouter(options)).message).toMatch(message);
});

test('the reader of requests agrees with ajv', () => {
  const { schemas } = description.components;
  const values = [
    null,
    0,
    1.5,
    '',
    'x',
    true,
    [],
    ['x'],
    {},
    { mappings: {} },
    { mappings: { a: 1 } },
    { mappings: { a: 'x', b: { label: 'x' } } },
    { set: {}, remove: ['a'] },
    { set: { '': 'x' } },
    { text: 'x', format: 'nonsense' },
    { text: 'x', mode: 'merge' },
    { regions: [] },
    { regions: ['us-east-1'], concurrency: 65 },
    { concurrency: 1.5 },
    { types: ['APPLICATION'], tags: 'yes' },
    { modelId: '', prompt: 'x' },
    { modelId: 'x', prompt: 'x', gating: 'off' },
    { overrides: { a: {} } },
    { overrides: { a: 1 } },
    JSON.parse('{"__proto__":1}'),
    JSON.parse('{"mappings":{"__proto__":"x"}}'),
  ];
  for (const name of [
    'MappingsChange',
    'MappingsPatch',
    'MappingsText',
    'MappingsReplacement',
    'DiscoverRequest',
    'TrialRequest',
    'OverridesReplacement',
    'Mapping',
  ]) {
    for (const value of values) {
      const schema = { $ref: `#/components/schemas/${name}` };
      const ours = problemsOf(schema, value, schemas).length === 0;
      expect([name, value, ours]).toEqual([name, value, faults(schema, value).length === 0]);
    }
  }
});
