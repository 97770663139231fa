'use strict';

// The operator's overrides: those of the client's option, over those in the store.

const { randomUUID } = require('node:crypto');
const { isDeepStrictEqual } = require('node:util');
const { BedrockProfileClient, optionsOf } = require('../client.js');
const { Problem } = require('./problem.js');

const textOf = (value) => `${JSON.stringify(value, null, 2)}\n`;

class Overrides {
  #client;
  #document;

  constructor(client, document) {
    this.#client = client;
    this.#document = document;
  }

  /** What there is, and the version of what can be written. */
  async now() {
    const { text, version } = await this.#document.read();
    const stored = text === '' ? {} : JSON.parse(text);
    const option = optionsOf(this.#client)?.overrides ?? {};
    const reason = await this.#document.whyReadOnly();
    return {
      version,
      writable: reason === undefined,
      reason: reason ?? null,
      overrides: { ...stored, ...option },
      stored,
      fixed: Object.keys(option),
    };
  }

  /** Says what is wrong with overrides, as the client would; gives what would be known of an id with them. */
  async preview(overrides, id) {
    const trial = new BedrockProfileClient({ ...optionsOf(this.#client), overrides });
    try {
      return await trial.capabilities(id);
    } catch (error) {
      if (!/overrides/.test(error.message)) throw error;
      throw new Problem(
        'overrides-not-valid',
        error.message,
        'The facts and their types are those of GET /capabilities.',
        { cause: error },
      );
    } finally {
      trial.destroy();
    }
  }

  /** Writes them; in force in every replica within seconds. */
  async write(overrides, { matches, actor, action = 'overrides.write', more = {} }) {
    const { writable, reason } = await this.now();
    if (!writable) throw new Problem('read-only', `The overrides cannot be changed: ${reason}`);
    await this.preview(overrides, 'amazon.nova-pro-v1:0');
    return this.#document.change(async (now) => {
      if (!matches(now.version)) {
        throw new Problem(
          'version-mismatch',
          'The overrides have been changed since they were read.',
          'Read them again, and apply your changes to them. Nothing was written.',
          {
            version: now.version,
            headers: { ETag: `"${now.version}"` },
          },
        );
      }
      const before = now.text === '' ? {} : JSON.parse(now.text);
      const keys = [...new Set([...Object.keys(before), ...Object.keys(overrides)])];
      const changes = keys
        .filter((key) => !isDeepStrictEqual(before[key], overrides[key]))
        .map((key) => ({
          key,
          ...(Object.hasOwn(before, key) && { before: before[key] }),
          ...(Object.hasOwn(overrides, key) && { after: overrides[key] }),
        }));
      const id = randomUUID();
      const entry = {
        id,
        at: new Date().toISOString(),
        actor,
        target: 'overrides',
        action,
        count: changes.length,
        changes,
        undoable: changes.length > 0,
        ...more,
      };
      return { text: textOf(overrides), result: { id, changes }, entry };
    });
  }

  /** Takes a change back; see `MappingsService#undo`. */
  async undo(entry, { matches, actor }) {
    const { stored } = await this.now();
    const touched = entry.changes
      .filter(({ key, after }) => !isDeepStrictEqual(stored[key], after))
      .map(({ key }) => key);
    if (touched.length > 0) {
      throw new Problem(
        'conflict',
        'Some of its keys have been changed since.',
        'Take back the later changes first.',
        { keys: touched },
      );
    }
    const undone = new Set(entry.changes.map(({ key }) => key));
    const kept = Object.entries(stored).filter(([key]) => !undone.has(key));
    const restored = entry.changes
      .filter((change) => Object.hasOwn(change, 'before'))
      .map(({ key, before }) => [key, before]);
    return this.write(Object.fromEntries([...kept, ...restored]), {
      matches,
      actor,
      action: 'undo',
      more: { undoOf: entry.id },
    });
  }
}

module.exports = { Overrides };
