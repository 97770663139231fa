'use strict';

const environment = require('../environment.js');
const { profileLabel, withoutAccount } = require('../telemetry/labels.js');
const { MemoryBackend, NativeBackend } = require('./backend.js');
const { Budgets, problemOf: problemOfBudgets } = require('./budgets.js');
const { csv } = require('./export.js');
const { DIMENSIONS, Ledger } = require('./ledger.js');
const { RESOLUTIONS } = require('./periods.js');
const { GEOGRAPHIES, costOf, problemOfPrices } = require('./prices.js');

/**
 * What calls cost: the options `costs` and `budgets`, else `BEDROCK_PROFILE_COSTS` and
 * `BEDROCK_PROFILE_BUDGETS`. What is counted is the process's: there may be a client for each request.
 */

const object = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is wrong with the option `costs`, in words that continue its name. */
function problemOfCosts(value) {
  if (typeof value === 'boolean') return undefined;
  if (!object(value)) return ' must be a boolean, or an object such as { prices }';
  const known = ['prices', 'geography'];
  const odd = Object.keys(value).find((name) => !known.includes(name));
  if (odd !== undefined) return `.${odd} means nothing; there are ${known.join(', ')}`;
  if (value.geography !== undefined && !GEOGRAPHIES.includes(value.geography)) {
    return '.geography must be "global" or "regional"';
  }
  const problem = problemOfPrices(value.prices);
  return problem && `.prices${problem}`;
}

const fromEnvironment = {
  costs: reader('BEDROCK_PROFILE_COSTS', environment.costs, problemOfCosts),
  budgets: reader('BEDROCK_PROFILE_BUDGETS', environment.budgets, problemOfBudgets),
};

function reader(name, readText, problemOf) {
  let latest = {};
  return () => {
    const text = readText();
    if (text === undefined) return undefined;
    if (latest.text === text) return latest.value;
    let value;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new TypeError(`${name} is no JSON: ${cause.message}`, { cause });
    }
    const problem = problemOf(value);
    if (problem) throw new TypeError(`${name}${problem}.`);
    latest = { text, value };
    return value;
  };
}

/** Whether the options, or the environment, want costs counted. */
function isWanted(options) {
  if ((options.budgets ?? environment.budgets()) !== undefined) return true;
  return (options.costs ?? fromEnvironment.costs() ?? false) !== false;
}

/** What is to be counted, by the options and the environment; undefined where nothing is. */
function wantedOf(options) {
  if (!isWanted(options)) return undefined;
  const costs = options.costs ?? fromEnvironment.costs();
  const budgets = options.budgets ?? fromEnvironment.budgets();
  return { costs: object(costs) ? costs : {}, budgets };
}

const ledgers = new Map();
const memory = new MemoryBackend();
let told = false;

/** The ledger of all clients with the same store, tenant and endpoint. */
function ledgerOf(key) {
  let ledger = ledgers.get(key);
  if (ledger !== undefined) return ledger;
  ledger = new Ledger();
  ledger.use(memory);
  ledgers.set(key, ledger);
  if (!told) {
    told = true;
    // Before what is being stored is waited for.
    process.prependListener('exit', () => ledgers.forEach((each) => each.flushNow()));
    process.on('beforeExit', () => ledgers.forEach((each) => each.flushOnce()));
  }
  return ledger;
}

/** Tokens of an image or a document, where nobody has counted them. */
const TOKENS_OF_BYTES = 1600;
/** Tokens of a response that may be as long as the model likes. */
const TOKENS_OF_RESPONSE = 4096;

/** What one client counts. */
class Money {
  #costs;
  #budgets;
  #ledger;
  #backend;

  /**
   * @param {object} options of the client
   * @param {{ warn(message: string): void, emit(what: object): void }} tell
   */
  constructor(options, tell) {
    const { costs, budgets } = wantedOf({ costs: true, ...options });
    this.#costs = costs;
    this.#budgets = budgets && new Budgets(budgets, tell);
  }

  /** The addon's client reaches the store from now on. */
  opened(native, key) {
    this.#backend = new NativeBackend(native, memory);
    this.#ledger = ledgerOf(key);
    this.#ledger.use(this.#backend);
  }

  get hasBudgets() {
    return this.#budgets !== undefined;
  }

  /** A call begins; see `CallFacts`. */
  begin(facts) {
    return {
      used: () => this.#price(facts),
      end: () => {
        this.#price(facts);
        this.#record(facts);
      },
    };
  }

  #price(facts) {
    const { usage, profile, estimated, request } = facts;
    // What calls no model, and what has failed without a response, costs nothing by token.
    if (facts.head === undefined || profile === undefined || FREE.includes(facts.operation)) return;
    const { nano, ...cost } = costOf(
      {
        usage,
        profile,
        estimated,
        requestedId: profile.requestedId,
        serviceTier: request?.serviceTier,
        latency: request?.latency,
      },
      this.#costs,
    );
    facts.cost = { ...cost, nano };
    profile.cost = cost;
  }

  #record(facts) {
    const { attributedTo = {}, profile, usage, estimated, tickets } = facts;
    if (tickets) void this.#budgets.settle(this.#backend, tickets, facts.cost?.nano ?? 0);
    if (FREE.includes(facts.operation) || this.#ledger === undefined) return;
    this.#ledger.record({
      time: Date.now(),
      profile: profileLabel(facts),
      model: profile?.model ?? undefined,
      user: attributedTo.user,
      team: attributedTo.team,
      usage,
      cost: facts.cost,
      failed: facts.outcome === 'error',
      estimated,
    });
  }

  /**
   * Reserves what a call may cost; throws where a budget does not allow it.
   *
   * @param {object} facts of the call, which keeps what is to be settled
   * @param {object} resolved of its id
   * @param {{ dimensions?: object, plain?: object }} attribution
   * @param {number} blobs how many there are
   */
  async reserve(facts, resolved, attribution, blobs) {
    if (FREE.includes(facts.operation)) return;
    const { request } = facts;
    const { label, callId, requestedId, model, region } = resolved;
    const usage = {
      inputTokens: Math.ceil(request.characters / 4) + blobs * TOKENS_OF_BYTES,
      outputTokens: request.maxTokens ?? TOKENS_OF_RESPONSE,
    };
    const { serviceTier, latency } = request;
    const profile = { label, callId, model, region };
    const cost = costOf({ usage, profile, requestedId, serviceTier, latency }, this.#costs);
    const names = [label, requestedId, callId, withoutAccount(requestedId), model];
    const attributedTo = {};
    for (const name of ['user', 'team']) {
      const values = [attribution?.dimensions?.[name], attribution?.plain?.[name]];
      attributedTo[name] = values.filter((value) => value !== undefined);
    }
    facts.tickets = await this.#budgets.reserve(this.#backend, {
      names: names.filter(Boolean),
      attributedTo,
      nano: cost.nano ?? 0,
      time: Date.now(),
    });
  }

  /** Gives back what was reserved for a call that is not made. */
  release(facts) {
    void this.#budgets.settle(this.#backend, facts.tickets ?? [], 0);
  }

  /** How far budgets are used. */
  async status() {
    return this.#budgets === undefined ? [] : this.#budgets.status(this.#backend, Date.now());
  }

  /** What was spent; see `costs()` in index.d.ts. */
  async report(query) {
    const read = readQuery(query);
    const { rows, complete } = await this.#ledger.report(read);
    rows.sort((a, b) => keyOf(a, read.by).localeCompare(keyOf(b, read.by)));
    if (read.format === 'csv') return csv(rows, read.by);
    const from = new Date(read.from).toISOString();
    const to = new Date(read.to).toISOString();
    const report = { from, to, resolution: read.resolution, complete, rows };
    return read.format === 'json' ? `${JSON.stringify(report, null, 2)}\n` : report;
  }
}

/** Operations that AWS bills nothing for by token. */
const FREE = ['CountTokens', 'ApplyGuardrail'];

const keyOf = (row, by) => by.map((name) => row[name]).join('\u0000');

/** What is asked for, complete; throws where it means nothing. */
function readQuery(query = {}) {
  if (!object(query)) throw new TypeError('costs(query): the query must be an object.');
  const known = ['from', 'to', 'resolution', 'by', 'format'];
  const odd = Object.keys(query).find((name) => !known.includes(name));
  if (odd !== undefined)
    throw new TypeError(`costs(query): query.${odd} means nothing; there are ${known.join(', ')}.`);
  const { resolution = 'day', format } = query;
  if (!Object.hasOwn(RESOLUTIONS, resolution)) {
    throw new TypeError('costs(query): query.resolution must be "minute", "hour" or "day".');
  }
  if (![undefined, 'csv', 'json'].includes(format)) {
    throw new TypeError('costs(query): query.format must be "csv" or "json".');
  }
  const { length, lasts } = RESOLUTIONS[resolution];
  const to = timeOf(query.to, 'to') ?? Date.now();
  const from = timeOf(query.from, 'from') ?? to - (resolution === 'day' ? 30 : 60) * length;
  if (from > to) throw new TypeError('costs(query): query.from must not be after query.to.');
  const available = ['period', ...DIMENSIONS.slice(0, resolution === 'day' ? 4 : 2)];
  const by = query.by ?? ['period', 'profile', 'model'];
  if (!Array.isArray(by) || !by.every((name) => available.includes(name))) {
    throw new TypeError(
      `costs(query): query.by must be an array of ${available.map((name) => `"${name}"`).join(', ')} ` +
        `for the resolution ${resolution}.`,
    );
  }
  return {
    resolution,
    format,
    from: Math.max(from, Date.now() - lasts - length),
    to,
    by: [...new Set(by)],
  };
}

function timeOf(value, name) {
  if (value === undefined) return undefined;
  const time = new Date(value).getTime();
  if (Number.isNaN(time)) throw new TypeError(`costs(query): query.${name} must be a time.`);
  return time;
}

module.exports = { Money, isWanted, wantedOf, problemOfCosts, problemOfBudgets };
