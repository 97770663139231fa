'use strict';

const { randomUUID } = require('node:crypto');
const { clearTimeout, setTimeout } = require('node:timers');

const hub = require('../hub.js');
const { NANO } = require('./prices.js');
const { RESOLUTIONS, dayOf, periodOf, periodsBetween } = require('./periods.js');

/**
 * What calls have cost, by minute, hour and day. Each process writes documents of its own, so that the sum
 * of all is exact whoever writes at a time, in any store. Its number in a day is counted in the store:
 * that is how the documents are found again.
 */

/** Milliseconds after which what was counted is written. */
const WRITE_AFTER = 1000;
/** Most lines of a document; what comes beyond them is one line more. */
const MOST_LINES = 2000;
/** Documents that are read at a time. */
const AT_A_TIME = 200;

/** What is counted in a line, in this order. */
const COUNTED = [
  'calls',
  'errors',
  'inputTokens',
  'outputTokens',
  'cacheReadInputTokens',
  'cacheWriteInputTokens',
  'nano',
  'unpricedCalls',
  'estimatedCalls',
];
/** What lines are told apart by, in this order; minutes and hours know the first two. */
const DIMENSIONS = ['profile', 'model', 'user', 'team'];
const OTHER = DIMENSIONS.map(() => 'other').join('\n');

/** A value as a part of a line. */
const partOf = (value) => (value === undefined ? '' : value.replaceAll('\n', ' '));

class Ledger {
  #backend;
  #writer = randomUUID();
  /** This process's documents by resolution and period, as far as they may still change. */
  #documents = new Map();
  #dirty = new Set();
  #slots = new Map();
  #names;
  #recorded = 0;
  #tried = 0;
  #timer;

  /** The client that was used last reaches the store. */
  use(backend) {
    this.#backend = backend;
  }

  /**
   * Counts a call.
   *
   * @param {{ time: number, profile?: string, model?: string, user?: string, team?: string, usage?: object,
   *   cost: object, failed: boolean, estimated: boolean }} call
   */
  record(call) {
    const { time, usage, cost } = call;
    this.#recorded += 1;
    const counted = [
      1,
      call.failed ? 1 : 0,
      usage?.inputTokens ?? 0,
      usage?.outputTokens ?? 0,
      usage?.cacheReadInputTokens ?? 0,
      usage?.cacheWriteInputTokens ?? 0,
      cost?.nano ?? 0,
      cost?.amount === null ? 1 : 0,
      call.estimated ? 1 : 0,
    ];
    const { minute, hour, day } = this.#namesAt(time);
    const line = `${partOf(call.profile)}\n${partOf(call.model)}`;
    this.#add(minute, line, counted);
    this.#add(hour, line, counted);
    this.#add(day, `${line}\n${partOf(call.user)}\n${partOf(call.team)}`, counted);
    this.#timer ??= setTimeout(() => void this.flush(), WRITE_AFTER).unref();
  }

  /** The names of the documents of now: worked out once for each minute. */
  #namesAt(time) {
    const since = Math.floor(time / RESOLUTIONS.minute.length);
    if (this.#names?.since !== since) {
      const name = (resolution) => `${resolution}:${periodOf(resolution, time)}`;
      this.#names = { since, minute: name('minute'), hour: name('hour'), day: name('day') };
      this.#slot(periodOf('day', time)).catch(() => {}); // told by the store itself
    }
    return this.#names;
  }

  #add(name, line, counted) {
    let lines = this.#documents.get(name);
    if (lines === undefined) this.#documents.set(name, (lines = new Map()));
    let found = lines.get(line);
    if (found === undefined) {
      const key = lines.size < MOST_LINES ? line : OTHER;
      found = lines.get(key);
      if (found === undefined) lines.set(key, (found = counted.map(() => 0)));
    }
    for (let at = 0; at < counted.length; at += 1) found[at] += counted[at];
    this.#dirty.add(name);
  }

  /** This process's number among the writers of a day. */
  #slot(day) {
    let slot = this.#slots.get(day);
    if (slot === undefined) {
      slot = this.#take(day);
      this.#slots.set(day, slot);
      slot.then(
        (number) => this.#slots.set(day, Object.assign(Promise.resolve(number), { number })),
        () => this.#slots.delete(day),
      );
      for (const other of this.#slots.keys()) if (this.#slots.size > 2) this.#slots.delete(other);
    }
    return slot;
  }

  async #take(day) {
    for (;;) {
      const add = [[`writers:${day}`, 1, RESOLUTIONS.day.lasts]];
      const { sums } = await this.#backend.run({ add });
      if (typeof sums[0] !== 'number') throw new Error('the store cannot be reached');
      // A store that cannot count in one step may have given the number to another, too.
      const { values } = await this.#backend.run({ get: [`day:${day}:${sums[0]}`] });
      if (!values[0]) return sums[0];
    }
  }

  /** Writes what was counted. What cannot be written is written the next time. */
  async flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const names = [...this.#dirty];
    if (names.length === 0) return;
    this.#dirty.clear();
    hub.hold();
    try {
      const slots = new Map();
      for (const name of names) {
        const day = dayOf(periodIn(name));
        if (!slots.has(day)) slots.set(day, await this.#slot(day));
      }
      await this.#backend.run({ put: this.#puts(names, (day) => slots.get(day)) });
      this.#forget();
    } catch {
      for (const name of names) this.#dirty.add(name);
      this.#timer ??= setTimeout(() => void this.flush(), WRITE_AFTER * 5).unref();
    } finally {
      hub.release();
    }
  }

  /** The same once the process has nothing else to do: one that cannot be written holds nobody up. */
  flushOnce() {
    if (this.#tried === this.#recorded) return;
    this.#tried = this.#recorded;
    void this.flush();
  }

  /** The same as the process ends, without waiting. */
  flushNow() {
    const names = [...this.#dirty].filter((name) => this.#slots.get(dayOf(periodIn(name)))?.number);
    if (names.length === 0 || this.#backend === undefined) return;
    this.#dirty.clear();
    this.#backend.runNow({ put: this.#puts(names, (day) => this.#slots.get(day).number) });
  }

  #puts(names, slotOf) {
    return names.map((name) => {
      const [resolution] = name.split(':', 1);
      const text = JSON.stringify({ writer: this.#writer, lines: [...this.#documents.get(name)] });
      return [`${name}:${slotOf(dayOf(periodIn(name)))}`, text, RESOLUTIONS[resolution].lasts];
    });
  }

  /** What is over and written is the store's alone. */
  #forget() {
    const now = Date.now();
    for (const name of this.#documents.keys()) {
      const [resolution] = name.split(':', 1);
      const { length } = RESOLUTIONS[resolution];
      const over = periodIn(name) < periodOf(resolution, now - length);
      if (over && !this.#dirty.has(name)) this.#documents.delete(name);
    }
  }

  /**
   * What was spent, of all who write to the store.
   *
   * @param {{ resolution: 'minute' | 'hour' | 'day', from: number, to: number, by: string[] }} query
   * @returns {Promise<{ rows: object[], complete: boolean }>} `complete`: the store said all of it
   */
  async report({ resolution, from, to, by }) {
    await this.flush();
    const periods = periodsBetween(resolution, from, to);
    const days = [...new Set(periods.map(dayOf))];
    let complete = this.#dirty.size === 0;
    const read = async (subjects) => {
      const all = [];
      for (let at = 0; at < subjects.length; at += AT_A_TIME) {
        const part = subjects.slice(at, at + AT_A_TIME);
        const { values, failed } = await this.#backend.run({ get: part });
        complete &&= !failed;
        all.push(...values);
      }
      return all;
    };
    const writers = new Map();
    const counts = await read(days.map((day) => `writers:${day}`));
    days.forEach((day, at) => writers.set(day, Number(counts[at] ?? 0)));
    const subjects = periods.flatMap((period) =>
      Array.from({ length: writers.get(dayOf(period)) }, (_, at) => [
        period,
        `${resolution}:${period}:${at + 1}`,
      ]),
    );
    const rows = new Map();
    const texts = await read(subjects.map(([, subject]) => subject));
    subjects.forEach(([period], at) => {
      const { writer, lines } = documentOf(texts[at]);
      // This process knows better what it has written itself.
      if (writer === this.#writer && this.#documents.has(`${resolution}:${period}`)) return;
      for (const [line, counted] of lines) addTo(rows, by, period, line.split('\n'), counted);
    });
    for (const period of periods) {
      for (const [line, counted] of this.#documents.get(`${resolution}:${period}`) ?? []) {
        addTo(rows, by, period, line.split('\n'), counted);
      }
    }
    return { rows: [...rows.values()].map(finished), complete };
  }
}

const periodIn = (name) => name.slice(name.indexOf(':') + 1);

/** A document of whoever wrote it; empty where it cannot be read. */
function documentOf(text) {
  try {
    const { writer, lines } = JSON.parse(text ?? '{}');
    return { writer, lines: Array.isArray(lines) ? lines : [] };
  } catch {
    return { lines: [] };
  }
}

function addTo(rows, by, period, line, counted) {
  const known = {
    period,
    ...Object.fromEntries(DIMENSIONS.map((name, at) => [name, line[at] ?? ''])),
  };
  const key = JSON.stringify(by.map((name) => known[name]));
  let row = rows.get(key);
  if (row === undefined) {
    row = { dimensions: Object.fromEntries(by.map((name) => [name, known[name]])), counted: null };
    rows.set(key, row);
  }
  row.counted = COUNTED.map((_, at) => (row.counted?.[at] ?? 0) + Number(counted[at] ?? 0));
}

/** A row as it is given out: unknown cost is `null`. */
function finished({ dimensions, counted }) {
  const { nano, ...rest } = Object.fromEntries(COUNTED.map((name, at) => [name, counted[at]]));
  const priced = rest.calls > rest.unpricedCalls;
  return { ...dimensions, ...rest, cost: priced || nano > 0 ? nano / NANO : null, currency: 'USD' };
}

module.exports = { Ledger, DIMENSIONS };
