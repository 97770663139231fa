'use strict';

// Asks AWS, as LibreChat starts, what its parser will not be able to wait for: which models are behind
// the ARNs of its configuration. The one exception to asking nothing before a call. Only where the
// server has credentials of its own, and for nothing that the mappings explain.

const { once } = require('./cluster.js');
const { stepsAside } = require('./say.js');

/** Milliseconds until what had no answer is asked about once more: the network may not be up yet. */
const AGAIN = 20_000;

/** Questions at a time: AWS throttles its control plane. */
const AT_ONCE = 4;

let begun;

/**
 * Begins to ask, once in a process; whoever waits, waits for the answers. It never fails.
 *
 * @returns {Promise<void>}
 */
function begin() {
  begun ??= ask()
    .then((found) => {
      // A configuration that comes later is looked at when somebody waits for it.
      if (!found) begun = undefined;
    })
    .catch((error) => stepsAside(error.message));
  return begun;
}

/** Whether there was something to ask about. */
async function ask() {
  const profiles = require('../profiles.js');
  const names = profiles.usersBringKeys() ? [] : profiles.unexplainedNames();
  if (names.length > 0) {
    const answers = await once(() => withAnother(names, profiles));
    for (const answer of answers) profiles.remember(answer);
  }
  // What the page was offered before the process was started again goes on being understood.
  const { isWanted, aliasesOf } = require('./arn-aliases.js');
  if (isWanted()) aliasesOf(profiles.configuredNames());
  return names.length > 0;
}

/** What AWS says of some names; what it does not say is asked once more, which nobody waits for. */
async function withAnother(names, profiles) {
  const found = await answersTo(names, profiles);
  const unanswered = names.filter(profiles.isUnexplained);
  if (unanswered.length > 0) setTimeout(about, AGAIN, unanswered).unref();
  return found;
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
