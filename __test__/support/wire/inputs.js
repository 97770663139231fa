'use strict';

/** Random inputs of an operation, made from the service model, with odd values where the AWS SDK
 * takes them. */

const model = require('../../fixtures/service-model.json');

const TEXTS = [
  '',
  'plain',
  'Übergrößen, naïve café',
  '漢字 and 🦀🤖',
  'line\nbreak\ttab "quoted" \\ back/slash',
  'nul \u0000 and \u0001\u001f\u007f\u0080',
  '\u2028\u2029\ufeff\ufffd',
  '</script><!-- & -->',
  '{"json":"in a text"}',
  '__proto__',
  'cut \ud83e',
  '\udd16\ud83e| and \ud83e🦀',
  '\ufdd0\ufdd1zz \u{10f83e}',
  'a'.repeat(3000),
];
const KEYS = [
  'a',
  'b',
  'z',
  '0',
  '10',
  '2',
  '__proto__',
  'toString',
  'ключ',
  'x y',
  '',
  '🦀',
  'half \ud83e',
  '$unknown',
];
const IDS = [
  'anthropic.claude-sonnet-4-6',
  'us.amazon.nova-pro-v1:0',
  'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456',
  'arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ:1',
  '.',
  '..',
  '',
  ' ',
  '/',
  'a/b/../c',
  '%2F%25%',
  "!*'()",
  'a?b=c&d#e;f,g@h+i=j$k',
  '~-._',
  '"<>[]\\^`{|}',
  '\u0000\t\n\u007f',
  'ünï/✓/🦀',
  'x'.repeat(5000),
];
const NUMBERS = [
  0,
  -0,
  1,
  -1,
  0.7,
  0.1 + 0.2,
  1e21,
  1e-7,
  5e-324,
  2 ** 53,
  -(2 ** 53) - 2,
  123456.789,
];

class Message {
  #role = 'user';

  constructor() {
    this.content = [{ text: 'of a class' }];
    this.own = 'own';
  }

  get role() {
    return this.#role;
  }
}

const BYTES = [
  () => new Uint8Array(),
  () => Uint8Array.of(0, 255, 128, 1),
  () => Buffer.from('a buffer'),
  () => Buffer.from('a part of a buffer').subarray(2, 9),
  () => new Uint8Array(new ArrayBuffer(16), 3, 5),
  () => new (class Mine extends Uint8Array {})([1, 2, 3]),
  () => 'a text for bytes: ü 🦀',
  () => Buffer.alloc(4000, 7),
];

/** What no shape asks for, in a place where any value may be. */
const ODD = [
  () => undefined,
  () => null,
  () => '5',
  () => 5,
  () => true,
  () => NaN,
  () => Infinity,
  () => -Infinity,
  () => 12345678901234567890n,
  () => -1n,
  () => new Date(1_700_000_000_123),
  () => ({}),
  () => [],
  () => [null, undefined, 1],
  () => Object.assign([], { 3: 'sparse' }),
  () => Object.create(null, { a: { value: 1, enumerable: true } }),
  () => Object.create({ text: 'inherited', role: 'user' }),
  () => ({ text: 'known', [Symbol('s')]: 1 }),
  () => ({ text: 'two', cachePoint: { type: 'default' } }),
  () => ({ $unknown: ['newMember', { b: 1, a: [null] }] }),
  () => ({ text: 'known', $unknown: ['newMember', {}] }),
  () => ({ $unknown: ['name', 5, 'more'] }),
  () => ({ $unknown: 'no pair' }),
  () => ({ unknownMember: 1 }),
  () => ({ __type: 'Some', text: 'typed', extra: { b: [1, null], a: new Date(0) } }),
  () => new Message(),
  () => new Map([['a', 1]]),
  () => new Set([1]),
  () => /regexp/,
  () => new Error('an error'),
  () => new URL('http://127.0.0.1/x'),
  () => Object(5),
  () => Object('boxed'),
  () => ({ toJSON: () => 'its own words', text: 'kept' }),
  () => ({
    get text() {
      return 'of a getter';
    },
  }),
  () => Uint8Array.of(1, 2, 3),
  () => Buffer.from('bytes'),
  () => new Uint8ClampedArray([1, 2]),
  () => new Uint16Array([256, 2]),
  () => new ArrayBuffer(4),
  () => new DataView(new ArrayBuffer(4)),
  () => Object.freeze({ text: 'frozen', more: Object.freeze([1]) }),
  () => JSON.parse('{"__proto__":{"a":1},"text":"poison"}'),
  () => [[['deep']], { a: { b: { c: NaN } } }],
];

/** Members that no shape knows; the AWS SDK does not look at them. */
const UNLOOKED = [
  ...ODD,
  () => {
    const cycle = { name: 'cycle' };
    cycle.self = cycle;
    return cycle;
  },
  () => ({
    get broken() {
      throw new Error('a getter was read');
    },
  }),
  () => () => 'a function',
  () => Symbol('a symbol'),
];

/**
 * Makes inputs.
 *
 * @param {ReturnType<typeof import('../requests').random>} r
 * @param {number} oddness how often a value is an odd one; 0 for inputs as the model has them
 */
function inputs(r, oddness) {
  const many = (most, make) => Array.from({ length: r.below(most + 1) }, make);
  const number = () => (r.chance(0.5) ? r.below(100_000) / 100 : r.pick(NUMBERS));

  const anyDocument = (depth) => {
    const kind = depth > 4 ? r.below(4) : r.below(7);
    if (r.chance(oddness)) return documentOddity();
    if (kind === 0) return r.pick(TEXTS);
    if (kind === 1) return number();
    if (kind === 2) return r.chance(0.5);
    if (kind === 3) return null;
    if (kind === 4) return many(3, () => anyDocument(depth + 1));
    const made = {};
    for (const key of many(4, () => r.pick(KEYS))) own(made, key, anyDocument(depth + 1));
    return made;
  };

  const documentOddity = () => r.pick(ODD)();

  const own = (target, key, value) => {
    Object.defineProperty(target, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  };

  const structure = (shape, depth) => {
    const made = {};
    const required = new Set(shape.required);
    const names = Object.keys(shape.members);
    const chosen = shape.union
      ? [r.pick(names)]
      : names.filter((name) => required.has(name) || r.chance(depth > 3 ? 0.3 : 0.5));
    // The order of members is the caller's.
    for (const name of r.chance(0.5) ? chosen : chosen.reverse()) {
      made[name] = value(shape.members[name].shape, depth + 1);
    }
    if (r.chance(oddness))
      made[r.pick(['unknownMember', 'type', 'index', '__lc'])] = r.pick(UNLOOKED)();
    if (r.chance(oddness / 4) && !shape.union) made.__type = 'com.amazon#Thing';
    if (r.chance(oddness / 2)) return Object.freeze(made);
    return made;
  };

  const value = (name, depth) => {
    if (depth > 0 && r.chance(oddness)) return r.pick(ODD)();
    const shape = model.shapes[name];
    if (shape.document) return anyDocument(0);
    switch (shape.type) {
      case 'structure':
        return structure(shape, depth);
      case 'list': {
        const made = many(depth > 8 ? 1 : 3, () => value(shape.member.shape, depth + 1));
        if (r.chance(oddness)) made.push(r.pick([undefined, null]));
        if (r.chance(oddness / 4)) made.length += 1;
        return made;
      }
      case 'map': {
        const made = {};
        for (const key of many(3, () => r.pick(KEYS)))
          own(made, key, value(shape.value.shape, depth + 1));
        return made;
      }
      case 'string':
        return shape.enum && r.chance(0.8) ? r.pick(shape.enum) : r.pick(TEXTS);
      case 'blob':
        return r.pick(BYTES)();
      case 'boolean':
        return r.chance(0.5);
      default:
        return number();
    }
  };

  return {
    /** An input of an operation. */
    input(operation) {
      const shape = model.shapes[model.operations[operation].input.shape];
      const made = structure(shape, 0);
      const input = Object.isFrozen(made) ? { ...made } : made;
      for (const [member, ref] of Object.entries(shape.members)) {
        if (ref.location === 'uri') input[member] = r.pick(IDS);
        if (ref.location === 'header' && member in input) input[member] = r.pick(HEADERS);
        if (member === shape.payload) input[member] = r.pick(BYTES)();
      }
      return input;
    },
  };
}

const HEADERS = ['', 'application/json', 'ENABLED', 'a b', 'x'.repeat(200), null, undefined];

module.exports = { inputs, model };
