#!/usr/bin/env node
// What must hold for a published binary: `node scripts/release/inspect.js [FILE …]`, by default those of
// npm/*/. Size and kind of every one; for Linux also, by objdump, that it is stripped, the oldest glibc it
// needs, and the libraries it asks for. Node's built-ins only.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { look } = require('../../lib/binary.js');
const { GLIBC, LARGEST, NAME, platforms, root, version } = require('./platforms.js');
const { must } = require('./run.js');

/** What Node.js itself has loaded, so that it is there wherever Node.js is. */
const LIBRARIES = {
  glibc: /^(lib(c|m|dl|pthread|rt)\.so\.\d+|libgcc_s\.so\.1|ld-linux-[\w-]+\.so\.\d)$/,
  musl: /^(libc\.so|libc\.musl-\w+\.so\.1|libgcc_s\.so\.1)$/,
};

const numbers = (text) => text.split('.').map(Number);

/** Whether a version is newer than another. */
function newer(one, other) {
  const [left, right] = [numbers(one), numbers(other)];
  const at = left.findIndex((value, index) => value !== (right[index] ?? 0));
  return at >= 0 && left[at] > (right[at] ?? 0);
}

/** What objdump tells about a binary for Linux. */
function elf(file) {
  const headers = must('objdump', ['-p', file]).stdout;
  const sections = must('objdump', ['-h', file]).stdout;
  const versions = [...headers.matchAll(/\bGLIBC_(\d+(?:\.\d+)+)/g)].map(([, found]) => found);
  return {
    libraries: [...headers.matchAll(/^\s*NEEDED\s+(\S+)/gm)].map(([, name]) => name),
    glibc: versions.reduce((most, one) => (newer(one, most) ? one : most), '0'),
    // objdump has no section of the symbol table; `-t` says so of a stripped file.
    stripped: !/\.debug_/.test(sections) && /no symbols/.test(must('objdump', ['-t', file]).output),
  };
}

/**
 * @param {string} file
 * @param {{ largest?: number, glibc?: string }} [limits]
 * @returns {{ platform: string, size: number, glibc?: string, problems: string[] }}
 */
function inspect(file, { largest = LARGEST, glibc = GLIBC } = {}) {
  const platform = platforms().find((one) => path.basename(file) === one.file);
  if (platform === undefined) {
    const names = platforms().map((one) => one.file);
    return { size: 0, problems: [`no platform has this name; there are ${names.join(', ')}`] };
  }
  const found = look(file);
  if (found === undefined) return { platform: platform.name, size: 0, problems: ['is not there'] };
  const problems = [];
  const { size, system, arch, needs } = found;
  if (needs !== undefined) problems.push(`only ${size} of ${needs} bytes are there`);
  if (system !== platform.os) problems.push(`is for ${system}, not ${platform.os}`);
  if (arch !== platform.cpu) problems.push(`is for ${arch}, not ${platform.cpu}`);
  if (size > largest) problems.push(`has ${size} bytes, more than ${largest}`);
  if (!fs.readFileSync(file).includes(`${NAME} ${version}`))
    problems.push(`is not of version ${version}`);
  if (platform.os !== 'linux' || needs !== undefined || system !== 'linux') {
    return { platform: platform.name, size, problems };
  }
  const seen = elf(file);
  const strange = seen.libraries.filter((name) => !LIBRARIES[platform.libc].test(name));
  if (!seen.stripped) problems.push('is not stripped');
  if (strange.length > 0) problems.push(`needs ${strange.join(', ')}`);
  if (newer(seen.glibc, glibc)) problems.push(`needs glibc ${seen.glibc}, newer than ${glibc}`);
  if (platform.libc === 'musl' && seen.glibc !== '0') problems.push('needs glibc');
  return {
    platform: platform.name,
    size,
    ...(platform.libc === 'glibc' && { glibc: seen.glibc }),
    libraries: seen.libraries,
    problems,
  };
}

/** The binaries that were built for publishing. */
function built() {
  const files = platforms().map(({ name, file }) => path.join(root, 'npm', name, file));
  return files.filter((file) => fs.existsSync(file));
}

module.exports = { built, inspect };

if (require.main === module) {
  const files = process.argv.length > 2 ? process.argv.slice(2) : built();
  if (files.length === 0) {
    console.error(`${NAME}: no binary is there; build one: node scripts/build-linux.js PLATFORM`);
    process.exitCode = 1;
  }
  for (const file of files) {
    const { size, glibc, libraries = [], problems } = inspect(file);
    const needs = glibc ? `, glibc ${glibc}` : '';
    console.log(`${path.basename(file)}: ${size} bytes${needs} ${libraries.join(' ')}`);
    for (const problem of problems) console.log(`  ${problem}`);
    if (problems.length > 0) process.exitCode = 1;
  }
}
