'use strict';

// The operator's mappings as the API shows and changes them: those of the environment and of the option,
// which only a restart changes, over those of a document that several write.

const { randomUUID } = require('node:crypto');
const { isDeepStrictEqual } = require('node:util');
const { optionsOf } = require('../client.js');
const environment = require('../environment.js');
const { problemsOf } = require('./check.js');
const { commentsOf, read, write } = require('./formats.js');
const { Layers } = require('./layers.js');
const { Pace } = require('./pace.js');
const { Problem } = require('./problem.js');

/** Keys of a diff that are shown. */
const SHOWN = 1000;

/** Changes of one entry of the journal that can be taken back. */
const UNDOABLE = 20_000;

const NOT_WRITABLE =
  'Name a file in BEDROCK_INFERENCE_PROFILE_MAPPINGS_FILE or in the option `mappingsFile`.';

const entriesOf = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];

function environmentEntries(text) {
  try {
    return entriesOf(JSON.parse(text ?? '{}'));
  } catch {
    return []; // the addon says what is wrong with it
  }
}

/** What becomes different, of the keys that may have: those that are there afterwards, then those that are not. */
async function differenceOf(before, after, keys) {
  const changes = [];
  const removed = [];
  const pace = new Pace();
  for (const key of keys) {
    const [had, has] = [before.has(key), after.has(key)];
    const [old, value] = [before.get(key), after.get(key)];
    if (!had && has) changes.push({ key, after: value });
    else if (had && !has) removed.push({ key, before: old });
    else if (has && !isDeepStrictEqual(old, value))
      changes.push({ key, before: old, after: value });
    if (pace.isDue) await pace.rest();
  }
  const changed = changes.filter((change) => Object.hasOwn(change, 'before')).length;
  return {
    changes: [...changes, ...removed],
    unchanged: before.size - removed.length - changed,
  };
}

function shownDifference({ changes, unchanged }) {
  const has = (name) => (change) => Object.hasOwn(change, name);
  const added = changes.filter((change) => !has('before')(change)).length;
  const removed = changes.filter((change) => !has('after')(change)).length;
  return {
    added,
    removed,
    changed: changes.length - added - removed,
    unchanged,
    changes: changes.slice(0, SHOWN),
    truncated: changes.length > SHOWN,
  };
}

/** The mappings of a client. */
class MappingsService {
  #client;
  #document;
  #below;
  #cache = {};
  #reading;
  #problems = {};
  /** What this process has written last. */
  #written = {};

  /**
   * @param {object} client
   * @param {object} document what can be written, such as a `FileDocument`
   * @param {object} [below] what counts where that says nothing
   */
  constructor(client, document, below) {
    this.#client = client;
    this.#document = document;
    this.#below = below;
  }

  get document() {
    return this.#document;
  }

  /** Everything there is, and the version of what can be written. */
  async now() {
    const environmentText = environment.mappings();
    const option = optionsOf(this.#client)?.mappings;
    const [content, below] = await Promise.all([this.#document.read(), this.#readBelow()]);
    const basis = { version: content.version, below: below.version, environmentText, option };
    const isSame = (known) =>
      known !== undefined && Object.keys(basis).every((name) => known[name] === basis[name]);
    if (isSame(this.#cache)) return { ...this.#cache, at: content.at };
    if (!isSame(this.#reading)) {
      // Who comes meanwhile for the same waits for it.
      const reading = { ...basis, laid: this.#lay(basis, content, below) };
      this.#reading = reading;
      const isOver = () => {
        if (this.#reading === reading) this.#reading = undefined;
      };
      reading.laid.then(isOver, isOver);
    }
    const laid = await this.#reading.laid;
    this.#cache = laid;
    return { ...laid, at: content.at };
  }

  /** One that is away says nothing for the moment. */
  async #readBelow() {
    const nothing = { text: '', version: 'none' };
    return (await this.#below?.read().catch(() => nothing)) ?? nothing;
  }

  async #lay(basis, content, below) {
    const { environmentText, option } = basis;
    const own = await this.#ownOf(content);
    const layers = new Layers([
      { source: 'option', entries: new Map(entriesOf(option)) },
      { source: 'environment', entries: new Map(environmentEntries(environmentText)) },
      { source: this.#document.kind, entries: own.entries },
      { source: 'store', entries: (await this.#readDocument(below.text)).entries },
    ]);
    return { ...basis, own: own.entries, broken: own.broken, layers };
  }

  async #readDocument(text) {
    try {
      return { entries: (await read(text, 'auto', this.#client)).entries };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { entries: new Map(), broken: error.message };
    }
  }

  /** What is wrong with what is there: asked once for each version. */
  async #problemsOf(entries) {
    if (this.#problems.entries !== entries) {
      this.#problems = { entries, found: problemsOf(this.#client, entries) };
    }
    return this.#problems.found;
  }

  /** Where changes go to. */
  async storage() {
    const reason = await this.#document.whyReadOnly();
    const { kind, name } = this.#document;
    return { kind, name, writable: reason === undefined, reason: reason ?? null };
  }

  /**
   * What a change would do; see the schema MappingsChange.
   *
   * @param {object} change
   * @param {Map<string, unknown>} before
   */
  async plan(change, before) {
    const { entries, format } =
      change.text === undefined
        ? { entries: entriesOf(change.set ?? change.mappings) }
        : await read(change.text, change.format ?? 'auto', this.#client);
    const replaces = change.mode === 'replace' || change.mappings !== undefined;
    const after = replaces ? new Map() : new Map(before);
    const keys = new Set(change.remove);
    for (const key of keys) after.delete(key);
    const pace = new Pace();
    for (const [key, value] of entries) {
      after.set(key.trim(), value);
      keys.add(key.trim());
      if (pace.isDue) await pace.rest();
    }
    if (replaces) for (const key of before.keys()) keys.add(key);
    const difference = await differenceOf(before, after, keys);
    const touched = new Set(difference.changes.map(({ key }) => key));
    const problems = await problemsOf(this.#client, after);
    // What was wrong before and is not touched hinders nobody.
    const old = problems.some(({ severity }) => severity === 'error')
      ? new Set((await this.#problemsOf(before)).map(({ message }) => message))
      : new Set();
    const errors = problems.filter(
      ({ severity, entry, message }) =>
        severity === 'error' && (touched.has(entry) || !old.has(message)),
    );
    return { after, difference, problems, errors, format };
  }

  /** The same, as it is shown. */
  async preview(change) {
    const { own, version } = await this.now();
    const { difference, problems, errors, format } = await this.plan(change, own);
    return {
      version,
      valid: errors.length === 0,
      problems,
      ...(format && { format }),
      diff: shownDifference(difference),
      notes: await this.#notes(),
    };
  }

  async #notes() {
    const { text } = await this.#document.read();
    const lost = commentsOf(text);
    return lost === 0
      ? []
      : [
          `${lost} lines of comments in ${this.#document.name} will be lost; those at its beginning stay.`,
        ];
  }

  /**
   * Changes the document.
   *
   * @param {object} change
   * @param {{ matches(version: string): boolean, actor: string, action: string, more?: object }} who
   */
  async write(change, { matches, actor, action, more = {} }) {
    const { writable, reason } = await this.storage();
    if (!writable)
      throw new Problem('read-only', `The mappings cannot be changed: ${reason}`, NOT_WRITABLE);
    let written;
    const done = await this.#document.change(async (now) => {
      const own = await this.#ownOf(now);
      if (!matches(now.version)) throw await this.#collided(now, own.entries);
      if (own.broken && change.mode !== 'replace' && change.mappings === undefined) {
        throw new Problem(
          'conflict',
          `${this.#document.name} cannot be read: ${own.broken}`,
          'Put it right by hand, or replace all of it.',
        );
      }
      const { after, difference, problems, errors } = await this.plan(change, own.entries);
      if (errors.length > 0) {
        throw new Problem(
          'mappings-not-valid',
          errors[0].message,
          'Put the entries right that `problems` names. Nothing was written.',
          { problems: errors },
        );
      }
      written = after;
      const id = randomUUID();
      const isKept = difference.changes.length <= UNDOABLE;
      return {
        text: await write(after, { isYaml: this.#document.isYaml, before: now.text }),
        result: { id, diff: shownDifference(difference), problems },
        entry: {
          id,
          at: new Date().toISOString(),
          actor,
          target: 'mappings',
          action,
          count: difference.changes.length,
          changes: isKept ? difference.changes : [],
          undoable: isKept && difference.changes.length > 0,
          ...more,
        },
      };
    });
    this.#written = { version: done.version, entries: written };
    return done;
  }

  /** What a document says, which has been read already where nobody has written since. */
  async #ownOf({ text, version }) {
    const { own, broken } = this.#cache;
    if (this.#cache.version === version && own) return { entries: own, broken };
    if (this.#written.version === version) return { entries: this.#written.entries };
    return this.#readDocument(text);
  }

  /** What the other one has saved, for the one who comes too late. */
  async #collided(now, entries) {
    return new Problem(
      'version-mismatch',
      'The mappings have been changed since they were read.',
      'Read them again, and apply your changes to them. Nothing was written.',
      {
        version: now.version,
        count: entries.size,
        since: (await this.#document.journal())
          .slice(-5)
          .reverse()
          .map(({ id, at, actor, action, count }) => ({ id, at, actor, action, count })),
        headers: { ETag: `"${now.version}"` },
      },
    );
  }

  /** Takes a change of the journal back, where nothing has touched its keys since. */
  async undo(entry, { matches, actor }) {
    const { own } = await this.now();
    const touched = entry.changes
      .filter(({ key, after }) => !isDeepStrictEqual(own.get(key), after))
      .map(({ key }) => key);
    if (touched.length > 0) {
      throw new Problem(
        'conflict',
        'Some of its keys have been changed since.',
        'Take back the later changes first.',
        { keys: touched.slice(0, SHOWN) },
      );
    }
    const had = (change) => Object.hasOwn(change, 'before');
    const set = Object.fromEntries(
      entry.changes.filter(had).map(({ key, before }) => [key, before]),
    );
    const remove = entry.changes.filter((change) => !had(change)).map(({ key }) => key);
    return this.write(
      { set, remove },
      { matches, actor, action: 'undo', more: { undoOf: entry.id } },
    );
  }
}

module.exports = { MappingsService };
