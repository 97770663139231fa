'use strict';

const { Problem } = require('./problem.js');

/** Changes of an entry that a list shows. */
const SHOWN = 100;

/** Who has changed what, of mappings and overrides. */
class Audit {
  #mappings;
  #overrides;
  #documents;

  /** @param {{ mappings: object, overrides: object, documents: object[] }} services */
  constructor({ mappings, overrides, documents }) {
    this.#mappings = mappings;
    this.#overrides = overrides;
    this.#documents = documents;
  }

  /** All entries, the latest first. Documents of the store have one journal. */
  async #entries() {
    const journals = await Promise.all(this.#documents.map((document) => document.journal()));
    const byId = new Map(journals.flat().map((entry) => [entry.id, entry]));
    return [...byId.values()].sort((one, other) => (one.at < other.at ? 1 : -1));
  }

  async list({ offset, limit }) {
    const entries = await this.#entries();
    const undone = new Map(
      entries.filter(({ undoOf }) => undoOf).map(({ id, undoOf }) => [undoOf, id]),
    );
    const items = entries.slice(offset, offset + limit).map((entry) => {
      const {
        id,
        at,
        actor,
        target,
        action,
        count,
        changes,
        undoable,
        from,
        to,
        undoOf = null,
      } = entry;
      const undoneBy = undone.get(id) ?? null;
      const shown = changes.slice(0, SHOWN);
      return {
        id,
        at,
        actor,
        target,
        action,
        count,
        changes: shown,
        from,
        to,
        undoOf,
        undoneBy,
        undoable: undoable && undoneBy === null,
      };
    });
    return { items, total: entries.length, offset, limit };
  }

  async undo(id, who) {
    const entries = await this.#entries();
    const entry = entries.find((one) => one.id === id);
    if (entry === undefined)
      throw new Problem('not-found', 'There is no such change.', 'GET /audit lists them.');
    if (entries.some(({ undoOf }) => undoOf === id)) {
      throw new Problem(
        'conflict',
        'It has been taken back already.',
        'Take back the undo to have it again.',
      );
    }
    if (!entry.undoable) {
      const detail =
        entry.count === 0 ? 'It changed nothing.' : 'It was too large to be remembered.';
      throw new Problem('conflict', detail, 'Import what is to be there.');
    }
    const service = entry.target === 'overrides' ? this.#overrides : this.#mappings;
    return service.undo(entry, who);
  }
}

module.exports = { Audit };
