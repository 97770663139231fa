'use strict';

// Whether the store can be used, and what is wrong with the file of mappings. The store is read and written: what
// is written is gone in a second.

async function stores(state) {
  const { stores: found, mappingsFile } = await state.ask('checkup');
  for (const problem of mappingsFile ?? []) {
    state.find('configuration', 'failure', problem, {
      remedy: 'Correct the file: it is read again when it changes.',
    });
  }
  if (found.length === 0) {
    state.find('store', 'ok', 'what is known is kept in memory alone');
    return;
  }
  for (const { name, askedFor, problem } of found) {
    if (problem === null) {
      state.find('store', 'ok', `${name} can be read and written`);
    } else if (askedFor) {
      state.find('store', 'failure', `The store ${name} cannot be used: ${problem}.`, {
        remedy: remedyOf(problem),
      });
    } else {
      // Nobody has asked for it: memory does as well.
      state.find('store', 'warning', `The store ${name} cannot be used: ${problem}.`, {
        remedy:
          'Set BEDROCK_PROFILE_STORE to a file in a folder that can be written, to a Redis, or to memory.',
      });
    }
  }
}

/** What the operator can do, by what the store has said. */
const REMEDIES = [
  [
    /password|user name/i,
    'Set REDIS_USERNAME and REDIS_PASSWORD, or correct the URL of the store.',
  ],
  [/newer version/i, 'Update this process, or set REDIS_KEY_PREFIX or another file.'],
  [/read-only/i, 'Name the primary, or use sentinels.'],
  [/maxmemory|is full/i, 'Give it more memory, or an eviction policy.'],
  [/no answer within/i, 'Look at the network between the two, and at slow commands of the store.'],
  [
    /cannot be (written|read|made)|permission denied|os error/i,
    'Name a file in a folder that this process may write to.',
  ],
];
const remedyOf = (problem) =>
  REMEDIES.find(([text]) => text.test(problem))?.[1] ??
  'Start it, or correct BEDROCK_PROFILE_STORE or REDIS_URI: docs/store.md.';

module.exports = { stores };
