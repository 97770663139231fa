'use strict';

const { types } = require('node:util');

// An input crosses to the addon as one JSON text with its bytes beside it in a table: bytes in JSON
// cost eight times more than a Buffer. In the text a blob is `{"\0blob": index}`.
const BLOB_KEY = '\0blob';
const BIGINT_KEY = '\0bigint';
// How deep the addon reads JSON. Cycles are looked for there only, where a lawful input has ended.
const DEEP = 126;

/**
 * An input as JSON text and a table of bytes; the input is not changed, and not copied where JSON
 * can say what it holds.
 *
 * As in the AWS SDK: a Date is its seconds, a bigint its digits, NaN and the infinities are their
 * names, `toJSON` is ignored, and only own enumerable members count.
 *
 * @param {object} input
 * @returns {{ text: string, blobs: Uint8Array[] }}
 */
function pack(input) {
  const blobs = [];
  const plain = prepare(input, blobs, []);
  return { text: wellFormed(JSON.stringify(plain)), blobs };
}

/**
 * Half a surrogate pair, where a caller has cut an emoji in two, is no text; it is sent as the
 * character that stands for what cannot be read. JSON.stringify writes such halves as escapes.
 */
function wellFormed(json) {
  if (!json.includes('\\ud')) return json;
  return json.replace(/\\(ud[89a-f][0-9a-f]{2}|.)/g, (escape, named) =>
    named.length > 1 ? '\\ufffd' : escape,
  );
}

/** The value itself where JSON.stringify says it right, else a copy that it says right. */
function prepare(value, blobs, ancestors) {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return { [BIGINT_KEY]: String(value) };
    case 'object':
      return value === null ? null : prepareObject(value, blobs, ancestors);
    default:
      return undefined; // functions and symbols
  }
}

function prepareObject(value, blobs, ancestors) {
  const array = Array.isArray(value);
  if (!array && Object.getPrototypeOf(value) !== Object.prototype) {
    // Uint8Array, Buffer and their subclasses, from whatever realm.
    if (types.isUint8Array(value)) return { [BLOB_KEY]: blobs.push(value) - 1 };
    if (types.isDate(value)) return value.getTime() / 1000;
  }
  if (ancestors.length >= DEEP) {
    const again = new Set(ancestors).size < ancestors.length || ancestors.includes(value);
    throw new RangeError(
      again
        ? 'The input contains itself: a cycle cannot be sent as JSON.'
        : `The input is nested more than ${DEEP} levels deep.`,
    );
  }
  ancestors.push(value);
  const plain = array
    ? prepareArray(value, blobs, ancestors)
    : prepareMembers(value, blobs, ancestors);
  ancestors.pop();
  return plain;
}

function prepareArray(array, blobs, ancestors) {
  let copy;
  for (let at = 0; at < array.length; at += 1) {
    const item = array[at];
    const plain = prepare(item, blobs, ancestors);
    // JSON would make null of an undefined item; the AWS SDK drops it.
    if (copy === undefined && (plain !== item || plain === undefined)) copy = array.slice(0, at);
    if (copy !== undefined && plain !== undefined) copy.push(plain);
  }
  return copy ?? array;
}

function prepareMembers(object, blobs, ancestors) {
  let copy = typeof object.toJSON === 'function' ? {} : undefined;
  const keys = Object.keys(object);
  for (let at = 0; at < keys.length; at += 1) {
    const key = keys[at];
    const member = object[key];
    const plain = prepare(member, blobs, ancestors);
    if (copy === undefined && plain !== member) {
      copy = {};
      for (let before = 0; before < at; before += 1)
        define(copy, keys[before], object[keys[before]]);
    }
    if (copy !== undefined) define(copy, key, plain);
  }
  return copy ?? object;
}

function define(target, key, value) {
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

/** Replaces base64 text at each path by its bytes, in place. */
function unpack(value, paths) {
  for (const path of paths) {
    let holder = value;
    for (let at = 0; at < path.length - 1; at += 1) holder = holder[path[at]];
    const key = path[path.length - 1];
    const bytes = Buffer.from(holder[key], 'base64');
    holder[key] = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  return value;
}

/** The bytes of an answer that is no JSON; as in the AWS SDK they can be read as text. */
class ResponseBytes extends Uint8Array {
  /** @param {BufferEncoding} [encoding] */
  transformToString(encoding = 'utf-8') {
    return Buffer.from(this.buffer, this.byteOffset, this.byteLength).toString(encoding);
  }
}

module.exports = { pack, unpack, ResponseBytes };
