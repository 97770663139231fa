'use strict';

/** Random answers of an operation, made from the service model, with odd values as a gateway or a
 * newer service may send them. Each is JSON text: some of it JavaScript's values cannot say. */

const { encodeFrame } = require('../../../local-bedrock/eventstream');
const { model } = require('./inputs');

const TEXTS = [
  '',
  'plain',
  'Übergröße 漢字 🦀',
  'line\n"quoted" \\',
  '\u0000\u2028',
  'NaN',
  'null',
];
/** Texts as JSON has them, with what JSON.stringify would not write. */
const RAW_TEXTS = ['"\\ud83e"', '"\\udd16 tail"', '"\\/slash"', '"\\u00e9"', '"a\u007fb"'];
const NUMBERS = ['0', '-0', '1', '-7', '0.5', '1.10', '1e3', '1E-2', '2.50e2', '123456789012345'];
/** More digits than a double holds, or fewer. */
const LONG = [
  '9007199254740991',
  '9007199254740993',
  '-12345678901234567890',
  '1234567890123456.5',
  '0.1234567890123456789',
  '0.30000000000000004',
  '1e21',
  '1.5e300',
  '12345678901234567890.5',
  '1e-400',
  '1.0000000000000000000',
];
const ODD = [
  'null',
  'true',
  '5',
  '"5"',
  '[]',
  '{}',
  '[null,1]',
  '{"a":{"b":[1]}}',
  '1.25',
  '"text"',
];
const KEYS = ['a', 'z', '10', '2', 'toString', 'ключ', '', 'constructor'];
const BASE64 = ['', 'AA==', 'AP8=', 'aGVsbG8=', Buffer.alloc(3000, 9).toString('base64')];

/**
 * Makes answers.
 *
 * @param {ReturnType<typeof import('../requests').random>} r
 * @param {number} oddness how often a value is an odd one
 */
function answers(r, oddness) {
  const many = (most, make) => Array.from({ length: r.below(most + 1) }, make);
  const text = () => (r.chance(oddness) ? r.pick(RAW_TEXTS) : JSON.stringify(r.pick(TEXTS)));
  const number = () => r.pick(r.chance(oddness) ? LONG : NUMBERS);
  const object = (entries) =>
    `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(r.pick([',', ' ,\n']))}}`;

  const anyDocument = (depth) => {
    const kind = r.below(depth > 3 ? 4 : 6);
    if (kind === 0) return text();
    if (kind === 1) return number();
    if (kind === 2) return r.pick(['true', 'false']);
    if (kind === 3) return 'null';
    if (kind === 4) return `[${many(3, () => anyDocument(depth + 1)).join(',')}]`;
    return object(
      [...new Set(many(4, () => r.pick(KEYS)))].map((key) => [key, anyDocument(depth + 1)]),
    );
  };

  const shuffled = (list) =>
    list
      .map((item) => [r.below(1000), item])
      .sort(([a], [b]) => a - b)
      .map(([, item]) => item);

  const structure = (shape, depth) => {
    const required = new Set(shape.required);
    const names = Object.keys(shape.members);
    const chosen = shape.union
      ? [r.pick(names)]
      : names.filter((name) => (required.has(name) && !r.chance(oddness)) || r.chance(0.5));
    const entries = chosen.map((name) => [name, value(shape.members[name].shape, depth + 1)]);
    if (r.chance(oddness)) entries.push(['futureMember', anyDocument(0)]);
    if (r.chance(oddness / 4)) entries.push(['anotherFuture', anyDocument(0)]);
    if (shape.union && r.chance(oddness)) entries.shift();
    if (r.chance(oddness / 4)) entries.push(['__type', '"com.amazon#Thing"']);
    return object(shuffled(entries));
  };

  const value = (name, depth) => {
    if (r.chance(oddness)) return r.pick(ODD);
    const shape = model.shapes[name];
    if (shape.document) return anyDocument(0);
    switch (shape.type) {
      case 'structure':
        return structure(shape, depth);
      case 'list': {
        const items = many(depth > 8 ? 1 : 3, () => value(shape.member.shape, depth + 1));
        if (r.chance(oddness)) items.push('null');
        return `[${items.join(',')}]`;
      }
      case 'map':
        return object(
          [...new Set(many(3, () => r.pick(KEYS)))].map((key) => [
            key,
            r.chance(oddness) ? 'null' : value(shape.value.shape, depth + 1),
          ]),
        );
      case 'string':
        return shape.enum && r.chance(0.8) ? JSON.stringify(r.pick(shape.enum)) : text();
      case 'blob':
        return JSON.stringify(r.pick(BASE64));
      case 'boolean':
        return r.pick(['true', 'false']);
      default:
        return r.chance(oddness) ? r.pick(['"NaN"', '"Infinity"', '"-Infinity"']) : number();
    }
  };

  /** Bytes that are no UTF-8, in the place of some letters. */
  const spoiled = (json) => {
    const bytes = Buffer.from(json);
    if (!r.chance(oddness)) return bytes;
    const at = bytes.indexOf('plain');
    if (at >= 0) bytes[at + r.below(5)] = r.pick([0xff, 0xc3, 0xed, 0x80]);
    return bytes;
  };

  const frame = (type, json, more) =>
    encodeFrame(
      {
        ':event-type': type,
        ':content-type': 'application/json',
        ':message-type': 'event',
        ...more,
      },
      spoiled(json),
    );

  const events = (union) => {
    const names = Object.keys(union.members).filter(
      (name) => !model.shapes[union.members[name].shape].exception,
    );
    const frames = [];
    for (const name of [names[0], ...many(6, () => r.pick(names))]) {
      const padded = `${structure(model.shapes[union.members[name].shape], 1).slice(0, -1)},"p":"abcd"}`;
      const payload = r.chance(0.5)
        ? padded.replace('{,', '{')
        : structure(model.shapes[union.members[name].shape], 1);
      frames.push(frame(name, payload, r.chance(0.2) ? { ':date': 'x', extra: 'header' } : {}));
      if (r.chance(oddness)) frames.push(frame('futureEvent', anyDocument(0)));
      if (r.chance(oddness)) frames.push(frame(name, ''));
    }
    // Every whole answer of Converse ends with it; ours is an error without.
    if (names.includes('messageStop'))
      frames.push(frame('messageStop', '{"stopReason":"end_turn"}'));
    if (r.chance(oddness)) frames.unshift(frame('initial-response', '{}'));
    return Buffer.concat(frames);
  };

  /** Cut at any byte. */
  const pieces = (bytes) => {
    const cuts = r.chance(0.5)
      ? []
      : many(6, () => r.below(bytes.length + 1)).sort((a, b) => a - b);
    const edges = [0, ...cuts, bytes.length];
    return edges
      .slice(1)
      .map((end, at) => bytes.subarray(edges[at], end))
      .filter(({ length }) => length > 0);
  };

  const headersOf = (shape) => {
    const bound = Object.values(shape.members).filter(({ location }) => location === 'header');
    const some = bound.filter(() => r.chance(0.6));
    return {
      ...Object.fromEntries(
        some.map(({ locationName }) => [
          locationName.toLowerCase(),
          r.pick(['a', 'flex', 'a, b', '']),
        ]),
      ),
      ...(r.chance(0.2)
        ? { 'x-amzn-requestid': r.pick(['id-1', '']), 'x-amz-request-id': 'other' }
        : {}),
      ...(r.chance(0.1) ? { 'x-amz-id-2': 'extended', 'x-amz-cf-id': 'cloudfront' } : {}),
      ...(r.chance(0.1) ? { 'content-type': 'text/html' } : {}),
    };
  };

  return {
    /** `{ headers, pieces }` of an operation's answer. */
    answer(operation) {
      const shape = model.shapes[model.operations[operation].output.shape];
      const payload = shape.payload && model.shapes[shape.members[shape.payload].shape];
      let body;
      if (payload?.type === 'blob') body = Buffer.from(r.pick([...TEXTS, '{"completion":"x"}']));
      else body = payload ? events(payload) : spoiled(structure(shape, 0));
      return { headers: headersOf(shape), pieces: pieces(body) };
    },
  };
}

module.exports = { answers };
