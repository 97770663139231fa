'use strict';

const { inputError } = require('./errors.js');
const { describe, gather } = require('./settings.js');

/**
 * A client's `config`, as far as the AWS SDK's clients show theirs: values that were given as values,
 * or must be asked for, are functions that promise them.
 *
 * @param {object} options
 */
function configOf(options) {
  const gathered = async () => gather(options);
  const described = async () => describe(await gathered()).known;
  const config = {
    ...options,
    serviceId: 'Bedrock Runtime',
    apiVersion: '2023-09-30',
    region: async () => {
      const { region } = await described();
      if (region) return region;
      throw inputError('Region is missing');
    },
    credentials: async () => {
      const { credentials } = await gathered();
      if (typeof credentials === 'function') return credentials();
      const { static: keys } = (await described()).credentials;
      if (keys) return keys;
      throw inputError(
        'The credentials of the default chain stay in the addon. Give the client `credentials` to ' +
          'read them here.',
      );
    },
    maxAttempts: async () => (await described()).maxAttempts,
    retryMode: async () => (await described()).retryMode,
    useFipsEndpoint: async () => (await described()).useFips,
    useDualstackEndpoint: async () => (await described()).useDualStack,
    logger: options.logger,
  };
  if (options.token !== undefined) config.token = async () => (await gathered()).token;
  if (options.endpoint !== undefined) {
    config.endpoint = async () => parsed((await described()).endpoint);
  }
  return Object.freeze(config);
}

function parsed(endpoint) {
  const { protocol, hostname, port, pathname, searchParams } = new URL(endpoint);
  const query = Object.fromEntries(searchParams);
  return { protocol, hostname, port: port ? Number(port) : undefined, path: pathname, query };
}

module.exports = { configOf };
