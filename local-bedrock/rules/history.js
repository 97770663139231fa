'use strict';

/** Reasoning in the conversation so far, and how a conversation may end. */

const { unsupported } = require('./request');

const isResult = (block) => block?.toolResult !== undefined || block?.cachePoint !== undefined;

/**
 * The block that a loop of tools does not begin with reasoning: the first of the first turn of the
 * assistant's after the last turn of the user's own. Once the user has said more, the loop is over.
 */
function loopWithoutThinking({ messages, thinking }, model) {
  if (!model.loopNeedsReasoning || thinking?.type !== 'enabled') return undefined;
  // A conversation goes on in a loop where it ends with results.
  if (messages.at(-1)?.role !== 'user') return undefined;
  const own = ({ role, content }) => role === 'user' && !content.every(isResult);
  const start = messages.findLastIndex(own) + 1;
  const at = messages.findIndex(({ role }, index) => index >= start && role === 'assistant');
  const first = messages[at]?.content[0];
  if (!first) return undefined;
  const { reasoningText, redactedContent } = first.reasoningContent ?? {};
  if (redactedContent !== undefined || reasoningText?.signature) return undefined;
  const found = first.toolUse ? 'tool_use' : first.reasoningContent ? 'thinking' : 'text';
  return `messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${found}\`.`;
}

const SIGNED =
  ' When `thinking` is enabled, a final `assistant` message must start with a thinking block ' +
  '(preceeding the lastmost set of `tool_use` and `tool_result` blocks). We recommend you include ' +
  'thinking blocks from previous turns. To avoid this requirement, disable `thinking`. Please consult ' +
  'our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking';

/** The first reasoning with a text whose signature is so. */
const signedSo = ({ blocks }, isSo) =>
  blocks.find(({ block }) => {
    const { reasoningText } = block.reasoningContent ?? {};
    return typeof reasoningText?.text === 'string' && isSo(reasoningText.signature);
  });

/** An assistant's turn at the end that ends in white space. */
function trailingSpace({ messages, thinkingOn }, model) {
  const last = messages.at(-1);
  // Where no answer can be begun at all, that is what is said (R20).
  if (!model.claude || model.noPrefill || thinkingOn || last?.role !== 'assistant') return false;
  const text = last.content.findLast((block) => !block?.cachePoint)?.text;
  return typeof text === 'string' && /\s$/.test(text);
}

const NO_HISTORY =
  'User messages cannot contain reasoning content. Please remove the reasoning content and try again.';

module.exports = [
  {
    rule: 'R20',
    side: 'model',
    when: ({ messages, thinkingOn }, model) =>
      model.claude && messages.at(-1)?.role === 'assistant' && (thinkingOn || model.noPrefill),
    message:
      'This model does not support assistant message prefill. ' +
      'The conversation must end with a user message.',
  },
  {
    rule: 'R31',
    side: 'model',
    when: trailingSpace,
    message: 'messages: final assistant content cannot end with trailing whitespace',
  },
  {
    rule: 'R30',
    side: 'model',
    when: loopWithoutThinking,
    message: (text) => text + SIGNED,
  },
  {
    rule: 'R26',
    when: ({ blocks }, model) =>
      blocks.some(
        ({ block, role }) =>
          block.reasoningContent && (role === 'user' || model.noReasoningHistory),
      ),
    message: NO_HISTORY,
  },
  {
    rule: 'R28',
    name: 'no signature',
    side: 'model',
    when: (req, model) =>
      model.needsSignature && signedSo(req, (signature) => typeof signature !== 'string'),
    message: ({ path }) => `${path}.thinking.signature: Field required`,
  },
  {
    rule: 'R28',
    name: 'an empty signature',
    side: 'model',
    when: (req, model) => model.needsSignature && signedSo(req, (signature) => signature === ''),
    message: ({ path }) => `${path}: Invalid \`signature\` in \`thinking\` block`,
  },
  {
    rule: 'R28',
    name: 'an empty signature, where there is none',
    weak: true,
    when: (req, model) => model.noEmptySignature && signedSo(req, (signature) => signature === ''),
    message: unsupported('reasoningContent.reasoningText.signature'),
  },
  {
    rule: 'R27',
    weak: true,
    when: ({ blocks }, model) =>
      model.noRedacted &&
      blocks.some(({ block }) => block.reasoningContent?.redactedContent !== undefined),
    message: "This model doesn't support redacted reasoning content.",
  },
];
