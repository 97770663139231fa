'use strict';

// Every profile that is known: mapped, discovered, or only seen in calls and in LibreChat's configuration. There
// may be 100,000: what lists are sorted and searched by is gathered once for each version of the mappings, in short
// pieces and beside the event loop; the rest is looked up for the page that is shown.

const { clearTimeout, setTimeout } = require('node:timers');
const { askAddon } = require('../client.js');
const { inOrder } = require('./layers.js');
const { Pace, filtered, merged, sorted } = require('./pace.js');
const { Row, wholeOf } = require('./profile-row.js');

/** Ids that the addon is asked about at a time. */
const AT_ONCE = 1000;

/** Milliseconds that a list waits for what it is sorted or searched by. */
const PATIENCE = 1000;

/** Milliseconds for which what is known counts as new; many rows for as many times as long as they took. */
const FRESH = 2000;
const SHARE = 20;

/** Orders that are remembered. */
const MOST_ORDERS = 4;

/** What is sorted by without knowing more than the mappings. */
const PLAIN = ['id', 'state'];

/** The rows of one version of the mappings and of the last discovery. */
class Index {
  #client;
  #discovery;
  #orders = new Map();
  #learning;
  #learnt = { at: -Infinity, took: 0 };
  rows = [];
  byId = new Map();
  byArn = new Map();
  counts = { mapped: 0, discovered: 0 };
  /** Rows where mapping and AWS disagree. */
  disagreeing = 0;
  /** Whether everything is known that lists are sorted and searched by. */
  isComplete = false;
  /** Whether it has been replaced. */
  isOver = false;

  constructor(client, basis, discovery) {
    this.#client = client;
    this.#discovery = discovery;
    this.basis = basis;
  }

  async fill() {
    const { layers } = this.basis;
    const pace = new Pace();
    for (const key of await layers.keys()) {
      this.#add(new Row(key, 'mapped', layers.valueOf(key), this.#discovery));
      if (pace.isDue) await pace.rest();
    }
    this.counts.mapped = this.rows.length;
    const found = [];
    for (const { arn, id } of this.#discovery.profiles()) {
      if (this.has(arn) || this.has(id)) continue;
      found.push(new Row(arn, 'discovered', undefined, this.#discovery));
      this.byArn.set(arn, found.at(-1));
      if (pace.isDue) await pace.rest();
    }
    for (const row of found) this.byId.set(row.id, row);
    this.counts.discovered = found.length;
    this.rows = await merged(this.rows, await sorted(found, byId), byId);
  }

  #add(row) {
    this.rows.push(row);
    this.byId.set(row.id, row);
    if (row.arn !== null && !this.byArn.has(row.arn)) this.byArn.set(row.arn, row);
    if (row.disagreements > 0) this.disagreeing += 1;
  }

  /** Whether an id or an ARN is of one of its rows. */
  has(id) {
    return this.byId.has(id) || this.byArn.has(id);
  }

  /** Looks up what is known of each row, where that is not new; waits for it so long at most. */
  async learn(patience) {
    const { at, took } = this.#learnt;
    if (this.#learning === undefined && Date.now() - at > Math.max(FRESH, took * SHARE)) {
      this.#learning = this.#learnAll().finally(() => {
        this.#learning = undefined;
      });
      this.#learning.catch(() => {}); // what is not known is shown as such
    }
    if (this.#learning === undefined || patience === 0) return;
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, patience);
    });
    await Promise.race([this.#learning.catch(() => {}), late]);
    clearTimeout(timer);
  }

  async #learnAll() {
    const started = Date.now();
    const pace = new Pace();
    for (let at = 0; at < this.rows.length && !this.isOver; at += AT_ONCE) {
      const some = this.rows.slice(at, at + AT_ONCE);
      const known = await listed(this.#client, some, false);
      for (const [place, row] of some.entries()) {
        const before = row.disagreements;
        row.learn(known[place] ?? undefined, this.#discovery);
        this.disagreeing += Math.sign(row.disagreements) - Math.sign(before);
        if (row.arn !== null && !this.byArn.has(row.arn)) this.byArn.set(row.arn, row);
        if (pace.isDue) await pace.rest();
      }
    }
    this.#orders.clear();
    this.#learnt = { at: Date.now(), took: Date.now() - started };
    this.isComplete = true;
  }

  /** Its rows in the order of a member; what is not known comes last. */
  async inOrderOf(sort, compare) {
    if (sort === 'id') return this.rows;
    const known = this.#orders.get(sort);
    if (known !== undefined) return known;
    const rows = await sorted(this.rows, compare);
    // What others have called in the meantime would not be seen.
    if (this.isComplete && !/calls$/.test(sort)) {
      this.#orders.set(sort, rows);
      if (this.#orders.size > MOST_ORDERS) this.#orders.delete(this.#orders.keys().next().value);
    }
    return rows;
  }
}

const byId = (one, other) => inOrder(one.id, other.id);

/** What is known of rows now; `whole`: all of it. */
const listed = (client, rows, whole) =>
  askAddon(client, 'list', { text: JSON.stringify({ ids: rows.map(({ id }) => id), whole }) });

/** What the API shows of profiles. */
class Profiles {
  #client;
  #mappings;
  #discovery;
  #configured;
  #seen;
  #index;
  #making;

  /**
   * @param {object} client
   * @param {{ mappings: object, discovery: object, configured(): string[], seen: Map<string, object> }} services
   *   `configured`: ids that stand in LibreChat's configuration; `seen`: those that were called
   */
  constructor(client, { mappings, discovery, configured, seen }) {
    this.#client = client;
    this.#mappings = mappings;
    this.#discovery = discovery;
    this.#configured = configured;
    this.#seen = seen;
  }

  close() {
    if (this.#index) this.#index.isOver = true;
  }

  async #current() {
    for (;;) {
      const { layers } = await this.#mappings.now();
      const basis = { layers, discovered: this.#discovery.version };
      const isSame = (index) =>
        index?.basis.layers === layers && index.basis.discovered === basis.discovered;
      if (isSame(this.#index)) return this.#index;
      this.#making ??= this.#make(basis).finally(() => {
        this.#making = undefined;
      });
      const made = await this.#making;
      if (isSame(made)) return made;
    }
  }

  async #make(basis) {
    const index = new Index(this.#client, basis, this.#discovery);
    await index.fill();
    this.close();
    this.#index = index;
    return index;
  }

  /** What was called, or stands in LibreChat's configuration, and has no other row. */
  #unmapped(index) {
    const ids = new Set([...this.#seen.keys(), ...this.#configured()]);
    return [...ids]
      .filter((id) => id.startsWith('arn:') && !index.has(id))
      .map((id) => new Row(id, 'unmapped', undefined, this.#discovery));
  }

  async #wholes(rows, { basis: { layers } }) {
    const all = [];
    const pace = new Pace();
    for (let at = 0; at < rows.length; at += AT_ONCE / 4) {
      const some = rows.slice(at, at + AT_ONCE / 4);
      const known = await listed(this.#client, some, true);
      for (const [place, row] of some.entries()) {
        all.push(
          wholeOf(row, {
            known: known[place] ?? undefined,
            entry: row.state === 'mapped' ? layers.get(row.id) : undefined,
            discovery: this.#discovery,
            seen: this.#seen,
          }),
        );
        if (pace.isDue) await pace.rest();
      }
    }
    return all;
  }

  /** A page of them, by what is looked for. */
  async list({ q, state, region, model, account, disagreeing, sort, offset, limit }) {
    const index = await this.#current();
    const wanted = [
      state && ((row) => state.includes(row.state)),
      region && ((row) => row.region === region),
      account && ((row) => row.account === account),
      model && ((row) => row.model === model || row.otherModels.includes(model)),
      disagreeing !== undefined && ((row) => row.disagreements > 0 === disagreeing),
      q && matcher(q),
    ].filter(Boolean);
    const field = sort.replace(/^-/, '');
    const isPlain = PLAIN.includes(field) && wanted.length === (state ? 1 : 0);
    await index.learn(isPlain ? 0 : PATIENCE);
    const compare = ordered(sort, this.#seen);
    const unmapped = this.#unmapped(index);
    await this.#learnOf(unmapped);
    const rows = await merged(
      await index.inOrderOf(sort, compare),
      unmapped.sort(compare),
      compare,
    );
    const fits = (row) => wanted.every((one) => one(row));
    const matching = wanted.length === 0 ? rows : await filtered(rows, fits);
    return {
      items: await this.#wholes(matching.slice(offset, offset + limit), index),
      total: matching.length,
      offset,
      limit,
      counts: { ...index.counts, unmapped: unmapped.length, disagreeing: index.disagreeing },
      complete: index.isComplete,
    };
  }

  async #learnOf(rows) {
    if (rows.length === 0) return;
    const known = await listed(this.#client, rows, false);
    for (const [place, row] of rows.entries())
      row.learn(known[place] ?? undefined, this.#discovery);
  }

  /** One of them, by its id, an alias or its ARN. */
  async find(id) {
    const index = await this.#current();
    const row =
      index.byId.get(id) ??
      index.byArn.get(id) ??
      this.#unmapped(index).find((one) => one.id === id);
    if (row !== undefined) return (await this.#wholes([row], index))[0];
    if (index.isComplete) return undefined;
    // Only what is known of an alias may say which ARN it calls.
    await index.learn(PATIENCE);
    const later = index.byArn.get(id);
    return later && (await this.#wholes([later], index))[0];
  }
}

/** Every word somewhere, in whatever case. */
function matcher(q) {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return (row) => words.every((word) => row.text.includes(word));
}

/** What is not known comes last. */
function ordered(sort, seen) {
  const descends = sort.startsWith('-');
  const field = descends ? sort.slice(1) : sort;
  const valueOf =
    field === 'calls'
      ? (row) => (seen.get(row.id) ?? seen.get(row.arn))?.calls ?? 0
      : (row) => row[field];
  return (one, other) => {
    const [left, right] = [valueOf(one), valueOf(other)];
    if (left !== right) {
      if (left === null) return 1;
      if (right === null) return -1;
      return left < right === descends ? 1 : -1;
    }
    return byId(one, other);
  };
}

module.exports = { Profiles };
