'use strict';

// What other parts of the product count and check. Where one of them is off, it is said so: no number is made up.

const {
  anything,
  flag,
  integer,
  list,
  map,
  number,
  object,
  oneOf,
  operation,
  orNull,
  query,
  ref,
  text,
  time,
} = require('../describe.js');
const { csv } = require('../../money/export.js');
const { Problem } = require('../problem.js');

const RESOLUTIONS = ['minute', 'hour', 'day'];
const DIMENSIONS = ['period', 'profile', 'model', 'user', 'team'];
/** What rows of cost are told apart by where nobody says it. */
const USUAL_ROWS = ['period', 'profile', 'model'];
const RANGE = { 'from?': time(), 'to?': time(), 'resolution?': oneOf(RESOLUTIONS) };

const schemas = {
  Series: object({
    name: text(),
    unit: text(),
    labels: map(text()),
    points: list(object({ at: time(), value: orNull(number('null: not known')) })),
    'estimated?': flag(),
  }),
  Metrics: object({
    from: time(),
    to: time(),
    resolution: oneOf(RESOLUTIONS),
    series: list(ref('Series')),
    'lastErrors?': list(map(anything())),
  }),
  Cost: object({
    from: time(),
    to: time(),
    resolution: oneOf(RESOLUTIONS),
    complete: flag('Whether the store gave all of it'),
    rows: list(map(anything()), '`cost` is in USD; `null` where no price is known'),
  }),
  Budgets: object({ budgets: list(map(anything()), '`spent` is `null` where it is not known') }),
  DoctorReport: object({
    ok: flag(),
    failures: integer(),
    warnings: integer(),
    checks: list(
      object({
        id: text(),
        title: text(),
        status: oneOf(['ok', 'skipped', 'warning', 'failure']),
        findings: list(map(anything())),
      }),
    ),
  }),
};

const paths = {
  '/metrics': {
    get: operation('getMetrics', 'Calls, errors, throttles, times and tokens over time', {
      parameters: query({ 'name?': list(text(undefined, { maxLength: 200 })), ...RANGE }),
      ok: ref('Metrics'),
      problems: ['not-available'],
    }),
  },
  '/cost': {
    get: operation('getCost', 'What calls have cost', {
      parameters: query({
        'by?': list(oneOf(DIMENSIONS), 'What rows are told apart by'),
        'format?': oneOf(['json', 'csv'], 'CSV as in RFC 4180'),
        ...RANGE,
      }),
      media: {
        'application/json': { schema: ref('Cost') },
        'text/csv': { schema: text() },
      },
      problems: ['not-available'],
    }),
  },
  '/budgets': {
    get: operation('getBudgets', 'Budgets and what is left of them', {
      ok: ref('Budgets'),
      problems: ['not-available'],
    }),
  },
  '/doctor': {
    get: operation('runDoctor', 'Checks the installation', {
      ok: ref('DoctorReport'),
      problems: ['not-available', 'aws-error'],
    }),
  },
};

const OFF = {
  metrics: [
    'Metrics are switched off here.',
    'Leave `metrics: false` out of the options of createAdminRouter().',
  ],
  cost: [
    'Cost is switched off here.',
    'Leave `cost: false` out of the options of createAdminRouter().',
  ],
  budgets: [
    'Budgets are not available here.',
    'Give the `cost` of createAdminRouter() its budgets(), or leave it out.',
  ],
  doctor: ['The doctor is switched off here.', 'Run `npx bedrock-profile-client doctor`.'],
};

function use(source, method, name) {
  if (typeof source?.[method] === 'function') return source[method].bind(source);
  throw new Problem('not-available', ...OFF[name]);
}

function checkRange({ from, to }) {
  for (const [name, value] of Object.entries({ from, to })) {
    if (value !== undefined && Number.isNaN(Date.parse(value))) {
      throw new Problem(
        'invalid-input',
        `?${name} is no time.`,
        'Write it as 2026-01-31T00:00:00Z.',
        {
          errors: [
            {
              parameter: name,
              detail: 'It is no time.',
              remedy: 'Write it as 2026-01-31T00:00:00Z.',
            },
          ],
        },
      );
    }
  }
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to)) {
    throw new Problem(
      'invalid-input',
      '?from is not before ?to.',
      'Put the earlier time into from.',
      {
        errors: [
          {
            parameter: 'from',
            detail: 'It is not before to.',
            remedy: 'Put the earlier time into from.',
          },
        ],
      },
    );
  }
}

const handlers = ({ sources }) => ({
  getMetrics: async ({ query: wanted, signal }) => {
    checkRange(wanted);
    return { body: await use(sources.metrics, 'read', 'metrics')({ ...wanted, signal }) };
  },
  getCost: async ({ query: wanted, signal }) => {
    checkRange(wanted);
    const { format, ...asked } = wanted;
    const body = await use(sources.cost, 'read', 'cost')({ ...asked, signal });
    if (format !== 'csv') return { body };
    return {
      text: csv(body.rows, asked.by ?? USUAL_ROWS),
      headers: {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': 'attachment; filename="bedrock-cost.csv"',
      },
    };
  },
  getBudgets: async ({ signal }) => ({
    body: await use(sources.cost, 'budgets', 'budgets')({ signal }),
  }),
  runDoctor: async ({ signal }) => ({
    body: await use(sources.doctor, 'run', 'doctor')({ signal }),
  }),
});

module.exports = { handlers, paths, schemas };
