'use strict';

/** What the demo asks, and what the stand-in answers in the model's place. */

const PROMPT = 'What is an application inference profile, and why would a team want one?';

/** More than a new Claude takes: LibreChat sends much of this where it does not know the model. */
const TOO_MUCH = {
  inferenceConfig: { maxTokens: 2000, temperature: 0.7, topP: 0.9 },
  additionalModelRequestFields: { top_k: 40, thinking: { type: 'enabled', budget_tokens: 4096 } },
};

const inputFor = (modelId, prompt = PROMPT) => ({
  modelId,
  messages: [{ role: 'user', content: [{ text: prompt }] }],
  ...TOO_MUCH,
});

const THOUGHTS =
  'They ask about application inference profiles. I should say what one is, what it is good for, ' +
  'and why its ARN is a riddle to a client: it does not name the model.';

const ANSWER =
  'An application inference profile is a name of your own for a model on Amazon Bedrock. You copy it ' +
  'from a model or from a system-defined profile, give it tags, and call its ARN in the place of the ' +
  'model. Costs and usage are then counted for that team or product, permissions can be given for ' +
  'that ARN alone, and requests may still be spread over several regions.\n\n' +
  'There is a catch: the ARN ends in an opaque id, so a client cannot see which model it is talking ' +
  'to, and sends parameters that the model refuses. That is what this package puts right.';

/** The stand-in's answer in the demo; what it refuses is refused before this is asked. */
function script({ body }) {
  const thinking = body.additionalModelRequestFields?.thinking?.type;
  const own = body.messages.at(-1).content.some(({ text }) => text === PROMPT);
  if (!own) return undefined;
  return {
    ...(thinking && thinking !== 'disabled' ? { reasoning: THOUGHTS, signature: 'bG9jYWw=' } : {}),
    text: ANSWER,
  };
}

module.exports = { PROMPT, inputFor, script };
