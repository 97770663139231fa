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
const { Problem } = require('../problem.js');

const RESOLUTIONS = ['minute', 'hour', 'day'];
const DIMENSIONS = ['period', 'profile', 'model', 'user', 'team'];
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
        ...RANGE,
      }),
      ok: ref('Cost'),
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
    'Metrics are not collected: telemetry is off.',
    'Switch telemetry on, and give createAdminRouter() its `metrics`.',
  ],
  cost: [
    'Cost is not counted: telemetry is off.',
    'Switch it on, and give createAdminRouter() its `cost`.',
  ],
  budgets: [
    'There are no budgets: they are not configured.',
    'Configure budgets, and give createAdminRouter() its `cost`.',
  ],
  doctor: [
    'The doctor is not set up here.',
    'Give createAdminRouter() a `doctor`, or run `npx bedrock-profile-client doctor`.',
  ],
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
    return { body: await use(sources.cost, 'read', 'cost')({ ...wanted, signal }) };
  },
  getBudgets: async ({ signal }) => ({
    body: await use(sources.cost, 'budgets', 'budgets')({ signal }),
  }),
  runDoctor: async ({ signal }) => ({
    body: await use(sources.doctor, 'run', 'doctor')({ signal }),
  }),
});

module.exports = { handlers, paths, schemas };
