'use strict';

// A document of the store, which every replica reads: mappings, or overrides. Changed under a lease, as the
// file is under a lock; the journal is beside it.

const { randomBytes } = require('node:crypto');
const { setTimeout: sleep } = require('node:timers/promises');
const { askAddon } = require('../client.js');
const { Problem } = require('./problem.js');
const { versionOf } = require('./version.js');

const LOCK_WAIT = 3000;
const LOOK = 25;

/** What the store keeps of the journal at most. */
const MOST_ENTRIES = 500;
const JOURNAL_CHARACTERS = 1024 * 1024;
const MOST_BYTES = 4 * 1024 * 1024;

const NO_STORE =
  'What is known is kept in memory only: set BEDROCK_PROFILE_STORE or the option `store`.';

/** A text in the store. */
class StoreDocument {
  kind = 'store';
  isYaml = false;
  #client;
  #name;
  #storeName = 'store';

  /**
   * @param {object} client
   * @param {'mappings' | 'overrides'} name
   */
  constructor(client, name) {
    this.#client = client;
    this.#name = name;
  }

  get name() {
    return this.#storeName;
  }

  #act(act, more, name = this.#name) {
    return askAddon(this.#client, 'document', { text: JSON.stringify({ act, name, ...more }) });
  }

  async #text(name) {
    const found = await this.#act('read', {}, name);
    if (found?.store) this.#storeName = found.store;
    if (found?.error) {
      throw new Problem(
        'store-failed',
        `The store ${this.#storeName} cannot be read: ${found.error}.`,
        'Look whether it is there, and try again. Calls go on with what was there before.',
      );
    }
    return found && { text: found.text ?? '' };
  }

  async read() {
    const { text } = (await this.#text(this.#name)) ?? { text: '' };
    return { text, version: await versionOf(Buffer.from(text)), at: null };
  }

  async whyReadOnly() {
    return (await this.#text(this.#name)) ? undefined : NO_STORE;
  }

  /** As `FileDocument#change`. */
  async change(change) {
    const unlock = await this.#lock();
    try {
      const now = await this.read();
      const { text, result, entry } = await change(now);
      const bytes = Buffer.from(text);
      if (bytes.length > MOST_BYTES) {
        throw new Problem(
          'too-large',
          `The mappings would have more than ${MOST_BYTES} bytes.`,
          'Keep so many in a file: BEDROCK_INFERENCE_PROFILE_MAPPINGS_FILE.',
        );
      }
      const version = await versionOf(bytes);
      await this.#write(this.#name, text);
      const journal = [...(await this.journal()), { ...entry, from: now.version, to: version }];
      await this.#write('journal', shortened(journal));
      return { ...result, version };
    } finally {
      await unlock();
    }
  }

  async #write(name, text) {
    if (await this.#act('write', { text }, name)) return;
    throw new Problem(
      'store-failed',
      `The store ${this.#storeName} did not take it.`,
      'Look whether it is there and has space, and try again.',
    );
  }

  /** One at a time, for all documents: they have one journal. */
  async #lock() {
    const holder = randomBytes(12).toString('hex');
    const until = Date.now() + LOCK_WAIT;
    for (;;) {
      const state = await this.#act('lock', { holder }, 'journal');
      if (state === 'mine') return () => this.#act('unlock', { holder }, 'journal');
      if (state === null) throw new Problem('read-only', NO_STORE);
      if (state === 'unknown' || Date.now() > until) {
        const detail =
          state === 'unknown'
            ? `The store ${this.#storeName} does not answer.`
            : 'Another process is writing.';
        throw new Problem('store-failed', detail, 'Try again.');
      }
      await sleep(LOOK);
    }
  }

  async journal() {
    const { text } = (await this.#text('journal')) ?? { text: '' };
    try {
      return text === '' ? [] : JSON.parse(text);
    } catch {
      return [];
    }
  }
}

/** The journal as text; its oldest entries go first. */
function shortened(journal) {
  const kept = [];
  let characters = 0;
  for (const entry of journal.slice(-MOST_ENTRIES).reverse()) {
    const whole = JSON.stringify(entry);
    const text =
      whole.length <= JOURNAL_CHARACTERS / 4
        ? whole
        : JSON.stringify({ ...entry, changes: [], undoable: false });
    characters += text.length + 1;
    if (characters > JOURNAL_CHARACTERS) break;
    kept.unshift(text);
  }
  return `[${kept.join(',')}]`;
}

module.exports = { StoreDocument };
