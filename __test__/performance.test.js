'use strict';

// docs/performance.md, its plots and the README's figures are what benches/results.json says; limits of
// counts name what grew.

const { spawnSync } = require('node:child_process');
const path = require('node:path');

const { grown } = require('../benches/counts');
const limits = require('../benches/counts/limits.json');
const { GOALS, checked } = require('../benches/goals.js');
const results = require('../benches/results.json');

const root = path.join(__dirname, '..');

test('the page, its plots and the figures of the README are made of the results', () => {
  const words = [path.join('benches', 'page.js'), '--check'];
  const { status, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

test('the results say something of every goal, and on which machine', () => {
  const without = checked(results).filter(({ measured }) => !measured);
  expect(without).toEqual([]);
  expect(GOALS.length).toBeGreaterThan(15);
  expect(results.about).toEqual(
    expect.objectContaining({
      cpu: expect.any(String),
      node: expect.any(String),
      packages: expect.any(Object),
      release: true,
    }),
  );
});

const row = (id, transport, values) => ({ id, transport, what: id, unit: 'µs', values });
const goalOf = (rows, what) =>
  checked({ rows }).find(({ measured, goal }) => measured && goal.includes(what));

test('a goal against the SDK counts the best one', () => {
  const values = { ours: 2, http2: 100, http1: 40, undici: 29, ai: 1, floor: 10 };
  const { clear, met } = goalOf([row('streams.main', 'clear', values)], 'best SDK');
  expect(clear).toEqual({ text: '14.5 × less', met: false });
  expect(met).toBe(false);
  const better = { ...values, ours: 1.9 };
  expect(goalOf([row('streams.main', 'clear', better)], 'best SDK').met).toBe(true);
});

test('a goal is met where it is met over every transport', () => {
  const rows = [
    row('streams.main', 'clear', { ours: 1, floor: 4 }),
    row('streams.main', 'tls', { ours: 1, floor: 3 }),
  ];
  const { clear, tls, met } = goalOf(rows, 'a quarter of the floor');
  expect([clear.met, tls.met, met]).toEqual([true, false, false]);
});

test('what was not measured is no goal that was missed', () => {
  expect(goalOf([row('streams.main', 'clear', { http2: 4 })], '')).toBeUndefined();
});

test('counts that have grown past their limit are named, within the margin they are not', () => {
  const { call } = limits;
  expect(grown({ call }, limits)).toEqual([]);
  const more = { ...call, allocations: call.allocations * 1.5 };
  expect(grown({ call: more }, limits)).toEqual([
    expect.stringMatching(
      /^a small Converse call takes [\d,.]+ allocations, was [\d,.]+ \(50 % more\)\.$/,
    ),
  ]);
  expect(grown({ call: { ...call, allocations: call.allocations * 1.02 } }, limits)).toEqual([]);
  expect(grown({ call: { more: 1 } }, limits)[0]).toContain('says nothing of call.more');
});
