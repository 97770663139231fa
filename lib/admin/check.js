'use strict';

const load = require('../load.js');

/**
 * What is wrong with mappings, as the addon says it.
 *
 * @param {Map<string, unknown>} entries
 * @param {string} [name] what the mappings are called in messages
 * @returns {{ severity: 'error' | 'warning', entry: string | null, message: string }[]}
 */
function problemsOf(entries, name = 'as it would be') {
  const problems = JSON.parse(
    load.checkMappings(name, JSON.stringify(Object.fromEntries(entries))),
  );
  return problems.map(({ severity, entry, message }) => ({ severity, entry, message }));
}

module.exports = { problemsOf };
