'use strict';

// A discovery that is repeated in the background. Of all that have the same one under way, one leads: it
// asks AWS, the others wait for their turn.

const { randomUUID } = require('node:crypto');
const { clearTimeout, setTimeout } = require('node:timers');
const { inputError, kindOf } = require('../errors.js');
const { listen, unlisten } = require('../signals.js');

const LEAST = 1000;
const MOST = 24 * 60 * 60 * 1000;

/** How long a leader is waited for that is late, in parts of the interval. */
const LATE = 1.5;

/**
 * Splits the options of `client.keepDiscovering()`.
 *
 * @param {unknown} given
 */
function readInterval(given) {
  const { every, ...options } = Object(given);
  if (Number.isSafeInteger(every) && every >= LEAST && every <= MOST) return { every, options };
  throw inputError(
    'keepDiscovering(options): every must be a whole number of milliseconds from 1000 to 86400000 (a ' +
      `day), not ${kindOf(every)}.`,
  );
}

/** What `client.keepDiscovering()` gives. */
class Refresh {
  #means;
  #every;
  #holder = randomUUID();
  #timer;
  #discovery;
  #stopped = false;
  #stop = () => this.stop();
  #signal;

  /**
   * @param {number} every milliseconds
   * @param {{ lead(holder: string, lasts: number): Promise<boolean>, discover(): object,
   *   tell(result: object): void, warn(text: string): void, ended(): void }} means
   * @param {AbortSignal} [signal]
   */
  constructor(every, means, signal) {
    this.#every = every;
    this.#means = means;
    this.#signal = signal;
    if (signal?.aborted) {
      this.stop();
      return;
    }
    listen(signal, this.#stop);
    void this.#round();
  }

  async #round() {
    try {
      if (await this.#means.lead(this.#holder, Math.ceil(this.#every * LATE))) {
        if (this.#stopped) return;
        this.#discovery = this.#means.discover();
        const result = await this.#discovery.result();
        if (!this.#stopped) this.#means.tell(result);
      }
    } catch (error) {
      if (!this.#stopped) {
        this.#means.warn(`Profiles could not be discovered in the background: ${error.message}`);
      }
    }
    if (this.#stopped) return;
    // Replicas that were started together do not ask together.
    const wait = this.#every * (0.95 + Math.random() / 10);
    this.#timer = setTimeout(() => void this.#round(), Math.min(wait, MOST)).unref();
  }

  /** Ends it, and what it has under way. */
  stop() {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    unlisten(this.#signal, this.#stop);
    void this.#discovery?.return();
    this.#means.ended(this);
  }
}

Object.defineProperty(Refresh.prototype, Symbol.dispose ?? Symbol.for('dispose'), {
  value() {
    this.stop();
  },
  configurable: true,
  writable: true,
});

module.exports = { Refresh, readInterval };
