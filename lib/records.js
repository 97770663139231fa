'use strict';

const { unpack } = require('./responses.js');

/**
 * Records of the addon, as `src/records.rs` writes them. Each is read by itself: one that cannot be
 * read costs its own call an error.
 */

/** Kinds, in the order of `Kind` there. */
const HEAD = 0;
const TEXT = 1;
const REASONING = 2;
const TOOL_INPUT = 3;
const EVENT = 4;
const END = 5;
const RESULT = 6;
const ERROR = 7;
const NOTICE = 8;
const ASK = 9;

/** Of the encodings there; else a text is UTF-16. */
const ASCII = 0;

const HEADER = 16;

/** What an event weighs beside its text while it waits: `EVENT` there. */
const WEIGHT = 64;

/** Shorter texts are copied where a piece is cut out of a longer one; others would hold all of it. */
const COPIED = 13;

/**
 * Reads the records of a buffer.
 *
 * @param {Buffer} buffer with a memory of its own
 * @param {number} end of the records in it, in bytes
 * @param {{ receive(kind: number, id: number, value: unknown, weight: number): void,
 *   fail(id: number, error: Error): void }} receiver neither throws
 */
function readRecords(buffer, end, receiver) {
  const words = new Uint32Array(buffer.buffer, buffer.byteOffset, end >> 2);
  let whole;

  const ascii = (from, to) => {
    if (to - from >= COPIED) return buffer.latin1Slice(from, to);
    whole ??= buffer.latin1Slice(0, end);
    return whole.slice(from, to);
  };
  const textOf = (encoding, from, to) => {
    if (encoding === ASCII) return ascii(from, to);
    return buffer.ucs2Slice(from, to);
  };

  let at = 0;
  while (at < end) {
    const word = at >> 2;
    const id = words[word];
    const tag = words[word + 1];
    const length = words[word + 2];
    const last = words[word + 3];
    const kind = tag & 0xff;
    const from = at + HEADER;
    const to = from + length;
    let after = to;
    if (kind === TEXT || kind === REASONING || kind === TOOL_INPUT) {
      receiver.receive(kind, id, delta(kind, last, textOf(tag >> 8, from, to)), length + WEIGHT);
    } else if (kind === ASK) {
      receiver.receive(kind, id, last, 0);
    } else {
      after = to + last;
      let value;
      let error;
      try {
        if (length > 0) value = JSON.parse(textOf(tag >> 8, from, to));
        if (last > 0)
          unpack(value, JSON.parse(`[${buffer.utf8Slice(to, after)}]`), kind === RESULT);
      } catch (cause) {
        error = unreadable(cause);
      }
      if (error === undefined) receiver.receive(kind, id, value, length + last + WEIGHT);
      else receiver.fail(id, error);
    }
    at = (after + 3) & ~3;
  }
}

function delta(kind, contentBlockIndex, text) {
  switch (kind) {
    case TEXT:
      return { contentBlockDelta: { delta: { text }, contentBlockIndex } };
    case REASONING:
      return { contentBlockDelta: { delta: { reasoningContent: { text } }, contentBlockIndex } };
    default:
      return { contentBlockDelta: { delta: { toolUse: { input: text } }, contentBlockIndex } };
  }
}

function unreadable(cause) {
  const error = new Error('bedrock-profile-client could not read its own record of this call.', {
    cause,
  });
  error.name = 'InternalError';
  return error;
}

module.exports = { readRecords, HEAD, EVENT, END, RESULT, ERROR, NOTICE, ASK };
