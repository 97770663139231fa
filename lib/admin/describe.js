'use strict';

// Words for the description of the API: JSON Schema and OpenAPI 3.1 in short.

const { PROBLEMS, urn } = require('./problem.js');

const text = (description, more) => ({
  type: 'string',
  ...(description && { description }),
  ...more,
});
const integer = (description, more) => ({
  type: 'integer',
  ...(description && { description }),
  ...more,
});
const number = (description, more) => ({
  type: 'number',
  ...(description && { description }),
  ...more,
});
const flag = (description, more) => ({
  type: 'boolean',
  ...(description && { description }),
  ...more,
});
const time = (description) => text(description, { format: 'date-time' });
const list = (items, description, more) => ({
  type: 'array',
  items,
  ...(description && { description }),
  ...more,
});
const oneOf = (values, description) => text(description, { enum: values });
const ref = (name) => ({ $ref: `#/components/schemas/${name}` });
const anything = (description) => ({ description });
const map = (values, description) => ({
  type: 'object',
  additionalProperties: values,
  ...(description && { description }),
});

/** The same, or null. */
const orNull = (schema) =>
  schema.$ref || schema.enum
    ? { anyOf: [schema, { type: 'null' }] }
    : { ...schema, type: [schema.type, 'null'].flat() };

/** An object of these members and no others; those whose names end with `?` may be absent. */
function object(members, description) {
  const entries = Object.entries(members);
  const required = entries.map(([name]) => name).filter((name) => !name.endsWith('?'));
  return {
    type: 'object',
    ...(description && { description }),
    properties: Object.fromEntries(
      entries.map(([name, schema]) => [name.replace(/\?$/, ''), schema]),
    ),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

/** Parameters of a query; those whose names end with `?` may be absent. */
const query = (members) =>
  Object.entries(members).map(([name, schema]) => ({
    name: name.replace(/\?$/, ''),
    in: 'query',
    required: !name.endsWith('?'),
    schema,
    ...(schema.description && { description: schema.description }),
  }));

const paging = {
  'offset?': integer('How many to leave out', { minimum: 0, maximum: 10_000_000, default: 0 }),
  'limit?': integer('How many to give', { minimum: 1, maximum: 500, default: 50 }),
};

const page = (item) => ({
  items: list(item),
  total: integer('How many match'),
  offset: integer(),
  limit: integer(),
});

const IF_MATCH = {
  name: 'If-Match',
  in: 'header',
  required: true,
  schema: text(),
  description: 'The ETag that was read; `*` overwrites whatever is there',
};

const problemsOf = (kinds) => {
  const byStatus = new Map();
  for (const kind of kinds) {
    const [status, title] = PROBLEMS[kind];
    byStatus.set(status, [...(byStatus.get(status) ?? []), `${title} (\`${urn(kind)}\`)`]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, titles]) => [
      status,
      {
        description: titles.join('; '),
        content: { 'application/problem+json': { schema: ref('Problem') } },
      },
    ]),
  );
};

/** What may be wrong with any request. */
const ALWAYS = [
  'invalid-input',
  'not-signed-in',
  'session-over',
  'not-authorized',
  'not-loopback',
  'wrong-host',
  'cross-site',
  'internal',
];
const WITH_BODY = ['request-timeout', 'too-large', 'unsupported-media-type'];
const WITH_VERSION = ['version-mismatch', 'version-required', 'read-only', 'store-failed'];

/**
 * An operation.
 *
 * @param {string} operationId
 * @param {string} summary
 * @param {{ access?: 'read' | 'write' | 'try' | 'open', parameters?: object[], body?: object, limit?: number,
 *   ok?: object, events?: object, media?: Record<string, object>, versioned?: boolean, problems?: string[] }} about
 *   `ok`: the schema of the answer; `events`: that of one event of a stream; `versioned`: whether it changes
 *   what `If-Match` names
 */
function operation(operationId, summary, about) {
  const {
    access = 'read',
    parameters = [],
    body,
    limit,
    ok,
    events,
    media,
    versioned,
    etag,
    status = 200,
    problems = [],
  } = about;
  const kinds = [
    ...ALWAYS,
    ...(body ? WITH_BODY : []),
    ...(versioned ? WITH_VERSION : []),
    ...(events ? ['not-acceptable'] : []),
    ...problems,
  ];
  const streamed = {
    'text/event-stream': { schema: events },
    'application/x-ndjson': { schema: events },
  };
  const content = events ? streamed : (media ?? (ok && { 'application/json': { schema: ok } }));
  const headers = versioned || etag ? { headers: { ETag: { schema: text('The version') } } } : {};
  return {
    operationId,
    summary,
    'x-access': access,
    ...(limit && { 'x-body-limit': limit }),
    ...(parameters.length + (versioned ? 1 : 0) > 0 && {
      parameters: versioned ? [IF_MATCH, ...parameters] : parameters,
    }),
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: body } } },
    }),
    responses: {
      [status]: { description: summary, ...headers, ...(content && { content }) },
      ...problemsOf(new Set(kinds)),
    },
  };
}

module.exports = {
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
  page,
  paging,
  query,
  ref,
  text,
  time,
};
