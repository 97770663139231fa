'use strict';

/** Reads the archives that registries hand out: `.tgz` (npm) and `.whl` (PyPI, a zip). */

const zlib = require('node:zlib');

/** Members of a tar: name → bytes. */
function* tar(bytes) {
  let longName;
  for (let at = 0; at + 512 <= bytes.length;) {
    const field = (from, to) => bytes.toString('utf8', at + from, at + to).replace(/\0.*$/s, '');
    const name = field(0, 100);
    if (name === '') return;
    const size = parseInt(field(124, 136).trim(), 8);
    const kind = field(156, 157);
    const prefix = field(345, 500);
    const body = bytes.subarray(at + 512, at + 512 + size);
    if (kind === 'x') {
      longName = /\d+ path=(.+)\n/.exec(body.toString('utf8'))?.[1];
    } else if (kind === '0' || kind === '') {
      yield [longName ?? (prefix ? `${prefix}/${name}` : name), body];
      longName = undefined;
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

/** Members of a zip: name → function that unpacks it. */
function* zip(bytes) {
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0) throw new Error('not a zip archive: it has no directory');
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (bytes.readUInt32LE(at) !== 0x02014b50) throw new Error('the zip archive is damaged');
    const method = bytes.readUInt16LE(at + 10);
    const packed = bytes.readUInt32LE(at + 20);
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const local = bytes.readUInt32LE(at + 42);
    yield [
      name,
      () => {
        const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
        const body = bytes.subarray(start, start + packed);
        if (method !== 0 && method !== 8) throw new Error(`${name}: unknown compression ${method}`);
        return method === 8 ? zlib.inflateRawSync(body) : body;
      },
    ];
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
}

/**
 * The members of an archive that are wanted.
 * @param {string} file its name tells its kind
 * @param {Buffer} bytes
 * @param {(name: string) => boolean} wanted
 * @returns {Map<string, Buffer>}
 */
function unpack(file, bytes, wanted) {
  const out = new Map();
  if (file.endsWith('.tgz')) {
    for (const [name, body] of tar(zlib.gunzipSync(bytes))) {
      const inner = name.replace(/^[^/]+\//, '');
      if (wanted(inner)) out.set(inner, body);
    }
  } else if (/\.(whl|zip)$/.test(file)) {
    for (const [name, body] of zip(bytes)) if (wanted(name)) out.set(name, body());
  } else {
    throw new Error(`${file}: neither a .tgz nor a .whl`);
  }
  return out;
}

module.exports = { unpack };
