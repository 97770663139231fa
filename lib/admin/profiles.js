'use strict';

// Every profile that is known: mapped, discovered, or only seen in calls and in LibreChat's configuration.

const { setImmediate: turn } = require('node:timers/promises');
const { isDeepStrictEqual } = require('node:util');

/** Rows that are made in one go: others are to have their turn. */
const AT_ONCE = 250;

/** Milliseconds for which rows are used again; many rows for as many times as long as they took. */
const FRESH = 1000;
const SHARE = 20;

/** Most ids of calls that are remembered. */
const MOST_SEEN = 10_000;

const ARN = /^arn:[\w-]+:(?:bedrock|sagemaker):([\w-]*):(\d*):(.+)$/;

const partsOf = (arn) => {
  const [, region, account] = ARN.exec(arn) ?? [];
  return { region: region || null, account: account || null };
};

const stated = (value) => (typeof value === 'object' && value !== null ? value : {});

/** Where a mapping and AWS do not say the same. */
function disagreementsOf({ arn, model, region }, found, discovery) {
  if (arn === null) return [];
  if (found === undefined) {
    if (!discovery.covers(arn)) return [];
    return [
      {
        about: 'existence',
        mapping: arn,
        aws: null,
        message: 'AWS lists no such profile: it was deleted, or its ARN is misspelt.',
      },
    ];
  }
  const all = [];
  const models = [found.model, ...found.otherModels].filter(Boolean);
  if (model !== null && models.length > 0 && !models.includes(model)) {
    all.push({
      about: 'model',
      mapping: model,
      aws: models[0],
      message: `The mapping says ${model}; AWS says ${models.join(', ')}.`,
    });
  }
  if (found.status !== null && found.status !== 'ACTIVE') {
    all.push({
      about: 'status',
      mapping: null,
      aws: found.status,
      message: `Its status is ${found.status}.`,
    });
  }
  if (region !== null && found.region !== region) {
    all.push({
      about: 'region',
      mapping: region,
      aws: found.region,
      message: `The mapping says ${region}; the profile is in ${found.region}.`,
    });
  }
  return all;
}

/** What the API shows of profiles. */
class Profiles {
  #client;
  #mappings;
  #discovery;
  #configured;
  #seen = new Map();
  #rows;
  #making;
  #onCall = (call) => this.#see(call);

  /**
   * @param {object} client
   * @param {{ mappings: object, discovery: object, configured(): string[] }} services `configured`: ids
   *   that stand in LibreChat's configuration
   */
  constructor(client, { mappings, discovery, configured }) {
    this.#client = client;
    this.#mappings = mappings;
    this.#discovery = discovery;
    this.#configured = configured;
    client.on('call', this.#onCall);
  }

  close() {
    this.#client.off('call', this.#onCall);
  }

  #see({ requestedId, model, region, error }) {
    if (typeof requestedId !== 'string') return;
    const before = this.#seen.get(requestedId);
    this.#seen.delete(requestedId);
    this.#seen.set(requestedId, {
      calls: (before?.calls ?? 0) + 1,
      at: Date.now(),
      model,
      region,
      error,
    });
    if (this.#seen.size > MOST_SEEN) this.#seen.delete(this.#seen.keys().next().value);
  }

  /** All rows, in no order. */
  async all() {
    const mappings = await this.#mappings.now();
    const basis = {
      effective: mappings.effective,
      discovered: this.#discovery.version,
      seen: this.#seen.size,
    };
    const fresh = this.#rows && isSame(this.#rows.basis, basis) && Date.now() < this.#rows.until;
    if (fresh) return this.#rows.all;
    this.#making ??= this.#make(basis).finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #make(basis) {
    const started = performance.now();
    const all = [];
    const arns = new Set();
    let busy = 0;
    const rest = async () => {
      busy += 1;
      if (busy % AT_ONCE === 0) await turn();
    };
    for (const entry of basis.effective.values()) {
      const row = this.#mapped(entry);
      all.push(row);
      arns.add(row.arn).add(row.id);
      await rest();
    }
    for (const found of this.#discovery.profiles()) {
      if (arns.has(found.arn) || arns.has(found.id)) continue;
      arns.add(found.arn).add(found.id);
      all.push(this.#discovered(found));
      await rest();
    }
    for (const id of new Set([...this.#seen.keys(), ...this.#configured()])) {
      if (arns.has(id) || !id.startsWith('arn:')) continue;
      all.push(this.#unmapped(id));
      await rest();
    }
    const took = performance.now() - started;
    this.#rows = { basis, all, until: Date.now() + Math.max(FRESH, took * SHARE) };
    return all;
  }

  #known(id) {
    try {
      return this.#client.resolveSync(id);
    } catch {
      return undefined; // no id at all, or one that the configuration spoils
    }
  }

  #mapped({ key, value, source, hides }) {
    const known = this.#known(key);
    const says = stated(value);
    const called =
      typeof value === 'string' && value.startsWith('arn:') ? value : (says.profiles?.[0] ?? key);
    const callId = known?.callId ?? String(called);
    const arn = callId.startsWith('arn:') ? callId : null;
    const found = this.#discovery.find(callId);
    const model = known?.model ?? says.model ?? null;
    const row = this.#row(key, 'mapped', { arn, known, found, model });
    return {
      ...row,
      label: row.label ?? says.label ?? null,
      mapping: { source, value, hides },
      disagreements: disagreementsOf(
        { arn, model, region: says.region ?? null },
        found,
        this.#discovery,
      ),
    };
  }

  #discovered(found) {
    const known = this.#known(found.arn);
    return this.#row(found.arn, 'discovered', { arn: found.arn, known, found, model: found.model });
  }

  #unmapped(id) {
    const known = this.#known(id);
    const found = this.#discovery.find(id);
    return this.#row(id, 'unmapped', {
      arn: id,
      known,
      found,
      model: known?.model ?? found?.model ?? null,
    });
  }

  #row(id, state, { arn, known, found, model }) {
    const { region, account } = arn === null ? {} : partsOf(arn);
    const seen = this.#seen.get(id) ?? (arn === null ? undefined : this.#seen.get(arn));
    return {
      id,
      state,
      label: known?.label ?? null,
      name: found?.name ?? known?.name ?? null,
      arn,
      model,
      otherModels: known?.otherModels ?? found?.otherModels ?? [],
      region: region ?? known?.region ?? found?.region ?? null,
      account: account ?? found?.account ?? null,
      type: found?.type ?? null,
      kind: known?.kind ?? null,
      status: found?.status ?? null,
      lifecycle: found?.lifecycle ?? null,
      tags: found?.tags ?? null,
      source: known?.source ?? (found ? 'aws' : 'unknown'),
      age: known?.age ?? (found ? Math.max(0, Date.now() - this.#discovery.at) : null),
      discovered: found !== undefined,
      mapping: null,
      disagreements: [],
      warnings: (known?.warnings ?? []).map(({ cause, message }) => ({ cause, message })),
      calls: seen?.calls ?? 0,
      lastCall: seen ? new Date(seen.at).toISOString() : null,
      lastError: seen?.error ?? null,
    };
  }

  /** A page of them, by what is looked for. */
  async list({ q, state, region, model, account, disagreeing, sort, offset, limit }) {
    const all = await this.all();
    const counts = { mapped: 0, discovered: 0, unmapped: 0, disagreeing: 0 };
    for (const row of all) {
      counts[row.state] += 1;
      if (row.disagreements.length > 0) counts.disagreeing += 1;
    }
    const wanted = [
      state && ((row) => state.includes(row.state)),
      region && ((row) => row.region === region),
      account && ((row) => row.account === account),
      model && ((row) => row.model === model || row.otherModels.includes(model)),
      disagreeing !== undefined && ((row) => row.disagreements.length > 0 === disagreeing),
      q && matcher(q),
    ].filter(Boolean);
    const matching = all.filter((row) => wanted.every((fits) => fits(row)));
    matching.sort(ordered(sort));
    return {
      items: matching.slice(offset, offset + limit),
      total: matching.length,
      offset,
      limit,
      counts,
    };
  }

  /** One of them, by its id, an alias or its ARN. */
  async find(id) {
    const all = await this.all();
    return all.find((row) => row.id === id) ?? all.find((row) => row.arn === id);
  }
}

const isSame = (one, other) =>
  one.effective === other.effective &&
  isDeepStrictEqual({ ...one, effective: 0 }, { ...other, effective: 0 });

/** Every word somewhere, in whatever case. */
function matcher(q) {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return ({ id, label, name, arn, model, region, tags }) => {
    const text = [id, label, name, arn, model, region, ...(tags ? Object.entries(tags).flat() : [])]
      .join('\n')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

/** What is not known comes last. */
function ordered(sort) {
  const descends = sort.startsWith('-');
  const field = descends ? sort.slice(1) : sort;
  const valueOf = (row) => (field === 'disagreements' ? row.disagreements.length : row[field]);
  return (one, other) => {
    const [left, right] = [valueOf(one), valueOf(other)];
    if (left !== right) {
      if (left === null) return 1;
      if (right === null) return -1;
      return left < right === descends ? 1 : -1;
    }
    return one.id < other.id ? -1 : 1;
  };
}

module.exports = { Profiles };
