'use strict';

const environment = require('./environment.js');
const { fromThrown, inputError } = require('./errors.js');
const { lazy } = require('./lazy.js');
const { CallFacts, requestFacts } = require('./telemetry/facts.js');

const money = lazy(() => require('./money/index.js'));
const telemetry = lazy(() => require('./telemetry/index.js'));

/** Nobody who watches. */
const NOBODY = Object.freeze([]);

/** Who watches the calls of every client of this process. */
let everywhere = NOBODY;

/**
 * Tells someone of the calls of every client of this process; see `CallFacts`.
 *
 * @param {object} observer
 * @returns {() => void} ends it
 */
function watchAll(observer) {
  everywhere = Object.freeze([...everywhere, observer]);
  return () => {
    const others = everywhere.filter((one) => one !== observer);
    everywhere = others.length === 0 ? NOBODY : Object.freeze(others);
  };
}

/** Who is told of the calls of one client, and what may refuse them: telemetry, costs, budgets. */
class Watching {
  #options;
  #tell;
  #money;
  #counts;
  #records;
  /** Whether calls may be attributed to someone. */
  attributes;

  /**
   * @param {object} options of the client
   * @param {{ warn(message: string): void, warnOnce(message: string): void, emit(what: object): void,
   *   counts(): void }} tell `counts`: from now on the addon's client is needed by the ledger, too
   */
  constructor(options, tell) {
    this.#options = options;
    this.#tell = tell;
    // Read once: calls are many.
    this.#counts = options.costs ?? options.budgets ?? environment.costs() ?? environment.budgets();
    this.#records = options.telemetry ?? environment.telemetry();
    this.attributes = (options.attribution ?? environment.attribution()) !== undefined;
  }

  /**
   * A call's options, which are its own, with what is gathered of it and for whom.
   *
   * @param {object} made
   * @param {object} kind of `lib/commands.js`
   * @param {object} input
   * @param {string | string[]} text the input as it is sent
   */
  watched(made, kind, input, text) {
    const own = this.#observers();
    const observers = everywhere === NOBODY ? own : [...own, ...everywhere];
    const request = observers === NOBODY ? undefined : requestFacts(input, text);
    made.facts = new CallFacts(kind, request);
    made.observers = observers;
    return made;
  }

  #observers() {
    const { money: counting } = this;
    if (this.#records === undefined) {
      return counting === undefined ? NOBODY : [counting];
    }
    const others = telemetry().observersOf(this.#options, this.#tell.warnOnce);
    // What a call costs is known first.
    if (counting !== undefined) return [counting, ...others];
    return others.length === 0 ? NOBODY : others;
  }

  /** What counts costs; undefined where nothing is to. */
  get money() {
    if (this.#money !== undefined) return this.#money;
    if (this.#counts === undefined || !money().isWanted(this.#options)) return undefined;
    this.#money = new (money().Money)(this.#options, this.#tell);
    this.#tell.counts();
    return this.#money;
  }

  /** The same for a method that needs it. */
  moneyFor(method) {
    const counting = this.money;
    if (counting !== undefined) return counting;
    const help = 'set options.costs or BEDROCK_PROFILE_COSTS=true';
    throw inputError(`${method}: nothing is counted; ${help}.`);
  }

  /** Whether a call must be reserved for before it is made. */
  isBudgeted({ request }) {
    return request?.modelId !== undefined && this.#money?.hasBudgets === true;
  }

  /**
   * Reserves what a call may cost; one that a budget refuses is told as others that fail.
   *
   * @param {{ facts: CallFacts, observers: object[] }} made
   * @param {object} native the addon's client
   * @param {number} blobs how many there are
   * @param {{ dimensions: object, plain: object } | undefined} attribution
   * @param {(id: string) => Promise<object>} resolve
   */
  async reserve({ facts, observers }, native, blobs, attribution, resolve) {
    const { modelId } = facts.request;
    try {
      const { resolved } = JSON.parse(native.resolveSync(modelId, false));
      const known = resolved ?? (await resolve(modelId));
      await this.#money.reserve(facts, known, attribution, blobs);
    } catch (thrown) {
      const error = fromThrown(thrown);
      facts.attributedTo = attribution?.dimensions;
      facts.begin(observers);
      facts.end({ error });
      throw error;
    }
  }
}

module.exports = { Watching, watchAll };
