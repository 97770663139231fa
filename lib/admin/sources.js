'use strict';

// Where the API has from what it only passes on, unless createAdminRouter() was given others: metrics of this
// process, costs and budgets of the client, the doctor.

const { optionsOf } = require('../client.js');
const { lazy } = require('../lazy.js');
const { Problem } = require('./problem.js');
const { KEPT } = require('./recorder.js');

const doctor = lazy(() => require('../doctor/index.js'));
const money = lazy(() => require('../money/index.js'));
const prices = lazy(() => require('../money/prices.js'));

const iso = (time) => new Date(time).toISOString();

/** How many periods there are where nobody says since when. */
const USUAL = { minute: 60, hour: 60, day: 30 };

const QUANTILES = { p50: 0.5, p95: 0.95 };

/** Series of each profile: their unit, and their values with the labels that tell them apart. */
const SERIES = {
  calls: ['1', ({ calls }) => [[{}, calls]]],
  aborted: ['1', ({ aborted }) => [[{}, aborted]]],
  errors: ['1', ({ errors }) => [...errors].map(([error, count]) => [{ error }, count])],
  throttles: ['1', ({ throttles }) => [[{}, throttles]]],
  retries: ['1', ({ retries }) => [[{}, retries]]],
  tokens: ['1', ({ tokens }) => Object.entries(tokens).map(([type, count]) => [{ type }, count])],
  estimatedCalls: ['1', ({ estimated }) => [[{}, estimated]]],
  timeToFirstToken: ['ms', ({ firstToken }) => quantilesOf(firstToken)],
  duration: ['ms', ({ duration }) => quantilesOf(duration)],
  tokensPerSecond: ['1/s', ({ rate }) => [[{}, rate.quantile(0.5)]]],
};

const quantilesOf = (sketch) =>
  Object.entries(QUANTILES).map(([quantile, share]) => [{ quantile }, sketch.quantile(share)]);

/** Counts that are zero in a period are left out there. */
const isWorthSaying = (unit, value) => value !== null && !(unit === '1' && value === 0);

/** Metrics of this process, as a recorder has counted them. */
function metricsOf(recorder) {
  return {
    async read({ name: wanted, from, to, resolution = 'hour' }) {
      const { length, lasts } = KEPT[resolution];
      const now = Date.now();
      const end = to === undefined ? now : Date.parse(to);
      const begin = from === undefined ? end - USUAL[resolution] * length : Date.parse(from);
      const isWanted = (name) => wanted === undefined || wanted.includes(name);
      const found = new Map();
      const put = (name, unit, labels, point) => {
        const key = JSON.stringify([name, labels]);
        if (!found.has(key)) found.set(key, { name, unit, labels, points: [] });
        found.get(key).points.push(point);
      };
      const names = Object.keys(SERIES).filter(isWanted);
      for (const { at, period } of recorder.periods(
        resolution,
        Math.max(begin, now - lasts),
        end,
      )) {
        if (isWanted('hubLag') && period.lag !== undefined) {
          put('hubLag', 'ms', {}, { at: iso(at), value: Math.round(period.lag * 10) / 10 });
        }
        for (const cell of period.cells.values()) {
          for (const name of names) {
            const [unit, valuesOf] = SERIES[name];
            for (const [more, value] of valuesOf(cell)) {
              if (!isWorthSaying(unit, value)) continue;
              put(name, unit, { ...cell.labels, ...more }, { at: iso(at), value });
            }
          }
        }
      }
      if (isWanted('callsInFlight')) {
        put('callsInFlight', '1', {}, { at: iso(now), value: recorder.inFlight });
      }
      return {
        from: iso(begin),
        to: iso(end),
        resolution,
        series: [...found.values()],
        lastErrors: recorder.causes(),
      };
    },
  };
}

/** What the ledger of a client has counted. */
function costOf(client) {
  const isOn = () => money().isWanted(optionsOf(client));
  const checked = async (work) => {
    if (!isOn()) {
      throw new Problem(
        'not-available',
        'Costs are not counted.',
        'Set BEDROCK_PROFILE_COSTS=true, or the option `costs` of the client.',
      );
    }
    try {
      return await work();
    } catch (error) {
      const [, detail] = /^costs\(query\): query\.(.*)$/s.exec(error?.message) ?? [];
      if (!(error instanceof TypeError) || detail === undefined) throw error;
      throw new Problem('invalid-input', `?${detail}`, 'See docs/cost.md.', { cause: error });
    }
  };
  return {
    isOn,
    read: ({ signal: _, ...query }) => checked(() => client.costs(query)),
    budgets: () => checked(async () => ({ budgets: await client.budgets() })),
    price({ profile, usage }) {
      if (profile?.cost) return profile.cost;
      const { costs } = optionsOf(client);
      const { requestedId } = Object(profile);
      const { nano: _, ...cost } = prices().costOf({ profile, usage, requestedId }, Object(costs));
      return cost;
    },
  };
}

/** What the doctor finds; who asks meanwhile is told the same. */
function doctorOf(client) {
  let running;
  return {
    run() {
      running ??= doctor()
        .examine({ client, options: optionsOf(client) })
        .finally(() => {
          running = undefined;
        });
      return running;
    },
  };
}

/**
 * What createAdminRouter() answers with.
 *
 * @param {object} client
 * @param {{ metrics?: object | false, cost?: object | false, doctor?: object | false }} given
 * @param {object} recorder
 */
function sourcesOf(client, { metrics, cost, doctor: given }, recorder) {
  return {
    metrics: metrics ?? metricsOf(recorder),
    cost: cost ?? costOf(client),
    doctor: given ?? doctorOf(client),
  };
}

/** Whether a source has a method, and is switched on. */
const isAvailable = (source, method) =>
  typeof source?.[method] === 'function' && (source.isOn?.() ?? true);

module.exports = { isAvailable, sourcesOf };
