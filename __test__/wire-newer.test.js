'use strict';

/**
 * What a caller's newer AWS SDK knows is not lost: commands whose schemas have members that the
 * shapes of this version lack, sent and answered beside the AWS SDK's own client.
 */

const sdk = require('@aws-sdk/client-bedrock-runtime');
const { eventFrame } = require('../local-bedrock/eventstream');
const { newerCommand } = require('./support/wire/newer');
const { startBoth } = require('./support/wire/server');

let both;
beforeAll(async () => {
  both = await startBoth();
});
afterAll(() => both.close());

const MINE = 'com.amazonaws.bedrockruntime';
const STRING = 0;
const NUMBER = 1;
const DOCUMENT = 15;
const BLOB = 21;
const LIST_OF = 64;
const MAP_OF = 128;

const Block = [
  3,
  MINE,
  'NewerBlock',
  0,
  ['name', 'bytes', 'more', 'self'],
  [STRING, BLOB, DOCUMENT, () => Block],
];
const Either = [4, MINE, 'NewerUnion', 0, ['text', 'block'], [STRING, [() => Block, 0]]];
const Blocks = [1, MINE, 'NewerBlocks', 0, [() => Either, 0]];
const ByName = [2, MINE, 'NewerByName', 0, 0, () => Block];
const MORE = {
  ConverseRequest: { newerText: STRING, newerLists: LIST_OF | STRING, newerMap: MAP_OF | NUMBER },
  ConverseStreamRequest: { newerText: STRING },
  OutputConfig: { newerBlocks: () => Blocks },
  ContentBlock: { newerBlock: [() => Block, 0], newerByName: () => ByName },
  ContentBlockDelta: { newerDelta: () => Block },
  TokenUsage: { newerTokens: NUMBER },
  ConverseStreamOutput: { newerEvent: () => Either },
  ConverseResponse: { newerAnswer: () => Blocks },
};
const Converse = newerCommand(sdk.ConverseCommand, MORE);
const ConverseStream = newerCommand(sdk.ConverseStreamCommand, MORE);

const BLOCK = {
  self: { name: 'inner', bytes: 'text', unknownMember: 1 },
  bytes: Uint8Array.of(0, 255),
  more: { z: 1, a: [null, new Date(1000)] },
  name: 'a block',
  unknownMember: 1,
};
const INPUT = {
  modelId: 'm',
  messages: [
    {
      role: 'user',
      content: [{ newerBlock: BLOCK }, { newerByName: { x: BLOCK, y: null } }, { text: 'hi' }],
    },
  ],
  outputConfig: {
    newerBlocks: [{ block: BLOCK }, { text: 'x' }, { $unknown: ['y', 1] }],
    unknown: 1,
  },
  newerText: 'text',
  newerLists: ['a', null, 'b'],
  newerMap: { one: 1, nan: NaN },
  stillUnknown: true,
};

/** Sends with both and gives what each sent and received. */
async function exchange(Command, input, answer) {
  const sides = [];
  for (const { recorder, client } of [both.theirs, both.ours]) {
    if (answer) recorder.answer = () => ({ headers: {}, pieces: [Buffer.from(answer)] });
    const { $metadata: _, ...result } = await client.send(new Command(input));
    const events = [];
    for await (const event of result.stream ?? []) events.push(event);
    sides.push({ body: recorder.take().body.toString(), result: result.stream ? events : result });
  }
  return sides;
}

const whole = JSON.stringify({
  newerAnswer: [
    { block: { name: 'n', bytes: 'AP8=', more: { b: 1, a: null }, unknown: 1 } },
    { other: 1 },
  ],
  output: {
    message: {
      role: 'assistant',
      content: [{ newerBlock: { bytes: 'AP8=', self: { name: 'x' } } }],
    },
  },
  usage: { newerTokens: 'NaN', inputTokens: 1, stillUnknown: 1 },
  stillUnknown: 1,
});

test('before it is seen, what is newer is dropped', async () => {
  const answer = await both.ours.client.converse(INPUT);
  expect(both.ours.recorder.take().body.toString()).not.toContain('newer');
  expect(answer.output.message.content).toEqual([]);
});

test('the SDK that the shapes were made for knows nothing more', async () => {
  const { shapes } = require('../lib/shapes.js');
  const before = JSON.stringify(shapes());
  for (const name of [
    'ApplyGuardrail',
    'Converse',
    'ConverseStream',
    'CountTokens',
    'InvokeModel',
  ]) {
    const input = {
      modelId: 'm',
      guardrailIdentifier: 'g',
      guardrailVersion: '1',
      messages: [],
      body: '',
    };
    await both.ours.client.send(new sdk[`${name}Command`](input)).catch((error) => error);
    both.ours.recorder.requests.splice(0);
  }
  expect(JSON.stringify(shapes())).toBe(before);
});

test('newer members of an input are sent, as that SDK sends them', async () => {
  const [theirs, ours] = await exchange(Converse, INPUT, whole);
  expect(theirs.body).toContain('newerBlock');
  expect(ours.body).toBe(theirs.body);
});

test('newer members of an answer come through', async () => {
  const [theirs, ours] = await exchange(Converse, INPUT, whole);
  expect(theirs.result.newerAnswer[0].block.bytes).toBeInstanceOf(Uint8Array);
  expect(ours.result).toEqual(theirs.result);
  expect(JSON.stringify(ours.result)).toBe(JSON.stringify(theirs.result));
});

test('newer events and newer members of events come through', async () => {
  const answer = Buffer.concat([
    eventFrame('messageStart', { role: 'assistant' }),
    eventFrame('newerEvent', { block: { name: 'n', bytes: 'AP8=' }, p: 'abc' }),
    eventFrame('contentBlockDelta', {
      delta: { newerDelta: { bytes: 'AA==', x: 1 } },
      contentBlockIndex: 0,
    }),
    eventFrame('evenNewer', { a: 1 }),
    eventFrame('messageStop', { stopReason: 'end_turn' }),
  ]);
  const input = { modelId: 'm', messages: [], newerText: 'x' };
  const [theirs, ours] = await exchange(ConverseStream, input, answer);
  expect(theirs.result.map((event) => Object.keys(event)[0])).toContain('newerEvent');
  expect(ours).toEqual(theirs);
});

test.each([
  ['no schema', undefined],
  ['a schema of another form', { input: {}, output: {} }],
  ['an operation of another form', [10, MINE, 'Converse', 0, 5, 5]],
  ['members of an unknown kind', [9, MINE, 'Converse', 0, [3, MINE, 'R', 0, ['odd'], [99]], [3]]],
  ['members that are nothing', [9, MINE, 'Converse', 0, [3, MINE, 'R', 0, ['odd'], []], 'unit']],
])('%s breaks no call', async (_what, schema) => {
  both.ours.recorder.answer = () => ({ headers: {}, pieces: [Buffer.from(whole)] });
  class Command extends sdk.ConverseCommand {
    constructor(input) {
      super(input);
      this.schema = schema;
    }
  }
  Object.defineProperty(Command, 'name', { value: 'ConverseCommand' });
  await both.ours.client.send(new Command({ modelId: 'm', messages: [], odd: 1 }));
  expect(both.ours.recorder.take().body.toString()).toBe('{"messages":[]}');
});
