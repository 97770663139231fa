'use strict';

/**
 * What goes over the wire is what the AWS SDK sends: random inputs made from the service model, sent
 * by both over HTTP. `SEED=… jest wire.test` repeats a run, `RUNS=…` makes more inputs of each kind.
 */

const sdk = require('@aws-sdk/client-bedrock-runtime');
const { random, shrink } = require('./support/requests');
const { inputs, model } = require('./support/wire/inputs');
const { sent, startBoth } = require('./support/wire/server');

const SEED = Number(process.env.SEED ?? 20_261_126);
const RUNS = Number(process.env.RUNS ?? 300);

let both;
beforeAll(async () => {
  both = await startBoth();
});
afterAll(() => both.close());

const commandOf = (operation, input) => new sdk[`${operation}Command`](input);

/** Headers that members stand in, and the type of the body. */
const HEADERS = Object.fromEntries(
  Object.entries(model.operations).map(([operation, { input }]) => {
    const refs = Object.values(model.shapes[input.shape].members);
    const bound = refs.filter(({ location }) => location === 'header');
    return [operation, ['content-type', ...bound.map((ref) => ref.locationName.toLowerCase())]];
  }),
);

/** JSON with every digit of its numbers, for comparing. */
function read(body) {
  const text = body.toString();
  const numbered = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token[0] === '"' ? token : `{"number":"${token}"}`,
  );
  return JSON.parse(numbered);
}

function isJson(body) {
  try {
    JSON.parse(body.toString());
    return true;
  } catch {
    return false;
  }
}

/** What of an exchange both must do alike; undefined where they do. */
async function differenceOf(operation, input) {
  const theirs = await sent(both.theirs, commandOf(operation, input));
  const ours = await sent(both.ours, commandOf(operation, input));
  if (!theirs.request || !ours.request) {
    if (!theirs.request && !ours.request) return undefined;
    return { theirs: theirs.error?.stack ?? 'sent', ours: ours.error?.stack ?? 'sent' };
  }
  if (theirs.request.path !== ours.request.path) {
    return { theirs: theirs.request.path, ours: ours.request.path };
  }
  for (const name of HEADERS[operation]) {
    const [their, own] = [theirs.request.headers[name], ours.request.headers[name]];
    if (their !== own) return { theirs: `${name}: ${their}`, ours: `${name}: ${own}` };
  }
  const [their, own] = [theirs.request.body, ours.request.body];
  if (their.equals(own)) return undefined;
  if (!isJson(their)) return isJson(own) ? undefined : { theirs: `${their}`, ours: `${own}` };
  try {
    expect(read(own)).toEqual(read(their));
    return undefined;
  } catch {
    return { theirs: `${their}`, ours: `${own}` };
  }
}

/** Freezes an input through and through: who changes it throws. */
function freeze(value) {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Object.isFrozen(value) && value.seen) return value;
  for (const key of Object.keys(value)) {
    const { value: member } = Object.getOwnPropertyDescriptor(value, key);
    if (!Object.isFrozen(member)) freeze(member);
  }
  return Object.freeze(value);
}

/** The smallest input that still differs; the input itself where one cannot be taken apart. */
async function smaller(operation, input) {
  try {
    return await shrink(input, async (less) => {
      const still = await differenceOf(operation, less).catch(() => undefined);
      return still !== undefined;
    });
  } catch {
    return input;
  }
}

async function describeFirst(failures) {
  const [{ operation, input }] = failures;
  const smallest = await smaller(operation, input);
  const { theirs, ours } = (await differenceOf(operation, smallest)) ?? failures[0].difference;
  const { inspect } = require('node:util');
  return [
    `SEED=${SEED}: ${failures.length} differ, such as ${operation} of`,
    inspect(smallest, { depth: 20, maxStringLength: 200 }),
    `  theirs  ${theirs.slice(0, 1500)}`,
    `  ours    ${ours.slice(0, 1500)}`,
  ].join('\n');
}

async function compare(operation, oddness, seed, runs) {
  const r = random(seed);
  const make = inputs(r, oddness);
  const failures = [];
  for (let run = 0; run < runs; run += 1) {
    const input = make.input(operation);
    const difference = await differenceOf(operation, input);
    if (difference) failures.push({ operation, input, difference });
  }
  if (failures.length > 0) throw new Error(await describeFirst(failures));
}

describe.each(Object.keys(model.operations))('%s', (operation) => {
  test('inputs as the service model has them', async () => {
    await compare(operation, 0, SEED, RUNS);
  }, 120_000);

  test('inputs with something odd', async () => {
    await compare(operation, 0.02, SEED + 1, RUNS);
  }, 120_000);

  test('inputs with much that is odd', async () => {
    await compare(operation, 0.2, SEED + 2, RUNS);
  }, 120_000);
});
