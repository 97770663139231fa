'use strict';

/** What must be there before the demo can run: packages, and the addon built from these sources. */

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const SOURCES = ['Cargo.toml', 'Cargo.lock', 'build.rs', 'src', 'core/Cargo.toml', 'core/src'];
const PLAIN_EVERY_MS = 30_000;
const KEPT_LINES = 40;

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Why packages must be installed; `undefined` where they need not be. */
function whyInstall(root) {
  const wanted = readJson(path.join(root, 'package-lock.json'))?.packages;
  const there = readJson(path.join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (!there) return 'node_modules is missing';
  for (const [name, { version, optional, link, devOptional, peer }] of Object.entries(
    wanted ?? {},
  )) {
    if (name === '' || link) continue;
    if (there[name] === undefined) {
      // npm leaves out what is optional and not for this platform.
      if (!optional && !devOptional && !peer)
        return `${name.replace(/^node_modules\//, '')} is missing`;
    } else if (there[name].version !== version) {
      return `${name.replace(/^node_modules\//, '')} is ${there[name].version}, not ${version}`;
    }
  }
  return undefined;
}

function newest(target) {
  let stat;
  try {
    stat = fs.statSync(target);
  } catch {
    return 0;
  }
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...fs.readdirSync(target).map((name) => newest(path.join(target, name))));
}

/** Why the addon must be built; `undefined` where it need not be. */
function whyBuild(root) {
  const binaries = fs.readdirSync(root).filter((name) => name.endsWith('.node'));
  if (binaries.length === 0 || !fs.existsSync(path.join(root, 'native.js'))) {
    return 'it has not been built yet';
  }
  const built = Math.max(...binaries.map((name) => newest(path.join(root, name))));
  const changed = SOURCES.find((source) => newest(path.join(root, source)) > built);
  return changed && `${changed} is newer than it`;
}

const PAGE_SOURCES = ['index.html', 'package.json', 'vite.config.ts', 'src', 'public'];

/** Why the page must be built; `undefined` where it need not be, or is there without its sources. */
function whyPage(root) {
  const at = (...names) => path.join(root, 'admin', ...names);
  if (!fs.existsSync(at('package.json'))) return undefined;
  const built = newest(at('dist', 'index.html'));
  if (built === 0) return 'it has not been built yet';
  const changed = PAGE_SOURCES.find((source) => newest(at(source)) > built);
  return changed && `admin/${changed} is newer than it`;
}

/** How many crates a build may have to compile. */
const countCrates = (lock) => (lock.match(/^\[\[package\]\]$/gm) ?? []).length;

/** The crate that a line of cargo's output says is being compiled. */
const compiling = (line) => /^\s*Compiling (\S+) v/.exec(line)?.[1];

const clock = (ms) => {
  const total = Math.floor(ms / 1000);
  const minutes = Math.floor(total / 60);
  return minutes > 0 ? `${minutes}m${String(total % 60).padStart(2, '0')}s` : `${total}s`;
};

const progress = ({ done, total, crate, ms }) =>
  `building ${done}/${total}  ${crate ?? 'starting cargo'}  ${clock(ms)}`;

/** Runs npm as this process was run, without a shell where that is possible. */
function npm(args, options) {
  const { npm_execpath: script } = process.env;
  if (script) return spawn(process.execPath, [script, ...args], options);
  return spawn('npm', args, { ...options, shell: process.platform === 'win32' });
}

/** Runs npm and reads it line by line; rejects with the end of its output where it fails. */
function runNpm(root, args, onLine) {
  return new Promise((resolve, reject) => {
    const child = npm(args, {
      cwd: root,
      env: { ...process.env, CARGO_TERM_COLOR: 'never', CARGO_TERM_PROGRESS_WHEN: 'never' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const kept = [];
    const take = (stream) => {
      let open = '';
      stream.setEncoding('utf8').on('data', (chunk) => {
        const lines = (open + chunk).split(/\r?\n/);
        open = lines.pop();
        for (const line of lines) {
          kept.push(line);
          if (kept.length > KEPT_LINES) kept.shift();
          onLine(line);
        }
      });
    };
    take(child.stdout);
    take(child.stderr);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          Object.assign(
            new Error(`npm ${args.join(' ')} ended with ${signal ?? `exit code ${code}`}`),
            { output: kept.join('\n') },
          ),
        );
    });
  });
}

async function install(root, terminal) {
  const why = whyInstall(root);
  if (!why) return;
  const command = fs.existsSync(path.join(root, 'package-lock.json')) ? 'ci' : 'install';
  terminal.line(`Installing packages (${why}): npm ${command}`);
  await runNpm(root, [command, '--no-audit', '--no-fund'], (line) => terminal.status(line));
  terminal.clearStatus();
}

function checkCargo() {
  const { error, status } = spawnSync('cargo', ['--version'], {
    stdio: 'ignore',
    env: process.env,
  });
  if (!error && status === 0) return;
  throw new Error(
    'The addon has to be built, and cargo cannot be run. Install Rust from https://rustup.rs ' +
      '(open a new terminal afterwards), then run npm run demo again.',
  );
}

async function build(root, terminal) {
  const why = whyBuild(root);
  if (!why) return;
  checkCargo();
  terminal.line(
    `Building the addon (${why}). The first time this compiles the AWS SDK: some minutes.`,
  );
  const total = countCrates(fs.readFileSync(path.join(root, 'Cargo.lock'), 'utf8'));
  const started = Date.now();
  const state = { done: 0, total, crate: undefined };
  const show = () => progress({ ...state, ms: Date.now() - started });
  const ticker = terminal.live
    ? setInterval(() => terminal.status(show()), 250)
    : setInterval(() => terminal.line(show()), PLAIN_EVERY_MS);
  try {
    await runNpm(root, ['run', 'build'], (line) => {
      const crate = compiling(line);
      if (!crate) return;
      state.done = Math.min(total, state.done + 1);
      state.crate = crate;
    });
  } finally {
    clearInterval(ticker);
    terminal.clearStatus();
  }
  terminal.line(`Built in ${clock(Date.now() - started)}.`);
}

async function buildPage(root, terminal) {
  const why = whyPage(root);
  if (!why) return;
  terminal.line(`Building the page (${why}).`);
  try {
    await runNpm(root, ['run', 'build:page'], (line) => terminal.status(line));
  } finally {
    terminal.clearStatus();
  }
}

/** Installs and builds what is missing or stale; with `page` the page too. */
async function prepare(root, terminal, { page = false } = {}) {
  await install(root, terminal);
  await build(root, terminal);
  if (page) await buildPage(root, terminal);
}

module.exports = {
  prepare,
  buildPage,
  whyInstall,
  whyBuild,
  whyPage,
  countCrates,
  compiling,
  progress,
  runNpm,
};
