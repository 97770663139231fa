'use strict';

// What the options and the environment say: whether they can be read, which region, which models.

const profiles = require('../profiles.js');
const settings = require('../settings.js');
const { textOf } = require('./findings.js');

/** An id whose model is in every region, to find out where requests without a region go. */
const PROBE = {
  modelId: 'amazon.nova-lite-v1:0',
  messages: [{ role: 'user', content: [{ text: 'ping' }] }],
};

async function configuration(state) {
  let known;
  try {
    const gathered = await settings.gather(state.options);
    const { warnings } = settings.open(gathered);
    ({ known } = settings.describe(gathered));
    for (const warning of warnings) state.find('configuration', 'warning', warning);
    if (warnings.length === 0) state.find('configuration', 'ok', summary(known));
  } catch (error) {
    // Half a key is about the credentials, all else about the configuration.
    const check = /half of the key/.test(error.message) ? 'credentials' : 'configuration';
    state.find(check, 'failure', error.message);
    return;
  }
  state.known = known;
  odd(state);
  state.names ??= profiles.configuredNames().filter(Boolean);
  await region(state, known);
}

/** Variables whose values are words, and the words that there are. */
const WORDS = {
  BEDROCK_PROFILE_LOG: ['error', 'warn', 'info', 'debug'],
  BEDROCK_PROFILE_NOTICE: ['reasoning', 'metadata', 'false'],
};

function odd(state) {
  for (const [name, words] of Object.entries(WORDS)) {
    const value = process.env[name]?.trim();
    if (!value || words.includes(value.toLowerCase())) continue;
    state.find('configuration', 'warning', `${name}: ${JSON.stringify(value)} means nothing.`, {
      remedy: `There are ${words.join(', ')}.`,
    });
  }
}

function summary({ endpoint, controlEndpoint, proxy }) {
  const parts = [
    endpoint && `inference goes to ${endpoint}`,
    controlEndpoint && controlEndpoint !== endpoint && `lookups go to ${controlEndpoint}`,
    proxy && 'through a proxy',
  ];
  return parts.filter(Boolean).join(', ') || "requests go to AWS's own endpoints";
}

async function region(state, known) {
  if (known.region) {
    state.region = known.region;
    state.find('region', 'ok', known.region);
    return;
  }
  try {
    // The instance's region, where this runs on one.
    const { request } = await state.client.explain(PROBE);
    state.region = /\.([a-z]{2,}(?:-[a-z]+)+-\d)\./.exec(request.url)?.[1];
  } catch (error) {
    state.find('region', 'failure', textOf(error), { remedy: error.hint });
    return;
  }
  if (state.region) state.find('region', 'ok', `${state.region}, which is the instance's`);
  else {
    state.find('region', 'failure', 'No region is configured.', {
      remedy: 'Set BEDROCK_AWS_DEFAULT_REGION.',
    });
  }
}

module.exports = { configuration };
