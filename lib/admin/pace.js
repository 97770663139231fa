'use strict';

// Long work in short pieces: who streams an answer to a user meanwhile does not wait for it.

const { setImmediate: turn } = require('node:timers/promises');

/** Milliseconds of work in one go. */
const SLICE = 8;

/** Items that are worked on before the clock is looked at. */
const AT_ONCE = 64;

/** Items that are sorted in one go. */
const RUN = 2000;

class Pace {
  #until = performance.now() + SLICE;
  #count = 0;

  /** Whether others are to have their turn; asked once for each item. */
  get isDue() {
    this.#count += 1;
    return this.#count % AT_ONCE === 0 && performance.now() >= this.#until;
  }

  /** The same for items that are work enough for a look at the clock. */
  get isOver() {
    return performance.now() >= this.#until;
  }

  /** Lets others have their turn. */
  async rest() {
    await turn();
    this.#until = performance.now() + SLICE;
  }
}

/** Those of which a function says so. */
async function filtered(list, fits) {
  const pace = new Pace();
  const found = [];
  for (const item of list) {
    if (fits(item)) found.push(item);
    if (pace.isDue) await pace.rest();
  }
  return found;
}

/** In order; equals stay as they are to one another. */
async function sorted(list, compare) {
  const pace = new Pace();
  let runs = [];
  for (let at = 0; at < list.length; at += RUN) {
    runs.push(list.slice(at, at + RUN).sort(compare));
    if (pace.isOver) await pace.rest();
  }
  while (runs.length > 1) {
    const longer = [];
    for (let at = 0; at < runs.length; at += 2) {
      const [one, other] = [runs[at], runs[at + 1]];
      longer.push(other === undefined ? one : await merged(one, other, compare, pace));
    }
    runs = longer;
  }
  return runs[0] ?? [];
}

/** Two sorted lists as one. */
async function merged(one, other, compare, pace = new Pace()) {
  if (one.length === 0) return other;
  if (other.length === 0) return one;
  // What was written in order is in order.
  if (compare(one.at(-1), other[0]) <= 0) return one.concat(other);
  const all = [];
  for (let [at, to] = [0, 0]; at < one.length || to < other.length;) {
    const isFirst = to >= other.length || (at < one.length && compare(one[at], other[to]) <= 0);
    all.push(isFirst ? one[at++] : other[to++]);
    if (pace.isDue) await pace.rest();
  }
  return all;
}

module.exports = { Pace, filtered, merged, sorted };
