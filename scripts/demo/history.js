'use strict';

/** A made-up past: what some teams have asked of some profiles in the last 90 days, always the same. */

const HOUR = 3_600_000;
const LENGTH = { minute: 60_000, hour: HOUR, day: 24 * HOUR };
/** How many periods there are where nobody says since when. */
const USUAL = { minute: 60, hour: 60, day: 30 };
/** How busy each hour of a day is, beginning with midnight in UTC. */
const RHYTHM = [
  2, 1, 1, 1, 2, 4, 9, 22, 46, 70, 82, 78, 62, 74, 84, 80, 66, 44, 26, 16, 12, 9, 6, 4,
];
const WEEKEND = 0.25;
/** One bad afternoon: a throttled profile. */
const INCIDENT = { daysAgo: 12, from: 13, to: 17, share: 0.3 };
const QUANTILES = { p50: 1, p95: 3.2 };

/** A number from 0 to 1 that is the same for the same parts. */
function noise(...parts) {
  let hash = 2_166_136_261;
  for (const part of parts) {
    hash = Math.imul(hash ^ (part >>> 0), 16_777_619);
    hash = Math.imul(hash ^ Math.floor(part / 4_294_967_296), 16_777_619);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_519);
  hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_917);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296;
}

/** A whole number near a share of calls, which is right on average. */
const near = (value, random) => Math.floor(value + random);
const iso = (time) => new Date(time).toISOString();
const PERIOD_DIGITS = { minute: 16, hour: 13, day: 10 };

const none = () => ({
  calls: 0,
  errors: 0,
  throttles: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadInputTokens: 0,
  cacheWriteInputTokens: 0,
});

function addTo(sum, cell) {
  for (const name of Object.keys(sum)) sum[name] += cell[name];
}

class History {
  #streams;
  #priceOf;
  #days;
  #until;
  #now;

  /**
   * @param {object} made
   * @param {{ profile: string, model: string, team: string, user: string, perHour: number, firstTokenMs: number,
   *   tokensPerSecond: number, inputTokens: number, outputTokens: number }[]} made.streams who asks what of which
   *   profile, and how often in the busiest hour
   * @param {(model: string, usage: object) => number | null} made.priceOf USD; `null` where no price is known
   * @param {number} [made.days]
   * @param {number} [made.until] milliseconds since 1970: what comes later is none of it
   * @param {() => number} [made.now]
   */
  constructor({ streams, priceOf, days = 90, until = Infinity, now = Date.now }) {
    this.#until = until;
    this.#streams = streams;
    this.#priceOf = priceOf;
    this.#days = days;
    this.#now = now;
  }

  #rate(stream, at, time) {
    const date = new Date(time);
    const busy = RHYTHM[date.getUTCHours()] / 84;
    const day = date.getUTCDay();
    const week = day === 0 || day === 6 ? WEEKEND : 1;
    const age = (this.#now() - time) / (this.#days * 24 * HOUR);
    return stream.perHour * busy * week * (1.2 - 0.6 * age) * (0.6 + 0.8 * noise(at, time / HOUR));
  }

  /** What one stream did in a minute or an hour. */
  #short(stream, at, time, length) {
    const hour = Math.floor(time / HOUR) * HOUR;
    const calls = near((this.#rate(stream, at, hour) * length) / HOUR, noise(at, time / 1000, 1));
    const date = new Date(time);
    const daysAgo = Math.floor((this.#now() - time) / (24 * HOUR));
    const isIncident =
      at % 5 === 0 &&
      daysAgo === INCIDENT.daysAgo &&
      date.getUTCHours() >= INCIDENT.from &&
      date.getUTCHours() < INCIDENT.to;
    const throttles = near(
      calls * (isIncident ? INCIDENT.share : 0.006),
      noise(at, time / 1000, 2),
    );
    const errors = throttles + near(calls * 0.008, noise(at, time / 1000, 3));
    const tokens = (mean, part) =>
      Math.round(calls * mean * (0.7 + 0.6 * noise(at, time / 1000, part)));
    const input = tokens(stream.inputTokens, 4);
    const cached = Math.round(input * 0.4);
    return {
      calls,
      errors: Math.min(errors, calls),
      throttles: Math.min(throttles, calls),
      inputTokens: input - cached,
      outputTokens: tokens(stream.outputTokens, 5),
      cacheReadInputTokens: cached,
      cacheWriteInputTokens: Math.round(input * 0.03),
    };
  }

  #cell(stream, at, time, resolution) {
    if (resolution !== 'day') return this.#short(stream, at, time, LENGTH[resolution]);
    const sum = none();
    for (
      let hour = 0;
      hour < 24 && time + hour * HOUR <= Math.min(this.#now(), this.#until);
      hour += 1
    ) {
      addTo(sum, this.#short(stream, at, time + hour * HOUR, HOUR));
    }
    return sum;
  }

  #range({ from, to, resolution = 'hour' }) {
    const length = LENGTH[resolution];
    const now = this.#now();
    const end = Math.min(to === undefined ? now : Date.parse(to), now);
    const wanted = from === undefined ? end - USUAL[resolution] * length : Date.parse(from);
    const start = Math.max(wanted, now - this.#days * 24 * HOUR);
    const times = [];
    for (
      let time = Math.floor(start / length) * length;
      time < Math.min(end, this.#until);
      time += length
    )
      times.push(time);
    return { resolution, times, about: { from: iso(wanted), to: iso(end), resolution } };
  }

  /** Of `GET /metrics`. */
  metrics({ name: wanted, ...range }) {
    const { resolution, times, about } = this.#range(range);
    const byProfile = new Map();
    this.#streams.forEach((stream, at) => {
      const known = byProfile.get(stream.profile) ?? { stream, at, cells: times.map(none) };
      byProfile.set(stream.profile, known);
      times.forEach((time, index) =>
        addTo(known.cells[index], this.#cell(stream, at, time, resolution)),
      );
    });
    const series = [];
    for (const [profile, { stream, at, cells }] of byProfile) {
      const labels = { profile, model: stream.model };
      const add = (name, unit, valueOf, more) => {
        if (wanted !== undefined && !wanted.includes(name)) return;
        const points = times.map((time, index) => ({
          at: iso(time),
          value: valueOf(cells[index], time),
        }));
        series.push({ name, unit, labels: { ...labels, ...more }, points });
      };
      for (const name of ['calls', 'errors', 'throttles']) add(name, '1', (cell) => cell[name]);
      for (const [quantile, factor] of Object.entries(QUANTILES)) {
        const spread = (cell, time, mean, part) =>
          cell.calls === 0
            ? null
            : Math.round(mean * factor * (0.8 + 0.5 * noise(at, time / 1000, part)));
        add('timeToFirstToken', 'ms', (cell, time) => spread(cell, time, stream.firstTokenMs, 6), {
          quantile,
        });
      }
      add('tokensPerSecond', '1/s', ({ calls }, time) =>
        calls === 0
          ? null
          : Math.round(stream.tokensPerSecond * (0.8 + 0.4 * noise(at, time / 1000, 7))),
      );
    }
    return { ...about, series };
  }

  /** Of `GET /cost`. */
  cost({ by = ['period', 'profile', 'model'], ...range }) {
    const { resolution, times, about } = this.#range({ resolution: 'day', ...range });
    const rows = new Map();
    this.#streams.forEach((stream, at) => {
      for (const time of times) {
        const { throttles: _, ...cell } = this.#cell(stream, at, time, resolution);
        if (cell.calls === 0) continue;
        const known = { ...stream, period: iso(time).slice(0, PERIOD_DIGITS[resolution]) };
        const dimensions = Object.fromEntries(by.map((name) => [name, known[name]]));
        const key = Object.values(dimensions).join('\n');
        const row = rows.get(key) ?? {
          ...dimensions,
          ...Object.fromEntries(Object.keys(cell).map((name) => [name, 0])),
          cost: null,
          currency: 'USD',
          unpricedCalls: 0,
          estimatedCalls: 0,
        };
        rows.set(key, row);
        for (const [name, value] of Object.entries(cell)) row[name] += value;
        const price = this.#priceOf(stream.model, cell);
        if (price === null) row.unpricedCalls += cell.calls;
        else row.cost = (row.cost ?? 0) + price;
      }
    });
    return { ...about, complete: true, rows: [...rows.values()] };
  }
}

module.exports = { History };
