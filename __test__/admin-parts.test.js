'use strict';

/** What lists of many profiles are made with, and streams to readers that fall behind. */

const { EventEmitter } = require('node:events');
const { setImmediate } = require('node:timers');
const { Discoveries } = require('../lib/admin/discoveries');
const { Layers } = require('../lib/admin/layers');
const { filtered, merged, sorted } = require('../lib/admin/pace');
const { Sketch } = require('../lib/admin/sketch');
const { entriesOf, jsonOf } = require('../lib/admin/sliced');
const { stream } = require('../lib/admin/streams');

const byNumber = (one, other) => one - other;
const random = (count) => {
  let seed = 7;
  return Array.from({ length: count }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % 5000;
  });
};

test('long lists are sorted as short ones are, and equals stay as they are', async () => {
  for (const list of [[], [1], random(10_000), random(2001).sort(byNumber)]) {
    expect(await sorted(list, byNumber)).toEqual([...list].sort(byNumber));
  }
  const pairs = random(9000).map((key, at) => ({ key: key % 3, at }));
  const expected = [...pairs].sort((one, other) => one.key - other.key);
  expect(await sorted(pairs, (one, other) => one.key - other.key)).toEqual(expected);
  expect(await merged([1, 3], [0, 2, 4], byNumber)).toEqual([0, 1, 2, 3, 4]);
  expect(await merged([], [1], byNumber)).toEqual([1]);
  expect(await filtered(random(1000), (one) => one > 4990)).toEqual(
    random(1000).filter((one) => one > 4990),
  );
});

describe('large objects', () => {
  const large = Object.fromEntries(
    random(8000).map((key, at) => [
      `Team "${key}" \\${at} {[,]}`,
      { profiles: [`a,"b\\\\${at}"`, { id: '}{', weight: at }], label: ',"\\' },
    ]),
  );

  test.each([
    ['compact', JSON.stringify(large)],
    ['pretty', ` \n${JSON.stringify(large, null, 2)}\n`],
  ])('are read in pieces as at once (%s)', async (_, text) => {
    expect(text.length).toBeGreaterThan(500_000);
    expect(Object.fromEntries(await entriesOf(text))).toEqual(large);
  });

  test('are written in pieces as at once', async () => {
    const entries = new Map(Object.entries(large));
    expect(await jsonOf(entries, true)).toBe(`${JSON.stringify(large, null, 2)}\n`);
    expect(await jsonOf(entries)).toBe(JSON.stringify(large));
    expect([await jsonOf([], true), await jsonOf([])]).toEqual(['{}\n', '{}']);
  });

  test.each([
    [(text) => text.slice(0, -1)],
    [(text) => `${text.slice(0, -1)},}`],
    [(text) => `${text}}`],
    [(text) => `${text} x`],
    [(text) => text.replace(/","|"\},"/, '"x"')],
    [(text) => `${text.slice(0, 400_000)}"`],
    [(text) => `${text.slice(0, -1)}]`],
  ])('that are none are refused as JSON.parse() refuses them (%#)', async (spoil) => {
    const text = spoil(JSON.stringify(large));
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    await expect(entriesOf(text)).rejects.toThrow(SyntaxError);
  });

  test('a member that comes twice counts as the last', async () => {
    const text = `${JSON.stringify(large).slice(0, -1)},${JSON.stringify({ [Object.keys(large)[0]]: 1 }).slice(1)}`;
    expect((await entriesOf(text)).get(Object.keys(large)[0])).toBe(1);
  });
});

test('of several sources the first counts, and hides the others', async () => {
  const layers = new Layers([
    { source: 'option', entries: new Map([['b', 1]]) },
    { source: 'environment', entries: new Map() },
    { source: 'file', entries: new Map(Object.entries({ c: 2, b: 2, a: 2 })) },
    { source: 'store', entries: new Map(Object.entries({ b: 3, d: 3 })) },
  ]);
  expect(await layers.keys()).toEqual(['a', 'b', 'c', 'd']);
  expect(layers.get('b')).toEqual({
    key: 'b',
    value: 1,
    source: 'option',
    hides: ['file', 'store'],
  });
  expect([layers.sourceOf('d'), layers.valueOf('a'), layers.get('x')]).toEqual([
    'store',
    2,
    undefined,
  ]);
});

test('quantiles are right to within a sixth', () => {
  const sketch = new Sketch();
  expect(sketch.quantile(0.5)).toBe(null);
  for (let value = 1; value <= 10_000; value += 1) sketch.add(value);
  for (const share of [0.05, 0.5, 0.95]) {
    const wrong = Math.abs(sketch.quantile(share) / (share * 10_000) - 1);
    expect(wrong).toBeLessThan(1 / 6);
  }
  const one = new Sketch();
  one.add(0.2);
  expect(one.quantile(0.5)).toBeLessThanOrEqual(1);
});

test('a reader that falls behind leaves no listener for each event', async () => {
  const written = [];
  const most = {};
  const res = Object.assign(new EventEmitter(), {
    setHeader() {},
    flushHeaders() {
      this.headersSent = true;
    },
    write(text) {
      written.push(text);
      for (const name of ['close', 'drain', 'error'])
        most[name] = Math.max(most[name] ?? 0, res.listenerCount(name));
      setImmediate(() => res.emit('drain'));
      return false;
    },
    end() {},
  });
  async function* events() {
    for (let at = 0; at < 30; at += 1) yield { event: 'piece', data: at };
  }
  const { signal } = new AbortController();
  const redactor = { json: JSON.stringify };
  await stream({}, res, events(), { format: 'application/x-ndjson', redactor, signal });
  expect(written).toHaveLength(30);
  expect(Object.values(most).every((count) => count <= 1)).toBe(true);
});

test('a profile would have been found where its account was listed in its region', () => {
  const client = new EventEmitter();
  const discoveries = new Discoveries(client);
  const arn = (region, account, kind = 'application-inference-profile') =>
    `arn:aws:bedrock:${region}:${account}:${kind}/x`;
  expect(discoveries.covers(arn('us-east-1', '1'))).toBe(false);
  const profile = (region, account) => ({ arn: region, type: 'APPLICATION', region, account });
  client.emit('discovery', {
    profiles: [profile('us-east-1', '1'), profile('us-west-2', '1')],
    failures: [{ region: 'us-west-2', permission: 'bedrock:ListInferenceProfiles' }],
  });
  expect(discoveries.covers(arn('us-east-1', '1'))).toBe(true);
  expect(discoveries.covers(arn('us-east-1', '2'))).toBe(false);
  expect(discoveries.covers(arn('us-west-2', '1'))).toBe(false);
  expect(discoveries.covers(arn('us-east-1', '1', 'inference-profile'))).toBe(false);
  discoveries.close();
});
