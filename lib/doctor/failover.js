'use strict';

// The further destinations of an alias: whether each may be called, exists, and is what the mappings say.

const { textOf } = require('./findings.js');

const placeOf = ({ callId, region }) =>
  callId.startsWith('arn:') || !region ? callId : `${callId} in ${region}`;

/** Looks where an alias would go on to. */
async function failover(state, name) {
  const one = state.found.get(name);
  if (one === undefined) return;
  const ways = await state.ask('ways', name);
  if (ways.length === 0) return;
  one.ways = ways.filter(({ closed }) => closed === undefined);
  for (const way of ways) {
    if (way.closed !== undefined) {
      if (isToldOf(state, name, way)) continue;
      state.find(
        'failover',
        'warning',
        `${name} never goes on to ${placeOf(way)}: ${way.closed}.`,
        {
          about: name,
          remedy:
            'Take it out of the mappings, or correct "allow", "runsIn" or "model" of its entry: docs/failover.md.',
        },
      );
    } else if (way.callId !== one.profile.callId) await destination(state, name, way);
  }
  state.find('failover', 'ok', 'every destination that is listed can be reached', { same: 'ok' });
}

/** Whether the mappings' own warning says it already. */
const isToldOf = ({ findings }, name, { closed }) =>
  / is meant$/.test(closed) &&
  findings.some(
    ({ check, text }) =>
      check === 'configuration' &&
      text.includes(JSON.stringify(name)) &&
      text.includes('different models are behind it'),
  );

/** Whether AWS knows a destination; what is denied is found out by calling it. */
async function destination(state, name, way) {
  if (!way.callId.startsWith('arn:')) return;
  const about = { behind: way.callId };
  const { failure, behind } = await state.ask('discover', {
    region: way.region ?? state.region,
    about,
  });
  if (failure === undefined) {
    const models = (behind?.models ?? []).map(({ model }) => model).filter(Boolean);
    if (way.model === null || models.length === 0 || models.includes(way.model)) return;
    state.find(
      'failover',
      'failure',
      `${name} goes on to ${way.callId} as ${way.model}, and AWS says that ${models.join(', ')} is behind it.`,
      { about: name, remedy: 'Correct "model" of this destination in the mappings.' },
    );
  } else if (failure.cause === 'notFound' || failure.cause === 'validation') {
    way.gone = true;
    state.find(
      'failover',
      'failure',
      `${name} goes on to ${way.callId}, which does not exist: ${failure.message}`,
      {
        about: name,
        remedy: 'Take it out of the mappings, or create the profile.',
      },
    );
  }
}

/** Calls every destination by itself: by its alias, the next would answer for one that is denied. */
async function callWays(state, name, ways, ask) {
  const { BedrockProfileClient } = require('../client.js');
  let isGood = true;
  for (const way of ways) {
    if (way.gone) continue;
    const region = way.region ?? state.region;
    const client =
      way.callId.startsWith('arn:') || region === state.region
        ? state.client
        : new BedrockProfileClient({ ...state.options, region, logger: { warn() {} } });
    try {
      await ask(client, way.callId);
    } catch (error) {
      isGood = false;
      const isFirst = way === ways[0];
      if (isFirst) throw error;
      state.find(
        'failover',
        'failure',
        `${name} would go on to ${placeOf(way)}: ${textOf(error)}`,
        {
          about: name,
          hint: error.hintId,
          remedy: error.hint,
        },
      );
    } finally {
      if (client !== state.client) client.destroy();
    }
  }
  return isGood;
}

module.exports = { callWays, failover };
