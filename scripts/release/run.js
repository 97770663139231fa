'use strict';

// Running programs with nothing of this process's surroundings: no registry, token, proxy or credential.
// Node's built-ins only.

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** What a program may know of the machine. */
const KEPT = ['PATH', 'LANG', 'SystemRoot', 'ComSpec', 'PATHEXT', 'TEMP', 'TMP', 'APPDATA'];

/** An environment with a home of its own. */
function environment(home, more = {}) {
  const kept = KEPT.filter((name) => process.env[name] !== undefined);
  return {
    ...Object.fromEntries(kept.map((name) => [name, process.env[name]])),
    HOME: home,
    USERPROFILE: home,
    // A colour code in the middle of a version is of no use to anybody.
    NO_COLOR: '1',
    ...more,
  };
}

/**
 * Runs a program to its end.
 *
 * @returns {{ status: number | null, signal: string | null, stdout: string, output: string, ms: number }}
 */
function run(command, words, { timeout = 120_000, ...options } = {}) {
  const started = performance.now();
  const ended = spawnSync(command, words, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    timeout,
    killSignal: 'SIGKILL',
    ...options,
  });
  const late = ended.error?.code === 'ETIMEDOUT' ? `\n(not at its end after ${timeout} ms)` : '';
  const stdout = ended.stdout ?? '';
  return {
    status: ended.status,
    signal: ended.signal,
    stdout,
    output: `${stdout}${ended.stderr ?? ''}${ended.status === null ? (ended.error?.message ?? '') : ''}${late}`,
    ms: Math.round(performance.now() - started),
  };
}

/** The same; what does not end with 0 is an error with its last lines. */
function must(command, words, options) {
  const ended = run(command, words, options);
  if (ended.status === 0) return ended;
  const what = [path.basename(command), ...words].join(' ').slice(0, 200);
  throw new Error(`${what}: exit code ${ended.status ?? ended.signal}\n${last(ended.output)}`);
}

const last = (text, lines = 15) => text.trim().split('\n').slice(-lines).join('\n');

/**
 * Starts a program that stays, and waits for a line that it prints.
 *
 * @returns {Promise<{ match: RegExpMatchArray, stop: () => Promise<void> }>}
 */
async function start(command, words, ready, options = {}) {
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const closed = new Promise((resolve) => {
    child.once('close', resolve);
  });
  let output = '';
  const match = await new Promise((resolve, reject) => {
    const take = (text) => {
      output = (output + text).slice(-100_000);
      const found = ready.exec(output);
      if (found) resolve(found);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.once('error', reject);
    closed.then((code) => reject(new Error(`${words[0]} ended with ${code}:\n${last(output)}`)));
  });
  return {
    match,
    output: () => output,
    async stop() {
      child.kill();
      await closed;
    },
  };
}

const temporaries = new Set();
process.once('exit', () => {
  for (const folder of temporaries) {
    try {
      fs.rmSync(folder, { recursive: true, force: true });
    } catch {
      // Files of another user, where root's rights were borrowed.
    }
  }
});

/** A folder that is gone when this process ends. */
function temporary(name) {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), `${name}-`));
  temporaries.add(folder);
  return folder;
}

/** Writes files below a folder; objects as JSON. */
function write(folder, files) {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(
      file,
      typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`,
    );
  }
}

/** What goes before a command that only root may run. */
const asRoot = () =>
  process.getuid() === 0 ? [] : ['sudo', '--non-interactive', '--preserve-env'];

module.exports = {
  asRoot,
  environment,
  last,
  must,
  run,
  start,
  temporary,
  write,
};
