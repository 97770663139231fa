'use strict';

/**
 * Answers that no service gives on purpose: each costs its own call one clear error, or nothing,
 * and a stream that is open on the same client meanwhile nothing at all.
 */

const zlib = require('node:zlib');
const { ask, client, collect, outcome, startBare } = require('./support/bedrock');
const { crc32, encodeFrame, errorFrame, eventFrame } = require('../local-bedrock/eventstream');

const JSON_HEAD = { 'content-type': 'application/json', 'x-amzn-requestid': 'request-1' };
const STREAM = {
  'content-type': 'application/vnd.amazon.eventstream',
  'x-amzn-requestid': 'request-1',
};

/** Where JSON.parse shows the digits of numbers, the AWS SDK keeps them, and so does this client. */
let SHOWS_DIGITS = false;
JSON.parse('1', (_key, _value, context) => {
  SHOWS_DIGITS = context?.source === '1';
});
const decimal = (string) => expect.objectContaining({ type: 'bigDecimal', string });

const WHOLE = {
  output: { message: { role: 'assistant', content: [{ text: 'Good day' }] } },
  stopReason: 'end_turn',
};
const START = eventFrame('messageStart', { role: 'assistant' });
const STOP = eventFrame('messageStop', { stopReason: 'end_turn' });
const delta = (text) => eventFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } });

/** Answers with a body, and with headers on top of a good answer's. */
const json =
  (body, headers, status = 200) =>
  (response) =>
    response.writeHead(status, { ...JSON_HEAD, ...headers }).end(body);
const whole = (headers) => json(JSON.stringify(WHOLE), headers);
const refused = (message, headers, status = 400) =>
  json(
    JSON.stringify({ message }),
    { 'x-amzn-errortype': 'ValidationException', ...headers },
    status,
  );
/** An answer that is a stream with `frames` between its first event and its last. */
const stream =
  (...frames) =>
  (response) => {
    response.writeHead(200, STREAM);
    for (const frame of [START, ...frames, STOP]) response.write(frame);
    response.end();
  };
/** Whole answers with one value put into a document, as it is written. */
const said = (value) =>
  json(
    `{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"t","name":"n","input":${value}}}]}},"stopReason":"tool_use"}`,
  );

const nested = (depth, inner = '1') => '['.repeat(depth) + inner + ']'.repeat(depth);

/** A frame from its parts, with checksums that hold. */
function framed(head, payload = '') {
  const body = Buffer.from(payload);
  const bytes = Buffer.alloc(16 + head.length + body.length);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt32BE(head.length, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  head.copy(bytes, 12);
  body.copy(bytes, 12 + head.length);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}

const text = (name, value, type = 7) => {
  const [key, bytes] = [Buffer.from(name), Buffer.from(value)];
  const size = Buffer.from([bytes.length >> 8, bytes.length & 255]);
  return Buffer.concat([Buffer.from([key.length]), key, Buffer.from([type]), size, bytes]);
};
const fixed = (name, type, size) =>
  Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([type]),
    Buffer.alloc(size, 0xfe),
  ]);

const EVENT = Buffer.concat([
  text(':event-type', 'contentBlockDelta'),
  text(':message-type', 'event'),
]);
const DELTA = JSON.stringify({ contentBlockIndex: 0, delta: { text: 'word' } });
/** Headers of every type there is: true, false, byte, short, integer, long, bytes, text, time, UUID. */
const EVERY_TYPE = Buffer.concat([
  EVENT,
  ...[0, 0, 1, 2, 4, 8].map((size, type) => fixed(`t${type}`, type, size)),
  text('t6', '\u0000\u00ff', 6),
  text('t7', 'é漢🤖'),
  fixed('t8', 8, 8),
  fixed('t9', 9, 16),
]);

const exception = (type, payload = '{"message":"it broke"}') =>
  encodeFrame(
    { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
    payload,
  );

const spoiled = (bytes, at) => {
  const copy = Buffer.from(bytes);
  copy[at < 0 ? copy.length + at : at] ^= 0xff;
  return copy;
};
const lengths = (total, headers) => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(total, 0);
  bytes.writeUInt32BE(headers, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  return bytes;
};

// What becomes of a call.
const failed =
  (name, message, status) =>
  ({ error }) => {
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toEqual(name instanceof RegExp ? expect.stringMatching(name) : name);
    expect(error.message).toMatch(message);
    expect(error.a).toBeUndefined();
    expect(`${error.stack} ${error}`).toContain(error.message);
    if (status) expect(error.$metadata.httpStatusCode).toBe(status);
  };
const textsOf = (list) =>
  list.flatMap(({ contentBlockDelta }) => contentBlockDelta?.delta?.text ?? []);
const events =
  (...texts) =>
  (ended) => {
    expect(ended.error).toBeUndefined();
    expect(textsOf(ended.events)).toEqual(texts);
    expect(ended.events.at(-1)).toEqual({ messageStop: { stopReason: 'end_turn' } });
  };
const WELL = ({ error, answer }) => {
  expect(error).toBeUndefined();
  expect(answer.output.message.content).toEqual([{ text: 'Good day' }]);
};
const DOC =
  (value) =>
  ({ error, answer }) => {
    expect(error).toBeUndefined();
    expect(answer.output.message.content[0].toolUse.input).toEqual(value);
  };
/** An error or none: what matters is the others. */
const ANY = ({ error }) => {
  if (error) expect(error.message).not.toBe('');
};

/** [what is odd, the operation, the answer, what becomes of the call]. */
const ODD = [
  ['bytes above ASCII in a header', 'converse', whole({ 'x-odd': 'caf\u00e9 \u00ff' }), WELL],
  [
    'bytes above ASCII in the request id',
    'converse',
    whole({ 'x-amzn-requestid': 'r-\u00e9\u00ff' }),
    WELL,
  ],
  [
    'bytes above ASCII in the name of an error',
    'converse',
    refused('no', { 'x-amzn-errortype': 'Fr\u00e9dException' }),
    failed(/^Fr.+dException$/, /^no$/),
  ],
  [
    'bytes above ASCII in the type of its content',
    'converse',
    whole({ 'content-type': 'application/json; x=\u00e9' }),
    WELL,
  ],
  ['another type of content', 'converse', whole({ 'content-type': 'text/html' }), WELL],
  [
    'another type of content',
    'converseStream',
    (r) => {
      r.writeHead(200, { 'content-type': 'text/plain' });
      r.write(START);
      r.end(STOP);
    },
    events(),
  ],
  [
    'gzip that nobody asked for',
    'converse',
    json(zlib.gzipSync(JSON.stringify(WHOLE)), { 'content-encoding': 'gzip' }),
    failed('UnreadableAnswerError', /no JSON/),
  ],
  [
    'gzip of an error',
    'converse',
    json(zlib.gzipSync(JSON.stringify({ message: 'm' })), { 'content-encoding': 'gzip' }, 400),
    failed('UnknownError', /HTTP 400/),
  ],
  ['an empty 200', 'converse', json(''), failed('EmptyAnswerError', /empty/)],
  [
    'an empty 200',
    'converseStream',
    (r) => r.writeHead(200, STREAM).end(),
    failed('EmptyAnswerError', /before its first event/),
  ],
  ['204', 'converse', (r) => r.writeHead(204).end(), failed('EmptyAnswerError', /empty/)],
  [
    '204',
    'converseStream',
    (r) => r.writeHead(204).end(),
    failed('EmptyAnswerError', /before its first event/),
  ],
  ['205', 'converse', (r) => r.writeHead(205).end(), failed('EmptyAnswerError', /empty/)],
  [
    '103 before the answer',
    'converse',
    (r) => {
      r.writeEarlyHints?.({ link: '</x>; rel=preload' });
      whole()(r);
    },
    WELL,
  ],
  [
    '102 before the answer',
    'converse',
    (r) => {
      if (r.stream) r.stream.additionalHeaders({ ':status': 102 });
      else r.writeProcessing();
      whole()(r);
    },
    WELL,
  ],
  [
    'a redirect elsewhere, which is not followed',
    'converse',
    (r) => r.writeHead(301, { location: 'http://127.0.0.1:9/x' }).end(),
    failed(/^Unknown/, /Unknown/, 301),
  ],
  [
    'a redirect with a body, which is not followed',
    'converseStream',
    (r) => r.writeHead(307, { location: 'http://127.0.0.1:9/x' }).end('moved'),
    failed('UnknownError', /HTTP 307.*moved/, 307),
  ],
  ['304', 'converse', (r) => r.writeHead(304).end(), failed(/^Unknown/, /Unknown/, 304)],
  ['300', 'converse', (r) => r.writeHead(300).end('{}'), failed(/^Unknown/, /Unknown/, 300)],
  [
    '599',
    'converse',
    (r) => r.writeHead(599).end('\u0000'),
    failed('ServiceUnavailableException', /HTTP 599/, 599),
  ],
  [
    'HTML',
    'converse',
    json('<html><title>Sign in</title></html>', { 'content-type': 'text/html' }),
    failed('UnreadableAnswerError', /Sign in/),
  ],
  [
    'HTML',
    'converseStream',
    json('<html><title>Sign in</title></html>', { 'content-type': 'text/html' }),
    failed('EventStreamError', /checksum/),
  ],
  ['a key twice in a document', 'converse', said('{"a":1,"a":2}'), DOC({ a: 2 })],
  [
    'a member twice',
    'converse',
    json(
      `{"output":{"message":{"role":"assistant","content":[{"text":"one"}]}},${JSON.stringify(WHOLE).slice(1)}`,
    ),
    WELL,
  ],
  [
    'a document 10,000 levels deep',
    'converse',
    said(nested(10_000)),
    failed('UnreadableAnswerError', /./),
  ],
  [
    'an unknown member 10,000 levels deep',
    'converse',
    json(`{"odd":${nested(10_000)},${JSON.stringify(WHOLE).slice(1)}`),
    failed('UnreadableAnswerError', /./),
  ],
  [
    'an error 10,000 levels deep',
    'converse',
    json(nested(10_000), {}, 400),
    failed('UnknownError', /HTTP 400/),
  ],
  [
    '100,000 brackets that nothing closes',
    'converse',
    json('['.repeat(100_000)),
    failed('UnreadableAnswerError', /./),
  ],
  [
    'an unknown member 10,000 levels deep',
    'converseStream',
    stream(
      eventFrame(
        'contentBlockDelta',
        `{"contentBlockIndex":0,"delta":{"text":"w","odd":${nested(10_000)}}}`,
      ),
    ),
    failed('UnreadableAnswerError', /An event/),
  ],
  [
    'a document 10,000 levels deep',
    'converseStream',
    stream(
      eventFrame(
        'messageStop',
        `{"stopReason":"end_turn","additionalModelResponseFields":${nested(10_000)}}`,
      ),
    ),
    failed('UnreadableAnswerError', /An event/),
  ],
  [
    'numbers beyond all bounds in a document',
    'converse',
    said('[1e999,-1e999,123456789012345678901234567890,0.1e-999,-0,1E400]'),
    DOC(
      SHOWS_DIGITS
        ? [
            10n ** 999n,
            -(10n ** 999n),
            123456789012345678901234567890n,
            decimal('0.1e-999'),
            -0,
            10n ** 400n,
          ]
        : [Infinity, -Infinity, 1.2345678901234568e29, 0, -0, Infinity],
    ),
  ],
  [
    'numbers with exponents of nine digits in a document, at once',
    'converse',
    said('[1e400000000,-12.5E999999999,1e-400000000]'),
    DOC(
      SHOWS_DIGITS
        ? [decimal('1e400000000'), decimal('-12.5E999999999'), decimal('1e-400000000')]
        : [Infinity, -Infinity, 0],
    ),
  ],
  [
    'numbers beyond all bounds',
    'converse',
    json(
      `{"usage":{"inputTokens":1e999,"outputTokens":99999999999999999999,"totalTokens":-0},${JSON.stringify(WHOLE).slice(1)}`,
    ),
    WELL,
  ],
  ['NaN', 'converse', said('NaN'), failed('UnreadableAnswerError', /no JSON/)],
  ['-Infinity', 'converse', said('-Infinity'), failed('UnreadableAnswerError', /no JSON/)],
  [
    '"NaN" and "Infinity" for numbers',
    'converse',
    json(
      `{"usage":{"inputTokens":"NaN","outputTokens":"Infinity","totalTokens":1},${JSON.stringify(WHOLE).slice(1)}`,
    ),
    WELL,
  ],
  [
    'a NUL byte in a text',
    'converse',
    said('"a\u0000b"'),
    failed('UnreadableAnswerError', /no JSON/),
  ],
  [
    'a NUL byte behind the answer',
    'converse',
    json(`${JSON.stringify(WHOLE)}\u0000`),
    failed('UnreadableAnswerError', /no JSON/),
  ],
  ['an escaped NUL in a text', 'converse', said('"a\\u0000b"'), DOC(`a\u0000b`)],
  [
    'a byte order mark before the answer',
    'converse',
    json(`\ufeff${JSON.stringify(WHOLE)}`),
    failed('UnreadableAnswerError', /no JSON/),
  ],
  [
    'truncated JSON',
    'converse',
    json(JSON.stringify(WHOLE).slice(0, -3)),
    failed('UnreadableAnswerError', /no JSON/),
  ],
  ['null', 'converse', json('null'), failed('UnreadableAnswerError', /has no output/)],
  ['a number', 'converse', json('5'), failed('UnreadableAnswerError', /has no output/)],
  ['a list', 'converse', json('[]'), failed('UnreadableAnswerError', /has no output/)],
  [
    'bytes that are no UTF-8',
    'converse',
    json(
      Buffer.concat([
        Buffer.from('{"output":{"message":{"role":"assistant","content":[{"text":"'),
        Buffer.from([0xff, 0xed, 0xa0, 0xbe]),
        Buffer.from('"}]}}}'),
      ]),
    ),
    ANY,
  ],
  [
    'a frame with a wrong checksum',
    'converseStream',
    stream(spoiled(delta('x'), -1)),
    failed('EventStreamError', /message checksum/),
  ],
  [
    'a frame whose prelude has a wrong checksum',
    'converseStream',
    stream(spoiled(delta('x'), 9)),
    failed('EventStreamError', /prelude checksum/),
  ],
  [
    'an unknown event',
    'converseStream',
    stream(eventFrame('brandNew', { a: 1 }), delta('x')),
    events('x'),
  ],
  [
    'events with names that nothing should have',
    'converseStream',
    stream(
      eventFrame('__proto__', { a: 1 }),
      eventFrame('\u0000é🤖', '{}'),
      eventFrame('', '{}'),
      eventFrame('toString', '{}'),
      delta('x'),
    ),
    events('x'),
  ],
  ['headers of every type', 'converseStream', stream(framed(EVERY_TYPE, DELTA)), events('word')],
  [
    'a header of an unknown type',
    'converseStream',
    stream(framed(Buffer.concat([EVENT, fixed('x', 10, 1)]), DELTA)),
    failed('EventStreamError', /unknown type/),
  ],
  ['a frame without headers', 'converseStream', stream(framed(Buffer.alloc(0), DELTA)), ANY],
  [
    'an event whose name is a number',
    'converseStream',
    stream(
      framed(Buffer.concat([fixed(':event-type', 4, 4), text(':message-type', 'event')]), DELTA),
    ),
    ANY,
  ],
  [
    'the name of an event that is no UTF-8',
    'converseStream',
    stream(
      framed(
        Buffer.concat([
          text(':event-type', Buffer.from([0xff, 0xfe])),
          text(':message-type', 'event'),
        ]),
        DELTA,
      ),
    ),
    ANY,
  ],
  [
    'a header twice',
    'converseStream',
    stream(framed(Buffer.concat([EVENT, text(':event-type', 'odd')]), DELTA)),
    ANY,
  ],
  [
    'an unknown kind of message',
    'converseStream',
    stream(
      framed(
        Buffer.concat([
          text(':event-type', 'contentBlockDelta'),
          text(':message-type', 'odd\u0007'),
        ]),
        DELTA,
      ),
    ),
    ANY,
  ],
  [
    'a header without a name',
    'converseStream',
    stream(framed(Buffer.concat([EVENT, text('', 'x')]), DELTA)),
    events('word'),
  ],
  [
    'a frame of zero length',
    'converseStream',
    stream(lengths(0, 0)),
    failed('EventStreamError', /too short/),
  ],
  [
    'a frame of 16 MiB and one byte that never comes',
    'converseStream',
    stream(lengths(16 * 1024 * 1024 + 1, 0)),
    failed('EventStreamError', /Truncated/),
  ],
  [
    'a frame of 4 GiB',
    'converseStream',
    stream(lengths(0xffffffff, 0xffffffff)),
    failed('EventStreamError', /4294967295 bytes/),
  ],
  [
    'headers longer than their frame',
    'converseStream',
    stream(lengths(16, 100)),
    failed('EventStreamError', /longer than the message/),
  ],
  [
    '160 KB of headers',
    'converseStream',
    stream(
      framed(
        Buffer.concat([
          EVENT,
          ...Array.from({ length: 5 }, (_, n) => text(`n${n}`, 'x'.repeat(32_000))),
        ]),
        DELTA,
      ),
    ),
    events('word'),
  ],
  ['an event without a payload', 'converseStream', stream(framed(EVENT, '')), ANY],
  [
    'a whole event of 17 MiB',
    'converseStream',
    stream(delta('x'.repeat(17 * 1024 * 1024))),
    events('x'.repeat(17 * 1024 * 1024)),
  ],
  [
    'control characters in the name of an exception',
    'converseStream',
    stream(exception('bad\r\n\u0000\u001b[31mException')),
    failed('bad\r\n\u0000\u001b[31mException', /it broke/),
  ],
  [
    'the name of an exception beyond ASCII',
    'converseStream',
    stream(exception('é漢🤖\u2028Exception')),
    failed('é漢🤖\u2028Exception', /it broke/),
  ],
  ['an exception without a name', 'converseStream', stream(exception('')), failed(/^/, /it broke/)],
  [
    'an exception named __proto__',
    'converseStream',
    stream(exception('__proto__')),
    failed('__proto__', /it broke/),
  ],
  [
    'an exception named constructor',
    'converseStream',
    stream(exception('constructor')),
    failed('constructor', /it broke/),
  ],
  [
    'an exception that is no JSON',
    'converseStream',
    stream(exception('validationException', 'no json')),
    failed('ValidationException', /./),
  ],
  [
    'an exception that is a list',
    'converseStream',
    stream(exception('validationException', '[1]')),
    failed('ValidationException', /./),
  ],
  [
    'an exception whose message is an object',
    'converseStream',
    stream(exception('validationException', '{"message":{"a":1}}')),
    failed('ValidationException', /./),
  ],
  [
    'odd characters in an error message of the stream',
    'converseStream',
    stream(errorFrame('c\u0000de é🤖', 'm\u0000 é🤖')),
    failed('c\u0000de é🤖', / é🤖$/),
  ],
  [
    'an error message of the stream named __proto__',
    'converseStream',
    stream(errorFrame('__proto__', '')),
    failed('__proto__', /^/),
  ],
  [
    'odd characters and half a pair in an error',
    'converse',
    json('{"__type":"a#\\u0000\\ud83e__proto__","message":"\\ud83e"}', {}, 400),
    failed('\u0000\ud83e__proto__', /^\ud83e$/),
  ],
  [
    'numbers and objects where an error has texts',
    'converse',
    json('{"__type":5,"message":5,"code":{}}', {}, 400),
    failed(/^/, /5/),
  ],
  ...['__proto__', 'toString', 'valueOf', 'BedrockRuntimeClient', 'ConverseCommand', 'Error'].map(
    (name) => [
      `an error named ${name}`,
      'converse',
      refused('no', { 'x-amzn-errortype': name }),
      failed(name, /^no$/, 400),
    ],
  ),
  [
    'an error with members that every error has',
    'converse',
    json(
      '{"__proto__":{"a":1},"constructor":1,"stack":1,"name":"x","$metadata":1,"$fault":1,"toString":1,"message":"no"}',
      { 'x-amzn-errortype': 'OddException' },
      400,
    ),
    failed('OddException', /^no$/, 400),
  ],
  [
    'an error named constructor',
    'converse',
    refused('no', { 'x-amzn-errortype': 'constructor' }),
    failed('constructor', /^no$/),
  ],
  [
    'an error with an empty name',
    'converse',
    refused('no', { 'x-amzn-errortype': '' }),
    failed(/^/, /^no$/),
  ],
];

const NEIGHBOUR = Array.from({ length: 20 }, (_, n) => `${n} é漢🤖`);
let release;
let made;

/** Reads a request's text, and answers as that says. */
async function answering(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { messages } = JSON.parse(Buffer.concat(chunks));
  const name = messages[0].content[0].text;
  if (name === 'neighbour') {
    const released = new Promise((resolve) => {
      release = resolve;
    });
    response.writeHead(200, STREAM);
    response.write(START);
    await released;
    for (const word of NEIGHBOUR) response.write(delta(word));
    response.end(STOP);
  } else if (name === 'well') {
    whole()(response);
  } else {
    ODD[Number(name)][2](response);
  }
}

beforeEach(async () => {
  // Node.js refuses streams of a connection for which it holds more than 10 MB back.
  const server = await startBare(answering, { maxSessionMemory: 200 });
  const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret' };
  made = client({ ...server, region: 'us-east-1', credentials }, { maxAttempts: 1 });
});

test.each(ODD.map(([name, operation], at) => [name, operation, at]))(
  '%s (%s)',
  async (_name, operation, at) => {
    const neighbour = (await made.converseStream(ask('neighbour'))).stream;
    await neighbour.next();
    ODD[at][3](await outcome(made, operation, ask(String(at))));
    release();
    expect(textsOf(await collect(neighbour))).toEqual(NEIGHBOUR);
    expect((await made.converse(ask('well'))).stopReason).toBe('end_turn');
  },
);

test('all of them at once cost each its own, and {} nothing', async () => {
  const neighbour = (await made.converseStream(ask('neighbour'))).stream;
  await neighbour.next();
  const all = await Promise.all(
    ODD.map(([, operation], at) => outcome(made, operation, ask(String(at)))),
  );
  all.forEach((ended, at) => ODD[at][3](ended));
  release();
  expect(textsOf(await collect(neighbour))).toEqual(NEIGHBOUR);
  expect({}.message ?? {}.a).toBeUndefined();
});
