'use strict';

/** AWS's event-stream encoding, the sending half. */

const zlib = require('node:zlib');

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function tableCrc32(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = TABLE[(c ^ byte) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** Node has its own since 20.15 and 22.2. */
const crc32 = zlib.crc32 ?? tableCrc32;

const STRING = 7;

function encodeHeaders(headers) {
  const parts = [];
  for (const [name, value] of Object.entries(headers)) {
    const key = Buffer.from(name);
    const text = Buffer.from(String(value));
    const prefix = Buffer.alloc(key.length + 4);
    prefix.writeUInt8(key.length, 0);
    key.copy(prefix, 1);
    prefix.writeUInt8(STRING, key.length + 1);
    prefix.writeUInt16BE(text.length, key.length + 2);
    parts.push(prefix, text);
  }
  return Buffer.concat(parts);
}

/**
 * One frame: prelude, its checksum, headers, payload, checksum of it all.
 *
 * @param {Record<string, string>} headers
 * @param {Buffer | string} payload
 */
function encodeFrame(headers, payload) {
  const head = encodeHeaders(headers);
  const body = Buffer.from(payload);
  const total = 12 + head.length + body.length + 4;
  const frame = Buffer.alloc(total);
  frame.writeUInt32BE(total, 0);
  frame.writeUInt32BE(head.length, 4);
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
  head.copy(frame, 12);
  body.copy(frame, 12 + head.length);
  frame.writeUInt32BE(crc32(frame.subarray(0, total - 4)), total - 4);
  return frame;
}

const JSON_TYPE = 'application/json';

/** An event of a stream (`messageStart`, …). */
const eventFrame = (type, payload) =>
  encodeFrame(
    { ':event-type': type, ':content-type': JSON_TYPE, ':message-type': 'event' },
    typeof payload === 'string' ? payload : JSON.stringify(payload),
  );

/** A modelled exception in a stream (`throttlingException`, …). */
const exceptionFrame = (type, payload) =>
  encodeFrame(
    { ':exception-type': type, ':content-type': JSON_TYPE, ':message-type': 'exception' },
    JSON.stringify(payload),
  );

/** An unmodelled error in a stream. */
const errorFrame = (code, message) =>
  encodeFrame({ ':error-code': code, ':error-message': message, ':message-type': 'error' }, '');

module.exports = { crc32, tableCrc32, encodeFrame, eventFrame, exceptionFrame, errorFrame };
