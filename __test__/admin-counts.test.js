'use strict';

/** What the API says of calls, costs and budgets with nothing but a client. */

const { admin } = require('./support/admin');
const { SONNET, client, collect, freshProfile, until } = require('./support/bedrock');

const messages = [{ role: 'user', content: [{ text: 'Good day' }] }];

const valuesOf = (series, name) =>
  series
    .filter((one) => one.name === name)
    .map(({ labels, points }) => [labels, points.map(({ value }) => value)]);

test('calls of every client of the process are counted', async () => {
  const { call, client: made, bedrock } = await admin({ mappings: {} });
  const { arn } = freshProfile(bedrock);
  await collect((await made.converseStream({ modelId: arn, messages })).stream);
  const other = client(bedrock, { store: 'memory' });
  await other.converse({ modelId: arn, messages });
  await other.converse({ modelId: 'us.nobody.nothing-v1:0', messages }).catch((error) => error);
  const { body } = await call('GET', '/metrics?resolution=minute');
  const profile = arn.split('/').pop();
  const counted = (name) =>
    valuesOf(body.series, name)
      .filter(([labels]) => labels.profile === profile)
      .map(([{ quantile, type }, [value]]) => [quantile ?? type ?? '', value]);
  expect(counted('calls')).toEqual([['', 2]]);
  expect(counted('timeToFirstToken').map(([quantile]) => quantile)).toEqual(['p50', 'p95']);
  expect(counted('tokens').map(([type]) => type)).toEqual(['input', 'output']);
  for (const [, value] of [...counted('duration'), ...counted('tokens')]) {
    expect(value).toBeGreaterThan(0);
  }
  expect(valuesOf(body.series, 'errors')).toEqual([
    [
      { profile: 'us.nobody.nothing-v1:0', model: expect.any(String), error: expect.any(String) },
      [1],
    ],
  ]);
  expect(body.lastErrors).toMatchObject([
    {
      count: 1,
      profile: 'us.nobody.nothing-v1:0',
      operation: 'Converse',
      hint: expect.any(String),
    },
  ]);
  expect(JSON.stringify(body)).not.toContain('Good day');
  const some = await call('GET', '/metrics?resolution=day&name=calls&name=hubLag');
  expect([...new Set(some.body.series.map(({ name }) => name))]).toEqual(['calls']);
  const none = await call('GET', '/metrics?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z');
  expect(none.body.series.filter(({ name }) => name !== 'callsInFlight')).toEqual([]);
  other.destroy();
});

test('causes of failures are told once each, with how often', async () => {
  const { call, client: made, bedrock } = await admin({ mappings: {}, client: { maxAttempts: 1 } });
  for (let times = 0; times < 3; times += 1) {
    bedrock.fail('throttle');
    await made.converse({ modelId: SONNET, messages }).catch((error) => error);
  }
  const { body } = await call('GET', '/metrics');
  expect(body.lastErrors).toMatchObject([{ name: 'ThrottlingException', count: 3, status: 429 }]);
  expect(valuesOf(body.series, 'throttles')).toEqual([[expect.anything(), [3]]]);
});

test('who closes the router is told no more', async () => {
  const { client: made, router, call } = await admin({ mappings: {} });
  router.close();
  await made.converse({ modelId: SONNET, messages });
  const { body } = await call('GET', '/metrics');
  expect(valuesOf(body.series, 'calls')).toEqual([]);
});

describe('costs', () => {
  test('where nothing is counted, that is said', async () => {
    const { call } = await admin({ mappings: {} });
    expect((await call('GET', '/')).body.available).toMatchObject({
      metrics: true,
      cost: false,
      budgets: false,
    });
    for (const address of ['/cost', '/budgets']) {
      const { status, body } = await call('GET', address);
      expect([status, body.detail, body.remedy]).toEqual([
        501,
        'Costs are not counted.',
        expect.stringContaining('BEDROCK_PROFILE_COSTS=true'),
      ]);
    }
  });

  test('are those of the client, as JSON and as CSV', async () => {
    const limits = [{ name: 'all', period: 'day', limit: 100 }];
    const { call, client: made } = await admin({
      mappings: {},
      client: {
        costs: true,
        budgets: { limits },
        attribution: { team: 'research' },
        tenant: 'cost',
      },
    });
    await made.converse({ modelId: SONNET, messages });
    expect((await call('GET', '/')).body.available).toMatchObject({ cost: true, budgets: true });
    const { body } = await call('GET', '/cost?by=model&by=team&resolution=day');
    expect(body.rows).toMatchObject([{ team: 'research', calls: 1, cost: expect.any(Number) }]);
    const { text, type, headers } = await call('GET', '/cost?by=model&format=csv');
    expect([type, text.split('\r\n')[0], headers.get('content-disposition')]).toEqual([
      'text/csv',
      expect.stringMatching(/^model,calls,/),
      expect.stringContaining('bedrock-cost.csv'),
    ]);
    await until(async () => (await call('GET', '/budgets')).body.budgets[0].spent > 0);
    const wrong = await call('GET', '/cost?by=team&resolution=hour');
    expect([wrong.status, wrong.body.detail]).toEqual([
      400,
      expect.stringMatching(/^\?by must be/),
    ]);
  });

  test('a trial says its list price though nothing is counted', async () => {
    const { call } = await admin({ mappings: {} });
    const { text } = await call('POST', '/try', { body: { modelId: SONNET, prompt: 'Good day' } });
    expect(text).toMatch(/"cost":\{"amount":0\.\d+,"currency":"USD"/);
  });
});

test('the doctor is asked once for all who ask meanwhile', async () => {
  const { call, bedrock } = await admin({
    mappings: { 'Team A': SONNET },
    client: { logger: { warn() {} } },
  });
  const [one, other] = await Promise.all([call('GET', '/doctor'), call('GET', '/doctor')]);
  expect(one.body).toEqual(other.body);
  expect(one.body.checks.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['configuration', 'credentials', 'permissions', 'models']),
  );
  const asked = bedrock.requests.filter(({ operation }) => operation === 'GetCallerIdentity');
  expect(asked.length).toBeLessThanOrEqual(1);
});
