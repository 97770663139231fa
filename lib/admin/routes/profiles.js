'use strict';

const {
  flag,
  integer,
  list,
  map,
  object,
  oneOf,
  operation,
  orNull,
  page,
  paging,
  query,
  ref,
  text,
  time,
  anything,
} = require('../describe.js');
const { Problem } = require('../problem.js');

const STATES = ['mapped', 'discovered', 'unmapped'];
const SORTED = [
  'id',
  'label',
  'name',
  'model',
  'region',
  'status',
  'state',
  'source',
  'age',
  'calls',
  'disagreements',
];

const schemas = {
  Profile: object({
    id: text('The key of its mapping, else its ARN or id'),
    state: oneOf(STATES, '`unmapped`: known from calls or from LibreChat’s configuration alone'),
    label: orNull(text('The operator’s name for it')),
    name: orNull(text('AWS’s name for it')),
    arn: orNull(text('The ARN that is called')),
    model: orNull(text('The base model')),
    otherModels: list(text(), 'Further models that may answer'),
    region: orNull(text('Where it is called')),
    account: orNull(text('The account of its ARN')),
    type: orNull(oneOf(['APPLICATION', 'SYSTEM_DEFINED'])),
    kind: orNull(text('What its id is')),
    status: orNull(text('AWS’s status, where it was discovered')),
    lifecycle: orNull(
      object({ status: oneOf(['active', 'legacy']), 'legacyDate?': text(), 'eolDate?': text() }),
    ),
    tags: orNull(map(text())),
    source: oneOf(
      ['mapping', 'id', 'cache', 'store', 'aws', 'unknown'],
      'Where its model is known from',
    ),
    age: orNull(integer('Milliseconds since AWS confirmed it')),
    discovered: flag('Whether the last discovery found it'),
    mapping: orNull(
      object({
        source: oneOf(['option', 'environment', 'file', 'store']),
        value: ref('Mapping'),
        hides: list(text(), 'Sources that it takes precedence over'),
      }),
    ),
    disagreements: list(
      object({
        about: oneOf(['existence', 'model', 'status', 'region']),
        mapping: orNull(text()),
        aws: orNull(text()),
        message: text(),
      }),
      'Where the mapping and AWS do not say the same',
    ),
    warnings: list(object({ cause: text(), message: text() })),
    calls: integer('Calls of this process, as far as the client of the API has made them'),
    lastCall: orNull(time()),
    lastError: orNull(text('The name of the last call’s error')),
  }),
  Mapping: {
    description: 'A model id, an ARN or an alias; or an object',
    anyOf: [
      text(undefined, { maxLength: 4096 }),
      {
        type: 'object',
        properties: {
          model: text('The base model’s id'),
          profiles: list(
            { anyOf: [text(), ref('MappedProfile')] },
            'What to call: the first one that answers',
            { maxItems: 1000 },
          ),
          label: text('A name for users', { maxLength: 200 }),
          region: text('Where to call what is no ARN'),
          allow: list(text(), 'Regions and geographies outside of which nothing is called'),
        },
      },
    ],
  },
  MappedProfile: object(
    {
      id: text('An ARN, a model id or an alias'),
      'priority?': integer('Lower is called first', { minimum: 0, maximum: 1000 }),
      'weight?': integer('Its share among profiles of the same priority', {
        minimum: 1,
        maximum: 1000,
      }),
      'region?': text('Where to call what is no ARN'),
      'model?': text('Another model than the mapping’s, on purpose'),
      'runsIn?': list(text(), 'Regions and geographies where it processes requests'),
    },
    'One of several profiles of a mapping',
  ),
  ProfilePage: object({
    ...page(ref('Profile')),
    counts: object({
      mapped: integer(),
      discovered: integer(),
      unmapped: integer(),
      disagreeing: integer(),
    }),
    complete: flag(
      'Whether everything is known that is sorted and searched by; if not, ask again in a second',
    ),
  }),
  DiscoverRequest: object({
    'regions?': list(text(undefined, { pattern: '^[a-z0-9-]{1,20}$' }), undefined, {
      minItems: 1,
      maxItems: 50,
    }),
    'accounts?': list(text(), undefined, { minItems: 1, maxItems: 1000 }),
    'types?': list(oneOf(['APPLICATION', 'SYSTEM_DEFINED']), undefined, {
      minItems: 1,
      maxItems: 2,
    }),
    'tags?': flag(),
    'models?': flag(),
    'concurrency?': integer(undefined, { minimum: 1, maximum: 64 }),
  }),
  DiscoverySummary: object({
    running: flag(),
    at: orNull(time()),
    profiles: integer('How many were found'),
    failures: list(map(anything())),
    leftOut: list(object({ arn: text(), why: text() })),
    warnings: list(text()),
    mappings: map(ref('Mapping'), 'What is proposed, for PATCH /mappings'),
  }),
  DiscoveryEvent: object({
    event: oneOf(['profile', 'failure', 'page', 'place', 'result', 'error']),
    data: map(anything()),
  }),
};

const paths = {
  '/profiles': {
    get: operation('listProfiles', 'Every profile that is known', {
      parameters: query({
        'q?': text('Words, each of which is in the id, label, name, ARN, model, region or a tag', {
          maxLength: 500,
        }),
        'state?': list(oneOf(STATES)),
        'region?': text(undefined, { maxLength: 50 }),
        'account?': text(undefined, { maxLength: 20 }),
        'model?': text(undefined, { maxLength: 2048 }),
        'disagreeing?': flag('Only those where mapping and AWS disagree, or only the others'),
        'sort?': text('A member to sort by, with `-` in front for the other way round', {
          enum: SORTED.flatMap((name) => [name, `-${name}`]),
          default: 'id',
        }),
        ...paging,
      }),
      ok: ref('ProfilePage'),
      problems: ['store-failed'],
    }),
  },
  '/profile': {
    get: operation('getProfile', 'One profile, by its id or ARN', {
      parameters: query({ id: text(undefined, { minLength: 1, maxLength: 2048 }) }),
      ok: ref('Profile'),
      problems: ['not-found', 'store-failed'],
    }),
  },
  '/discovery': {
    get: operation('getDiscovery', 'What was discovered last', { ok: ref('DiscoverySummary') }),
    post: operation('discover', 'Discovers profiles, and tells how far it is', {
      access: 'write',
      body: ref('DiscoverRequest'),
      events: ref('DiscoveryEvent'),
      problems: ['conflict', 'aws-error'],
    }),
  },
};

const handlers = ({ profiles, discoveries }) => ({
  listProfiles: async ({ query: wanted }) => ({ body: await profiles.list(wanted) }),
  getProfile: async ({ query: { id } }) => {
    const body = await profiles.find(id);
    if (body === undefined)
      throw new Problem('not-found', 'No profile has this id or ARN.', 'GET /profiles lists them.');
    return { body };
  },
  getDiscovery: async () => ({ body: discoveries.summary() }),
  discover: async ({ body, signal }) => ({ events: discoveries.run(body, signal) }),
});

module.exports = { handlers, paths, schemas };
