'use strict';

// Puts the native client where `new BedrockRuntimeClient(…)` of the AWS SDK stands: in LibreChat, and
// in LangChain where LibreChat gives it no client.

const { LEARN, ORIGINAL, withOthers } = require('./exports.js');
const { acts, stepsAside } = require('./say.js');

const PACKAGE = '@aws-sdk/client-bedrock-runtime';

/** What LibreChat's chain sends. */
const SENT = ['ConverseCommand', 'ConverseStreamCommand'];

/** Whether the exports have what is replaced and what is sent. */
const fits = (exported) =>
  typeof exported?.BedrockRuntimeClient?.prototype?.send === 'function' &&
  SENT.every((name) => typeof exported[name] === 'function');

/**
 * The exports with a class of the same kind in the client's place, which sends natively what can be
 * sent so, and everything else as before.
 *
 * @param {Record<string, any>} exported
 */
function patch(exported) {
  const Official = exported.BedrockRuntimeClient;
  // Beside the clients, not in them: whoever copies or wraps one sees the official client.
  const natives = new WeakMap();

  class BedrockRuntimeClient extends Official {
    static get [ORIGINAL]() {
      return Official;
    }

    constructor(...given) {
      super(...given);
      const place = { options: given[0] ?? {}, stack: stackOf(this), client: undefined };
      natives.set(this, { ...place, pairs: [] });
    }

    /** Hears which model is behind an ARN; the native client is not made for that. */
    [LEARN](arn, model) {
      const place = natives.get(this);
      if (place.client) place.client[LEARN](arn, model);
      else place.pairs.push([arn, model]);
    }

    send(command, ...rest) {
      const native = nativeFor(this, command);
      if (!native) return super.send(called(command), ...rest);
      acts();
      learn(native, command.input?.modelId);
      return native.send(command, ...rest);
    }

    destroy() {
      natives.get(this)?.client?.destroy();
      super.destroy();
    }
  }

  /** Made at the first call: a constructor of the SDK's is not where an addon's absence should show. */
  function nativeFor(official, command) {
    const place = natives.get(official);
    if (place === undefined || place.client === null) return undefined;
    try {
      if (require('../commands.js').nativeOf(command) === undefined) return undefined;
      if (stackOf(official) !== place.stack) {
        stepsAside(`a ${PACKAGE} client has middleware of its own, which only the AWS SDK runs.`);
        return undefined;
      }
      place.client ??= nativeClient(place);
    } catch (error) {
      place.client = null;
      stepsAside(error.message);
    }
    return place.client;
  }

  return withOthers(exported, { BedrockRuntimeClient });
}

function nativeClient({ options, pairs }) {
  const { BedrockProfileClient } = require('../client.js');
  const { clientMappings } = require('../profiles.js');
  const client = new BedrockProfileClient({ ...options, mappings: clientMappings() });
  for (const [arn, model] of pairs.splice(0)) client[LEARN](arn, model);
  return client;
}

/** A command for the AWS SDK, which does not know the names that were given to profiles. */
function called(command) {
  const profile = require('../aliases.js').profileNamed(command?.input?.modelId);
  if (!profile) return command;
  const copy = Object.create(
    Object.getPrototypeOf(command),
    Object.getOwnPropertyDescriptors(command),
  );
  copy.input = { ...command.input, modelId: profile.arn };
  return copy;
}

/** What a call asks AWS with its user's keys is worth knowing for the next one's settings. */
function learn(native, id) {
  try {
    const profiles = require('../profiles.js');
    if (!profiles.isUnexplained(id)) return;
    // The same question as the call's own, so AWS is asked once.
    native.resolve(id).then(profiles.remember, () => {});
  } catch {
    // The call itself complains of what is wrong.
  }
}

/** What a client's middleware is, as one text. */
const stackOf = (client) => client.middlewareStack?.identify?.().join('\n');

module.exports = { PACKAGE, fits, patch };
