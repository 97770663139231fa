'use strict';

// Why the addon could not be loaded: what the system's loader said, what the file is, and what helps.
//
// npm installs the binary as an optional package of its own for each platform, and leaves it out
// without a word where a lock file was made on another platform (https://github.com/npm/cli/issues/4828).

const fs = require('node:fs');
const path = require('node:path');

const { look } = require('./binary.js');
const { engines, name: NAME, napi } = require('../package.json');

const OVERRIDE = 'NAPI_RS_NATIVE_LIBRARY_PATH';
const LIBC = { gnu: 'glibc', musl: 'musl (Alpine)' };
const AGAIN = 'Remove node_modules and install again';
const IN_PLACE =
  'Install node_modules on the system that runs them (for a container: in its image), and do not ' +
  'copy or mount them from another one.';

/** The names of the published binaries, as their packages end: `linux-x64-musl`. */
const flavors = () =>
  napi.targets.map((triple) => {
    const [cpu, , system, abi] = triple.split('-');
    const arch = { x86_64: 'x64', aarch64: 'arm64' }[cpu] ?? cpu;
    const platform = system === 'windows' ? 'win32' : system;
    return [platform, arch, abi].filter(Boolean).join('-');
  });

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

/** No binary's header is shorter. */
const SMALLEST = 64;

/** What each attempt to load a file ended with; where there was no file, nothing was attempted. */
function refusals(error) {
  const texts = [];
  for (let at = error.cause; at; at = at.cause) texts.push(String(at.message));
  return texts
    .filter((text) => !/^Cannot find module(?![^]*valid "main" entry)/.test(text))
    .map((text) => text.replace(/\s*\n\s*/g, ' ').trim());
}

/** Files that may have been attempted, the likeliest first. */
function candidates() {
  const own = flavor();
  const others = flavors().filter((other) => other !== own);
  return [process.env[OVERRIDE], ...[own, ...others].map(installed)].filter(Boolean);
}

/**
 * The error to throw in the place of the generated loader's.
 *
 * @param {Error} cause
 */
function failure(cause) {
  return new Error(`${NAME}: ${explain(refusals(cause))}`, { cause });
}

function explain(said) {
  const override = process.env[OVERRIDE];
  const overriding = override && fs.statSync(override, { throwIfNoEntry: false });
  if (override && !overriding?.isFile()) {
    const what = overriding ? 'that is not a file' : 'there is no such file';
    return `${OVERRIDE} is ${override}, and ${what}. Unset it, or name the binary.`;
  }
  const files = candidates();
  for (const text of said) {
    const file = files.find((known) => text.includes(known)) ?? files[0];
    if (file) {
      return `the binary ${file} cannot be loaded: ${sentence(text)} ${remedy(file, text)}`;
    }
  }
  const missing = `there is no binary for this platform (${described(flavor())}).`;
  const own = installed(flavor());
  if (own) {
    return (
      `${missing.slice(0, -1)} where the loader looked. ${own} is for it: set ${OVERRIDE} to that path. ` +
      '(The loader takes the libc from /usr/bin/ldd, which here is not that of Node.js.)'
    );
  }
  if (files.length > 0) return `${missing} ${files[0]} is another platform's. ${IN_PLACE}`;
  return (
    `${missing} npm should have installed the package ${NAME}-${flavor()}. Remove node_modules and ` +
    'package-lock.json and install again without --omit=optional; in a checkout run `npm run build`.'
  );
}

const sentence = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

function described(of) {
  const [platform, arch, abi] = of.split('-');
  return abi in LIBC ? `${platform} ${arch}, ${LIBC[abi]}` : `${platform} ${arch}`;
}

/** What helps, by what the file is; where it looks right, by what the loader said. */
function remedy(file, text) {
  const binary = look(file);
  return (binary && ofFile(binary)) ?? ofText(text);
}

function ofFile({ size, system, arch, libc: abi, needs }) {
  const begun = system !== undefined && size < SMALLEST;
  if (needs !== undefined || begun || size === 0) {
    return `The file is incomplete (${size} bytes): a download or a copy was interrupted, or the disk is full. ${AGAIN}.`;
  }
  if (system === undefined) return `The file is not a binary (${size} bytes). ${AGAIN}.`;
  if (system !== process.platform) {
    return `It is for ${system}, and this is ${process.platform}. ${IN_PLACE}`;
  }
  if (arch !== process.arch) {
    return (
      `It is for ${arch}, and this Node.js is for ${process.arch}. ${IN_PLACE} With Docker, build and ` +
      'run the image with the same --platform.'
    );
  }
  if (abi !== undefined && abi !== libc()) {
    return (
      `It is for ${LIBC[abi]}, and this Node.js uses ${LIBC[libc()]}: it needs ` +
      `${NAME}-${flavor()}. ${IN_PLACE}`
    );
  }
  return undefined;
}

const SAID = [
  [
    /version [`'‘]?(GLIBC_[\d.]+)/,
    ([, version]) =>
      `The system's glibc is older than the binary needs (${version}). Use a newer system or base image, ` +
      'or build the addon there from a checkout: `npm run build:release`.',
  ],
  [
    /napi_\w+/,
    () => `This Node.js (${process.version}) lacks what the addon calls. It needs ${engines.node}.`,
  ],
  [
    /(?:^|: )(\S+?): cannot open shared object file: No such file|Error loading shared library (\S+?):/,
    ([, one, other]) =>
      `The system lacks the library ${one ?? other}. Install the package that has it ` +
      '(libgcc: `apk add libgcc` on Alpine).',
  ],
  [
    /permission denied|operation not permitted|failed to map segment/i,
    () =>
      'The system forbids it: the file must be readable, and the file system it is on must not be ' +
      'mounted with noexec.',
  ],
];

function ofText(text) {
  for (const [pattern, help] of SAID) {
    const match = pattern.exec(text);
    if (match) return help(match);
  }
  return `It may be another addon, or one of another version. ${AGAIN}; in a checkout run \`npm run build\`.`;
}

/**
 * The error where a module was loaded that is not this addon.
 *
 * @param {string[]} missing what it lacks
 */
function strange(missing) {
  const [file] = candidates();
  return new Error(
    `${NAME}: the binary ${file} was loaded, and lacks ${missing.join(', ')}: it is another addon, or ` +
      `one of another version. ${AGAIN}; in a checkout run \`npm run build\`.`,
  );
}

module.exports = { failure, strange };
