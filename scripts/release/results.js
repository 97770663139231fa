'use strict';

// What each check last ended with on this machine, so that a long rehearsal may be done in parts: the page
// has all of them. Node's built-ins only.

const fs = require('node:fs');
const path = require('node:path');

const { CACHE } = require('./tools.js');

const FILE = path.join(CACHE, 'results.json');

const read = () => {
  try {
    return JSON.parse(fs.readFileSync(FILE, 'utf8'));
  } catch {
    return { rows: [], sizes: [] };
  }
};

/** Newer results in the place of older ones of the same name; an older one keeps its place. */
function merged(older, newer) {
  const all = new Map(older.map((one) => [one.name, one]));
  for (const one of newer) all.set(one.name, one);
  return [...all.values()];
}

/**
 * Adds the results of a run to those of earlier ones; all of them.
 *
 * @param {{ rows: object[], sizes: object[] }} run
 * @param {{ whole: boolean, names: Set<string> }} options a whole run stands alone; of others there stay the
 *   results of the checks that there still are
 */
function remember(run, { whole, names }) {
  const before = whole ? { rows: [], sizes: [] } : read();
  const all = {
    rows: merged(
      before.rows.filter(({ name }) => names.has(name)),
      run.rows,
    ),
    sizes: merged(before.sizes, run.sizes),
  };
  fs.mkdirSync(CACHE, { recursive: true });
  fs.writeFileSync(FILE, `${JSON.stringify(all, null, 1)}\n`);
  return all;
}

module.exports = { remember };
