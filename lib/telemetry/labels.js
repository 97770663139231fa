'use strict';

/** Values of labels: few, and none that says who somebody is. */

/** Most values of a label; what comes beyond them is `other`. */
const MOST_VALUES = 100;
const OTHER = 'other';
const UNKNOWN = 'unknown';

/** Keeps the first values of a label apart, and no more: each is a time series for ever. */
class BoundedValues {
  #known = new Set();
  #most;

  constructor(most = MOST_VALUES) {
    this.#most = most;
  }

  of(value) {
    if (value === undefined || value === null || value === '') return UNKNOWN;
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.#most) return OTHER;
    const text = String(value).slice(0, 120);
    this.#known.add(text);
    return text;
  }
}

/** The id of what an ARN names, without the account that it is in; any other id as it is. */
function withoutAccount(id) {
  if (typeof id !== 'string' || !id.startsWith('arn:')) return id;
  return id.split(':').slice(5).join(':').split('/').pop() || id.split(':')[2];
}

/** A profile's name in labels: the operator's for it, else its id without the account. */
function profileLabel(facts) {
  const { profile } = facts;
  return profile?.label ?? withoutAccount(profile?.requestedId ?? facts.request?.modelId);
}

module.exports = { BoundedValues, profileLabel, withoutAccount, UNKNOWN };
