'use strict';

/**
 * The bridge between JavaScript and Rust: every text goes over it and comes back as it was, and no
 * call's text harms another call. `SEED=… jest bridge.test` repeats a run.
 */

const { ask, client, collect, failure } = require('./support/bedrock');
const { startEcho } = require('./support/echo');
const { random } = require('./support/requests');

const SEED = Number(process.env.SEED ?? 20_261_127);

let echo;
beforeAll(async () => {
  echo = await startEcho();
});
afterAll(() => echo.close());

const PLANE = 0x10000;

/** All code points of a plane; of the first, halves of surrogate pairs stand alone. */
function plane(number) {
  const points = Array.from({ length: PLANE }, (_, at) => number * PLANE + at);
  // Backwards, so that no two halves make a pair.
  const texts = points.reverse().map((point) => String.fromCodePoint(point));
  return texts.join('');
}

const saying = (text, how) => ask(text, how && { requestMetadata: { how } });

/** Where a text has come back, by place. */
async function roundTrip(made, text) {
  const options = { gating: 'off' };
  const whole = await made.converse(saying(text), options);
  const [said, { toolUse }] = whole.output.message.content;
  const { stream } = await made.converseStream(saying(text, 'stream'), options);
  const events = await collect(stream);
  const deltas = events.flatMap(({ contentBlockDelta }) => contentBlockDelta ?? []);
  const of = (index) =>
    deltas.filter((delta) => delta.contentBlockIndex === index).map(({ delta }) => delta);
  const [{ reasoningContent: reasoning }, { reasoningContent: signature }] = of(1);
  const stop = events.find(({ messageStop }) => messageStop).messageStop;
  const failed = failure(made.converse(saying(text, 'error'), options));
  const broken = (await made.converseStream(saying(text, 'exception'), options)).stream;
  const explained = await made.explain(saying(text), options);
  return {
    answer: said.text,
    'key of a document': Object.keys(toolUse.input)[0],
    document: Object.values(toolUse.input)[0][0],
    'text of a stream': of(0)
      .map((delta) => delta.text)
      .join(''),
    reasoning: reasoning.text,
    signature: signature.signature,
    'start of a block': events.find(({ contentBlockStart }) => contentBlockStart).contentBlockStart
      .start.toolUse.name,
    "a tool's input": JSON.parse(of(2)[0].toolUse.input).text,
    "a stream's key": Object.keys(stop.additionalModelResponseFields)[0],
    error: (await failed).message,
    'error of a stream': (await failure(collect(broken))).message,
    explanation: JSON.parse(explained.request.body).messages[0].content[0].text,
  };
}

async function expectBack(text) {
  echo.received.length = 0;
  const places = await roundTrip(client(echo), text);
  for (const [place, back] of Object.entries(places)) {
    // Not toBe(): what is written of a difference would be megabytes.
    expect([place, back === text]).toEqual([place, true]);
  }
  expect(echo.received.every((received) => received === text)).toBe(true);
  expect(echo.received).toHaveLength(4);
}

test.each(Array.from({ length: 17 }, (_, number) => [number]))(
  'every code point of plane %i, and every half of a surrogate pair, comes back',
  (number) => expectBack(plane(number)),
  60_000,
);

test.each([
  'x\ufdd0\ufdd1zz',
  '\ufdd0\ufdd1d83e',
  '\\ud83e \\\\ud83e "\\u0000"',
  '\ud83e',
  '\udd16\ud83e',
  '","x":1}],[1,"e',
  '\u0000blob',
  '{"\u0000json":"1}"}',
  '__proto__x',
])('%j comes back', expectBack);

const ODD = [
  '\ufdd0\ufdd1',
  '\u{10f83e}',
  '\u{100000}',
  '\ud83e',
  '\udd16',
  '🤖',
  '\\u',
  '\\',
  '"',
  ']',
  '}],[',
  'd83e',
  'zz',
  '\u0000',
  '\u2028',
  'é',
  '漢',
  'plain text of some length',
];

test('texts of many calls at once come back, each to its own call', async () => {
  const { below, pick } = random(SEED);
  const text = () => Array.from({ length: 1 + below(12) }, () => pick(ODD)).join('');
  const made = client(echo);
  for (let round = 0; round < 8; round += 1) {
    const texts = Array.from({ length: 25 }, text);
    const all = await Promise.all(texts.map((each) => roundTrip(made, each)));
    all.forEach((places, at) => {
      expect({ seed: SEED, places }).toEqual({
        seed: SEED,
        places: Object.fromEntries(Object.keys(places).map((place) => [place, texts[at]])),
      });
    });
  }
}, 60_000);

test.each(['x\ufdd0\ufdd1zz', 'cut \ud83e', '漢 🤖 "\\'])('the id %j comes back', async (id) => {
  const made = client(echo, { gating: 'off' });
  expect(made.resolveSync(id).requestedId).toBe(id);
  expect((await made.resolve(id)).requestedId).toBe(id);
  const { $metadata } = await made.converse({ ...ask(), modelId: id });
  expect($metadata.profile.requestedId).toBe(id);
});

test('what a rule changes is reported as it was', async () => {
  const name = 'half \ud83e and \ufdd0\ufdd1zz';
  const document = { name, format: 'txt', source: { bytes: Buffer.from('x') } };
  const heard = [];
  const made = client(echo).on('gate', ({ changes }) => heard.push(...changes));
  const input = ask('Good day');
  input.messages[0].content.push({ document });
  const { $metadata } = await made.converse(input);
  const { changes } = await made.explain(input);
  for (const list of [heard, $metadata.profile.changes, changes]) {
    expect(list.map(({ from }) => from)).toContain(name);
  }
});

describe('a record that cannot be read', () => {
  const { readRecords, EVENT, RESULT } = require('../lib/records');

  /** Records as `src/records.rs` writes them. */
  function records(list) {
    const parts = list.map(([id, kind, text, special = '']) => {
      const ascii = /^[\0-\x7f]*$/.test(text);
      const written = Buffer.from(text, ascii ? 'latin1' : 'utf16le');
      const body = Buffer.concat([written, Buffer.from(special)]);
      const record = Buffer.alloc((16 + body.length + 3) & ~3);
      const encoding = ascii ? 0 : 1;
      const words = [id, kind | (encoding << 8), written.length, Buffer.byteLength(special)];
      new Uint32Array(record.buffer, record.byteOffset, 4).set(words);
      body.copy(record, 16);
      return record;
    });
    const whole = Buffer.allocUnsafeSlow(64 * 1024);
    return { whole, end: Buffer.concat(parts).copy(whole) };
  }

  test('costs its own call an error, and the others nothing', () => {
    const { whole, end } = records([
      [1, EVENT, '{"a":1}'],
      [2, EVENT, '{"a":"\n'],
      [3, EVENT, '{"a":"é漢🤖"}'],
      [4, RESULT, '{"output":{"b":"AP8="}}', '["missing","b","blob"]'],
      [5, RESULT, '{"output":{"b":"AP8="}}', '["b","blob"]'],
    ]);
    const received = [];
    const failed = [];
    readRecords(whole, end, {
      receive: (_kind, id, value) => received.push([id, value]),
      fail: (id, error) => failed.push([id, error]),
    });
    expect(received).toEqual([
      [1, { a: 1 }],
      [3, { a: 'é漢🤖' }],
      [5, { output: { b: new Uint8Array([0, 255]) } }],
    ]);
    expect(failed).toMatchObject([
      [2, { name: 'InternalError', cause: expect.any(SyntaxError) }],
      [4, { name: 'InternalError', cause: expect.any(TypeError) }],
    ]);
  });
});
