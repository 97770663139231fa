'use strict';

const { types } = require('node:util');

const { inputError } = require('./errors.js');
const { shapes } = require('./shapes.js');

const BLOB_KEY = '\0blob';
// JSON that goes out as it stands, wherever it does.
const JSON_KEY = '\0json';

// How deep the addon reads JSON. Cycles are looked for there only, where a lawful input has ended.
const DEEP = 126;

/** Whether JSON.stringify says it right wherever in an input it stands. */
function isPlain(value, depth = 0) {
  try {
    return isPlainValue(value, depth);
  } catch {
    return false; // a getter has thrown: perhaps of a member that is not sent
  }
}

function isPlainValue(value, depth) {
  // One by one: V8 looks at a value in place for each of these, and calls a function for `switch`.
  if (typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'object') {
    return value === null || (depth < DEEP && isPlainObject(value, depth + 1));
  }
  return typeof value !== 'bigint';
}

function isPlainObject(value, depth) {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Array.prototype) {
    for (let at = 0; at < value.length; at += 1) {
      const item = value[at];
      if (item === undefined || typeof item === 'function' || typeof item === 'symbol') {
        return false; // JSON would make null of it
      }
      if (!isPlainValue(item, depth)) return false;
    }
    return true;
  }
  if (prototype !== Object.prototype && prototype !== null) return false;
  if (typeof value.toJSON === 'function' || typeof value.__type === 'string') return false;
  for (const key in value) {
    if (key.charCodeAt(0) === 0 || !isPlainValue(value[key], depth)) return false;
  }
  return true;
}

/**
 * An input as a copy that JSON can say, for an input that holds more than JSON knows.
 *
 * What the AWS SDK sends depends on where a value stands, so this goes along the shapes: in a
 * document a Date is its seconds, elsewhere its text; bytes are bytes in a blob or a document, and
 * an object in other places. Members of structures may be inherited; those of maps and documents are
 * their own. Members that the shapes do not know are kept where they can be said: a rule about the
 * model may ask for them.
 *
 * @param {object} input
 * @param {string} operation
 * @param {Uint8Array[]} blobs takes the bytes
 */
function conform(input, operation, blobs) {
  const table = shapes();
  const { shape, payload } = table.operations[operation].input;
  const context = { shapes: table.shapes, blobs, ancestors: [] };
  if (!payload) return copy(context, shape, input);
  // The other members stand in headers and in the path.
  const made = {};
  for (const key of Object.keys(input)) {
    made[key] = key === payload ? copy(context, shape, input[key]) : unknownMember(input, key);
  }
  return made;
}

/** The copy of a value; undefined where nothing is sent. */
function copy(context, target, value) {
  switch (typeof value) {
    case 'object':
      // What is plain is not copied: an image among many messages costs no more than itself.
      if (!Array.isArray(value) && isPlain(value, context.ancestors.length)) return value;
      return value === null ? null : copyObject(context, target, value);
    case 'number':
      if (Number.isFinite(value)) return value;
      return target === 'blob' ? { [JSON_KEY]: `"${value}"` } : String(value);
    case 'bigint':
      return { [JSON_KEY]: String(value) };
    case 'string':
    case 'boolean':
      return value;
    default:
      return undefined; // functions and symbols
  }
}

function copyObject(context, target, value) {
  if (target === 'document') return copyDocument(context, value);
  if (target === 'blob' && types.isUint8Array(value)) return bytes(context, value);
  if (target === 'timestamp' && types.isDate(value)) return value.getTime() / 1000;
  const { structure, union, list, map } = context.shapes[target] ?? {};
  const inside = (make) => nested(context, value, make);
  if (structure) return inside(() => members(context, structure, value));
  if (union) return inside(() => members(context, union, value, true));
  if (list && Array.isArray(value)) return inside(() => items(context, list, value));
  if (map && !(isText(map) && saysItself(value))) {
    return inside(() => entries(context, map, value));
  }
  if (isBigDecimal(value)) return { [JSON_KEY]: value.string };
  // A text in the place of a blob would be taken for what the bytes are.
  return target === 'blob' ? { [JSON_KEY]: JSON.stringify(value) } : asJson(value);
}

function copyDocument(context, value) {
  if (Array.isArray(value)) return nested(context, value, () => items(context, 'document', value));
  if (types.isUint8Array(value)) return bytes(context, value);
  if (types.isDate(value)) return value.getTime() / 1000;
  if (isBigDecimal(value)) return { [JSON_KEY]: value.string };
  if (isClient(value)) return {};
  return nested(context, value, () => entries(context, 'document', value));
}

/** A client of the AWS SDK, which a caller has mixed in: it holds keys and itself, and is no data. */
const isClient = (value) =>
  typeof value.send === 'function' && typeof value.middlewareStack === 'object';

const bytes = ({ blobs }, value) => ({ [BLOB_KEY]: blobs.push(value) - 1 });

/** Texts, yes or no, and numbers: lists and maps of them are written by JSON.stringify. */
const isText = (target) => target === 'scalar' || target === 'number';

/** What JSON.stringify does not write as an object of its members. */
const saysItself = (value) =>
  Array.isArray(value) || types.isBoxedPrimitive(value) || typeof value.toJSON === 'function';

/** What JSON.stringify makes of a value; throws where it does. */
function asJson(value) {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  const text = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
}

/** A decimal of the AWS SDK, which says more than a double. */
const isBigDecimal = (value) =>
  value.type === 'bigDecimal' && typeof value.string === 'string' && isNaN(value.string) === false;

function items(context, target, value) {
  const made = [];
  const each = isText(target) ? asJson : (item) => copy(context, target, item);
  for (let at = 0; at < value.length; at += 1) {
    const item = value[at];
    const left = target === 'document' ? item === undefined : (item ?? undefined) === undefined;
    const plain = left ? undefined : each(item);
    if (plain !== undefined) made.push(plain);
  }
  return made;
}

function entries(context, target, value) {
  const made = {};
  const each = isText(target) ? asJson : (item) => copy(context, target, item);
  for (const key of Object.keys(value)) {
    const plain = each(value[key]);
    if (plain !== undefined) define(made, key, plain);
  }
  return made;
}

function members(context, known, value, union = false) {
  const made = {};
  for (const name of Object.keys(known)) {
    const plain = copy(context, known[name], value[name]);
    if (plain !== undefined && plain !== null) made[name] = plain;
  }
  if (union && Array.isArray(value.$unknown)) {
    const [name, unknown] = value.$unknown;
    made.$unknown = [name, copy(context, 'document', unknown)];
  }
  // Beside a `__type` the AWS SDK sends everything, and null for what is not there.
  const typed = typeof value.__type === 'string';
  const all = typed || Array.isArray(value);
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(made, key) || (Object.hasOwn(known, key) && !typed)) continue;
    const plain = all ? copy(context, 'document', value[key]) : unknownMember(value, key);
    if (plain !== undefined) define(made, key, plain);
    else if (typed) define(made, key, null);
  }
  return made;
}

/** What is not sent is kept where it costs nothing, and may hold what it likes elsewhere. */
function unknownMember(value, key) {
  try {
    const member = value[key];
    return typeof member !== 'function' && isPlain(member) ? member : undefined;
  } catch {
    return undefined; // a getter that throws
  }
}

function nested({ ancestors }, value, make) {
  if (ancestors.length >= DEEP) {
    const again = new Set(ancestors).size < ancestors.length || ancestors.includes(value);
    throw new RangeError(
      again
        ? 'The input contains itself: a cycle cannot be sent as JSON.'
        : `The input is nested more than ${DEEP} levels deep.`,
    );
  }
  ancestors.push(value);
  const made = make();
  ancestors.pop();
  return made;
}

function define(target, key, value) {
  // What a model or a tool has said may stand in an input: it must not be read as a mark of ours.
  if (key === BLOB_KEY || key === JSON_KEY) {
    throw inputError(`The input has the key ${JSON.stringify(key)}, which cannot be sent.`);
  }
  if (key === '__proto__') {
    Object.defineProperty(target, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else {
    target[key] = value;
  }
}

module.exports = { conform, isPlain };
