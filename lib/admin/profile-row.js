'use strict';

// One profile: what lists are sorted and searched by, and all that is shown of it.

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

/** What lists are sorted and searched by. */
class Row {
  #text;

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
    this.learn(undefined, discovery);
  }

  /** Takes over what is known of it, and what was discovered. */
  learn(known, discovery) {
    const says = stated(this.value);
    const callId =
      known?.callId ?? (this.state === 'mapped' ? calledBy(this.id, this.value) : this.id);
    const arn = callId.startsWith('arn:') ? callId : null;
    const found = discovery.find(callId);
    const isModel = typeof this.value === 'string' && !this.value.startsWith('arn:');
    const { region, account } = partsOf(arn);
    this.arn = arn;
    this.label = known?.label ?? textOf(says.label);
    this.name = found?.name ?? known?.name ?? null;
    this.model =
      known?.model ?? textOf(says.model) ?? (isModel ? this.value : found?.model) ?? null;
    this.otherModels = known?.otherModels ?? found?.otherModels ?? NONE;
    this.region = region ?? known?.region ?? found?.region ?? null;
    this.account = account ?? found?.account ?? null;
    this.status = found?.status ?? null;
    this.tags = found?.tags ?? null;
    this.source = known?.source ?? (found ? 'aws' : 'unknown');
    this.age = known?.age ?? (found ? Math.max(0, Date.now() - discovery.at) : null);
    this.disagreements =
      this.state === 'mapped'
        ? disagreementsOf({ arn, model: this.model, region: textOf(says.region) }, found, discovery)
            .length
        : 0;
    this.#text = undefined;
  }

  /** What is searched, in lower case. */
  get text() {
    const { id, label, name, arn, model, region, tags } = this;
    const more = tags ? Object.entries(tags).flat() : NONE;
    this.#text ??= [id, label, name, arn, model, region, ...more].join('\n').toLowerCase();
    return this.#text;
  }
}

const NONE = Object.freeze([]);

/**
 * All that is shown of a profile.
 *
 * @param {Row} row
 * @param {{ known?: object, entry?: object, discovery: object, seen: Map<string, object> }} about `known`: what
 *   it is resolved to; `entry`: its mapping
 */
function wholeOf({ id, state, value }, { known, entry, discovery, seen }) {
  const row = new Row(id, state, value, discovery);
  row.learn(known, discovery);
  const { arn, label, name, model, otherModels, region, account, status, source, age, tags } = row;
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
    disagreements:
      state === 'mapped'
        ? disagreementsOf({ arn, model, region: textOf(stated(value).region) }, found, discovery)
        : [],
    warnings: (known?.warnings ?? []).map(({ cause, message }) => ({ cause, message })),
    calls: called?.calls ?? 0,
    lastCall: called ? new Date(called.at).toISOString() : null,
    lastError: called?.error ?? null,
  };
}

module.exports = { Row, wholeOf };
