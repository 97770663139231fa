'use strict';

// The file of mappings as something that several write: a lock between processes, a version that is made of
// what it says, and a journal of changes beside it.

const { randomBytes } = require('node:crypto');
const fs = require('node:fs/promises');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { Pace } = require('./pace.js');
const { Problem } = require('./problem.js');
const { versionOf } = require('./version.js');

/** Milliseconds that a lock is waited for, and after which its holder has died. */
const LOCK_WAIT = 3000;
const LOCK_STALE = 15_000;
const LOOK = 25;

/** What the addon reads at most. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Bytes of the journal beyond which its older half goes. */
const JOURNAL_BYTES = 16 * 1024 * 1024;

const MEANINGS = {
  EACCES: [
    'read-only',
    'The process may not write it',
    'Let the process write the file and its folder.',
  ],
  EPERM: [
    'read-only',
    'The process may not write it',
    'Let the process write the file and its folder.',
  ],
  EROFS: [
    'read-only',
    'Its file system is read-only',
    'Change it where it comes from, such as a ConfigMap.',
  ],
  ENOSPC: ['store-failed', 'There is no space left', 'Make space on its file system.'],
  EISDIR: ['store-failed', 'It is a folder', 'Name a file.'],
  ENOTDIR: [
    'store-failed',
    'A part of its path is no folder',
    'Name a file in a folder that exists.',
  ],
};

/** What a file says that is not there. */
const NOTHING = Buffer.alloc(0);

/** A file. */
class FileDocument {
  kind = 'file';
  #path;
  #read;

  constructor(file) {
    this.#path = path.resolve(file);
  }

  get name() {
    return this.#path;
  }

  get isYaml() {
    return /\.ya?ml$/i.test(this.#path);
  }

  /** What it says now, and its version. A file that is not there says nothing. */
  async read() {
    try {
      const { mtimeMs, size, ino } = await fs.stat(this.#path);
      if (size > MOST_BYTES) {
        throw new Problem(
          'store-failed',
          `${this.#path} has ${size} bytes.`,
          `At most ${MOST_BYTES} are read.`,
        );
      }
      const stamp = `${mtimeMs} ${size} ${ino}`;
      // What was written within the same tick of its clock has the same stamp.
      if (this.#read?.stamp === stamp && Date.now() - mtimeMs > 2000) return this.#read.content;
      const bytes = await fs.readFile(this.#path);
      const content = {
        version: await versionOf(bytes),
        text: bytes.toString(),
        at: new Date(mtimeMs).toISOString(),
      };
      this.#read = { stamp, content };
      return content;
    } catch (error) {
      if (error.code === 'ENOENT') return { text: '', version: await versionOf(NOTHING), at: null };
      throw this.#explained(error, 'read');
    }
  }

  /** Why it cannot be written; `undefined` where it can be. */
  async whyReadOnly() {
    const at = await this.#target();
    const test = async (what) => fs.access(what, fs.constants.W_OK);
    try {
      await test(path.dirname(at));
      await test(at);
    } catch (error) {
      if (error.code === 'ENOENT') {
        return (await exists(path.dirname(at))) ? undefined : 'Its folder does not exist.';
      }
      return `${MEANINGS[error.code]?.[1] ?? error.code}.`;
    }
    return undefined;
  }

  /**
   * Changes it, while nobody else does.
   *
   * @template T
   * @param {(now: { text: string, version: string }) => Promise<{ text: string, result: T, entry: object }>} change
   *   what it is to say, and what the journal is to say of that
   * @returns {Promise<T & { version: string }>}
   */
  async change(change) {
    const target = await this.#target();
    const unlock = await this.#lock(target);
    try {
      this.#read = undefined;
      const now = await this.read();
      const { text, result, entry } = await change(now);
      const bytes = Buffer.from(text);
      if (bytes.length > MOST_BYTES) {
        throw new Problem(
          'too-large',
          `The file would have more than ${MOST_BYTES} bytes.`,
          'Write fewer mappings.',
        );
      }
      const version = await versionOf(bytes);
      await this.#replace(target, bytes);
      await this.#note({ ...entry, from: now.version, to: version });
      return { ...result, version };
    } catch (error) {
      throw this.#explained(error, 'written');
    } finally {
      await unlock();
    }
  }

  async #target() {
    try {
      return await fs.realpath(this.#path);
    } catch {
      return this.#path;
    }
  }

  async #lock(target) {
    const lock = `${target}.lock`;
    const holder = `${process.pid} ${randomBytes(8).toString('hex')}`;
    const until = Date.now() + LOCK_WAIT;
    for (;;) {
      try {
        await fs.writeFile(lock, holder, { flag: 'wx', mode: 0o600 });
        return async () => {
          const held = await fs.readFile(lock, 'utf8').catch(() => '');
          if (held === holder) await fs.rm(lock, { force: true });
        };
      } catch (error) {
        if (error.code !== 'EEXIST') throw this.#explained(error, 'written');
      }
      await this.#breakStale(lock);
      if (Date.now() > until) {
        throw new Problem(
          'store-failed',
          `${lock} is held by another process.`,
          'Try again; delete it if no process holds it.',
        );
      }
      await sleep(LOOK);
    }
  }

  /** Takes away the lock of a process that has died. */
  async #breakStale(lock) {
    try {
      const { mtimeMs, ino } = await fs.stat(lock);
      if (Date.now() - mtimeMs < LOCK_STALE) return;
      // Of those who see it, one renames it.
      const aside = `${lock}.${randomBytes(6).toString('hex')}`;
      await fs.rename(lock, aside);
      const moved = await fs.stat(aside);
      if (moved.ino !== ino) await fs.link(aside, lock).catch(() => {}); // a new one: put back
      await fs.rm(aside, { force: true });
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }

  async #replace(target, content) {
    const beside = `${target}.${randomBytes(6).toString('hex')}.tmp`;
    const mode = await fs.stat(target).then(
      (found) => found.mode & 0o777,
      () => 0o600,
    );
    try {
      const handle = await fs.open(beside, 'wx', mode);
      try {
        await handle.writeFile(content);
        await handle.chmod(mode);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await fs.rename(beside, target);
    } catch (error) {
      await fs.rm(beside, { force: true });
      throw error;
    }
  }

  get #journal() {
    return `${this.#path}.journal`;
  }

  /** Every change that is remembered, the oldest first. */
  async journal() {
    try {
      const text = await fs.readFile(this.#journal, 'utf8');
      const entries = [];
      const pace = new Pace();
      for (const line of text.split('\n')) {
        entries.push(...entryOf(line));
        if (pace.isOver) await pace.rest();
      }
      return entries;
    } catch (error) {
      if (error.code === 'ENOENT') return [];
      throw this.#explained(error, 'read');
    }
  }

  async #note(entry) {
    const file = this.#journal;
    const line = `${JSON.stringify(entry)}\n`;
    const { size } = await fs.stat(file).catch(() => ({ size: 0 }));
    if (size + line.length > JOURNAL_BYTES) {
      const lines = (await fs.readFile(file, 'utf8')).split('\n').filter(Boolean);
      let kept = lines.slice(Math.ceil(lines.length / 2));
      while (kept.join('\n').length + line.length > JOURNAL_BYTES && kept.length > 0)
        kept = kept.slice(1);
      await this.#replace(file, kept.map((each) => `${each}\n`).join(''));
    }
    await fs.appendFile(file, line, { mode: 0o600 });
  }

  #explained(error, what) {
    if (error instanceof Problem || error.code === undefined) return error;
    const [kind, meaning, remedy] = MEANINGS[error.code] ?? ['store-failed', error.code, undefined];
    return new Problem(kind, `${this.#path} cannot be ${what}: ${meaning}.`, remedy, {
      cause: error,
    });
  }
}

const exists = (file) =>
  fs.access(file).then(
    () => true,
    () => false,
  );

/** A line that a process did not write to its end is no entry. */
function entryOf(line) {
  if (line === '') return [];
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}

module.exports = { FileDocument };
