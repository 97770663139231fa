'use strict';

const { version } = require('../../../package.json');
const { isAvailable } = require('../sources.js');
const {
  flag,
  integer,
  list,
  map,
  object,
  oneOf,
  operation,
  orNull,
  ref,
  text,
  time,
  anything,
} = require('../describe.js');

const schemas = {
  Problem: {
    type: 'object',
    description: 'RFC 9457: what was wrong (`detail`), and what would be right (`remedy`)',
    properties: {
      type: text(undefined, { pattern: '^urn:bedrock-profile-client:problem:[a-z-]+$' }),
      title: text(),
      status: integer(),
      detail: text(),
      remedy: text(),
      errors: list(
        object({
          'pointer?': text('Where in the body: RFC 6901'),
          'parameter?': text('Which parameter'),
          detail: text(),
          remedy: text(),
        }),
      ),
      problems: list(ref('MappingProblem')),
      version: text('The version that is there now'),
      aws: map(anything()),
      retryAfter: integer('Seconds'),
      id: text('What the log calls it'),
    },
    required: ['type', 'title', 'status', 'detail'],
  },
  Overview: object({
    name: text(),
    version: text(),
    node: text(),
    region: orNull(text()),
    page: flag('Whether the page is served beside the API'),
    available: object({
      metrics: flag(),
      cost: flag(),
      budgets: flag(),
      doctor: flag(),
      mappings: ref('MappingsStorage'),
    }),
  }),
  Session: object({
    actor: text('Who is signed in'),
    mode: oneOf(['authorize', 'loopback']),
    expiresAt: orNull(time()),
    csrf: object(
      { header: text(), value: text() },
      'What requests that change something must send',
    ),
  }),
};

const paths = {
  '/': { get: operation('getOverview', 'What there is', { ok: ref('Overview') }) },
  '/openapi.json': {
    get: operation('getDescription', 'This description', { ok: { type: 'object' } }),
  },
  '/session': {
    get: operation('getSession', 'Who is signed in', { ok: ref('Session') }),
    delete: operation('endSession', 'Signs out', { status: 204 }),
  },
};

const handlers = ({ client, sources, mappings, page, description, sessionOf }) => ({
  getOverview: async () => ({
    body: {
      name: 'bedrock-profile-client',
      version,
      node: process.versions.node,
      region: await client.config.region().catch(() => null),
      page: page.isThere,
      available: {
        metrics: isAvailable(sources.metrics, 'read'),
        cost: isAvailable(sources.cost, 'read'),
        budgets: isAvailable(sources.cost, 'budgets'),
        doctor: isAvailable(sources.doctor, 'run'),
        mappings: await mappings.storage(),
      },
    },
  }),
  getDescription: async () => ({ body: description() }),
  getSession: async (call) => ({ body: sessionOf(call) }),
  endSession: async ({ endSession }) => ({ status: 204, headers: endSession() }),
});

module.exports = { handlers, paths, schemas };
