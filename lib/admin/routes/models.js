'use strict';

const {
  anything,
  flag,
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
} = require('../describe.js');
const { catalogModels } = require('../../catalog.js');
const { Limiter } = require('../limiter.js');
const { Problem } = require('../problem.js');
const trial = require('../trial.js');

const ID = text('A model id, an alias or an ARN', { minLength: 1, maxLength: 2048 });
const REQUEST = {
  modelId: ID,
  'prompt?': text('One user message, where `messages` is absent', {
    minLength: 1,
    maxLength: 1_000_000,
  }),
  'messages?': list(map(anything()), 'As in Converse; bytes as base64', { maxItems: 10_000 }),
  'system?': list(map(anything())),
  'inferenceConfig?': map(anything()),
  'toolConfig?': map(anything()),
  'additionalModelRequestFields?': anything(),
  'requestMetadata?': map(text()),
  'performanceConfig?': map(anything()),
  'guardrailConfig?': map(anything()),
  'gating?': oneOf(['adapt', 'strict', 'off']),
};
const LIMIT = 8 * 1024 * 1024;

const schemas = {
  Capabilities: {
    type: 'object',
    description: 'Each fact with its value, source and age: `ModelCapabilities` of the types',
    properties: { model: text() },
    required: ['model'],
    additionalProperties: { type: 'object' },
  },
  CatalogModel: {
    type: 'object',
    description: 'A model of the catalog and what is known of it',
    properties: { model: text() },
    required: ['model'],
  },
  ModelPage: object(page(ref('CatalogModel'))),
  TrialRequest: object(REQUEST),
  ExplainRequest: object({ ...REQUEST, 'stream?': flag('As ConverseStream') }),
  Explanation: {
    type: 'object',
    properties: {
      resolved: map(anything()),
      capabilities: ref('Capabilities'),
      changes: list(map(anything())),
      violations: list(map(anything())),
      attribution: list(map(anything())),
      request: object({ method: text(), url: text(), body: text('Byte for byte') }),
    },
    required: ['resolved', 'capabilities', 'changes', 'violations', 'request'],
  },
  TrialEvent: object({
    event: oneOf(['explanation', 'begin', 'stream', 'end', 'error']),
    data: map(anything()),
  }),
  TrialEnd: object({
    stopReason: orNull(text()),
    usage: orNull(map(anything())),
    timing: object({
      responseMs: number(),
      firstTokenMs: orNull(number()),
      totalMs: number(),
      latencyMs: orNull(number()),
      tokensPerSecond: orNull(number()),
    }),
    cost: orNull(map(anything())),
  }),
};

const paths = {
  '/models': {
    get: operation('listModels', 'The models of the catalog', {
      parameters: query({
        'q?': text('A part of an id, provider or family', { maxLength: 500 }),
        'provider?': text(undefined, { maxLength: 100 }),
        'status?': oneOf(['active', 'legacy', 'eol', 'preview']),
        ...paging,
      }),
      ok: ref('ModelPage'),
    }),
  },
  '/capabilities': {
    get: operation(
      'getCapabilities',
      'What the model behind an id can do, each fact with its source and age',
      { parameters: query({ id: ID }), ok: ref('Capabilities'), problems: ['aws-error'] },
    ),
  },
  '/explain': {
    post: operation('explain', 'What would be sent, and why; nothing is called', {
      access: 'try',
      body: ref('ExplainRequest'),
      limit: LIMIT,
      ok: ref('Explanation'),
      problems: ['aws-error'],
    }),
  },
  '/try': {
    post: operation('tryRequest', 'Sends a request, and streams what comes back', {
      access: 'try',
      body: ref('TrialRequest'),
      limit: LIMIT,
      events: ref('TrialEvent'),
      problems: ['rate-limited', 'aws-error'],
    }),
  },
};

const has =
  (part) =>
  ({ model, provider, family }) =>
    [model, provider, family].some((one) =>
      String(one ?? '')
        .toLowerCase()
        .includes(part),
    );

const handlers = ({ client, priced, tryLimit }) => {
  const limiter = new Limiter(tryLimit);
  const checked = (body) => {
    if ((body.prompt === undefined) === (body.messages === undefined)) {
      throw new Problem(
        'invalid-input',
        'The request needs one of prompt and messages.',
        'Give a prompt, or messages as in Converse.',
        {
          errors: [
            {
              pointer: '/prompt',
              detail: 'Either this or messages must be there.',
              remedy: 'Give one of them.',
            },
          ],
        },
      );
    }
    return body;
  };
  return {
    listModels: async ({ query: { q = '', provider, status, offset, limit } }) => {
      const wanted = catalogModels().filter(
        (model) =>
          has(q.toLowerCase())(model) &&
          (provider === undefined || model.provider === provider) &&
          (status === undefined || model.status === status),
      );
      return {
        body: { items: wanted.slice(offset, offset + limit), total: wanted.length, offset, limit },
      };
    },
    getCapabilities: async ({ query: { id } }) => ({ body: await client.capabilities(id) }),
    explain: async ({ body }) => {
      const { gating, stream = false } = checked(body);
      return {
        body: await client.explain(trial.inputOf(body), { stream, ...(gating && { gating }) }),
      };
    },
    tryRequest: async ({ body, signal, actor }) => {
      checked(body);
      const end = limiter.begin(actor);
      return { events: trial.run(client, body, signal, priced), finally: end };
    },
  };
};

module.exports = { handlers, paths, schemas };
