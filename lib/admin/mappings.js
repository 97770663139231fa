'use strict';

// The operator's mappings as the API shows and changes them: those of the environment and of the option,
// which only a restart changes, over those of a document that several write.

const { randomUUID } = require('node:crypto');
const { isDeepStrictEqual } = require('node:util');
const { optionsOf } = require('../client.js');
const environment = require('../environment.js');
const { problemsOf } = require('./check.js');
const { commentsOf, read, write } = require('./formats.js');
const { Problem } = require('./problem.js');

/** Keys of a diff that are shown. */
const SHOWN = 1000;

/** Changes of one entry of the journal that can be taken back. */
const UNDOABLE = 20_000;

/** Sources, the one that counts first. */
const FIXED = ['option', 'environment'];

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

/** What becomes different. */
function differenceOf(before, after) {
  const changes = [];
  let unchanged = 0;
  for (const [key, value] of after) {
    if (!before.has(key)) changes.push({ key, after: value });
    else if (isDeepStrictEqual(before.get(key), value)) unchanged += 1;
    else changes.push({ key, before: before.get(key), after: value });
  }
  for (const [key, value] of before) if (!after.has(key)) changes.push({ key, before: value });
  return { changes, unchanged };
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
  #cache = {};

  /**
   * @param {object} client
   * @param {object} [document] what can be written, such as a `FileDocument`
   */
  constructor(client, document) {
    this.#client = client;
    this.#document = document;
  }

  get document() {
    return this.#document;
  }

  /** Everything there is, and the version of what can be written. */
  async now() {
    const environmentText = environment.mappings();
    const option = optionsOf(this.#client)?.mappings;
    const content = (await this.#document?.read()) ?? { text: '', version: 'none', at: null };
    const same =
      this.#cache.version === content.version &&
      this.#cache.environmentText === environmentText &&
      this.#cache.option === option;
    if (!same)
      this.#cache = {
        version: content.version,
        environmentText,
        option,
        ...this.#laid(content, environmentText, option),
      };
    return { ...this.#cache, at: content.at };
  }

  #laid(content, environmentText, option) {
    const own = this.#readDocument(content.text);
    const layers = {
      option: new Map(entriesOf(option)),
      environment: new Map(environmentEntries(environmentText)),
    };
    const effective = new Map();
    const lay = (entries, source) => {
      for (const [key, value] of entries) {
        const below = effective.get(key);
        effective.set(key, {
          key,
          value,
          source,
          hides: below ? [...below.hides, below.source] : [],
        });
      }
    };
    lay(own.entries, this.#document?.kind);
    for (const source of [...FIXED].reverse()) lay(layers[source], source);
    return { own: own.entries, broken: own.broken, effective };
  }

  #readDocument(text) {
    try {
      return { entries: new Map(read(text, 'auto').entries) };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { entries: new Map(), broken: error.message };
    }
  }

  /** Where changes go to. */
  async storage() {
    if (this.#document === undefined) {
      return {
        kind: 'none',
        name: null,
        writable: false,
        reason: `Nothing is configured that could be written. ${NOT_WRITABLE}`,
      };
    }
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
  plan(change, before) {
    const { entries, format } =
      change.text === undefined
        ? { entries: entriesOf(change.set ?? change.mappings) }
        : read(change.text, change.format ?? 'auto');
    const replaces = change.mode === 'replace' || change.mappings !== undefined;
    const after = replaces ? new Map() : new Map(before);
    for (const key of change.remove ?? []) after.delete(key);
    for (const [key, value] of entries) after.set(key.trim(), value);
    const difference = differenceOf(before, after);
    const touched = new Set(difference.changes.map(({ key }) => key));
    const problems = problemsOf(after);
    // What was wrong before and is not touched hinders nobody.
    const old = problems.some(({ severity }) => severity === 'error')
      ? new Set(problemsOf(before).map(({ message }) => message))
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
    const { difference, problems, errors, format } = this.plan(change, own);
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
    const { text = '' } = (await this.#document?.read()) ?? {};
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
    return this.#document.change(async (now) => {
      const own = this.#readDocument(now.text);
      if (!matches(now.version)) throw await this.#collided(now, own.entries);
      if (own.broken && change.mode !== 'replace' && change.mappings === undefined) {
        throw new Problem(
          'conflict',
          `${this.#document.name} cannot be read: ${own.broken}`,
          'Put it right by hand, or replace all of it.',
        );
      }
      const { after, difference, problems, errors } = this.plan(change, own.entries);
      if (errors.length > 0) {
        throw new Problem(
          'mappings-not-valid',
          errors[0].message,
          'Put the entries right that `problems` names. Nothing was written.',
          { problems: errors },
        );
      }
      const id = randomUUID();
      const isKept = difference.changes.length <= UNDOABLE;
      return {
        text: write(after, { isYaml: this.#document.isYaml, before: now.text }),
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
