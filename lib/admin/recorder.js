'use strict';

// What the calls of this process were like, by minute, hour and day, whatever client made them: what the page
// draws. Each kind of period is kept for a while, and each period tells so many profiles apart.

const { clearInterval, setInterval } = require('node:timers');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { profileLabel } = require('../telemetry/labels.js');
const { tokensOf } = require('../telemetry/prometheus.js');
const { watchAll } = require('../watching.js');
const { Sketch } = require('./sketch.js');

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long periods are, and for how long they are kept. */
const KEPT = {
  minute: { length: MINUTE, lasts: 3 * HOUR },
  hour: { length: HOUR, lasts: 8 * DAY },
  day: { length: DAY, lasts: 90 * DAY },
};

/** Most profiles of a period, and most error names of a profile, that are told apart; the rest are `other`. */
const MOST_PROFILES = 50;
const MOST_ERRORS = 20;
const OTHER = 'other';

/** Most causes of failures, and most ids, that are remembered. */
const MOST_CAUSES = 100;
const MOST_IDS = 10_000;

/** Milliseconds between two looks at the event loop, and at which it is watched. */
const LOOK = 10_000;
const RESOLUTION = 20;

/** What was counted of one profile in one period. */
class Cell {
  calls = 0;
  aborted = 0;
  retries = 0;
  throttles = 0;
  estimated = 0;
  errors = new Map();
  tokens = { input: 0, output: 0, cache_read: 0, cache_write: 0 };
  firstToken = new Sketch();
  duration = new Sketch();
  rate = new Sketch();

  constructor(labels) {
    this.labels = labels;
  }

  /** A call has ended. */
  add({ facts, error, firstToken, rate }) {
    const { metadata } = facts;
    this.calls += 1;
    if (facts.outcome === 'aborted') this.aborted += 1;
    if (error !== undefined) {
      const name = this.errors.has(error) || this.errors.size < MOST_ERRORS ? error : OTHER;
      this.errors.set(name, (this.errors.get(name) ?? 0) + 1);
    }
    if (metadata?.attempts > 1) this.retries += metadata.attempts - 1;
    this.throttles += facts.throttles;
    if (facts.estimated) this.estimated += 1;
    for (const [type, count] of tokensOf(facts.usage)) this.tokens[type] += count;
    this.duration.add(facts.duration);
    if (firstToken !== undefined) this.firstToken.add(firstToken);
    if (rate !== undefined) this.rate.add(rate);
  }
}

/** Everything that was counted in one period. */
class Period {
  cells = new Map();
  /** Longest delay of the event loop, in milliseconds; `undefined` where nobody has looked. */
  lag;

  cellOf(labels) {
    const key = `${labels.profile}\n${labels.model}`;
    const found = this.cells.get(key);
    if (found !== undefined) return found;
    const isOther = this.cells.size >= MOST_PROFILES;
    const own = isOther ? { profile: OTHER, model: OTHER } : labels;
    const name = isOther ? OTHER : key;
    const made = this.cells.get(name) ?? new Cell(own);
    this.cells.set(name, made);
    return made;
  }
}

/** The calls of this process from now on. */
class Recorder {
  #periods = { minute: new Map(), hour: new Map(), day: new Map() };
  #causes = new Map();
  #seen = new Map();
  #inFlight = 0;
  #delay;
  #looking;
  #stop;
  #now;

  constructor(now = Date.now) {
    this.#now = now;
    this.started = now();
  }

  /** Listens. */
  start() {
    this.#stop = watchAll(this);
    this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION });
    this.#delay.enable();
    this.#looking = setInterval(() => this.#look(), LOOK).unref();
  }

  close() {
    this.#stop?.();
    this.#delay?.disable();
    clearInterval(this.#looking);
  }

  get inFlight() {
    return this.#inFlight;
  }

  /** What ids were called: how often, when last, and the name of the last call's error. */
  get seen() {
    return this.#seen;
  }

  /** A call begins; see `CallFacts`. */
  begin(facts) {
    this.#inFlight += 1;
    return {
      end: () => {
        this.#inFlight -= 1;
        this.#end(facts);
      },
    };
  }

  #end(facts) {
    const now = this.#now();
    const { profile, request, usage } = facts;
    const error = facts.outcome === 'error' ? (facts.error?.name ?? 'Error') : undefined;
    const labels = {
      profile: profileLabel(facts) ?? 'unknown',
      model: profile?.model ?? 'unknown',
    };
    const firstToken =
      facts.firstToken === undefined ? undefined : facts.firstToken - facts.started;
    const seconds = facts.firstToken === undefined ? 0 : (facts.ended - facts.firstToken) / 1000;
    const isKnown = !facts.estimated && usage?.outputTokens > 0 && seconds > 0.001;
    const rate = isKnown ? usage.outputTokens / seconds : undefined;
    for (const period of this.#periodsAt(now)) {
      period.cellOf(labels).add({ facts, error, firstToken, rate });
    }
    this.#see(profile?.requestedId ?? request?.modelId, now, error);
    if (error !== undefined) this.#failed(facts, labels, error, now);
  }

  #periodsAt(now) {
    return Object.entries(KEPT).map(([resolution, { length, lasts }]) => {
      const periods = this.#periods[resolution];
      const at = Math.floor(now / length) * length;
      let period = periods.get(at);
      if (period === undefined) {
        periods.set(at, (period = new Period()));
        for (const old of periods.keys()) {
          if (old + lasts >= now) break;
          periods.delete(old);
        }
      }
      return period;
    });
  }

  #see(id, at, error) {
    if (typeof id !== 'string') return;
    const calls = (this.#seen.get(id)?.calls ?? 0) + 1;
    this.#seen.delete(id);
    this.#seen.set(id, { calls, at, error });
    if (this.#seen.size > MOST_IDS) this.#seen.delete(this.#seen.keys().next().value);
  }

  /** AWS's text may quote the request: the name and this package's own advice are told alone. */
  #failed({ error, operation, profile, metadata }, labels, name, now) {
    const { hint, hintId } = Object(error);
    const key = [name, hintId, labels.profile, labels.model].join('\n');
    const before = this.#causes.get(key);
    this.#causes.delete(key);
    this.#causes.set(key, {
      at: now,
      first: before?.first ?? now,
      count: (before?.count ?? 0) + 1,
      name,
      status: metadata?.httpStatusCode ?? null,
      hint: typeof hint === 'string' ? hint : null,
      hintId: typeof hintId === 'string' ? hintId : null,
      ...labels,
      region: profile?.region ?? null,
      operation,
      requestId: metadata?.requestId ?? null,
    });
    if (this.#causes.size > MOST_CAUSES) this.#causes.delete(this.#causes.keys().next().value);
  }

  #look() {
    const { max } = this.#delay;
    this.#delay.reset();
    const lag = Number.isFinite(max) ? Math.max(0, max / 1e6 - RESOLUTION) : 0;
    for (const period of this.#periodsAt(this.#now())) period.lag = Math.max(period.lag ?? 0, lag);
  }

  /** The periods that begin within a time, the earliest first. */
  *periods(resolution, from, to) {
    const { length } = KEPT[resolution];
    const first = Math.floor(from / length) * length;
    for (const [at, period] of this.#periods[resolution]) {
      if (at >= first && at < to) yield { at, period };
    }
  }

  /** Why calls have failed, the latest first. */
  causes() {
    const time = (at) => new Date(at).toISOString();
    return [...this.#causes.values()]
      .reverse()
      .map((cause) => ({ ...cause, at: time(cause.at), first: time(cause.first) }));
  }
}

module.exports = { KEPT, Recorder };
