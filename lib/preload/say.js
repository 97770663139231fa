'use strict';

const { version } = require('../../package.json');

const said = new Set();

/**
 * Tells the operator something once in this process. On stderr: what npm or a script prints on stdout
 * is read by others.
 *
 * @param {string} text
 */
function say(text) {
  if (said.has(text)) return;
  said.add(text);
  process.stderr.write(`bedrock-profile-client ${version}: ${text}\n`);
}

/** That it works, at the first request that it has to do with. */
const acts = () => say('is at work for the Bedrock models of this process.');

/** Of a module that is not as it should be, or of an addon that is missing. */
const stepsAside = (why) => say(`steps aside: ${why}`);

/** Of settings that were made for a model that nobody could name yet. */
function unfitted(name, byUsers) {
  const when = byUsers
    ? 'users bring their own keys, so AWS is asked by the call itself'
    : 'AWS has not answered yet, or refused to (then a warning says why)';
  say(
    `a chat with ${JSON.stringify(name)} goes out with LibreChat's defaults for an unknown model (no ` +
      `thinking, no prompt caching, a context of 32,000 tokens), because its model is not known: ${when}. ` +
      'Map it in BEDROCK_INFERENCE_PROFILE_MAPPINGS to have the first chat right.',
  );
}

module.exports = { say, acts, stepsAside, unfitted };
