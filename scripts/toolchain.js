'use strict';

// What compiles the addon, and what to do where it is not there. Node's built-ins only.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');

/** What a program says of itself; `undefined` where it is not there. */
function said(program) {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}

function isOlder(found, than) {
  const [left, right] = [found, than].map((text) => text.split('.').map(Number));
  const at = right.findIndex((value, index) => value !== left[index]);
  return at >= 0 && left[at] < right[at];
}

/** How a C compiler is installed here. */
function compiler() {
  if (fs.existsSync('/etc/alpine-release')) return 'apk add build-base';
  return process.platform === 'darwin'
    ? 'xcode-select --install'
    : 'Debian: apt-get install build-essential';
}

/** Whether there is a C compiler: Windows has Rust's installer ask for its own. */
const compilesC = () =>
  process.platform === 'win32' ||
  [process.env.CC, 'cc', 'gcc', 'clang'].some((name) => name && said(name) !== undefined);

/**
 * What is missing to build the addon, and how it is had; `undefined` where nothing is.
 *
 * @returns {string | undefined}
 */
function missing() {
  const manifest = fs.readFileSync(path.join(root, 'Cargo.toml'), 'utf8');
  const needed = /^rust-version = "(.+)"/m.exec(manifest)[1];
  const found = said('cargo');
  const get = `Install Rust ${needed} or newer (https://rustup.rs) and a C compiler (${compiler()})`;
  if (found === undefined) return `cargo was not found. ${get}.`;
  const version = /\d+\.\d+\.\d+/.exec(found)?.[0];
  if (version !== undefined && isOlder(version, needed)) {
    return `cargo is ${version}, and ${needed} is needed. ${get}: rustup update.`;
  }
  if (!compilesC()) return `no C compiler was found. Install one (${compiler()}).`;
  return undefined;
}

module.exports = { missing };
