'use strict';

// Each model is called, whole and as a stream, with one token of output: nothing else says for certain that
// permissions, agreements and quotas are there. Where it is wanted, its prompt cache is tried too.

const { callWays } = require('./failover.js');
const { policy, textOf } = require('./findings.js');
const { refused } = require('./identity.js');

/** Which check an entry of the table of hints belongs to. */
const CHECK_OF = {
  quota: ['tokens-per-day', 'tokens-per-minute', 'throttled', 'quota-exceeded'],
  permissions: [
    'service-control-policy',
    'explicit-deny',
    'profile-denied',
    'destination-denied',
    'not-authorized',
    'access-denied',
  ],
  access: [
    'data-retention',
    'trusted-access',
    'account-access',
    'account-restricted',
    'use-case',
    'marketplace',
    'payment',
    'agreement-pending',
    'agreement',
    'model-access',
    'country',
  ],
  lifecycle: ['legacy', 'end-of-life'],
};
const OF_CREDENTIALS = [
  'api-key',
  'clock',
  'session-expired',
  'credentials',
  'no-credentials',
  'no-token',
  'role',
];
/** Not the account's fault, and over soon. */
const PASSING = [
  'no-capacity',
  'model-not-ready',
  'model-timeout',
  'internal-error',
  'model-error',
  'throttled',
  'tokens-per-minute',
];

const checkOf = ({ hintId, code }) => {
  const named = Object.entries(CHECK_OF).find(([, ids]) => ids.includes(hintId));
  if (named) return named[0];
  return code === undefined && hintId !== 'gateway' ? 'models' : 'reachability';
};

function failed(state, name, error) {
  const { hintId, hint } = error;
  if (OF_CREDENTIALS.includes(hintId)) {
    if (!state.unusable) refused(state, error);
    return;
  }
  const status = PASSING.includes(hintId) ? 'warning' : 'failure';
  const action = /to perform: (\S+)/.exec(error.message)?.[1];
  state.find(checkOf(error), status, `${action ? `${action} is denied: ` : ''}${textOf(error)}`, {
    about: name,
    hint: hintId,
    remedy: hint,
    same: `${hintId ?? textOf(error)}`,
  });
}

const ping = (modelId) => ({
  modelId,
  messages: [{ role: 'user', content: [{ text: 'ping' }] }],
  inferenceConfig: { maxTokens: 1 },
});

async function drained({ stream }) {
  for await (const event of stream) if (event.messageStop) return;
}

/** One whole response, and one as a stream. */
async function askBoth(state, client, id, one, name) {
  await client.converse(ping(id));
  if (one.capabilities?.streaming.value === false) return;
  const told = await client.converseStream(ping(id));
  await drained(told);
  if (told.$metadata.profile?.route?.streamedFromConverse) {
    const action = 'bedrock:InvokeModelWithResponseStream';
    state.find(
      'permissions',
      'warning',
      `${action} is denied: responses come whole, by Converse.`,
      {
        about: name,
        same: `${action} is denied`,
        remedy: policy(action),
      },
    );
  }
}

async function call(state, name, { cache }) {
  const one = state.found.get(name);
  if (!one?.callable || state.unusable) return;
  const { client } = state;
  try {
    if (one.ways?.length > 0) {
      const ask = (through, id) => askBoth(state, through, id, one, name);
      if (!(await callWays(state, name, one.ways, ask))) return;
    } else await askBoth(state, client, name, one, name);
  } catch (error) {
    failed(state, name, error);
    return;
  }
  state.find('access', 'ok', 'each model that was called has answered', { same: 'ok' });
  state.find('quota', 'ok', 'no call was throttled', { same: 'ok' });
  if (cache) await tryCache(state, name, one.capabilities);
}

/** More tokens than the largest minimum of a section that is cached. */
const WORDS = 6000;

async function tryCache(state, name, capabilities) {
  if (capabilities?.promptCaching.supported.value !== true) return;
  const { minTokens } = capabilities.promptCaching;
  const words = Math.min(WORDS, Math.ceil((minTokens.value ?? WORDS) * 1.5));
  // Words of this run alone: what an earlier one has written would be read.
  const text = `${Date.now()} ${'cache '.repeat(words)}`;
  const input = { ...ping(name), system: [{ text }, { cachePoint: { type: 'default' } }] };
  try {
    const { usage: first } = await state.client.converse(input);
    const { usage: second } = await state.client.converse(input);
    if (second.cacheReadInputTokens > 0) {
      state.find('cache', 'ok', 'what was written to the prompt cache is read', { same: 'ok' });
      return;
    }
    const wrote = first.cacheWriteInputTokens > 0;
    const what = wrote
      ? 'written to the prompt cache, and not read'
      : 'not written to the prompt cache';
    state.find('cache', 'warning', `A prompt that was sent twice was ${what}.`, {
      about: name,
      remedy: wrote
        ? 'A profile over several regions may call another region each time; a profile of one region reads more.'
        : 'Look at explain: whether the cache point is sent, and where a gateway between changes the request.',
    });
  } catch (error) {
    failed(state, name, error);
  }
}

module.exports = { call };
