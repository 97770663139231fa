'use strict';

/** Calls and their results: who belongs to whom, and what may stand beside them. */

const list = (items) => (Array.isArray(items) ? items : []);
const ids = (message, kind) =>
  list(message?.content).flatMap((block) => block?.[kind]?.toolUseId ?? []);

function repeated(values) {
  return values.find((value, at) => values.indexOf(value) < at);
}

/** Every toolUse has its toolResult in the next turn, and no toolResult is without one. */
function unpaired({ messages }) {
  for (let at = 0; at <= messages.length; at += 1) {
    const asked = ids(messages[at - 1], 'toolUse');
    const twice = repeated(asked);
    if (twice !== undefined) {
      return `The toolUse blocks at messages.${at - 1}.content contain duplicate Ids: ${twice}`;
    }
    const answered = messages[at]?.role === 'user' ? ids(messages[at], 'toolResult') : [];
    const open = asked.filter((id) => !answered.includes(id));
    if (open.length > 0) {
      return `Expected toolResult blocks at messages.${at}.content for the following Ids: ${open.join(', ')}`;
    }
    if (answered.length > asked.length) {
      return (
        `The number of toolResult blocks at messages.${at}.content exceeds the number of toolUse ` +
        'blocks of previous turn.'
      );
    }
  }
  return undefined;
}

/** An id that an earlier turn has used. */
function usedBefore({ blocks }) {
  const seen = new Map();
  for (const { block, messageIndex, path } of blocks) {
    const id = block.toolUse?.toolUseId;
    if (id === undefined) continue;
    if (seen.has(id) && seen.get(id) !== messageIndex) return path;
    seen.set(id, messageIndex);
  }
  return undefined;
}

/** Turns as the model gets them: what one role says in a row is one turn. */
function turns({ messages }) {
  const merged = [];
  for (const [at, { role, content }] of messages.entries()) {
    const last = merged.at(-1);
    if (last?.role === role) last.content.push(...list(content));
    else merged.push({ role, at, content: [...list(content)] });
  }
  return merged;
}

/** The first turn in which blocks of a kind do not stand alone; reasoning is part of no conversation. */
function notAlone(req, role, kind) {
  const aside = [kind, 'cachePoint', 'reasoningContent'];
  return turns(req).find(
    (turn) =>
      turn.role === role &&
      turn.content.some((block) => block?.[kind]) &&
      turn.content.some((block) => !aside.some((name) => block?.[name])),
  );
}

function besideResults(req, model) {
  if (model.tools.soleResults) return notAlone(req, 'user', 'toolResult');
  if (!model.tools.noMediaBeside) return undefined;
  const at = req.messages.findIndex(
    ({ role, content }) =>
      role === 'user' &&
      content.some((block) => block.toolResult) &&
      content.some((block) => block.document || block.video),
  );
  return at >= 0 ? { at } : undefined;
}

module.exports = [
  { rule: 'pairs', when: unpaired, message: (text) => text },
  {
    rule: 'pairs',
    name: 'an id for two calls',
    side: 'model',
    when: usedBefore,
    message: (path) => `${path}: \`tool_use\` ids must be unique`,
  },
  {
    rule: 'M9',
    when: besideResults,
    message: ({ at }) =>
      `messages.${at}.content: Conversation blocks and tool result blocks cannot be provided in the same turn.`,
  },
  {
    rule: 'M40',
    when: (req, model) => model.tools.soleCalls && notAlone(req, 'assistant', 'toolUse'),
    message: ({ at }) =>
      `messages.${at}.content: Conversation blocks and tool use blocks cannot be provided in the same turn.`,
  },
];
