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

module.exports = { acts, stepsAside };
