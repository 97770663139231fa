'use strict';

/** What `npm run demo -- --ui` starts: made-up traffic and a made-up past, behind the API and the page. */

const fs = require('node:fs');
const os = require('node:os');
const { startUi, playUi } = require('../scripts/demo/ui');
const { History } = require('../scripts/demo/history');
const { streams } = require('../scripts/demo/cast');
const { Terminal } = require('../scripts/demo/terminal');
const { until } = require('./support/bedrock');

const DAY = 24 * 3_600_000;
const folders = () =>
  fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('bedrock-demo-'));

async function signedIn(oneTimeUrl) {
  const { headers } = await fetch(oneTimeUrl, { redirect: 'manual' });
  const cookie = headers.get('set-cookie').split(';')[0];
  const { origin } = new URL(oneTimeUrl);
  return async (address) =>
    (await fetch(`${origin}/api${address}`, { headers: { cookie } })).json();
}

test('has profiles, 90 days of history, errors with hints and budgets', async () => {
  const before = folders();
  const ui = await startUi({ pause: 1 });
  try {
    const get = await signedIn(ui.oneTimeUrl());
    const { items } = await get('/profiles?limit=100');
    expect(items.map(({ label }) => label)).toContain('Support desk');
    const from = new Date(Date.now() - 90 * DAY).toISOString();
    const { series } = await get(`/metrics?resolution=day&name=calls&from=${from}`);
    const calls = series.find(({ labels }) => labels.profile === 'Support desk');
    expect(calls.points.length).toBeGreaterThan(89);
    const { rows } = await get(`/cost?resolution=day&by=period&by=team&from=${from}`);
    expect(
      rows
        .filter(({ team }) => team === 'engineering')
        .some(({ unpricedCalls }) => unpricedCalls > 0),
    ).toBe(true);
    await until(async () => {
      const { lastErrors } = await get('/metrics?resolution=minute');
      return lastErrors.some(({ hint }) => typeof hint === 'string');
    });
    await until(async () => (await get('/budgets')).budgets.some(({ spent }) => spent > 0));
  } finally {
    await ui.close();
  }
  await expect(fetch(ui.url)).rejects.toThrow('fetch failed');
  expect(folders()).toEqual(before);
});

test('stays until it is told to stop, and names its URL', async () => {
  const stop = new AbortController();
  let text = '';
  const out = { write: (piece) => (text += piece) };
  const playing = playUi({ port: '0' }, new Terminal(out, {}), stop.signal);
  await until(() => /http:\/\/127\.0\.0\.1:\d+\/sign-in\?token=/.test(text));
  stop.abort();
  await playing;
});

test('refuses a port that is none', async () => {
  const terminal = new Terminal({ write: () => true }, {});
  await expect(playUi({ port: 'http' }, terminal, AbortSignal.abort())).rejects.toThrow(
    '--port must be a whole number from 0 to 65535, not "http"',
  );
});

test('the history is the same each time, and knows no price that nobody knows', () => {
  const now = () => Date.UTC(2026, 10, 27, 12, 30);
  const made = () => new History({ streams: streams(), priceOf: () => null, now });
  const query = { from: '2026-11-26T00:00:00Z', resolution: 'hour' };
  expect(made().metrics(query)).toEqual(made().metrics(query));
  const { rows } = made().cost({ ...query, by: ['profile'] });
  expect(
    rows.every(({ cost, calls, unpricedCalls }) => cost === null && calls === unpricedCalls),
  ).toBe(true);
  const early = new History({
    streams: streams(),
    priceOf: () => 1,
    now,
    until: Date.UTC(2026, 10, 26),
  });
  expect(early.cost({ ...query, by: ['period'] }).rows).toEqual([]);
});
