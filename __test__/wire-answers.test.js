'use strict';

/**
 * What an answer becomes is what the AWS SDK makes of it: random answers made from the service
 * model, given to both over HTTP, byte for byte. `SEED=… jest wire-answers` repeats a run.
 */

const { inspect, isDeepStrictEqual } = require('node:util');
const sdk = require('@aws-sdk/client-bedrock-runtime');
const { random } = require('./support/requests');
const { answers } = require('./support/wire/answers');
const { model } = require('./support/wire/inputs');
const { startBoth } = require('./support/wire/server');

const SEED = Number(process.env.SEED ?? 20_261_127);
const RUNS = Number(process.env.RUNS ?? 60);

let both;
beforeAll(async () => {
  both = await startBoth();
});
afterAll(() => both.close());

const INPUTS = {
  ApplyGuardrail: { guardrailIdentifier: 'g', guardrailVersion: '1', source: 'INPUT', content: [] },
  Converse: { modelId: 'm', messages: [] },
  ConverseStream: { modelId: 'm', messages: [] },
  CountTokens: { modelId: 'm', input: {} },
  InvokeModel: { modelId: 'm', body: '{}' },
  InvokeModelWithResponseStream: { modelId: 'm', body: '{}' },
};

/** All that a caller can see of a value: its keys in order, its kinds, its numbers. */
function seen(value) {
  if (typeof value === 'bigint') return { bigint: String(value) };
  if (Object.is(value, -0)) return '-0';
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') };
  if (value instanceof Date) return { date: value.getTime() };
  if (Array.isArray(value)) return { array: value.map(seen) };
  const kind = Object.getPrototypeOf(value)?.constructor?.name ?? null;
  return { kind, members: Object.entries(value).map(([key, member]) => [key, seen(member)]) };
}

async function received({ recorder, client }, operation, answer) {
  recorder.answer = () => answer;
  let result;
  try {
    result = await client.send(new sdk[`${operation}Command`](INPUTS[operation]));
    const { stream, body, ...rest } = result;
    const events = stream ?? (body?.[Symbol.asyncIterator] ? body : undefined);
    const arrived = [];
    const keys = Object.keys(result);
    if (events === undefined) return { keys, whole: seen(result), text: body?.transformToString() };
    for await (const event of events) arrived.push(seen(event));
    return { keys, rest: seen(rest), events: arrived };
  } catch (error) {
    return { error };
  } finally {
    recorder.take();
  }
}

/** An answer that lacks what makes it one is an error here; the AWS SDK gives what is there. */
const isNoAnswer = ({ name, message }) =>
  name === 'Thing' || /^The answer (has no \w+: it is not \w+'s\.|is empty)/.test(message);

/** Bytes that are no base64 cost the AWS SDK the whole answer; here they are read as far as they go. */
const isBase64 = ({ message }) => /base64 string/.test(message);

/** What both must make alike of an answer; undefined where they do. */
async function differenceOf(operation, answer) {
  const copy = () => ({ headers: { ...answer.headers }, pieces: answer.pieces });
  const theirs = await received(both.theirs, operation, copy());
  const ours = await received(both.ours, operation, copy());
  if (theirs.error && ours.error) return undefined;
  if (ours.error) {
    return isNoAnswer(ours.error) ? undefined : { theirs, ours: { error: ours.error.stack } };
  }
  if (theirs.error) {
    return isBase64(theirs.error) ? undefined : { theirs: { error: theirs.error.stack }, ours };
  }
  return isDeepStrictEqual(theirs, ours) ? undefined : { theirs, ours };
}

/** The first place where two differ. */
function firstDifference(theirs, ours, path = '') {
  const both_ = [theirs, ours].every((value) => typeof value === 'object' && value !== null);
  if (!both_) {
    return Object.is(theirs, ours) ? undefined : `${path}: ${inspect(theirs)} / ${inspect(ours)}`;
  }
  for (const key of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
    const found = firstDifference(theirs[key], ours[key], `${path}.${key}`);
    if (found) return found;
  }
  return undefined;
}

function describeFirst(failures, operation) {
  const [{ answer, difference }] = failures.sort((a, b) => size(a) - size(b));
  return [
    `SEED=${SEED}: ${failures.length} differ, such as ${operation} of`,
    inspect(Buffer.concat(answer.pieces).toString('utf8').slice(0, 1500)),
    inspect(answer.headers),
    firstDifference(difference.theirs, difference.ours),
  ].join('\n');
}
const size = ({ answer }) => answer.pieces.reduce((sum, { length }) => sum + length, 0);

async function compare(operation, oddness, seed) {
  const make = answers(random(seed), oddness);
  const failures = [];
  for (let run = 0; run < RUNS; run += 1) {
    const answer = make.answer(operation);
    const difference = await differenceOf(operation, answer);
    if (difference) failures.push({ answer, difference });
  }
  if (failures.length > 0) throw new Error(describeFirst(failures, operation));
}

describe.each(Object.keys(model.operations))('%s', (operation) => {
  test('answers as the service model has them', async () => {
    await compare(operation, 0, SEED);
  }, 120_000);

  test('answers with something odd', async () => {
    await compare(operation, 0.02, SEED + 1);
  }, 120_000);

  test('answers with much that is odd', async () => {
    await compare(operation, 0.15, SEED + 2);
  }, 120_000);
});
