'use strict';

// `ChatBedrockConverse` is told model and profile side by side (`model`, `applicationInferenceProfile`),
// and sends the profile's ARN alone. Here its client hears of both, so that nobody need be asked.

const { LEARN, withOthers } = require('./exports.js');
const { lazy } = require('../lazy.js');

const profiles = lazy(() => require('../profiles.js'));

const PACKAGE = '@langchain/aws';

/** Whether the exports have the chat model. */
const fits = (exported) =>
  typeof exported?.ChatBedrockConverse?.prototype?.invocationParams === 'function';

/**
 * The exports with a chat model in its place that tells its client.
 *
 * @param {Record<string, any>} exported
 */
function patch(exported) {
  const Official = exported.ChatBedrockConverse;

  class ChatBedrockConverse extends Official {
    constructor(...given) {
      super(...given);
      tell(this.client, given);
    }
  }

  return withOthers(exported, { ChatBedrockConverse });
}

const numbers = new WeakMap();
let next = 1;

function numberOf(client) {
  if (!numbers.has(client)) {
    numbers.set(client, next);
    next += 1;
  }
  return numbers.get(client);
}

/** The constructor takes its fields, or a model and fields. */
function tell(client, [first, second]) {
  try {
    const fields = typeof first === 'string' ? { ...second, model: first } : first;
    const { applicationInferenceProfile: arn, model, credentials } = fields ?? {};
    if (typeof client?.[LEARN] !== 'function' || typeof arn !== 'string') return;
    const { isPair, modelNamed } = profiles();
    const behind = arn.startsWith('arn:') ? modelNamed(model) : undefined;
    if (behind === undefined) return;
    const whose = fields.client ? `client ${numberOf(client)}` : `keys ${credentials?.accessKeyId}`;
    if (isPair(arn, behind, whose)) client[LEARN](arn, behind);
  } catch {
    // The call itself complains of what is wrong.
  }
}

module.exports = { PACKAGE, fits, patch };
