'use strict';

// Why the addon could not be loaded: what the system's loader said, what the file is, and what helps.

const fs = require('node:fs');

const { look } = require('./binary.js');
const { afresh, installation } = require('./package-manager.js');
const { LIBC, NAME, described, flavor, glibc, installed, libc, others } = require('./platform.js');
const { missing: notThere } = require('./load-missing.js');
const { engines, version: OWN } = require('../package.json');

const OVERRIDE = 'NAPI_RS_NATIVE_LIBRARY_PATH';
const IN_PLACE =
  'Install node_modules on the system that runs them (for a container: in its image), and do not ' +
  'copy or mount them from another one.';

/** What brings the binary again. */
function again() {
  const how = installation();
  if (how === undefined) return 'In a checkout run `npm run build`.';
  return `Install it again. In ${how.folder}: ${afresh(how, { keepLock: true })}`;
}

/** No binary's header is shorter. */
const SMALLEST = 64;

/** How Node.js and Plug'n'Play say that there was nothing to load; that an entry is broken is another matter. */
const ABSENT = /^Cannot find module(?![^]*valid "main" entry)|^.+ tried to access .+ but it isn't /;

/** What each attempt to load a file ended with; where there was no file, nothing was attempted. */
function refusals(error) {
  const texts = [];
  for (let at = error.cause; at; at = at.cause) texts.push(String(at.message));
  return texts
    .filter((text) => !ABSENT.test(text))
    .map((text) => text.replace(/\s*\n\s*/g, ' ').trim());
}

/** Files that may have been attempted, the likeliest first. */
function candidates() {
  return [process.env[OVERRIDE], ...[flavor(), ...others()].map(installed)].filter(Boolean);
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
  const own = installed(flavor());
  if (own) {
    return (
      `there is no binary for this platform (${described()}) where the loader looked. ${own} is for ` +
      `it: set ${OVERRIDE} to that path. (The loader takes the libc from /usr/bin/ldd, which here is ` +
      'not that of Node.js.)'
    );
  }
  return notThere(files[0], IN_PLACE);
}

const sentence = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

/** What helps, by what the file is; where it looks right, by what the loader said. */
function remedy(file, text) {
  const binary = look(file);
  return (binary && ofFile(binary)) ?? ofText(text);
}

function ofFile({ size, system, arch, libc: abi, needs }) {
  const begun = system !== undefined && size < SMALLEST;
  if (needs !== undefined || begun || size === 0) {
    return `The file is incomplete (${size} bytes): a download or a copy was interrupted, or the disk is full. ${again()}`;
  }
  if (system === undefined) return `The file is not a binary (${size} bytes). ${again()}`;
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

/** The glibc that runs. */
const present = () => (glibc() ? `This system has glibc ${glibc()}. ` : '');

const SAID = [
  [
    /version [`'‘]?(GLIBC_[\d.]+)/,
    ([, version]) =>
      `The system's glibc is older than the binary needs (${version}). ${present()}Use a newer system or base image, ` +
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
    /not a valid Win32 application|wrong architecture|incompatible architecture/i,
    () => `It is for another CPU than this Node.js (${process.arch}), or incomplete. ${again()}`,
  ],
  [
    /used by another process|contains a virus|EBUSY|resource busy|cannot open \S.*: Operation not permitted/i,
    () =>
      'A program that examines files, such as an antivirus, holds it. Try again; if it stays so, exempt ' +
      'node_modules from its examination.',
  ],
  [
    /specified module could not be found/i,
    () =>
      `The file or a library that it needs is missing; an antivirus may have removed it. ${again()}`,
  ],
  [
    /code signature|not valid for use in process|library load disallowed/i,
    () =>
      'macOS refuses its signature: it was changed, or copied by a program that marks it as downloaded ' +
      `(\`xattr -dr com.apple.quarantine node_modules\`). ${again()}`,
  ],
  [
    /permission denied|access is denied|operation not permitted|failed to map segment/i,
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
  return `It may be another addon, or one of another version. ${again()}`;
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
      `one of another version. ${again()}`,
  );
}

/**
 * The error where the binary is of another version than the JavaScript that loaded it.
 *
 * @param {string} found the binary's version
 */
function mismatch(found) {
  const [file] = candidates();
  const how = installation();
  const pinned = 'Something pins one of them: a lock file, an override or a copied file.';
  const help = process.env[OVERRIDE]
    ? `Unset ${OVERRIDE}, or name the binary of ${OWN}.`
    : how === undefined
      ? 'In a checkout run `npm run build`.'
      : `${pinned} In ${how.folder}: ${afresh(how)}`;
  return new Error(
    `${NAME}: the binary ${file} is of version ${found}, and this package is ${OWN}. Both must be ` +
      `of the same version (${NAME}-${flavor()}@${OWN}). ${help}`,
  );
}

module.exports = { failure, mismatch, strange };
