'use strict';

/** Costs of calls, against sums that were worked out by hand. */

const fs = require('node:fs');
const path = require('node:path');

const { costOf, problemOfPrices } = require('../lib/money/prices.js');
const table = require('../lib/money/prices.json');

const SONNET = 'anthropic.claude-sonnet-4-6';
const ARN = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456';
const of = (model, callId = `us.${model}`, region = 'us-east-1') => ({ model, callId, region });
const used = (inputTokens, outputTokens, more) => ({ inputTokens, outputTokens, ...more });
const amount = (call, settings) => costOf(call, settings).amount;

describe('the cost of a call', () => {
  test.each([
    // 1,000 × $3.30 and 500 × $16.50 for a million: a geographic profile costs 10 % more.
    ['us.', of(SONNET), used(1000, 500), 0.01155],
    ['eu.', of(SONNET, `eu.${SONNET}`, 'eu-west-1'), used(1000, 500), 0.01155],
    ['the bare id', of(SONNET, SONNET), used(1000, 500), 0.01155],
    // 1,000 × $3 and 500 × $15.
    ['global.', of(SONNET, `global.${SONNET}`), used(1000, 500), 0.0105],
    // 100 × $3, 10 × $15, 20,000 × $0.30, 5,000 × $3.75.
    [
      'the cache for 5 minutes',
      of(SONNET, `global.${SONNET}`),
      used(100, 10, { cacheReadInputTokens: 20_000, cacheWriteInputTokens: 5000 }),
      0.0252,
    ],
    // 100 × $3, 10 × $15, 2,000 × $3.75, 3,000 × $6.
    [
      'the cache for both times',
      of(SONNET, `global.${SONNET}`),
      used(100, 10, {
        cacheWriteInputTokens: 5000,
        cacheDetails: [
          { ttl: '5m', inputTokens: 2000 },
          { ttl: '1h', inputTokens: 3000 },
        ],
      }),
      0.02595,
    ],
    // 100,000 × $0.11 and 1,000 × $0.55.
    [
      'a prompt that is just not long',
      of('anthropic.claude-haiku-5-5'),
      used(100_000, 1000),
      0.01155,
    ],
    // 90,000 × $0.55, 11,000 read × $0.055, 1,000 × $2.75: the cache counts for the length.
    [
      'a long prompt',
      of('anthropic.claude-haiku-5-5'),
      used(90_000, 1000, { cacheReadInputTokens: 11_000 }),
      0.052855,
    ],
    // 7 × $0.035 and 3 × $0.14.
    ['amounts below a millionth', of('amazon.nova-micro-v1:0'), used(7, 3), 0.000000665],
    ['nothing used', of(SONNET), used(0, 0), 0],
  ])('%s', (_, profile, usage, expected) => {
    expect(amount({ profile, usage })).toBe(expected);
  });

  test('names an assumption: an application profile does not say where it is served', () => {
    const call = { profile: of(SONNET, ARN), usage: used(1000, 500) };
    expect(costOf(call)).toMatchObject({ amount: 0.01155, assumed: ['geography'] });
    expect(costOf(call, { geography: 'global' })).toMatchObject({ amount: 0.0105 });
  });

  test.each([
    ['usage', { profile: of(SONNET) }, 'did not say what was used'],
    ['a model', { profile: of(null, ARN), usage: used(1, 1) }, 'the model is not known'],
    ['a price', { profile: of('new.model-v1:0'), usage: used(1, 1) }, 'no price of new.model-v1:0'],
    ['a name of every object', { profile: of('constructor'), usage: used(1, 1) }, 'no price'],
    [
      'a region',
      {
        profile: of('amazon.nova-pro-v1:0', 'eu.amazon.nova-pro-v1:0', 'eu-west-1'),
        usage: used(1, 1),
      },
      'in eu-west-1',
    ],
    [
      'a partition',
      { profile: of(SONNET, `us-gov.${SONNET}`, 'us-gov-west-1'), usage: used(1, 1) },
      'in us-gov-west-1',
    ],
    ['a tier', { profile: of(SONNET), usage: used(1, 1), serviceTier: 'flex' }, 'the tier flex'],
    [
      'a tier by contract',
      { profile: of(SONNET), usage: used(1, 1), serviceTier: 'reserved' },
      'reserved',
    ],
    [
      'fast responses',
      { profile: of(SONNET), usage: used(1, 1), latency: 'optimized' },
      'optimized',
    ],
    [
      'a price of the cache',
      { profile: of('openai.gpt-5.6-sol'), usage: used(1, 1, { cacheReadInputTokens: 5 }) },
      'no price of tokens read from the cache',
    ],
    [
      'a bill by the token',
      {
        profile: of(SONNET, 'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc'),
        usage: used(1, 1),
      },
      'provisioned-model',
    ],
  ])('is unknown and not zero without %s', (_, call, reason) => {
    const cost = costOf(call);
    expect(cost.amount).toBeNull();
    expect(cost.reason).toContain(reason);
    expect(cost.nano).toBeUndefined();
  });

  test('follows the operator: prices by label, id or model, with tiers and long prompts', () => {
    const entry = {
      input: 2,
      output: 8,
      tiers: { flex: { input: 1, output: 4 } },
      long: { above: 1000, input: 4 },
    };
    const profile = { ...of(SONNET, ARN), label: 'Chat' };
    const usage = used(1000, 100);
    for (const name of ['Chat', ARN, SONNET]) {
      expect(amount({ profile, usage }, { prices: { [name]: entry } })).toBe(0.0028);
    }
    const prices = { Chat: entry };
    expect(amount({ profile, usage, serviceTier: 'flex' }, { prices })).toBe(0.0014);
    expect(amount({ profile, usage: used(1001, 100) }, { prices })).toBe(0.004804);
  });
});

describe('the table', () => {
  const catalog = JSON.parse(
    fs.readFileSync(path.join(__dirname, '..', 'core', 'src', 'model', 'catalog.json'), 'utf8'),
  );
  const ids = Array.isArray(catalog.models)
    ? catalog.models.map(({ id }) => id)
    : Object.keys(catalog.models);

  test('has prices of models of the catalog alone, each with a source and a date', () => {
    for (const [id, { source, ...entry }] of Object.entries(table.models)) {
      expect(ids).toContain(id);
      expect(table.sources[source]?.url).toMatch(/^https:/);
      expect(table.sources[source].read).toMatch(/^20\d\d-\d\d-\d\d$/);
      expect(entry.input).toBeGreaterThan(0);
      expect(entry.output).toBeGreaterThan(0);
    }
  });
});

test.each([
  [[], ' must be an object of prices by model, profile or label'],
  [{ m: 3 }, '["m"] must be an object such as { input: 3, output: 15 }'],
  [{ m: { input: 3 } }, '["m"] needs input and output'],
  [
    { m: { input: -1, output: 1 } },
    '["m"].input must be USD for a million tokens, a number from 0',
  ],
  [{ m: { input: 1, output: 1, inptu: 1 } }, '["m"].inptu means nothing'],
  [{ m: { input: 1, output: 1, cacheWrite: { '2h': 1 } } }, '["m"].cacheWrite must be'],
  [{ m: { input: 1, output: 1, tiers: { fast: {} } } }, '["m"].tiers.fast is no service tier'],
  [{ m: { input: 1, output: 1, long: { input: 1 } } }, '["m"].long.above must be'],
])('prices %j are an error that says what would be right', (prices, message) => {
  expect(problemOfPrices(prices)).toContain(message);
});
