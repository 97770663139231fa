'use strict';

const { filtered, merged, sorted } = require('./pace.js');

const inOrder = (one, other) => (one < other ? -1 : one > other ? 1 : 0);

/** Mappings of several sources, the one that counts first. */
class Layers {
  #layers;
  #keys;

  /** @param {{ source: string, entries: Map<string, unknown> }[]} layers */
  constructor(layers) {
    this.#layers = layers.filter(({ entries }) => entries.size > 0);
  }

  /** The entry of a key: what counts, and which sources it takes precedence over. */
  get(key) {
    const [over, ...hidden] = this.#layers.filter(({ entries }) => entries.has(key));
    if (over === undefined) return undefined;
    return {
      key,
      value: over.entries.get(key),
      source: over.source,
      hides: hidden.map(({ source }) => source),
    };
  }

  /** Its value. */
  valueOf(key) {
    return this.#layers.find(({ entries }) => entries.has(key))?.entries.get(key);
  }

  sourceOf(key) {
    return this.#layers.find(({ entries }) => entries.has(key))?.source;
  }

  /** Every key once, in order. */
  async keys() {
    this.#keys ??= this.#sortedKeys();
    return this.#keys;
  }

  async #sortedKeys() {
    let all = [];
    const over = [];
    for (const { entries } of this.#layers) {
      const isHidden = (key) => over.some((other) => other.has(key));
      const own =
        over.length === 0
          ? [...entries.keys()]
          : await filtered(entries.keys(), (key) => !isHidden(key));
      all = await merged(all, await sorted(own, inOrder), inOrder);
      over.push(entries);
    }
    return all;
  }
}

module.exports = { Layers, inOrder };
