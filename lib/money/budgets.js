'use strict';

const { AbortSignal, fetch } = globalThis;

const { callSafely, describeThrown } = require('../callbacks.js');
const { hide } = require('../errors.js');
const { advice } = require('../hints.js');
const { DAY, HOUR, monthOf, periodOf } = require('./periods.js');
const { NANO } = require('./prices.js');

/**
 * Limits of what may be spent. What a call may cost at most is reserved before it is made and settled when
 * it has ended; both are counted in the store, so that replicas together never admit more than the limit.
 *
 * What is reserved is counted by the hour, and an hour's count is forgotten two hours after it: a process
 * that dies takes its reservations with it.
 */

const PERIODS = {
  day: { lasts: 3 * DAY, of: (time) => periodOf('day', time) },
  month: { lasts: 40 * DAY, of: monthOf },
};
const RESERVED_HOURS = 3;
const WEBHOOK_PATIENCE = 5000;
const WARN_AT = [0.8, 1];

const object = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const filled = (value) => typeof value === 'string' && value !== '';
const SUBJECTS = ['profile', 'team', 'user'];
const MEMBERS = [...SUBJECTS, 'name', 'period', 'limit', 'action', 'warnAt'];

/** What is wrong with the option `budgets`, in words that continue its name. */
function problemOf(value) {
  if (!object(value))
    return ' must be an object such as { limits: [{ team: "a", period: "month", limit: 500 }] }';
  const known = ['limits', 'onStoreFailure', 'webhook'];
  const odd = Object.keys(value).find((name) => !known.includes(name));
  if (odd !== undefined) return `.${odd} means nothing; there are ${known.join(', ')}`;
  const { limits, onStoreFailure, webhook } = value;
  if (!['allow', 'refuse', undefined].includes(onStoreFailure)) {
    return '.onStoreFailure must be "allow" or "refuse"';
  }
  if (webhook !== undefined && !isUrl(webhook)) return '.webhook must be a URL of http or https';
  if (!Array.isArray(limits)) return '.limits must be an array of budgets';
  for (const [at, limit] of limits.entries()) {
    const problem = problemOfLimit(limit);
    if (problem) return `.limits[${at}]${problem}`;
  }
  return undefined;
}

function problemOfLimit(limit) {
  if (!object(limit)) return ' must be an object';
  const odd = Object.keys(limit).find((name) => !MEMBERS.includes(name));
  if (odd !== undefined) return `.${odd} means nothing; there are ${MEMBERS.join(', ')}`;
  for (const name of [...SUBJECTS, 'name']) {
    if (limit[name] !== undefined && !filled(limit[name]))
      return `.${name} must be a text; "*" is each`;
  }
  if (!Object.hasOwn(PERIODS, limit.period ?? '')) return '.period must be "day" or "month"';
  const number = typeof limit.limit === 'number' && Number.isFinite(limit.limit);
  // Counters hold a billionth of a dollar in 53 bits.
  if (!number || limit.limit <= 0 || limit.limit > 1e6)
    return '.limit must be USD, above 0 and at most 1000000';
  if (!['warn', 'refuse', undefined].includes(limit.action))
    return '.action must be "warn" or "refuse"';
  const { warnAt } = limit;
  const shares = Array.isArray(warnAt) && warnAt.every((share) => share > 0 && share <= 1);
  if (warnAt !== undefined && !shares)
    return '.warnAt must be an array of shares such as [0.5, 0.8]';
  return undefined;
}

function isUrl(text) {
  try {
    return ['http:', 'https:'].includes(new URL(text).protocol);
  } catch {
    return false;
  }
}

/** Gives an error what the table of hints says. */
function advised(error, id) {
  error.hint = advice(id);
  hide(error, 'hintId', id);
}

/** A call that a budget does not allow. Nothing was sent. */
class BudgetExceededError extends Error {
  constructor({ name, period, limit, spent, reserved, subject }) {
    const left = Math.max(0, limit - spent);
    super(
      `The budget ${JSON.stringify(name)} of ${usd(limit)} for ${period} is used up: ${usd(spent)} spent, ` +
        `${usd(reserved)} reserved by calls under way, ${usd(left)} left, and this call may cost more. ` +
        'Nothing was sent. Wait for the next period, ask for a shorter response (maxTokens), or raise the limit.',
    );
    this.name = 'BudgetExceededError';
    this.budget = { name, period, limit, spent, reserved, ...(subject && { subject }) };
    this.$fault = 'client';
    this.$metadata = { attempts: 0 };
    advised(this, 'budget-exceeded');
  }
}

/** A call that may be made only if its budget can be read. */
class BudgetUnavailableError extends Error {
  constructor(name) {
    super(
      `The budget ${JSON.stringify(name)} cannot be read: the store is away, and budgets.onStoreFailure is ` +
        '"refuse". Nothing was sent. Try again, or see to the store.',
    );
    this.name = 'BudgetUnavailableError';
    this.$fault = 'server';
    this.$retryable = {};
    this.$metadata = { attempts: 0 };
    advised(this, 'budget-unavailable');
  }
}

const usd = (amount) => `$${Number(amount.toFixed(amount >= 1 ? 2 : 6))}`;

/** The budgets that are not held to, which was told: there may be a client for each request. */
const unheld = new Set();

/** The budgets of an option. */
class Budgets {
  #limits;
  #refuses;
  #webhook;
  #tell;

  /**
   * @param {object} option
   * @param {{ warn(message: string): void, emit(what: object): void }} tell
   */
  constructor({ limits, onStoreFailure = 'allow', webhook }, tell) {
    this.#limits = limits.map((limit) => ({ action: 'refuse', warnAt: WARN_AT, ...limit }));
    this.#refuses = onStoreFailure === 'refuse';
    this.#webhook = webhook;
    this.#tell = tell;
  }

  /** The budgets that a call counts in: each with the counters of its subject. */
  #matching({ names, attributedTo = {} }) {
    const found = [];
    for (const [at, limit] of this.#limits.entries()) {
      const parts = [];
      const fits = SUBJECTS.every((name) => {
        const wanted = limit[name];
        if (wanted === undefined) return true;
        const values = name === 'profile' ? names : attributedTo[name];
        if (!values?.length) return false;
        if (wanted === '*') parts.push(values[0]);
        return wanted === '*' || values.includes(wanted);
      });
      if (fits) found.push({ limit, name: nameOf(limit, at), subject: parts.join(' ') });
    }
    return found;
  }

  /**
   * Reserves what a call may cost; throws where a budget does not allow it.
   *
   * @param {{ run(request: object): Promise<object> }} backend
   * @param {{ names: string[], attributedTo: object, nano: number, time: number }} call `names`: of the
   *   profile; `attributedTo`: the values of each dimension that name the same
   * @returns {Promise<object[]>} to be settled
   */
  async reserve(backend, call) {
    const tickets = [];
    try {
      for (const budget of this.#matching(call)) {
        tickets.push(await this.#reserveIn(backend, budget, call));
      }
    } catch (error) {
      await this.settle(backend, tickets, 0);
      throw error;
    }
    return tickets;
  }

  async #reserveIn(backend, { limit, name, subject }, { nano, time }) {
    const { lasts, of } = PERIODS[limit.period];
    const period = of(time);
    const counter = (what) => `budget:${name}:${subject}:${period}:${what}`;
    const hours = Array.from({ length: RESERVED_HOURS }, (_, at) =>
      periodOf('hour', time - at * HOUR),
    );
    const ticket = { limit, name, subject, period, nano, spent: counter('spent'), lasts };
    ticket.reserved = counter(`reserved:${hours[0]}`);
    // First it is added, then the others are read: of two at a time, each sees the other.
    const request = {
      urgent: true,
      add: [[ticket.reserved, nano, RESERVED_HOURS * HOUR]],
      get: [ticket.spent, ...hours.slice(1).map((hour) => counter(`reserved:${hour}`))],
    };
    const answer = await run(backend, request);
    if (answer.failed) {
      if (this.#refuses && limit.action === 'refuse') {
        backend.run({ defer: [[ticket.reserved, -nano, RESERVED_HOURS * HOUR]] }).catch(() => {});
        throw new BudgetUnavailableError(name);
      }
      if (!unheld.has(name)) {
        unheld.add(name);
        this.#tell.warn(
          `The store cannot be reached: the budget ${JSON.stringify(name)} is not held to until it is back.`,
        );
      }
      return ticket;
    }
    unheld.delete(name);
    let [spent, reserved] = takenOf(answer);
    const isBeyond = () => limit.action === 'refuse' && spent + reserved > limit.limit * NANO;
    if (isBeyond() && settling.size > 0) {
      // What calls of this process have left over may not be given back yet.
      await Promise.allSettled(settling);
      const again = await run(backend, { ...request, add: [[ticket.reserved, 0, HOUR]] });
      if (!again.failed) [spent, reserved] = takenOf(again);
    }
    if (isBeyond()) {
      await run(backend, { add: [[ticket.reserved, -nano, RESERVED_HOURS * HOUR]] });
      throw new BudgetExceededError({
        name,
        period,
        subject,
        limit: limit.limit,
        spent: spent / NANO,
        reserved: (reserved - nano) / NANO,
      });
    }
    return ticket;
  }

  /** Counts what a call has cost in place of what was reserved. */
  async settle(backend, tickets, nano) {
    const settled = this.#settle(backend, tickets, nano);
    settling.add(settled);
    await settled.finally(() => settling.delete(settled));
  }

  async #settle(backend, tickets, nano) {
    for (const ticket of tickets) {
      const { reserved, spent, lasts } = ticket;
      const release = [reserved, -ticket.nano, RESERVED_HOURS * HOUR];
      const add = nano === 0 ? [release] : [release, [spent, nano, lasts]];
      const { sums } = await run(backend, { add });
      if (nano === 0) continue;
      if (typeof sums[1] === 'number') this.#warn(ticket, sums[1] - nano, sums[1]);
      // A store that has not answered may have counted it: rather twice than never.
      else await run(backend, { defer: [[spent, nano, lasts]] });
    }
  }

  /** The sums of all are different: of all replicas, one crosses a threshold. */
  #warn({ limit, name, subject, period }, before, after) {
    for (const share of limit.warnAt) {
      const threshold = share * limit.limit * NANO;
      if (!(before < threshold && after >= threshold)) continue;
      const spent = after / NANO;
      const what = { name, period, share, spent, limit: limit.limit, ...(subject && { subject }) };
      this.#tell.warn(
        `The budget ${JSON.stringify(name)} for ${period} has reached ${Math.round(share * 100)} %: ` +
          `${usd(spent)} of ${usd(limit.limit)}.`,
      );
      this.#tell.emit(what);
      if (this.#webhook) callSafely('The webhook of budgets', () => this.#post(what));
    }
  }

  async #post(what) {
    try {
      const response = await fetch(this.#webhook, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ event: 'budget', ...what }),
        signal: AbortSignal.timeout(WEBHOOK_PATIENCE),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`it responded with ${response.status}`);
    } catch (error) {
      // Its URL may hold a secret.
      this.#tell.warn(`The webhook of budgets was not told: ${describeThrown(error)}`);
    }
  }

  /** How far each budget without a subject of its own is used now. */
  async status(backend, time) {
    const all = this.#limits.map((limit, at) => ({ limit, name: nameOf(limit, at) }));
    return Promise.all(
      all.map(async ({ limit, name }) => {
        const period = PERIODS[limit.period].of(time);
        const each = SUBJECTS.some((subject) => limit[subject] === '*');
        const base = { name, period, limit: limit.limit, action: limit.action, each };
        if (each) return { ...base, spent: null };
        const { values, failed } = await run(backend, { get: [`budget:${name}::${period}:spent`] });
        return { ...base, spent: failed ? null : Number(values[0] ?? 0) / NANO };
      }),
    );
  }
}

/** What is being settled in this process, by whatever client. */
const settling = new Set();

/** What is spent, and what is reserved in all hours that count. */
function takenOf({ sums, values }) {
  const [spent, ...earlier] = values.map((value) => Number(value ?? 0));
  return [spent, earlier.reduce((sum, value) => sum + Math.max(0, value), sums[0])];
}

/** A store that cannot do something has failed. */
async function run(backend, request) {
  try {
    return await backend.run(request);
  } catch {
    return { sums: [], values: [], failed: true };
  }
}

function nameOf(limit, at) {
  if (limit.name) return limit.name;
  const parts = SUBJECTS.filter((name) => limit[name]).map((name) => `${name} ${limit[name]}`);
  return `${parts.join(', ') || `budget ${at + 1}`} a ${limit.period}`;
}

module.exports = { Budgets, BudgetExceededError, BudgetUnavailableError, problemOf };
