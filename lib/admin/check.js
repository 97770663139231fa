'use strict';

const { askAddon } = require('../client.js');
const { jsonOf } = require('./sliced.js');

/**
 * What is wrong with mappings, as the addon says it: beside the event loop, for there may be many.
 *
 * @param {object} client
 * @param {Map<string, unknown>} entries
 * @returns {Promise<{ severity: 'error' | 'warning', entry: string | null, message: string }[]>}
 */
async function problemsOf(client, entries) {
  const problems = await askAddon(client, 'checkMappings', { text: await jsonOf(entries) });
  return problems.map(({ severity, entry, message }) => ({ severity, entry, message }));
}

module.exports = { problemsOf };
