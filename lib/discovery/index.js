'use strict';

// Which inference profiles accounts have, in regions, and what to configure for them. The addon asks one
// question at a time (core/src/discovery.rs); here is decided which, how many at once, and what becomes of
// those that fail: they are named, and the rest goes on.

const { clearTimeout, setTimeout } = require('node:timers');
const { inputError, kindOf } = require('../errors.js');
const { propose } = require('./propose.js');

/** Stands for the account of the client's own credentials. */
const OWN = 'own';
const TYPES = ['APPLICATION', 'SYSTEM_DEFINED'];
const NAMES = ['regions', 'accounts', 'types', 'tags', 'models', 'concurrency', 'abortSignal'];

/** Questions at a time; AWS throttles its control plane by account and region. */
const AT_ONCE = 4;
const MOST_AT_ONCE = 64;

/** How often a question is asked that AWS has no time for, beyond the client's own attempts. */
const TRIES = 6;
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 10_000;
const AGAIN = new Set(['throttled', 'unavailable', 'timeout']);

/** As many tags are asked for although every one was refused. */
const PATIENCE = 5;

/** Far more than an account has: its quota is 1,000 profiles in a region. */
const MOST_PAGES = 1000;

/**
 * Reads the options of `client.discover()`.
 *
 * @param {unknown} given
 * @param {{ region?: string, accounts?: object }} client the client's region and its option `accounts`
 */
function readOptions(given, client) {
  const options = given ?? {};
  const wrong = (name, wanted, value) => {
    throw inputError(`discover(options): ${name} must be ${wanted}, not ${kindOf(value)}.`);
  };
  if (typeof options !== 'object' || Array.isArray(options)) {
    throw inputError(`discover(options): the options must be an object, not ${kindOf(options)}.`);
  }
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw inputError(`discover(options): there is no ${unknown}; there are ${NAMES.join(', ')}.`);
  }
  const { tags = true, models = true, concurrency = AT_ONCE } = options;
  for (const [name, value] of Object.entries({ tags, models })) {
    if (typeof value !== 'boolean') wrong(name, 'a boolean', value);
  }
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MOST_AT_ONCE) {
    wrong('concurrency', `a whole number from 1 to ${MOST_AT_ONCE}`, concurrency);
  }
  const list = (name, fallback, fits, wanted) => {
    const value = options[name] ?? fallback;
    if (!Array.isArray(value) || value.length === 0) wrong(name, `an array of ${wanted}`, value);
    const odd = value.find((item) => !fits(item));
    if (odd !== undefined || value.includes(undefined)) {
      const shown = typeof odd === 'string' ? JSON.stringify(odd) : kindOf(odd);
      throw inputError(`discover(options): ${name} has ${shown}; it holds ${wanted}.`);
    }
    return [...new Set(value)];
  };
  if (options.regions === undefined && !client.region) {
    throw inputError(
      'discover(options): no region is known. Give `regions`, or give the client a `region`.',
    );
  }
  const isRegion = (name) => typeof name === 'string' && /^[a-z0-9-]{1,20}$/.test(name);
  const known = [OWN, ...Object.keys(client.accounts ?? {})];
  const isKnown = (name) => known.includes(name);
  const named = known.map((name) => JSON.stringify(name)).join(', ');
  const isType = (name) => TYPES.includes(name);
  return {
    regions: list('regions', [client.region], isRegion, 'regions such as "us-east-1"'),
    accounts: list('accounts', known, isKnown, `accounts of the client: ${named}`),
    types: list('types', TYPES, isType, `${TYPES.join(' and ')}`),
    tags,
    models,
    concurrency,
  };
}

/** Runs so many at a time. */
function limiter(most) {
  const waiting = [];
  let running = 0;
  return async (run) => {
    if (running >= most) await new Promise((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

/** A run over regions and accounts; `tell` hears of each event. */
class Run {
  #ask;
  #around;
  #options;
  #tell;
  #limit;
  #seen = new Set();
  #named = new Set();
  progress;

  /**
   * @param {object} options as `readOptions` gives them
   * @param {{ ask(question: object): Promise<object>, around: object, tell(event: object): void }} means
   */
  constructor(options, { ask, around, tell }) {
    this.#options = options;
    this.#ask = ask;
    this.#around = around;
    this.#tell = tell;
    this.#limit = limiter(options.concurrency);
    const places = options.regions.length * options.accounts.length;
    this.progress = { places, placesDone: 0, pages: 0, profiles: 0, failures: 0 };
  }

  async all() {
    const { regions, accounts } = this.#options;
    const places = regions.flatMap((region) => accounts.map((account) => ({ region, account })));
    await Promise.all(places.map((place) => this.#place(place)));
  }

  #event(type, what) {
    this.#tell({ type, ...what, progress: { ...this.progress } });
  }

  async #place(place) {
    const { models, types } = this.#options;
    const stated = new Map();
    if (models) {
      const told = await this.#answer(place, 'models', 'models');
      for (const model of told ?? []) stated.set(model.model, model);
    }
    await Promise.all(types.map((type) => this.#list(place, type, stated)));
    this.progress.placesDone += 1;
    this.#event('place', { place });
  }

  async #list(place, type, stated) {
    const tagging = { refused: 0, granted: false };
    const tokens = new Set();
    let nextToken;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const about = { profiles: { type, ...(nextToken && { nextToken }) } };
      const told = await this.#answer(place, about, 'profiles');
      if (told === undefined) return;
      this.progress.pages += 1;
      this.#event('page', { place, profileType: type });
      const fresh = told.profiles.filter(({ arn }) => !this.#seen.has(arn));
      for (const { arn } of fresh) this.#seen.add(arn);
      await Promise.all(fresh.map((profile) => this.#profile(place, profile, stated, tagging)));
      nextToken = told.nextToken;
      if (nextToken === undefined) return;
      if (tokens.has(nextToken)) break;
      tokens.add(nextToken);
    }
    const message = 'AWS gives pages without an end; the rest is left out.';
    this.#failed(place, { cause: 'other', message, permission: 'bedrock:ListInferenceProfiles' });
  }

  async #profile(place, listed, stated, tagging) {
    const { models, ...profile } = listed;
    const wanted = this.#options.tags && profile.type === 'APPLICATION';
    const tags = wanted ? await this.#tags(place, profile.arn, tagging) : undefined;
    const { status, legacyDate, eolDate } = stated.get(profile.model) ?? {};
    const found = {
      ...profile,
      region: place.region,
      models,
      tags: tags ?? null,
      lifecycle: status ? { status, legacyDate, eolDate } : null,
    };
    this.progress.profiles += 1;
    this.#event('profile', { profile: found });
  }

  async #tags(place, arn, tagging) {
    const isDue = () => tagging.granted || tagging.refused < PATIENCE;
    const tags = await this.#answer(place, { tags: arn }, 'tags', isDue);
    if (tags === undefined) tagging.refused += 1;
    else tagging.granted = true;
    return tags;
  }

  /** The answer to a question that is due, or `undefined` where there is none, which is told. */
  async #answer({ region, account }, about, member, isDue = () => true) {
    const question = { region, about, ...(account !== OWN && { account }) };
    for (let tries = 1; ; tries += 1) {
      const told = await this.#limit(() => {
        if (this.#around.over) throw this.#around.over;
        return isDue() ? this.#ask(question) : {};
      });
      const { failure } = told;
      if (failure === undefined) return told[member];
      if (!AGAIN.has(failure.cause) || tries >= TRIES) {
        this.#failed({ region, account }, failure);
        return undefined;
      }
      await this.#pause(tries, failure.retryAfter);
    }
  }

  #pause(tries, asked) {
    const backOff = FIRST_PAUSE * 2 ** (tries - 1) * (0.5 + Math.random() / 2);
    const wait = Math.min(Math.max(backOff, asked ?? 0), LONGEST_PAUSE);
    return new Promise((resolve, reject) => {
      const pause = {
        giveUp(error) {
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        this.#around.delete(pause);
        resolve();
      }, wait);
      this.#around.add(pause);
    });
  }

  /** One and the same is told once for each place. */
  #failed(place, { cause, message, permission }) {
    const key = JSON.stringify([place, cause === 'accessDenied' ? permission : message]);
    if (this.#named.has(key)) return;
    this.#named.add(key);
    const { region, account } = place;
    this.progress.failures += 1;
    this.#event('failure', { failure: { region, account, cause, permission, message } });
  }
}

/**
 * What `client.discover()` gives: its events as they come, and all of it in the end. It begins when the
 * first event or the result is asked for.
 */
class Discovery {
  #begin;
  #controller = new AbortController();
  #events = [];
  #waiting = [];
  #running;
  #ended;
  #progress;
  #found = { profiles: [], failures: [] };
  #isTaken = () => false;

  /** @param {(tell: (event: object) => void, signal: AbortSignal) => Promise<object>} begin */
  constructor(begin) {
    this.#begin = begin;
  }

  /** How far it is; `undefined` before it has begun. */
  get progress() {
    return this.#progress;
  }

  #start() {
    this.#running ??= this.#begin((event) => this.#tell(event), this.#controller.signal).then(
      ({ isTaken, progress }) => {
        this.#isTaken = isTaken;
        this.#progress = { ...progress };
        this.#end({});
      },
      (error) => this.#end({ error }),
    );
    return this.#running;
  }

  #tell(event) {
    if (this.#ended) return;
    this.#progress = event.progress;
    if (event.type === 'profile') this.#found.profiles.push(event.profile);
    if (event.type === 'failure') this.#found.failures.push(event.failure);
    const reader = this.#waiting.shift();
    if (reader) reader.resolve({ done: false, value: event });
    else this.#events.push(event);
  }

  #end(how) {
    if (this.#ended) return;
    this.#ended = how;
    for (const reader of this.#waiting.splice(0)) this.#last(reader);
  }

  /** The error is told once; after it there is nothing. */
  #last({ resolve, reject }) {
    const { error, told } = this.#ended;
    if (error === undefined || told) return resolve({ done: true, value: undefined });
    this.#ended.told = true;
    return reject(error);
  }

  /** The next event. */
  next() {
    void this.#start();
    return new Promise((resolve, reject) => {
      if (this.#events.length > 0) resolve({ done: false, value: this.#events.shift() });
      else if (this.#ended) this.#last({ resolve, reject });
      else this.#waiting.push({ resolve, reject });
    });
  }

  /** Asks nothing any more. */
  async return(value) {
    this.#events = [];
    this.#end({});
    this.#controller.abort();
    return { done: true, value };
  }

  async throw(error) {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** Everything that was found, and what to configure for it; waits for the end. */
  async result() {
    await this.#start();
    const { error } = this.#ended;
    if (error !== undefined) throw error;
    const { profiles, failures } = this.#found;
    return { profiles, failures, ...propose(profiles, this.#isTaken) };
  }
}

Object.defineProperty(Discovery.prototype, Symbol.asyncDispose ?? Symbol.for('asyncDispose'), {
  value() {
    return this.return();
  },
  configurable: true,
  writable: true,
});

module.exports = { Discovery, Run, limiter, readOptions };
