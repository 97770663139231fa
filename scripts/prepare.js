// What the README's two commands do first: install what npm brings, build the addon; each only
// where it is missing or older than what it is made of. Node's built-ins only.
'use strict';

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { missing } = require('./toolchain.js');

const root = path.join(__dirname, '..');
const at = (...parts) => path.join(root, ...parts);

function modified(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

/** npm leaves a copy of the lock file behind: the packages are stale where the two differ. */
function packagesAreStale() {
  const hidden = at('node_modules', '.package-lock.json');
  if (!fs.existsSync(hidden)) return true;
  const installed = JSON.parse(fs.readFileSync(hidden, 'utf8')).packages;
  const wanted = JSON.parse(fs.readFileSync(at('package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).some(
    ([name, { version, optional }]) =>
      name !== '' && !optional && installed[name]?.version !== version,
  );
}

function installPackages() {
  if (!packagesAreStale()) return;
  console.log('Installing packages (npm ci) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const install = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (install.status !== 0) throw new Error('npm ci failed; its messages stand above.');
}

/** The sources of the addon. */
function* sources() {
  yield* ['Cargo.toml', 'Cargo.lock', 'build.rs', 'core/Cargo.toml'].map((file) => at(file));
  for (const folder of ['src', 'core/src']) {
    for (const entry of fs.readdirSync(at(folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) yield path.join(entry.parentPath ?? entry.path, entry.name);
    }
  }
}

function addon() {
  const built = fs.readdirSync(root).find((name) => name.endsWith('.node'));
  return built && at(built);
}

function addonIsStale() {
  const built = addon();
  if (!built || !fs.existsSync(at('native.js'))) return true;
  const since = modified(built);
  for (const source of sources()) if (modified(source) > since) return true;
  return false;
}

/**
 * Builds the addon, with one line that tells how far it is.
 *
 * @param {{ release?: boolean }} [options]
 */
async function build({ release = false } = {}) {
  if (!release && !addonIsStale()) return;
  const lacks = missing();
  if (lacks !== undefined) {
    throw new Error(
      `The addon cannot be built: ${lacks} Then run this again. (Users of the npm package need no ` +
        'Rust; it brings binaries.)',
    );
  }
  const crates = fs.readFileSync(at('Cargo.lock'), 'utf8').match(/^\[\[package\]\]$/gm).length;
  const started = Date.now();
  const progress = progressLine(crates, started);
  const words = [at('scripts', 'build.js'), ...(release ? ['--release'] : [])];
  const child = spawn(process.execPath, words, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  let messages = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    messages = (messages + text).slice(-200_000);
    for (const [, crate] of text.matchAll(/Compiling (\S+)/g)) progress.crate(crate);
  });
  const status = await new Promise((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  progress.end();
  if (status !== 0) {
    process.stderr.write(messages);
    throw new Error('The addon could not be built; the compiler’s messages stand above.');
  }
}

function progressLine(crates, started) {
  const tty = process.stdout.isTTY;
  let count = 0;
  let last = '';
  let told = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const line = () =>
    `Building the addon: ${count} of about ${crates} crates, ${seconds()} s  ${last}`;
  if (!tty) console.log('Building the addon (some minutes the first time) …');
  const timer = setInterval(() => {
    if (tty) {
      const width = (process.stdout.columns ?? 80) - 1;
      process.stdout.write(`\r\x1b[K${line().slice(0, width)}`);
    } else if (Date.now() - told > 30_000) {
      told = Date.now();
      console.log(line());
    }
  }, 250);
  return {
    crate(name) {
      count += 1;
      last = name;
    },
    end() {
      clearInterval(timer);
      if (tty) process.stdout.write('\r\x1b[K');
      console.log(`Built the addon in ${seconds()} s.`);
    },
  };
}

async function prepare(options) {
  installPackages();
  await build(options);
}

module.exports = { prepare, installPackages, build, root };

if (require.main === module) {
  prepare().catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
