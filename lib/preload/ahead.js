'use strict';

// Asks AWS, as LibreChat starts, what its parser will not be able to wait for: which models are behind
// the ARNs of its configuration. The one exception to asking nothing before a call. Only where the
// server has credentials of its own, and for nothing that the mappings explain.

const { once } = require('./cluster.js');
const { stepsAside } = require('./say.js');

/** Questions at a time: AWS throttles its control plane. */
const AT_ONCE = 4;

let begun;

/**
 * Begins to ask, once in a process; whoever waits, waits for the answers. It never fails.
 *
 * @returns {Promise<void>}
 */
function begin() {
  return (begun ??= ask().catch((error) => stepsAside(error.message)));
}

async function ask() {
  const profiles = require('../profiles.js');
  const names = profiles.usersBringKeys() ? [] : profiles.unexplainedNames();
  if (names.length > 0) {
    for (const answer of await once(() => answersTo(names, profiles))) profiles.remember(answer);
  } else begun = undefined; // a configuration that comes later is looked at when somebody waits for it
  // What the page was offered before the process was started again goes on being understood.
  const { isWanted, aliasesOf } = require('./lists.js');
  if (isWanted()) aliasesOf(profiles.configuredNames());
}

/**
 * Asks about the ARNs of a list, which roles and groups may have of their own. It never fails.
 *
 * @param {unknown} models
 */
async function about(models) {
  try {
    const profiles = require('../profiles.js');
    if (!Array.isArray(models) || profiles.usersBringKeys()) return;
    await answersTo(models.filter(profiles.isUnexplained), profiles);
  } catch (error) {
    stepsAside(error.message);
  }
}

/** What AWS says of some names, as far as it does. */
async function answersTo(names, profiles) {
  const left = [...names];
  const answers = [];
  const next = async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      await profiles.findInferenceProfile(name);
      const answer = profiles.known(name);
      if (answer?.model) answers.push(answer);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return answers;
}

module.exports = { begin, about };
