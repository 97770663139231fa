'use strict';

// The AWS SDK that the caller has: our errors are of its classes, and what this client does not send
// by itself goes through its client. It is never loaded for that alone, but found where it is.

const { inputError } = require('./errors.js');
const { nameOf, notACommand } = require('./commands.js');

const PACKAGE = '@aws-sdk/client-bedrock-runtime';
const PLACE = /[\\/]@aws-sdk[\\/]client-bedrock-runtime[\\/]/;

/** The exports of the AWS SDK by the class of a command of it. */
const owners = new WeakMap();

function* loaded() {
  for (const file of Object.keys(require.cache)) {
    if (!PLACE.test(file)) continue;
    const { exports } = require.cache[file] ?? {};
    if (typeof exports?.BedrockRuntimeClient === 'function') yield exports;
  }
}

/**
 * The exports of the AWS SDK that a command is of; of any that has been loaded where there is no
 * command.
 *
 * @param {object} [command]
 * @returns {Record<string, any> | undefined}
 */
function sdkOf(command) {
  if (command === undefined) return loaded().next().value;
  const known = owners.get(command.constructor);
  if (known !== undefined) return known;
  for (const exports of loaded()) {
    if (Object.values(exports).includes(command.constructor)) {
      owners.set(command.constructor, exports);
      return exports;
    }
  }
  return undefined;
}

/** The same; where nobody has loaded it, it is, as the program itself would. */
function requireSdk(command) {
  const sdk = sdkOf(command) ?? sdkOf() ?? load(command);
  if (typeof sdk[nameOf(command)] !== 'function') throw notACommand(command);
  return sdk;
}

function load(command) {
  const paths = [process.cwd(), require.main?.path, __dirname].filter(Boolean);
  try {
    return require(require.resolve(PACKAGE, { paths }));
  } catch (cause) {
    const error = inputError(
      `${nameOf(command)} is sent by ${PACKAGE}, which is not installed here. Install it: npm install ${PACKAGE}`,
    );
    error.cause = cause;
    throw error;
  }
}

module.exports = { requireSdk, sdkOf };
