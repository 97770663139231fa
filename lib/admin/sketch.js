'use strict';

/** Each step is so much larger than the one before: quantiles are right to within a sixth. */
const GROWTH = Math.log(1.3);
const STEPS = 60;

/** Quantiles of many numbers, in little space: how many fell into each of steps that grow. */
class Sketch {
  #counts;
  count = 0;

  add(value) {
    this.#counts ??= new Uint32Array(STEPS);
    const step = value <= 1 ? 0 : Math.min(STEPS - 1, Math.ceil(Math.log(value) / GROWTH));
    this.#counts[step] += 1;
    this.count += 1;
  }

  /** Adds what another has counted. */
  merge(other) {
    if (other.#counts === undefined) return;
    this.#counts ??= new Uint32Array(STEPS);
    for (let step = 0; step < STEPS; step += 1) this.#counts[step] += other.#counts[step];
    this.count += other.count;
  }

  /** The value below which this share of the numbers is; `null` where there are none. */
  quantile(share) {
    if (this.count === 0) return null;
    const wanted = share * this.count;
    let below = 0;
    for (let step = 0; step < STEPS; step += 1) {
      const own = this.#counts[step];
      if (own > 0 && below + own >= wanted) {
        const [low, high] = [
          step === 0 ? 0 : Math.exp((step - 1) * GROWTH),
          Math.exp(step * GROWTH),
        ];
        return Math.round((low + (high - low) * ((wanted - below) / own)) * 10) / 10;
      }
      below += own;
    }
    return null;
  }
}

module.exports = { Sketch };
