'use strict';

const { Problem } = require('./problem.js');

const MINUTE = 60_000;
const MOST_ACTORS = 10_000;

/** So many a minute for each, and so many at once. */
class Limiter {
  #perMinute;
  #atOnce;
  #now;
  #actors = new Map();

  /** @param {{ perMinute: number, atOnce: number }} limits */
  constructor({ perMinute, atOnce }, now = Date.now) {
    this.#perMinute = perMinute;
    this.#atOnce = atOnce;
    this.#now = now;
  }

  /** Takes one; gives what ends it. */
  begin(actor) {
    const now = this.#now();
    const state = this.#actors.get(actor) ?? { left: this.#perMinute, at: now, running: 0 };
    const refilled = ((now - state.at) * this.#perMinute) / MINUTE;
    state.left = Math.min(this.#perMinute, state.left + refilled);
    state.at = now;
    this.#actors.delete(actor);
    this.#actors.set(actor, state);
    this.#forget();
    if (state.running >= this.#atOnce) {
      this.#refuse(`${state.running} are under way already; at most ${this.#atOnce} may be.`, 1);
    }
    if (state.left < 1) {
      const wait = Math.max(1, Math.ceil(((1 - state.left) * MINUTE) / this.#perMinute / 1000));
      this.#refuse(`At most ${this.#perMinute} a minute are possible.`, wait);
    }
    state.left -= 1;
    state.running += 1;
    let ended = false;
    return () => {
      if (!ended) state.running -= 1;
      ended = true;
    };
  }

  #refuse(detail, seconds) {
    throw new Problem('rate-limited', detail, `Try again in ${seconds} s.`, {
      headers: { 'Retry-After': String(seconds) },
      retryAfter: seconds,
    });
  }

  #forget() {
    for (const [actor, { running }] of this.#actors) {
      if (this.#actors.size <= MOST_ACTORS) return;
      if (running === 0) this.#actors.delete(actor);
    }
  }
}

module.exports = { Limiter };
