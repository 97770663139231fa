'use strict';

const { createHash } = require('node:crypto');
const { Pace } = require('./pace.js');

/** Bytes that are hashed in one go. */
const PIECE = 1024 * 1024;

/** A version, by what was written. */
async function versionOf(bytes) {
  const hash = createHash('sha256');
  const pace = new Pace();
  for (let at = 0; at < bytes.length; at += PIECE) {
    hash.update(bytes.subarray(at, at + PIECE));
    if (pace.isOver) await pace.rest();
  }
  return hash.digest('base64url').slice(0, 22);
}

module.exports = { versionOf };
