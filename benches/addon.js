'use strict';

const fs = require('node:fs');
const path = require('node:path');

const SYMBOL_TABLE = 2;

/**
 * Whether the addon that is loaded was built for release: that profile strips its symbols.
 * Undefined where that cannot be seen: on systems whose binaries are not ELF.
 */
function isReleaseBuild() {
  const root = path.join(__dirname, '..');
  const loaded = Object.keys(require.cache).find((file) => file.endsWith('.node'));
  const file = loaded ?? fs.readdirSync(root).find((name) => name.endsWith('.node'));
  if (file === undefined) throw new Error('There is no addon: npm run build:release makes it.');
  const bytes = fs.readFileSync(path.resolve(root, file));
  if (bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[4] !== 2) return undefined;
  const table = Number(bytes.readBigUInt64LE(0x28));
  const size = bytes.readUInt16LE(0x3a);
  const count = bytes.readUInt16LE(0x3c);
  for (let at = table; at < table + count * size; at += size) {
    if (bytes.readUInt32LE(at + 4) === SYMBOL_TABLE) return false;
  }
  return true;
}

module.exports = { isReleaseBuild };
