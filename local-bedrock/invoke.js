'use strict';

/** The runtime beside Converse: InvokeModel, its stream, CountTokens, ApplyGuardrail. */

const { answerText } = require('./answers');
const { parseArn } = require('./arns');
const { validation } = require('./errors');
const { eventFrame } = require('./eventstream');
const { splitGeo } = require('./models');
const { resolveModels } = require('./resolve');
const { countInput, countTokens } = require('./usage');
const { checkProject, validate } = require('./validate');

const JSON_TYPE = 'application/json';

const malformed = (what) =>
  validation(`Malformed input request: ${what}, please reformat your input and try again.`, 'body');

function needs(body, names) {
  const missing = names.find((name) => body[name] === undefined);
  if (missing) throw malformed(`#: required key [${missing}] not found`);
}

/** How a family's own requests and answers look. */
const FAMILIES = [
  {
    fits: ({ claude }) => claude,
    check: (body) => needs(body, ['anthropic_version', 'max_tokens', 'messages']),
    answer: (body, model, text) => ({
      id: 'msg_bdrk_local',
      type: 'message',
      role: 'assistant',
      model: model.id,
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: {
        input_tokens: countTokens(JSON.stringify(body.messages)),
        output_tokens: countTokens(text),
      },
    }),
    *pieces({ content, usage, stop_reason, ...message }) {
      yield {
        type: 'message_start',
        message: { ...message, content: [], stop_reason: null, usage },
      };
      yield {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'text', text: '' },
      };
      for (const text of content[0].text.match(/.{1,24}/gsu)) {
        yield { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } };
      }
      yield { type: 'content_block_stop', index: 0 };
      yield { type: 'message_delta', delta: { stop_reason }, usage };
      yield { type: 'message_stop' };
    },
  },
  {
    fits: ({ id }) => id.startsWith('amazon.nova'),
    check: (body) => needs(body, ['messages']),
    answer: (body, _model, text) => ({
      output: { message: { role: 'assistant', content: [{ text }] } },
      stopReason: 'end_turn',
      usage: { inputTokens: countInput(body), outputTokens: countTokens(text) },
    }),
  },
  {
    fits: () => true,
    check: () => {},
    answer: (body, _model, text) => ({
      generation: text,
      prompt_token_count: countTokens(JSON.stringify(body)),
      generation_token_count: countTokens(text),
      stop_reason: 'stop',
    }),
  },
];

/** Answers InvokeModel and InvokeModelWithResponseStream, each in the model's own words. */
async function handleInvoke(exchange, server, { modelId, stream }) {
  const { record } = exchange;
  record.modelId = modelId;
  const [model] = resolveModels(modelId, record, server);
  record.model = model.id;
  checkProject(record.headers['x-amzn-bedrock-projectidentifier'], modelId);
  const { body } = record;
  if (body === undefined || body === null || typeof body !== 'object') {
    throw malformed('expected an object');
  }
  const family = FAMILIES.find(({ fits }) => fits(model));
  family.check(body);
  const text = await answerText(record, model, server);
  const answer = family.answer(body, model, text);
  if (!stream) {
    const bytes = Buffer.from(JSON.stringify(answer));
    return server.faults.deliverWhole(exchange, bytes, {
      'x-amzn-bedrock-input-token-count': '1',
      ...tierOf(record),
    });
  }
  exchange.head(200, {
    'content-type': 'application/vnd.amazon.eventstream',
    'x-amzn-bedrock-content-type': JSON_TYPE,
    ...tierOf(record),
  });
  return server.faults.deliver(exchange, chunks(family, answer, exchange, server));
}

function tierOf({ headers }) {
  const tier = headers['x-amzn-bedrock-service-tier'];
  return tier ? { 'x-amzn-bedrock-service-tier': tier } : {};
}

async function* chunks({ pieces }, answer, exchange, server) {
  const all = pieces ? [...pieces(answer)] : [answer];
  for (const [at, one] of all.entries()) {
    if (at > 0 && !(await exchange.pause(server.pace))) return;
    const piece = at < all.length - 1 ? one : { ...one, ...metricsOf(answer) };
    const bytes = Buffer.from(JSON.stringify(piece)).toString('base64');
    yield eventFrame('chunk', { bytes, p: 'abcdefg' });
  }
}

/** What Bedrock adds to the last piece of every model. */
function metricsOf({ usage }) {
  const metrics = { inputTokenCount: 1, outputTokenCount: usage?.output_tokens ?? 1 };
  return { 'amazon-bedrock-invocationMetrics': { ...metrics, invocationLatency: 1 } };
}

/** Answers CountTokens, which takes the ids of models only. */
function handleCount(exchange, server, { modelId }) {
  const { record } = exchange;
  record.modelId = modelId;
  const arn = parseArn(modelId);
  const id = arn ? arn.id : modelId;
  const profile = arn ? arn.type !== 'foundation-model' : splitGeo(id)[0] !== undefined;
  const base = profile ? undefined : server.table.find(id);
  if (!base) throw validation("The provided model doesn't support counting tokens.", 'I8');
  record.model = base.id;
  const { converse, invokeModel } = record.body?.input ?? {};
  if (Boolean(converse) === Boolean(invokeModel)) {
    throw validation('Exactly one of input.invokeModel and input.converse must be given.', 'shape');
  }
  if (converse) validate(converse, base, { stream: false });
  const inputTokens = converse
    ? countInput(converse)
    : countTokens(Buffer.from(invokeModel.body ?? '', 'base64').toString('utf8'));
  const bytes = Buffer.from(JSON.stringify({ inputTokens }));
  return server.faults.deliverWhole(exchange, bytes);
}

/** What the stand-in's guardrails do not let pass. */
const BLOCKED = '[blocked]';

/** Answers ApplyGuardrail: every guardrail blocks the one word, and nothing else. */
function handleGuardrail(exchange, server, { guardrail, version }) {
  const { body } = exchange.record;
  if (!['INPUT', 'OUTPUT'].includes(body?.source) || !Array.isArray(body.content)) {
    throw validation('source must be INPUT or OUTPUT, and content a list.', 'shape');
  }
  if (!/^(DRAFT|[1-9]\d{0,7})$/.test(version) || !/^[a-z0-9]+$/.test(guardrail.split('/').at(-1))) {
    throw validation('The guardrail identifier or version provided in the request does not exist.');
  }
  const texts = body.content.flatMap(({ text }) => text?.text ?? []);
  const blocked = texts.some((text) => text.includes(BLOCKED));
  const answer = {
    usage: { topicPolicyUnits: 0, contentPolicyUnits: 0, wordPolicyUnits: texts.length },
    action: blocked ? 'GUARDRAIL_INTERVENED' : 'NONE',
    outputs: blocked ? [{ text: 'Sorry, the guardrail blocked this.' }] : [],
    assessments: blocked
      ? [{ wordPolicy: { customWords: [{ match: BLOCKED, action: 'BLOCKED' }] } }]
      : [],
  };
  return server.faults.deliverWhole(exchange, Buffer.from(JSON.stringify(answer)));
}

module.exports = { handleCount, handleGuardrail, handleInvoke };
