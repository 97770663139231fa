'use strict';

// What is published for which platform: derived from `napi.targets` of package.json, the one list.
// Node's built-ins only.

const path = require('node:path');

const root = path.join(__dirname, '..', '..');
const { name: NAME, napi, version } = require('../../package.json');

/** The oldest glibc that the Linux binaries may need: Rust's own floor. */
const GLIBC = '2.17';

/** No published binary may be larger, in bytes. */
const LARGEST = 13_000_000;

const CPUS = { x86_64: 'x64', aarch64: 'arm64' };
const SYSTEMS = { linux: 'linux', darwin: 'darwin', windows: 'win32' };
const LIBCS = { gnu: 'glibc', musl: 'musl' };

/**
 * @typedef {object} Platform
 * @property {string} triple Rust's name: `x86_64-unknown-linux-gnu`
 * @property {string} name `linux-x64-gnu`
 * @property {string} package the npm package that has its binary
 * @property {string} file the binary's name
 * @property {'linux' | 'darwin' | 'win32'} os as `process.platform` has it
 * @property {'x64' | 'arm64'} cpu as `process.arch` has it
 * @property {'glibc' | 'musl'} [libc] of Linux, as npm has it
 */

/** @returns {Platform[]} */
function platforms() {
  return napi.targets.map((triple) => {
    const [cpu, , system, abi] = triple.split('-');
    const [os, arch] = [SYSTEMS[system], CPUS[cpu]];
    if (os === undefined || arch === undefined) {
      throw new Error(`package.json: nothing is known of the target ${triple}`);
    }
    const name = [os, arch, abi].filter(Boolean).join('-');
    return {
      triple,
      name,
      package: `${NAME}-${name}`,
      file: `${napi.binaryName}.${name}.node`,
      os,
      cpu: arch,
      ...(os === 'linux' && { libc: LIBCS[abi] }),
    };
  });
}

/** The platform of this process. */
function here() {
  const libc = process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
  return platforms().find(
    ({ os, cpu, libc: of }) =>
      os === process.platform && cpu === process.arch && (of ?? libc) === libc,
  );
}

module.exports = { GLIBC, LARGEST, NAME, here, platforms, root, version };
