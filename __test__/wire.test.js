'use strict';

/**
 * What goes over the wire is what the AWS SDK sends: random inputs made from the service model, sent
 * by both over HTTP. `SEED=… jest wire.test` repeats a run, `RUNS=…` makes more inputs of each kind.
 */

const { inspect } = require('node:util');
const sdk = require('@aws-sdk/client-bedrock-runtime');
const { random, shrink } = require('./support/requests');
const { inputs, model } = require('./support/wire/inputs');
const { completeCommand } = require('./support/wire/newer');
const { sent, startBoth } = require('./support/wire/server');

const SEED = Number(process.env.SEED ?? 20_261_126);
const RUNS = Number(process.env.RUNS ?? 60);
/** Converse is what chats are made of. */
const times = (operation) => (operation.startsWith('Converse') ? RUNS * 8 : RUNS);

let both;
beforeAll(async () => {
  both = await startBoth();
});
afterAll(() => both.close());

/** The AWS SDK's commands; what the service model has and the installed one lacks is added to them. */
const COMMANDS = Object.fromEntries(
  Object.keys(model.operations).map((operation) => [
    operation,
    completeCommand(sdk[`${operation}Command`], model, operation),
  ]),
);
const commandOf = (operation, input) => new COMMANDS[operation](input);

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
    await compare(operation, 0, SEED, times(operation));
  }, 120_000);

  test('inputs with something odd', async () => {
    await compare(operation, 0.02, SEED + 1, times(operation));
  }, 120_000);

  test('inputs with much that is odd', async () => {
    await compare(operation, 0.2, SEED + 2, times(operation));
  }, 120_000);
});

describe('a conversation that is written in pieces', () => {
  const turn = (at) => ({
    role: at % 2 ? 'assistant' : 'user',
    content: [{ text: `${at} Łódź 😀 \ud83d "[{,}]" ${'x'.repeat(at * 7)}` }],
  });
  const turns = (count) => Array.from({ length: count }, (_, at) => turn(at));
  const system = [{ text: '"messages":[]' }];
  const inferenceConfig = { maxTokens: 7 };

  test.each([32, 33, 64, 65, 201])('%i messages, wherever they stand', async (count) => {
    const messages = turns(count);
    for (const input of [
      { messages },
      { messages, inferenceConfig },
      { system, messages },
      { system, messages, inferenceConfig },
      { system: undefined, messages, inferenceConfig: undefined },
    ]) {
      for (const operation of ['Converse', 'ConverseStream']) {
        const modelId = 'us.anthropic.claude-sonnet-4-6';
        expect(await differenceOf(operation, { modelId, ...input })).toBeUndefined();
        expect(await differenceOf(operation, { ...input, modelId })).toBeUndefined();
      }
    }
  });

  test('and of messages with something odd', async () => {
    const r = random(SEED + 4);
    for (const oddness of [0, 0.02, 0.2]) {
      const make = inputs(r, oddness);
      for (let run = 0; run < RUNS; run += 1) {
        const parts = Array.from({ length: 8 }, () => make.input('Converse'));
        const more = parts.flatMap(({ messages }) => (Array.isArray(messages) ? messages : []));
        const messages = [...turns(30), ...more];
        const difference = await differenceOf('Converse', { ...parts[0], messages });
        expect(difference).toBeUndefined();
      }
    }
  });
});

test('an input is not changed: one that is frozen through and through is sent', async () => {
  const make = inputs(random(SEED + 3), 0.1);
  const { client, recorder } = both.ours;
  for (let run = 0; run < RUNS; run += 1) {
    const input = freeze(make.input('Converse'));
    await client.send(commandOf('Converse', input)).catch((error) => {
      // Words of V8 for a change of what is frozen.
      expect(error.message).not.toMatch(/read only|not extensible|Cannot (assign|delete|define)/);
    });
    recorder.requests.splice(0);
  }
}, 120_000);

/** Freezes a value and all it holds: who changes it throws. */
function freeze(value, seen = new Set()) {
  const holds = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
  if (!holds || seen.has(value)) return value;
  seen.add(value);
  for (const { value: member } of Object.values(Object.getOwnPropertyDescriptors(value))) {
    freeze(member, seen);
  }
  return Object.freeze(value);
}

const fields = (value) => ({ additionalModelRequestFields: { value } });
const say = (text) => ({ messages: [{ role: 'user', content: [{ text }] }] });
const nested = (levels) => (levels === 0 ? {} : { d: nested(levels - 1) });

/** Where the AWS SDK is not followed: the input, the body of each (or an error), and why. */
const DIFFERENCES = [
  {
    name: 'a function is left out',
    because: 'the AWS SDK sends its source text, which is no JSON',
    input: fields(() => 1),
    theirs: '{"additionalModelRequestFields":{"value":() => 1}}',
    ours: '{"additionalModelRequestFields":{}}',
  },
  {
    name: 'a time that is none is null',
    because: 'the AWS SDK sends NaN, which is no JSON',
    input: fields(new Date(NaN)),
    theirs: '{"additionalModelRequestFields":{"value":NaN}}',
    ours: '{"additionalModelRequestFields":{"value":null}}',
  },
  {
    name: 'an object in the place of a text keeps its letters',
    because: 'the AWS SDK cuts each to its low byte',
    input: say({ city: 'Łódź' }),
    theirs: /"city":"A/,
    ours: '{"messages":[{"role":"user","content":[{"text":{"city":"Łódź"}}]}]}',
  },
  {
    name: 'a named union member without a value is null',
    because: 'the AWS SDK sends nothing after the colon, which is no JSON',
    input: { messages: [{ role: 'user', content: [{ $unknown: ['later', null] }] }] },
    theirs: '{"messages":[{"role":"user","content":[{"later":}]}]}',
    ours: '{"messages":[{"role":"user","content":[{"later":null}]}]}',
  },
  {
    name: 'a model id that is no text is an error',
    because: 'the AWS SDK sends it as the text that JavaScript makes of it',
    input: { modelId: { id: 'm' } },
    theirs: '{}',
    ours: 'modelId must be a string, not an object { id }.',
  },
  {
    name: 'a document deeper than 126 levels is an error',
    because: 'the addon reads JSON no deeper; no model takes it',
    input: fields(nested(130)),
    theirs: /^\{"additional/,
    ours: 'The input is nested more than 126 levels deep.',
  },
  {
    name: 'a frozen map with a null is sent',
    because: 'the AWS SDK changes the map for a moment',
    input: { requestMetadata: Object.freeze({ a: 'b', c: null }) },
    theirs: /Cannot assign to read only/,
    ours: '{"requestMetadata":{"a":"b"}}',
  },
];

test.each(DIFFERENCES)('difference: $name', async ({ input, theirs, ours }) => {
  const said = async (side) => {
    const { request, error } = await sent(side, commandOf('Converse', { modelId: 'm', ...input }));
    return request ? request.body.toString() : error.message;
  };
  const match = (expected) =>
    expected instanceof RegExp ? expect.stringMatching(expected) : expected;
  expect(await said(both.theirs)).toEqual(match(theirs));
  expect(await said(both.ours)).toEqual(match(ours));
});
