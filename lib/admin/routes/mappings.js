'use strict';

const {
  anything,
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
} = require('../describe.js');
const { FORMATS, exported } = require('../formats.js');
const { filtered } = require('../pace.js');

const SOURCES = ['option', 'environment', 'file', 'store'];
const LARGE = 32 * 1024 * 1024;

const KEY = text(undefined, { minLength: 1, maxLength: 4096 });
const MEMBERS = { type: 'object', additionalProperties: ref('Mapping'), propertyNames: KEY };
const TEXT = {
  text: text('The text to import', { maxLength: LARGE }),
  'format?': oneOf(['auto', ...FORMATS]),
  'mode?': oneOf(['merge', 'replace'], 'Default: merge'),
};
const PATCH = object(
  { 'set?': MEMBERS, 'remove?': list(KEY, undefined, { maxItems: 500_000 }) },
  'Sets some, and removes some',
);

const schemas = {
  MappingsChange: {
    description: 'What is to change: some entries, all of them, or a text to import',
    anyOf: [object({ mappings: MEMBERS }), object(TEXT), PATCH],
  },
  MappingProblem: object({
    severity: oneOf(['error', 'warning']),
    entry: orNull(text('The key')),
    message: text(),
  }),
  MappingChange: object({
    key: text(),
    'before?': anything('Absent where there was none'),
    'after?': anything('Absent where none is left'),
  }),
  MappingsDiff: object({
    added: integer(),
    removed: integer(),
    changed: integer(),
    unchanged: integer(),
    changes: list(ref('MappingChange'), 'The first 1,000 of them'),
    truncated: flag('Whether there are more'),
  }),
  MappingEntry: object({
    key: text(),
    value: ref('Mapping'),
    source: oneOf(SOURCES),
    hides: list(text(), 'Sources that it takes precedence over'),
  }),
  MappingsStorage: object({
    kind: oneOf(['file', 'store', 'none']),
    name: orNull(text('The file’s path, or the store')),
    writable: flag(),
    reason: orNull(text('Why it cannot be written')),
  }),
  MappingsPage: object({
    ...page(ref('MappingEntry')),
    version: text('What If-Match takes'),
    at: orNull(time('When the file was written')),
    storage: ref('MappingsStorage'),
    broken: orNull(text('Why the file or the store cannot be read')),
  }),
  MappingsPreview: object({
    version: text(),
    valid: flag(),
    problems: list(ref('MappingProblem')),
    'format?': oneOf(FORMATS),
    diff: ref('MappingsDiff'),
    notes: list(text()),
  }),
  MappingsWritten: object({
    id: text('The entry of the audit log'),
    version: text(),
    diff: ref('MappingsDiff'),
    problems: list(ref('MappingProblem'), 'Warnings; errors would have hindered it'),
  }),
  MappingsText: object(TEXT),
  MappingsPatch: PATCH,
  MappingsReplacement: object({ mappings: MEMBERS }),
  AuditEntry: object({
    id: text(),
    at: time(),
    actor: text(),
    target: oneOf(['mappings', 'overrides']),
    action: text(),
    count: integer('How many keys were changed'),
    changes: list(ref('MappingChange'), 'The first 100 of them'),
    from: text('The version before'),
    to: text('The version after'),
    undoOf: orNull(text()),
    undoneBy: orNull(text()),
    undoable: flag(),
  }),
  AuditPage: object(page(ref('AuditEntry'))),
  Overrides: object({
    version: text('What If-Match takes'),
    writable: flag(),
    reason: orNull(text()),
    overrides: map(map(anything()), 'Those in force, by model or profile'),
    stored: map(map(anything()), 'Those that can be written'),
    fixed: list(text(), 'Ids whose overrides are the client’s option'),
  }),
  OverridesReplacement: object({ overrides: map(map(anything())) }),
  OverridesWritten: object({ id: text(), version: text(), changes: list(ref('MappingChange')) }),
  OverridesPreviewRequest: object({
    overrides: map(map(anything())),
    id: text(undefined, { minLength: 1, maxLength: 2048 }),
  }),
};

const written = {
  access: 'write',
  versioned: true,
  limit: LARGE,
  ok: ref('MappingsWritten'),
  problems: ['mappings-not-valid', 'conflict'],
};
const previewed = {
  limit: LARGE,
  body: ref('MappingsChange'),
  ok: ref('MappingsPreview'),
  problems: ['store-failed'],
};

const paths = {
  '/mappings': {
    get: operation('listMappings', 'The mappings in force, and where changes go', {
      parameters: query({
        'q?': text('A part of a key', { maxLength: 500 }),
        'source?': list(oneOf(SOURCES)),
        ...paging,
      }),
      ok: ref('MappingsPage'),
      etag: true,
      problems: ['store-failed'],
    }),
    patch: operation('patchMappings', 'Sets and removes mappings', {
      ...written,
      body: ref('MappingsPatch'),
    }),
    put: operation('replaceMappings', 'Replaces all mappings of the file or the store', {
      ...written,
      body: ref('MappingsReplacement'),
    }),
  },
  '/mappings/validate': {
    post: operation('validateMappings', 'Says what would be wrong after a change', previewed),
  },
  '/mappings/diff': {
    post: operation('diffMappings', 'Says what a change would make different', previewed),
  },
  '/mappings/import': {
    post: operation(
      'importMappings',
      'Imports JSON, YAML, lines of a .env file, or librechat.yaml',
      { ...written, body: ref('MappingsText') },
    ),
  },
  '/mappings/export': {
    get: operation('exportMappings', 'The mappings as a file', {
      parameters: query({
        'format?': text(undefined, { enum: FORMATS, default: 'json' }),
        'of?': text('All in force, or those that can be written', {
          enum: ['effective', 'own'],
          default: 'effective',
        }),
      }),
      media: {
        'application/json': { schema: map(ref('Mapping')) },
        'application/yaml': { schema: text() },
        'text/plain': { schema: text() },
      },
      problems: ['store-failed'],
    }),
  },
  '/overrides': {
    get: operation('getOverrides', 'What the operator says of models', {
      ok: ref('Overrides'),
      etag: true,
      problems: ['store-failed'],
    }),
    put: operation('replaceOverrides', 'Replaces the overrides in the store', {
      access: 'write',
      versioned: true,
      body: ref('OverridesReplacement'),
      ok: ref('OverridesWritten'),
      problems: ['overrides-not-valid'],
    }),
  },
  '/overrides/preview': {
    post: operation('previewOverrides', 'What would be known of an id with these overrides', {
      body: ref('OverridesPreviewRequest'),
      ok: ref('Capabilities'),
      problems: ['overrides-not-valid', 'aws-error'],
    }),
  },
  '/audit': {
    get: operation('listAudit', 'Who changed what, the latest first', {
      parameters: query(paging),
      ok: ref('AuditPage'),
      problems: ['store-failed'],
    }),
  },
  '/audit/undo': {
    post: operation('undoChange', 'Takes a change back', {
      access: 'write',
      versioned: true,
      body: object({ id: text('The entry of the audit log', { minLength: 1, maxLength: 100 }) }),
      ok: object({
        id: text(),
        version: text(),
        'diff?': ref('MappingsDiff'),
        'problems?': list(ref('MappingProblem')),
        'changes?': list(ref('MappingChange')),
      }),
      problems: ['not-found', 'conflict', 'mappings-not-valid', 'overrides-not-valid'],
    }),
  },
};

const tagged = (body) => ({ body, headers: { ETag: `"${body.version}"` } });

const handlers = ({ mappings, overrides, audit }) => ({
  listMappings: async ({ query: { q = '', source, offset, limit } }) => {
    const { layers, version, at, broken = null } = await mappings.now();
    const part = q.toLowerCase();
    const keys = await layers.keys();
    const fits = (key) =>
      key.toLowerCase().includes(part) &&
      (source === undefined || source.includes(layers.sourceOf(key)));
    const isAll = part === '' && source === undefined;
    const wanted = isAll ? keys : await filtered(keys, fits);
    const items = wanted.slice(offset, offset + limit).map((key) => layers.get(key));
    return tagged({
      items,
      total: wanted.length,
      offset,
      limit,
      version,
      at,
      storage: await mappings.storage(),
      broken,
    });
  },
  validateMappings: async ({ body }) => ({ body: await mappings.preview(body) }),
  diffMappings: async ({ body }) => ({ body: await mappings.preview(body) }),
  patchMappings: async ({ body, matches, actor }) =>
    tagged(await mappings.write(body, { matches, actor, action: 'mappings.patch' })),
  replaceMappings: async ({ body, matches, actor }) =>
    tagged(await mappings.write(body, { matches, actor, action: 'mappings.replace' })),
  importMappings: async ({ body, matches, actor }) =>
    tagged(await mappings.write(body, { matches, actor, action: 'mappings.import' })),
  exportMappings: async ({ query: { format, of } }) => {
    const { own, layers } = await mappings.now();
    const keys = await layers.keys();
    const entries =
      of === 'own'
        ? keys.filter((key) => own.has(key)).map((key) => [key, own.get(key)])
        : keys.map((key) => [key, layers.valueOf(key)]);
    const { text: content, type, name } = await exported(entries, format);
    return {
      text: content,
      headers: {
        'Content-Type': `${type}; charset=utf-8`,
        'Content-Disposition': `attachment; filename="${name}"`,
      },
    };
  },
  getOverrides: async () => tagged(await overrides.now()),
  replaceOverrides: async ({ body, matches, actor }) =>
    tagged(await overrides.write(body.overrides, { matches, actor })),
  previewOverrides: async ({ body }) => ({
    body: await overrides.preview(body.overrides, body.id),
  }),
  listAudit: async ({ query: wanted }) => ({ body: await audit.list(wanted) }),
  undoChange: async ({ body, matches, actor }) =>
    tagged(await audit.undo(body.id, { matches, actor })),
});

module.exports = { handlers, paths, schemas };
