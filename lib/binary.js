'use strict';

// What a file that should be an addon is, as far as its header tells: for which system, CPU and libc,
// and whether all of it is there. Read only where the system's loader has refused the file.

const fs = require('node:fs');

const ELF_CPUS = new Map([
  [3, 'ia32'],
  [22, 's390x'],
  [40, 'arm'],
  [21, 'ppc64'],
  [62, 'x64'],
  [183, 'arm64'],
  [243, 'riscv64'],
  [258, 'loong64'],
]);
const PE_CPUS = new Map([
  [0x014c, 'ia32'],
  [0x8664, 'x64'],
  [0xaa64, 'arm64'],
]);
const MACH_CPUS = new Map([
  [0x01000007, 'x64'],
  [0x0100000c, 'arm64'],
]);

/** Headers and the tables that they point at are in the first bytes; the names of libraries may not be. */
const HEAD = 64 * 1024;

/**
 * @typedef {object} Binary
 * @property {number} size in bytes
 * @property {string} [system] `linux`, `darwin` or `win32`, as `process.platform` has it; absent where the
 *   file is no binary
 * @property {string} [arch] as `process.arch` has it, or `a CPU of another kind`
 * @property {'gnu' | 'musl'} [libc] of Linux, where the file says so
 * @property {number} [needs] how many bytes its header speaks of, where there are fewer
 */

/**
 * @param {string} file
 * @returns {Binary | undefined} `undefined` where it cannot be read
 */
function look(file) {
  let bytes;
  try {
    bytes = fs.readFileSync(file);
  } catch {
    return undefined;
  }
  return { size: bytes.length, ...of(bytes, bytes.length) };
}

/**
 * Throws where a binary for Linux is cut off; what else may be wrong is for the system's loader to say.
 *
 * @param {string} file
 */
function checkWhole(file) {
  let found;
  try {
    found = head(file);
  } catch {
    return; // the loader will say why it cannot be read
  }
  const { needs } = of(found.bytes, found.size);
  if (needs !== undefined) {
    throw new Error(`${file}: only ${found.size} of ${needs} bytes are there`);
  }
}

function head(file) {
  const descriptor = fs.openSync(file, 'r');
  try {
    const { size } = fs.fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, HEAD));
    fs.readSync(descriptor, bytes, 0, bytes.length, 0);
    return { bytes, size };
  } finally {
    fs.closeSync(descriptor);
  }
}

/** What the bytes are the start of. A header that points behind their end says no more. */
function of(bytes, size) {
  const found = {};
  try {
    if (isElf(bytes)) elf(bytes, size, found);
    else if (isPe(bytes)) pe(bytes, found);
    else if (isMach(bytes)) mach(bytes, found);
  } catch {
    // What was found before stands.
  }
  return found;
}

const OTHER = 'a CPU of another kind';
const isElf = (bytes) => bytes.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1'));
const isPe = (bytes) => bytes.subarray(0, 2).equals(Buffer.from('MZ'));
const isMach = (bytes) => bytes.length >= 4 && bytes.readUInt32LE(0) === 0xfeedfacf;

function elf(bytes, size, found) {
  found.system = 'linux';
  const wide = bytes.readUInt8(4) === 2;
  const little = bytes.readUInt8(5) === 1;
  const half = (at) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  found.arch = ELF_CPUS.get(half(18)) ?? OTHER;
  if (!wide || !little) return;
  const word = (at) => Number(bytes.readBigUInt64LE(at));
  const table = word(32) + half(54) * half(56);
  if (table > size) {
    found.needs = table;
    return;
  }
  const segments = Array.from({ length: half(56) }, (_, index) => {
    const at = word(32) + index * half(54);
    const [type, offset, address] = [bytes.readUInt32LE(at), word(at + 8), word(at + 16)];
    return { type, offset, address, length: word(at + 32) };
  });
  // Only what is mapped counts: debugging information stands behind it, and may be missing.
  const mapped = segments.filter(({ type }) => type === LOAD);
  const needs = Math.max(0, ...mapped.map(({ offset, length }) => offset + length));
  if (needs > size) found.needs = needs;
  else if (bytes.length === size) found.libc = libcOf(needed(bytes, segments, word));
}

const [LOAD, DYNAMIC] = [1, 2];
const [NEEDED, STRTAB] = [1, 5];

/** The libraries that an ELF file asks for. */
function needed(bytes, segments, word) {
  const table = segments.find(({ type }) => type === DYNAMIC);
  if (!table) return [];
  const entries = Array.from({ length: Math.floor(table.length / 16) }, (_, index) => {
    const at = table.offset + index * 16;
    return { tag: word(at), value: word(at + 8) };
  });
  const address = entries.find(({ tag }) => tag === STRTAB)?.value ?? 0;
  const holds = ({ type, address: from, length }) =>
    type === LOAD && from <= address && address < from + length;
  const segment = segments.find(holds);
  if (!segment) return [];
  const strings = segment.offset + (address - segment.address);
  return entries
    .filter(({ tag }) => tag === NEEDED)
    .map(({ value }) => {
      const from = strings + value;
      return bytes.toString('latin1', from, bytes.indexOf(0, from));
    });
}

function libcOf(libraries) {
  if (libraries.some((name) => /^(?:libc\.so\.6|ld-linux)/.test(name))) return 'gnu';
  // Alpine's linker writes the first name, zig the second.
  if (libraries.some((name) => /^libc\.(?:musl|so$)/.test(name))) return 'musl';
  return undefined;
}

function pe(bytes, found) {
  found.system = 'win32';
  const header = bytes.readUInt32LE(0x3c);
  found.arch = PE_CPUS.get(bytes.readUInt16LE(header + 4)) ?? OTHER;
}

function mach(bytes, found) {
  found.system = 'darwin';
  found.arch = MACH_CPUS.get(bytes.readUInt32LE(4)) ?? OTHER;
}

module.exports = { look, checkWhole };
