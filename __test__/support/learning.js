'use strict';

/** Models that no catalog knows: what the client knows of them it was taught. */

const { randomBytes } = require('node:crypto');
const { start } = require('./bedrock');

const unique = () => randomBytes(6).toString('hex');

/**
 * A stand-in with a model of an unknown vendor that behaves like a known one, and an application
 * profile that leads to it. Each model is new: what the process learns of one it keeps.
 *
 * @param {string} like
 * @param {object} [options] of the stand-in
 */
async function startUnknown(like, options) {
  const model = `acme.brain-${unique()}`;
  const server = await start({ models: { [model]: like }, ...options });
  const addProfile = () =>
    server.addProfile({ region: 'us-east-1', id: unique(), from: model }).arn;
  return { server, model, arn: addProfile(), addProfile };
}

const inferences = (server) => server.requests.filter(({ path }) => path.startsWith('/model/'));

module.exports = { startUnknown, inferences, unique };
