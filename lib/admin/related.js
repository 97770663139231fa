'use strict';

// Of many mappings, those that a change of a few may make wrong: who types is told at once.

const { Pace } = require('./pace.js');

/** Mappings that are checked as a whole in any case. */
const FEW = 2000;

/** Most related ones; where there are more, all are checked. */
const MOST = 2000;

/** What an entry leads to: what it calls, or what is behind it. */
function targetsOf(value) {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  const profiles = Array.isArray(value.profiles) ? value.profiles : [];
  return [value.model, ...profiles.map((one) => Object(one).id ?? one)].filter(
    (target) => typeof target === 'string',
  );
}

const known = new WeakMap();

/** Which keys lead to a target: gathered once for the same entries. */
function referrersOf(entries) {
  if (!known.has(entries)) known.set(entries, gather(entries));
  return known.get(entries);
}

async function gather(entries) {
  const referrers = new Map();
  const pace = new Pace();
  for (const [key, value] of entries) {
    for (const target of Object(value).profiles === undefined
      ? targetsOf(value)
      : calledBy(value)) {
      const keys = referrers.get(target);
      if (keys === undefined) referrers.set(target, [key]);
      else if (keys.length <= MOST) keys.push(key);
    }
    if (pace.isDue) await pace.rest();
  }
  return referrers;
}

/** The models of aliases are the same few: nobody is wrong because another has the same. */
const calledBy = ({ profiles }) => targetsOf({ profiles });

/**
 * The mappings that a change concerns: those that it touches, what they lead to, and what leads to the same.
 *
 * @param {Map<string, unknown>} before
 * @param {Map<string, unknown>} after
 * @param {Set<string>} touched keys
 * @returns {Promise<Map<string, unknown>>} all of them where they are few, or too many are concerned
 */
async function relatedTo(before, after, touched) {
  if (after.size <= FEW || touched.size > MOST) return after;
  const referrers = await referrersOf(before);
  const found = new Set();
  const add = (key) => {
    if (after.has(key)) found.add(key);
  };
  for (const key of touched) {
    add(key);
    const targets = [...targetsOf(before.get(key)), ...targetsOf(after.get(key))];
    for (const target of [key, ...targets]) (referrers.get(target) ?? []).forEach(add);
    if (found.size > MOST) return after;
  }
  // A set that grows while it is gone through is gone through to its end.
  for (const key of found) {
    targetsOf(after.get(key)).forEach(add);
    if (found.size > MOST) return after;
  }
  return new Map([...found].map((key) => [key, after.get(key)]));
}

module.exports = { relatedTo };
