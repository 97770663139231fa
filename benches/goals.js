'use strict';

/**
 * What is aimed at, each goal with the rows that it is measured by. A goal is checked over each
 * transport that its rows were measured over.
 */

const { SDKS } = require('./clients.js');

const figure = (value) => {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en');
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
};

const least = (values, names) => Math.min(...names.map((name) => values[name] ?? Infinity));

/** So many times less than the best of the AWS SDK's clients. */
const lessThanSdk = (id, times, what) => ({
  id,
  goal: `${what ?? 'main thread'}: ${times} × less than the best SDK`,
  measure({ [id]: { values } }) {
    const ratio = least(values, SDKS) / values.ours;
    return { text: `${figure(ratio)} × less`, met: ratio >= times };
  },
});

/** At most such a share of what plain node:http takes. */
const shareOfFloor = (id, share, said, what) => ({
  id,
  goal: `${what ?? 'main thread'}: ${said}`,
  measure({ [id]: { values } }) {
    const ratio = values.ours / values.floor;
    return { text: `${figure(ratio)} of the floor's`, met: ratio <= share };
  },
});

/** At least so many times the floor's. */
const timesFloor = (id, times, what) => ({
  id,
  goal: `${what}: ${times} × the floor's`,
  measure({ [id]: { values } }) {
    const ratio = values.ours / values.floor;
    return { text: `${figure(ratio)} × the floor's`, met: ratio >= times };
  },
});

/** At most so much more than the floor. */
const aboveFloor = (id, limit, unit, what) => ({
  id,
  goal: `${what}: the floor's + ${limit} ${unit}`,
  measure({ [id]: { values, unit: of } }) {
    const scale = unit === 'ms' && of === 'µs' ? 1000 : 1;
    const above = (values.ours - values.floor) / scale;
    return {
      text: `floor ${above < 0 ? '−' : '+'} ${figure(Math.abs(above))} ${unit}`,
      met: above <= limit,
    };
  },
});

/** Below a limit of its own. */
const below = (id, limit, what, only) => ({
  id,
  only,
  goal: `${what} under ${limit.toLocaleString('en')}`,
  measure({ [id]: { values, unit } }) {
    return { text: `${figure(values.ours)} ${unit}`.trim(), met: values.ours < limit };
  },
});

/** One row against another of the same client. */
const against = (id, other, limit, goal) => ({
  id,
  other,
  goal,
  measure({ [id]: row, [other]: than }) {
    const ratio = row.values.ours / than.values.ours;
    const text = `${figure(ratio)} × (${figure(row.values.ours)} and ${figure(than.values.ours)} ${row.unit})`;
    return { text, met: ratio <= limit };
  },
});

/** What differs by less than this is the same: two measurements of one thing do. */
const SAME = 1.1;

const GOALS = [
  {
    what: 'an event, 100 streams of 200 a second',
    checks: [
      lessThanSdk('streams.main', 15),
      shareOfFloor('streams.main', 1 / 4, 'a quarter of the floor'),
      lessThanSdk('streams.total', 4, 'all threads'),
      shareOfFloor('streams.total', 1, 'no more than the floor', 'all threads'),
    ],
  },
  {
    what: 'an event of one fast stream',
    checks: [
      lessThanSdk('burst.main', 10),
      shareOfFloor('burst.main', 1 / 2, 'half the floor'),
      lessThanSdk('burst.total', 5, 'all threads'),
      shareOfFloor('burst.total', 1, 'no more than the floor', 'all threads'),
    ],
  },
  {
    what: 'a Converse call, 8 at once',
    checks: [
      lessThanSdk('calls.eight.main', 40),
      shareOfFloor('calls.eight.main', 1 / 6, 'a sixth of the floor'),
      lessThanSdk('calls.eight.total', 12, 'all threads'),
      shareOfFloor('calls.eight.total', 1, 'no more than the floor', 'all threads'),
    ],
  },
  {
    what: 'one Converse call after another',
    checks: [
      shareOfFloor('calls.one.main', 1 / 2, 'half the floor'),
      shareOfFloor('calls.one.total', 1, 'no more than the floor', 'all threads'),
      aboveFloor('calls.one.wall', 0.2, 'ms', 'elapsed'),
    ],
  },
  {
    what: '1,000 streams as fast as they are read',
    checks: [
      timesFloor('saturation.rate', 1.3, 'events a second'),
      shareOfFloor('saturation.total', 1, 'no more than the floor', 'all threads'),
    ],
  },
  {
    what: '1,000 streams of 50 events a second',
    checks: [below('delay.p99', 10, 'event loop late, p99, ms:')],
  },
  {
    what: 'a chat with a new client, 10 ms away, TLS',
    checks: [
      below('chat.first', 23, 'first token, ms:'),
      below('chat.total', 1000, 'all threads, µs:'),
    ],
  },
  { what: 'making a client', checks: [below('construct.main', 10, 'main thread, µs:')] },
  {
    what: '300 requests of 300 clients',
    checks: [below('connections.made', 2, 'connections (HTTP/2):', 'tls')],
  },
  {
    what: 'the first event of a stream',
    checks: [aboveFloor('first.p50', 0.2, 'ms', 'p50'), aboveFloor('first.p99', 0.5, 'ms', 'p99')],
  },
  {
    what: "an event's way at half of saturation",
    checks: [aboveFloor('half.p50', 0.2, 'ms', 'p50')],
  },
  {
    what: 'memory of an open stream, 10,000 of them',
    checks: [
      below('memory.stream', 12, 'HTTP/2, KB:', 'tls'),
      below('memory.stream', 20, 'HTTP/1.1, KB:', 'clear'),
    ],
  },
  {
    what: '100,000 calls',
    checks: [
      against(
        'flat.all',
        'flat.tenth',
        SAME,
        'resident memory no higher than after a tenth of them',
      ),
    ],
  },
  {
    what: 'a request with an image or a PDF',
    checks: [
      below('uploads.image.main', 1, 'image of 4 MiB, main thread, ms:'),
      below('uploads.pdf.main', 1, 'PDF of 4 MiB, main thread, ms:'),
      below('uploads.large.main', 4, '20 MB, main thread, ms:'),
      below('gaps.grown', 10, 'gaps in 100 streams beside uploads, p99.9, ms: grown'),
    ],
  },
  {
    what: 'a conversation of 201 messages and 50 tools',
    checks: [
      against('agent.first', 'agent.stringify', 1.5, 'main thread: 1.5 × one JSON.stringify'),
      against('agent.second', 'agent.first', 0.9, 'the next turn: less (at most 0.9 ×)'),
    ],
  },
  {
    what: '5,000 streams instead of 100',
    checks: [
      against('growth.many.main', 'growth.few.main', SAME, 'an event, main thread: the same'),
      against('growth.many.total', 'growth.few.total', SAME, 'an event, all threads: the same'),
      against(
        'growth.calls.many.main',
        'growth.calls.few.main',
        SAME,
        'a call, main thread: the same',
      ),
      against(
        'growth.calls.many.total',
        'growth.calls.few.total',
        SAME,
        'a call, all threads: the same',
      ),
    ],
  },
  {
    what: '2,000 users with 300 mappings instead of one',
    checks: [against('users.2000.main', 'users.1.main', SAME, 'a request, main thread: the same')],
  },
  {
    what: '10,000 mappings instead of one',
    checks: [against('resolving.10000', 'resolving.1', 1.5, 'resolving: the same (at most 1.5 ×)')],
  },
  { what: 'require()', checks: [below('load.wall', 8, 'elapsed, ms:')] },
];

/**
 * Each check with what was measured: `{ what, goal, clear?, tls?, met }`, the transports as
 * `{ text, met }`.
 */
function checked({ rows }) {
  const by = (transport) =>
    Object.fromEntries(
      rows.filter((row) => row.transport === transport).map((row) => [row.id, row]),
    );
  const transports = { clear: by('clear'), tls: by('tls') };
  return GOALS.flatMap(({ what, checks }) =>
    checks.map((check) => ({ what, ...measured(check, transports) })),
  );
}

function measured({ id, other = id, only, goal, measure }, transports) {
  const found = Object.entries(transports).flatMap(([transport, given]) => {
    if (only !== undefined && only !== transport) return [];
    if (given[id]?.values.ours === undefined || given[other] === undefined) return [];
    const result = measure(given);
    return Number.isNaN(result.met) || /NaN|Infinity/.test(result.text)
      ? []
      : [[transport, result]];
  });
  const met = found.length > 0 && found.every(([, result]) => result.met);
  return { goal, ...Object.fromEntries(found), measured: found.length > 0, met };
}

module.exports = { GOALS, checked, figure };
