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
  #arns;
  #discovered = new Map();
  rows = [];
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
      this.rows.push(new Row(key, 'mapped', layers.valueOf(key), this.#discovery));
      if (pace.isDue) await pace.rest();
    }
    this.counts.mapped = this.rows.length;
    const profiles = [...this.#discovery.profiles()];
    if (profiles.length === 0) return;
    const arns = await this.#byArn();
    for (const { arn, id } of profiles) {
      const isThere = [arn, id].some(
        (one) => layers.sourceOf(one) !== undefined || arns.has(one) || this.#discovered.has(one),
      );
      if (!isThere)
        this.#discovered.set(arn, new Row(arn, 'discovered', undefined, this.#discovery));
      if (pace.isDue) await pace.rest();
    }
    this.counts.discovered = this.#discovered.size;
    this.rows = await merged(this.rows, await sorted([...this.#discovered.values()], byId), byId);
  }

  /** Rows of mappings by the ARN that is called. */
  async #byArn() {
    this.#arns ??= this.#gatherArns();
    return this.#arns;
  }

  async #gatherArns() {
    const arns = new Map();
    const pace = new Pace();
    for (const row of this.rows) {
      const { arn } = row.facts;
      if (row.state === 'mapped' && arn !== null && !arns.has(arn)) arns.set(arn, row);
      if (pace.isDue) await pace.rest();
    }
    return arns;
  }

  /** The row of an id or an ARN. */
  async find(id) {
    const { layers } = this.basis;
    if (layers.sourceOf(id) !== undefined)
      return new Row(id, 'mapped', layers.valueOf(id), this.#discovery);
    if (this.#discovered.has(id)) return this.#discovered.get(id);
    return id.startsWith('arn:') ? (await this.#byArn()).get(id) : undefined;
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
        row.learn(known[place] ?? undefined);
        const disagrees = row.facts.disagreements.length > 0;
        this.disagreeing += Number(disagrees) - Number(row.isCounted);
        row.isCounted = disagrees;
        if (pace.isDue) await pace.rest();
      }
    }
    this.#orders.clear();
    this.#arns = undefined;
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
  async #unmapped(index) {
    const rows = [];
    for (const id of new Set([...this.#seen.keys(), ...this.#configured()])) {
      if (!id.startsWith('arn:') || (await index.find(id)) !== undefined) continue;
      rows.push(new Row(id, 'unmapped', undefined, this.#discovery));
    }
    return rows;
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
      region && (({ facts }) => facts.region === region),
      account && (({ facts }) => facts.account === account),
      model && (({ facts }) => facts.model === model || facts.otherModels.includes(model)),
      disagreeing !== undefined && (({ facts }) => facts.disagreements.length > 0 === disagreeing),
      q && matcher(q),
    ].filter(Boolean);
    const field = sort.replace(/^-/, '');
    const isPlain = PLAIN.includes(field) && wanted.length === (state ? 1 : 0);
    await index.learn(isPlain ? 0 : PATIENCE);
    const compare = ordered(sort, this.#seen);
    const unmapped = await this.#unmapped(index);
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
    for (const [place, row] of rows.entries()) row.learn(known[place] ?? undefined);
  }

  /** One of them, by its id, an alias or its ARN. */
  async find(id) {
    const index = await this.#current();
    let row = await index.find(id);
    if (row === undefined && !index.isComplete) {
      // Only what is known of an alias may say which ARN it calls.
      await index.learn(PATIENCE);
      row = await index.find(id);
    }
    row ??= (await this.#unmapped(index)).find((one) => one.id === id);
    return row && (await this.#wholes([row], index))[0];
  }
}

/** Every word somewhere, in whatever case. */
function matcher(q) {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return (row) => words.every((word) => row.text.includes(word));
}

/** What is sorted by that is no fact of its own. */
const VALUES = {
  id: ({ id }) => id,
  state: ({ state }) => state,
  calls: ({ id, facts }, seen) => (seen.get(id) ?? seen.get(facts.arn))?.calls ?? 0,
  disagreements: ({ facts }) => facts.disagreements.length,
};

/** What is not known comes last. */
function ordered(sort, seen) {
  const descends = sort.startsWith('-');
  const field = descends ? sort.slice(1) : sort;
  const valueOf = VALUES[field] ?? ((row) => row.facts[field]);
  return (one, other) => {
    const [left, right] = [valueOf(one, seen), valueOf(other, seen)];
    if (left !== right) {
      if (left === null) return 1;
      if (right === null) return -1;
      return left < right === descends ? 1 : -1;
    }
    return byId(one, other);
  };
}

module.exports = { Profiles };
