'use strict';

// One profile: what lists are sorted and searched by, worked out when it is needed, and all that is shown of it.

const ARN = /^arn:[\w-]+:(?:bedrock|sagemaker):([\w-]*):(\d*):/;

const partsOf = (arn) => {
  const [, region, account] = (arn === null ? undefined : ARN.exec(arn)) ?? [];
  return { region: region || null, account: account || null };
};

const stated = (value) => (typeof value === 'object' && value !== null ? value : {});
const textOf = (value) => (typeof value === 'string' ? value : null);

/** What a mapping calls by itself, as far as it says so. */
function calledBy(key, value) {
  if (typeof value === 'string') return key.startsWith('arn:') ? key : value;
  const { profiles } = stated(value);
  const [first] = Array.isArray(profiles) ? profiles : [];
  return textOf(stated(first).id ?? first) ?? key;
}

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

const NONE = Object.freeze([]);

/** What lists are sorted and searched by, of what is known of a row. */
function factsOf({ id, state, value }, known, discovery) {
  const says = stated(value);
  const callId = known?.callId ?? (state === 'mapped' ? calledBy(id, value) : id);
  const arn = callId.startsWith('arn:') ? callId : null;
  const found = discovery.find(callId);
  const isModel = typeof value === 'string' && !value.startsWith('arn:');
  const { region, account } = partsOf(arn);
  const model = known?.model ?? textOf(says.model) ?? (isModel ? value : found?.model) ?? null;
  return {
    arn,
    // What is called may know the mappings of a second ago.
    label: textOf(says.label) ?? known?.label ?? null,
    name: found?.name ?? known?.name ?? null,
    model,
    otherModels: known?.otherModels ?? found?.otherModels ?? NONE,
    region: region ?? known?.region ?? found?.region ?? null,
    account: account ?? found?.account ?? null,
    status: found?.status ?? null,
    tags: found?.tags ?? null,
    source: known?.source ?? (found ? 'aws' : 'unknown'),
    age: known?.age ?? (found ? Math.max(0, Date.now() - discovery.at) : null),
    disagreements:
      state === 'mapped'
        ? disagreementsOf({ arn, model, region: textOf(says.region) }, found, discovery)
        : NONE,
  };
}

/** A row: what it is of, and, once that is asked for, what lists are sorted and searched by. */
class Row {
  #discovery;
  #facts;
  #text;
  /** Whether its index has counted it among those that disagree. */
  isCounted = false;

  /**
   * @param {string} id
   * @param {'mapped' | 'discovered' | 'unmapped'} state
   * @param {unknown} value of its mapping
   * @param {object} discovery
   */
  constructor(id, state, value, discovery) {
    this.id = id;
    this.state = state;
    this.value = value;
    this.#discovery = discovery;
  }

  /** Takes over what is known of it, and what was discovered. */
  learn(known) {
    this.#facts = factsOf(this, known, this.#discovery);
    this.#text = undefined;
  }

  get facts() {
    this.#facts ??= factsOf(this, undefined, this.#discovery);
    return this.#facts;
  }

  /** What is searched, in lower case. */
  get text() {
    if (this.#text === undefined) {
      const { label, name, arn, model, region, tags } = this.facts;
      const more = tags ? Object.entries(tags).flat() : NONE;
      const all = [this.id, label, name, arn, model, region, ...more];
      this.#text = all.join('\n').toLowerCase();
    }
    return this.#text;
  }
}

/**
 * All that is shown of a profile.
 *
 * @param {Row} row
 * @param {{ known?: object, entry?: object, discovery: object, seen: Map<string, object> }} about `known`: what
 *   it is resolved to; `entry`: its mapping
 */
function wholeOf({ id, state, value }, { known, entry, discovery, seen }) {
  const { disagreements, ...facts } = factsOf({ id, state, value }, known, discovery);
  const { arn, label, name, model, otherModels, region, account, status, source, age, tags } =
    facts;
  const found = discovery.find(arn ?? known?.callId ?? id);
  const called = seen.get(id) ?? (arn === null ? undefined : seen.get(arn));
  return {
    id,
    state,
    label,
    name,
    arn,
    model,
    otherModels,
    region,
    account,
    type: found?.type ?? null,
    kind: known?.kind ?? null,
    status,
    lifecycle: found?.lifecycle ?? null,
    tags,
    source,
    age,
    discovered: found !== undefined,
    mapping: entry ? { source: entry.source, value, hides: entry.hides } : null,
    disagreements,
    warnings: (known?.warnings ?? []).map(({ cause, message }) => ({ cause, message })),
    calls: called?.calls ?? 0,
    lastCall: called ? new Date(called.at).toISOString() : null,
    lastError: called?.error ?? null,
  };
}

module.exports = { Row, wholeOf };
