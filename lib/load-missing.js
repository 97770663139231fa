'use strict';

// Why the package with the binary is not there, and the command that brings it.
//
// Package managers install it as an optional package, and leave it out without a word: where optional
// packages are not wanted, where a lock file was made on another system
// (https://github.com/npm/cli/issues/4828), and where it could not be downloaded.

const fs = require('node:fs');
const path = require('node:path');

const { add, afresh, again, installation } = require('./package-manager.js');
const { NAME, described, flavor, flavors } = require('./platform.js');
const { optionalDependencies: OPTIONAL, version } = require('../package.json');

/** Files in which pnpm and yarn are told for which systems to install. */
const ARCHITECTURES = {
  pnpm: ['pnpm-workspace.yaml', 'package.json', '.npmrc'],
  yarn: ['.yarnrc.yml'],
};

const read = (file) => {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/**
 * @param {string | undefined} other the binary of another platform that is installed
 * @param {string} inPlace what helps where it is
 */
function missing(other, inPlace) {
  const start = `there is no binary for this platform (${described()}).`;
  const how = installation();
  if (!flavors().includes(flavor())) {
    return (
      `${start} The published ones are ${flavors().join(', ')}. With Rust (https://rustup.rs) it can be ` +
      'built from a checkout: `npm run build:release`.'
    );
  }
  if (how === undefined) {
    const what = other === undefined ? '' : ` ${other} is another platform's.`;
    return `${start}${what} In a checkout run \`npm run build\`.`;
  }
  const readOnly = how.writable
    ? ''
    : ` ${how.folder} is read-only here: run it where node_modules is made, such as in the Dockerfile.`;
  if (OPTIONAL === undefined) return `${start} ${unbuilt(how, other, inPlace)}${readOnly}`;
  const wanted = `The package ${NAME}-${flavor()}@${version} should have been installed`;
  const { why, command } = cause(how, other, inPlace);
  return `${start} ${wanted}: ${why} In ${how.folder}: ${command}${readOnly}`;
}

/** What lets each package manager build a package that comes from git. */
const BUILDS = {
  npm: 'without ignore-scripts',
  pnpm: 'once allowBuilds in pnpm-workspace.yaml names it',
  yarn: 'once enableScripts in .yarnrc.yml is true',
};

/** Only what is published names the packages with the binaries. */
function unbuilt(how, other, inPlace) {
  const { manager, folder } = how;
  const what = other === undefined ? '' : `${other} is another platform's. ${inPlace} `;
  const builds = BUILDS[manager]
    ? `${manager} builds it where Rust is installed (https://rustup.rs), ${BUILDS[manager]}.`
    : `${manager} builds no packages from git.`;
  return (
    `${what}This copy is not the published package but comes from git or a checkout, where there is no ` +
    `binary before it is built: ${builds} The published package brings one. In ${folder}: ${add(how)}`
  );
}

/** Whether a lock file says where the package is; that another one may want it is not enough. */
function lists(text, manager) {
  const name = `${NAME}-${flavor()}`;
  return text.includes(manager === 'npm' ? `node_modules/${name}"` : `${name}@`);
}

/** Whether the package is there; its binary is not. */
function isInstalled() {
  try {
    return require.resolve(`${NAME}-${flavor()}/package.json`) !== '';
  } catch {
    return false;
  }
}

function cause(how, other, inPlace) {
  const { manager, folder, lock } = how;
  const limited = (ARCHITECTURES[manager] ?? []).find((name) =>
    /supportedArchitectures|supported-architectures/.test(read(path.join(folder, name))),
  );
  if (limited !== undefined) {
    const [os, cpu, abi] = flavor().split('-');
    const libc = { gnu: ', glibc', musl: ', musl' }[abi] ?? '';
    return {
      why: `supportedArchitectures in ${limited} leaves this platform out. Add ${os}, ${cpu}${libc} to it.`,
      command: afresh(how, { keepLock: true }),
    };
  }
  if (isInstalled()) {
    return {
      why: 'it is there without its binary: an installation was interrupted, or the disk was full.',
      command: afresh(how, { keepLock: true }),
    };
  }
  const text = lock === undefined ? '' : read(lock);
  if (text !== '' && text.includes(NAME) && !lists(text, manager)) {
    return {
      why: `${path.basename(lock)} does not list it, since it was made on another system.`,
      command: afresh(how),
    };
  }
  if (other !== undefined) {
    return {
      why: `${other} is another platform's. ${inPlace}`,
      command: afresh(how, { keepLock: true }),
    };
  }
  const omit = { npm: '--omit=optional', bun: '--omit=optional' }[manager] ?? '--no-optional';
  return {
    why: `optional packages were left out (${omit}), or its download failed.`,
    command: again(how),
  };
}

module.exports = { missing };
