'use strict';

// The local stand-in for Bedrock, in a process of its own. Node's built-ins only.

const path = require('node:path');

const { start } = require('./run.js');

/**
 * Starts it.
 *
 * @param {string} place the folder of the package that has it
 * @returns what stops it, and the variables that lead the job to it
 */
async function startStandIn(place) {
  const words = [path.join(place, 'lib', 'cli.js'), 'local', '--json', '--pace', '1'];
  const server = await start(process.execPath, words, /^(\{.*\})$/m, {
    cwd: place,
  });
  const { url, credentials, profiles } = JSON.parse(server.match[1]);
  const profile = profiles.find(({ model }) => /claude-(opus|sonnet)-4-[5-9]/.test(model));
  return {
    stop: server.stop,
    env: {
      JOB_ENDPOINT: url,
      JOB_KEY: credentials.accessKeyId,
      JOB_SECRET: credentials.secretAccessKey,
      JOB_PROFILE: profile.arn,
      JOB_MODEL: profile.model,
    },
  };
}

module.exports = { startStandIn };
