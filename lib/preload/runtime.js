'use strict';

// Puts the native client where `new BedrockRuntimeClient(…)` of the AWS SDK stands: in LibreChat, and
// in LangChain where LibreChat gives it no client.

const { acts, stepsAside } = require('./say.js');
const { replace } = require('./parsers.js');

const PACKAGE = '@aws-sdk/client-bedrock-runtime';
const NATIVE = new Set(['ConverseCommand', 'ConverseStreamCommand']);

/** Whether the exports have what is replaced and what is sent. */
const fits = (exported) =>
  typeof exported?.BedrockRuntimeClient?.prototype?.send === 'function' &&
  [...NATIVE].every((name) => typeof exported[name] === 'function');

/**
 * Replaces the exported class by one of its own kind that sends Converse and ConverseStream natively
 * and everything else as before.
 *
 * @param {Record<string, any>} exported
 */
function patch(exported) {
  const Official = exported.BedrockRuntimeClient;
  // Beside the clients, not in them: whoever copies or wraps one sees the official client.
  const natives = new WeakMap();

  class BedrockRuntimeClient extends Official {
    constructor(...given) {
      super(...given);
      natives.set(this, { options: given[0] ?? {}, stack: stackOf(this), client: undefined });
    }

    send(command, ...rest) {
      const native = NATIVE.has(command?.constructor?.name) && nativeOf(this);
      if (!native) return super.send(command, ...rest);
      acts();
      return native.send(command, ...rest);
    }

    destroy() {
      natives.get(this)?.client?.destroy();
      super.destroy();
    }
  }

  /** Made at the first call: a constructor of the SDK's is not where an addon's absence should show. */
  function nativeOf(official) {
    const place = natives.get(official);
    if (place === undefined || place.client === null) return undefined;
    if (stackOf(official) !== place.stack) {
      stepsAside(`a ${PACKAGE} client has middleware of its own, which only the AWS SDK runs.`);
      return undefined;
    }
    if (place.client === undefined) {
      try {
        const { BedrockProfileClient } = require('../client.js');
        place.client = new BedrockProfileClient(place.options);
      } catch (error) {
        place.client = null;
        stepsAside(error.message);
      }
    }
    return place.client;
  }

  return replace(exported, 'BedrockRuntimeClient', BedrockRuntimeClient);
}

/** What a client's middleware is, as one text. */
const stackOf = (client) => client.middlewareStack?.identify?.().join('\n');

module.exports = { PACKAGE, fits, patch };
