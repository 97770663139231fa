'use strict';

/** The runtime: Converse and ConverseStream. */

const { validation } = require('./errors');
const { eventFrame } = require('./eventstream');
const {
  contentBlocks,
  countOutput,
  defaultAnswer,
  limit,
  scriptedError,
  streamEvents,
} = require('./answers');
const { resolveModels } = require('./resolve');
const { makeUsage } = require('./usage');
const { validate } = require('./validate');

const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** The service pads each event to hide how long its text is. */
function padded(payload, index) {
  return { ...payload, p: PADDING.slice(0, 1 + ((index * 17) % PADDING.length)) };
}

function eventBytes(event, index) {
  if (Buffer.isBuffer(event)) return event;
  const [[type, payload]] = Object.entries(event);
  return eventFrame(type, padded(payload, index));
}

/** What a script may give: nothing (the default answer), a text, parts, or whole events. */
async function answerTo(exchange, model, server) {
  const { body } = exchange.record;
  const scripted = await server.script?.(exchange.record);
  if (scripted === undefined) return limit(defaultAnswer(body, model), body, model);
  if (typeof scripted === 'string') return limit({ text: scripted }, body, model);
  if (scripted.error) throw scriptedError(scripted.error);
  return scripted.stopReason ? scripted : limit(scripted, body, model);
}

/** Builds the parts of an answer that its script leaves open. */
function complete(answer, exchange, model, server, startedAt) {
  const { body, region } = exchange.record;
  const at = { region, now: server.now() };
  const blocks = answer.content ?? contentBlocks(answer);
  const usage = answer.usage ?? makeUsage(body, model, countOutput(blocks), server.cache, at);
  const fields = answer.additionalModelResponseFields;
  return {
    blocks,
    usage,
    stopReason: answer.stopReason ?? 'end_turn',
    latencyMs: answer.latencyMs ?? Math.max(1, server.now() - startedAt),
    ...(fields ? { additionalModelResponseFields: fields } : {}),
  };
}

async function* streamPieces(answer, exchange, model, server, startedAt) {
  const events =
    answer.events ??
    (() => {
      const whole = complete(answer, exchange, model, server, startedAt);
      return streamEvents(whole.blocks, whole);
    })();
  let index = 0;
  for await (const event of events) {
    if (index > 0 && !(await exchange.pause(server.pace))) return;
    if (event.metadata?.metrics && !answer.events && answer.latencyMs === undefined) {
      event.metadata.metrics.latencyMs = Math.max(1, server.now() - startedAt);
    }
    yield eventBytes(event, index);
    index += 1;
  }
}

function converseBody(answer, exchange, model, server, startedAt) {
  if (answer.response) return answer.response;
  const { blocks, stopReason, usage, latencyMs, ...rest } = complete(
    answer,
    exchange,
    model,
    server,
    startedAt,
  );
  return {
    metrics: { latencyMs },
    output: { message: { role: 'assistant', content: blocks } },
    stopReason,
    usage,
    ...rest,
  };
}

/**
 * Answers a Converse or ConverseStream call whose caller is known.
 *
 * @param {import('./exchange').Exchange} exchange
 */
async function handleConverse(exchange, server, { modelId, stream }) {
  const startedAt = server.now();
  const { record } = exchange;
  record.modelId = modelId;
  if (record.body === undefined || record.body === null || typeof record.body !== 'object') {
    throw validation('The request body is not valid JSON.', 'shape');
  }
  const models = resolveModels(modelId, record, server);
  const [model] = models;
  record.model = model.id;
  // A router may choose any of its models: what one refuses is refused.
  for (const each of models) validate(record.body, each, { stream, modelId });
  const answer = await answerTo(exchange, model, server);
  if (stream) {
    exchange.head(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    return server.faults.deliver(
      exchange,
      streamPieces(answer, exchange, model, server, startedAt),
    );
  }
  const bytes = Buffer.from(
    JSON.stringify(converseBody(answer, exchange, model, server, startedAt)),
  );
  return server.faults.deliverWhole(exchange, bytes);
}

module.exports = { handleConverse };
