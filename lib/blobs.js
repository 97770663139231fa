'use strict';

const { conform, isPlain } = require('./conform.js');

// An input crosses to the addon as JSON text with its bytes beside it in a table: bytes in JSON cost
// eight times more than a Buffer. In the text a blob is `{"\0blob": index}`.

/** Messages that are written as one text: V8 takes twice as long for one of more than 128 KB. */
const PIECE = 32;

/**
 * An input as JSON text and a table of bytes; the input is not changed, and not copied where JSON
 * says what it holds as the AWS SDK would.
 *
 * @param {object} input
 * @param {string} operation
 * @returns {{ text: string | string[], blobs: Uint8Array[] }} a long conversation's text is in pieces
 */
function pack(input, operation) {
  const blobs = [];
  const plain = isPlain(input) ? input : conform(input, operation, blobs);
  const isLong = Array.isArray(plain.messages) && plain.messages.length > PIECE;
  return { text: isLong ? piecesOf(plain) : JSON.stringify(plain), blobs };
}

/** What is before the messages, the messages, and what is after them; the addon makes one text of it. */
function piecesOf(input) {
  const { messages } = input;
  const before = Object.create(null);
  const after = Object.create(null);
  let side = before;
  for (const key of Object.keys(input)) {
    if (key === 'messages') side = after;
    else side[key] = input[key];
  }
  const pieces = [JSON.stringify(before)];
  for (let at = 0; at < messages.length; at += PIECE) {
    pieces.push(JSON.stringify(messages.slice(at, at + PIECE)));
  }
  pieces.push(JSON.stringify(after));
  return pieces;
}

/** The bytes of a response that is no JSON; as in the AWS SDK they can be read as text. */
class ResponseBytes extends Uint8Array {
  /** @param {BufferEncoding} [encoding] */
  transformToString(encoding = 'utf-8') {
    return Buffer.from(this.buffer, this.byteOffset, this.byteLength).toString(encoding);
  }
}

module.exports = { pack, ResponseBytes };
