'use strict';

// Which binary this process needs, and which there are: their names follow from `napi.targets`.

const fs = require('node:fs');
const path = require('node:path');

const { name: NAME, napi } = require('../package.json');

const LIBC = { gnu: 'glibc', musl: 'musl (Alpine)' };

/** The published binaries, as their packages' names end: `linux-x64-musl`. */
const flavors = () =>
  napi.targets.map((triple) => {
    const [cpu, , system, abi] = triple.split('-');
    const arch = { x86_64: 'x64', aarch64: 'arm64' }[cpu] ?? cpu;
    const platform = system === 'windows' ? 'win32' : system;
    return [platform, arch, abi].filter(Boolean).join('-');
  });

/** The version of glibc that runs; `undefined` where there is none. */
const glibc = () => process.report?.getReport?.()?.header?.glibcVersionRuntime;

function libc() {
  if (process.platform !== 'linux') return undefined;
  const header = process.report?.getReport?.()?.header;
  return header && !header.glibcVersionRuntime ? 'musl' : 'gnu';
}

/** What this process needs: `linux-x64-gnu`. */
function flavor() {
  const { platform, arch } = process;
  const abi = platform === 'win32' ? 'msvc' : libc();
  return [platform, arch, abi].filter(Boolean).join('-');
}

const others = () => flavors().filter((other) => other !== flavor());

/** The binary of a platform, where it is installed or was built. */
function installed(of) {
  const built = path.join(__dirname, '..', `${napi.binaryName}.${of}.node`);
  if (fs.existsSync(built)) return built;
  try {
    return require.resolve(`${NAME}-${of}`);
  } catch {
    return undefined;
  }
}

/** This process in words: `linux x64, glibc 2.36, Node.js v20.20.2`. */
function described() {
  const abi = libc();
  const found = abi === 'gnu' && glibc() ? `glibc ${glibc()}` : LIBC[abi];
  const system = `${process.platform} ${process.arch}`;
  return [system, found, `Node.js ${process.version}`].filter(Boolean).join(', ');
}

module.exports = { LIBC, NAME, described, flavor, flavors, glibc, installed, libc, others };
