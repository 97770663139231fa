'use strict';

const hub = require('../hub.js');

/**
 * Where the ledger keeps what it counts: the store of the client, as `core/src/ledger.rs` reaches it; or
 * the memory of this process, where there is none.
 *
 * A request is `{ put?: [subject, text, milliseconds][], add?: [subject, amount, milliseconds][],
 * defer?: …, get?: subject[], urgent?: boolean }`, `urgent` where a call waits for it; the answer `{ sums, values, failed, shared }`.
 */

/** Most subjects in memory; the oldest leave first. */
const MOST = 50_000;

class MemoryBackend {
  #entries = new Map();

  async run(request) {
    return this.runNow(request);
  }

  runNow({ put = [], add = [], defer = [], get = [] }) {
    for (const [subject, text, lasts] of put) this.#keep(subject, text, Date.now() + lasts);
    const sums = [...add, ...defer].map(([subject, amount, lasts]) => {
      const found = this.#find(subject);
      const sum = Number(found?.value ?? 0) + amount;
      this.#keep(subject, sum, found?.until ?? Date.now() + lasts);
      return sum;
    });
    const values = get.map((subject) => {
      const found = this.#find(subject);
      return found === undefined ? null : String(found.value);
    });
    return { sums: sums.slice(0, add.length), values, failed: false, shared: false };
  }

  #find(subject) {
    const found = this.#entries.get(subject);
    if (found === undefined || found.until > Date.now()) return found;
    this.#entries.delete(subject);
    return undefined;
  }

  #keep(subject, value, until) {
    this.#entries.set(subject, { value, until });
    if (this.#entries.size > MOST) this.#entries.delete(this.#entries.keys().next().value);
  }
}

class NativeBackend {
  #native;
  #memory;

  constructor(native, memory) {
    this.#native = native;
    this.#memory = memory;
  }

  async run(request) {
    const answer = await this.#ask(JSON.stringify(request));
    return answer.absent ? this.#memory.run(request) : answer;
  }

  async #ask(text) {
    // The addon's task does not hold the process; a call that waits for it must.
    hub.hold();
    try {
      return await new Promise((resolve, reject) => {
        hub.start(this.#native, 'ledger', text, [], { result: resolve, error: reject });
      });
    } finally {
      hub.release();
    }
  }

  /** Without waiting, as a process does that ends. */
  runNow(request) {
    this.#native.ledgerNow(JSON.stringify(request));
  }
}

module.exports = { MemoryBackend, NativeBackend };
