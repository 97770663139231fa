'use strict';

// What calls cost, where that is counted: which models have no price, and which budgets are used up or can count
// nothing.

const environment = require('../environment.js');
const money = require('../money/index.js');
const { costOf } = require('../money/prices.js');

const usd = (amount) => `$${amount.toFixed(2)}`;

/** What the options and the environment say; `undefined` where nothing is counted. */
function wanted(state) {
  try {
    return money.wantedOf(state.options);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // No call is made with it.
    state.unusable = true;
    state.find('configuration', 'failure', error.message);
    return undefined;
  }
}

async function budgets(state) {
  state.counted = wanted(state);
  if (state.counted === undefined) return;
  const { limits = [] } = state.counted.budgets ?? {};
  state.find('costs', 'ok', limits.length === 0 ? 'costs are counted' : `${limits.length} budgets`);
  if (limits.length === 0) return;
  withoutSubject(state, limits);
  for (const { name, period, limit, spent, each, action } of await state.client.budgets()) {
    if (each) continue;
    if (spent === null) {
      state.find(
        'costs',
        'warning',
        `How far the budget "${name}" is used is not known: the store does not say it.`,
        {
          same: 'store',
          remedy: 'See to the store: the check of that name says what is wrong.',
        },
      );
      continue;
    }
    const text = `The budget "${name}" for ${period} is used by ${Math.floor((spent / limit) * 100)} %: ${usd(spent)} of ${usd(limit)}.`;
    if (spent < limit * 0.8) continue;
    const isOver = spent >= limit && action === 'refuse';
    state.find('costs', isOver ? 'failure' : 'warning', text, {
      remedy: isOver
        ? 'Calls are refused until the next period: raise the limit, or wait.'
        : 'Raise the limit in time, or let users know.',
    });
  }
}

/** A budget for a team or a user counts nothing where calls are attributed to none. */
function withoutSubject(state, limits) {
  const attribution = state.options.attribution ?? environment.attribution();
  const named = typeof attribution === 'string' ? attribution : JSON.stringify(attribution ?? {});
  for (const [at, limit] of limits.entries()) {
    const missing = ['team', 'user'].find(
      // LibreChat's users are found without being named.
      (name) =>
        limit[name] !== undefined &&
        (attribution === undefined || (name === 'team' && !named.includes('"team"'))),
    );
    if (missing === undefined) continue;
    state.find(
      'costs',
      'warning',
      `The budget ${JSON.stringify(limit.name ?? at + 1)} is for a ${missing}, and calls are attributed to none: it counts nothing.`,
      {
        remedy: `Say with \`attribution\` (BEDROCK_PROFILE_ATTRIBUTION) whose calls are: docs/cost.md.`,
      },
    );
  }
}

const ONE = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };

/** Models whose calls would count as unknown. */
function prices(state) {
  if (state.counted === undefined) return;
  for (const [name, { profile, callable }] of state.found) {
    if (!callable || profile.model === null) continue;
    const { amount, reason } = costOf(
      { usage: ONE, profile, requestedId: profile.requestedId },
      state.counted.costs,
    );
    if (amount !== null) continue;
    state.find('costs', 'warning', `What calls of ${profile.model} cost is not known: ${reason}.`, {
      about: name,
      same: profile.model,
      remedy:
        'Give its prices in `costs.prices` (BEDROCK_PROFILE_COSTS): until then its calls count as nothing in budgets.',
    });
  }
}

module.exports = { budgets, prices };
