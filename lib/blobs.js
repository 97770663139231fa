'use strict';

const { conform, isPlain } = require('./conform.js');

// An input crosses to the addon as one JSON text with its bytes beside it in a table: bytes in JSON
// cost eight times more than a Buffer. In the text a blob is `{"\0blob": index}`.

/**
 * An input as JSON text and a table of bytes; the input is not changed, and not copied where JSON
 * says what it holds as the AWS SDK would.
 *
 * @param {object} input
 * @param {string} operation
 * @returns {{ text: string, blobs: Uint8Array[] }}
 */
function pack(input, operation) {
  const blobs = [];
  const plain = isPlain(input) ? input : conform(input, operation, blobs);
  return { text: JSON.stringify(plain), blobs };
}

/** The bytes of a response that is no JSON; as in the AWS SDK they can be read as text. */
class ResponseBytes extends Uint8Array {
  /** @param {BufferEncoding} [encoding] */
  transformToString(encoding = 'utf-8') {
    return Buffer.from(this.buffer, this.byteOffset, this.byteLength).toString(encoding);
  }
}

module.exports = { pack, ResponseBytes };
