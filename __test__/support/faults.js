'use strict';

/** What programs get wrong in requests that were right: one to three faults, anywhere. */

const BLANK = ['', ' ', '\n\t'];
const INPUTS = ['', ' ', '{"text":"x"}', '{"text":', 'null', ['x'], 5, null];

const blocksOf = (input, kind) =>
  input.messages.flatMap(({ content }) => content.filter((block) => block[kind]));
const turnsOf = (input, role) => input.messages.filter((message) => message.role === role);

/** Does something to one of several, where there is one. */
const toOne = (r, list, change) => {
  if (list.length > 0) change(r.pick(list));
};
const insert = (r, list, value) => list.splice(r.below(list.length + 1), 0, value);

const FAULTS = [
  function blankText(r, input) {
    toOne(r, input.messages, ({ content }) => insert(r, content, { text: r.pick(BLANK) }));
  },
  function emptyTurn(r, input) {
    toOne(r, input.messages, (message) => {
      message.content = [];
    });
  },
  function emptySystem(r, input) {
    input.system = [...(input.system ?? [])];
    insert(r, input.system, { text: '' });
  },
  function oddReasoning(r, input) {
    const reasoningText = r.pick([
      { text: 'hm' },
      { text: 'hm', signature: '' },
      { signature: 'c2lnbmVk' },
    ]);
    toOne(r, turnsOf(input, 'assistant'), ({ content }) =>
      content.unshift({ reasoningContent: { reasoningText } }),
    );
  },
  function resultMissing(r, input) {
    toOne(r, turnsOf(input, 'user'), (message) => {
      message.content = message.content.filter((block) => !block.toolResult || r.chance(0.5));
    });
  },
  function resultOfNoCall(r, input) {
    const toolResult = { toolUseId: `stray${r.below(100)}`, content: [{ text: 'a result' }] };
    toOne(r, turnsOf(input, 'user'), ({ content }) => insert(r, content, { toolResult }));
  },
  function resultTwice(r, input) {
    toOne(r, turnsOf(input, 'user'), ({ content }) => {
      const result = content.find((block) => block.toolResult);
      if (result) content.push({ toolResult: { ...result.toolResult } });
    });
  },
  function resultsSplit(r, input) {
    const at = input.messages.findIndex(
      ({ content }) => content.filter((block) => block.toolResult).length > 1,
    );
    if (at < 0) return;
    const { role, content } = input.messages[at];
    const turns = content.map((block) => ({ role, content: [block] }));
    input.messages.splice(at, 1, ...turns);
  },
  function turnAfterResults(r, input) {
    const at = input.messages.findIndex(({ content }) => content.some((block) => block.toolResult));
    const turn = { role: 'user', content: [{ text: `more ${r.below(100)}` }] };
    if (at >= 0) input.messages.splice(at + 1, 0, turn);
  },
  function interrupted(r, input) {
    if (input.messages.at(-1).role === 'user' && input.messages.length > 1) input.messages.pop();
  },
  function oddInput(r, input) {
    toOne(r, blocksOf(input, 'toolUse'), ({ toolUse }) => {
      toolUse.input = r.pick(INPUTS);
    });
  },
  function oddName(r, input) {
    toOne(r, blocksOf(input, 'toolUse'), ({ toolUse }) => {
      toolUse.name = r.pick(['functions.add', 'x'.repeat(70), 'a b', 'größe']);
    });
  },
  function oddResult(r, input) {
    toOne(r, blocksOf(input, 'toolResult'), ({ toolResult }) =>
      insert(
        r,
        toolResult.content,
        r.pick([
          { json: [1, 2] },
          { json: 'text' },
          { json: 42 },
          { cachePoint: { type: 'default' } },
        ]),
      ),
    );
  },
  function oddFormat(r, input) {
    toOne(r, blocksOf(input, 'image'), ({ image }) => {
      image.format = r.pick(['jpg', 'JPEG', 'PNG']);
    });
    toOne(r, blocksOf(input, 'document'), ({ document }) => {
      document.format = r.pick(['PDF', 'Txt', 'CSV']);
    });
  },
  function oddTool(r, input) {
    toOne(
      r,
      (input.toolConfig?.tools ?? []).filter(({ toolSpec }) => toolSpec),
      (tool) => {
        const { toolSpec } = tool;
        r.pick([
          () => (toolSpec.description = r.pick(BLANK)),
          () => (toolSpec.inputSchema = { json: {} }),
          () => (toolSpec.inputSchema = { json: { properties: { text: { type: 'string' } } } }),
          () => (toolSpec.inputSchema.json.anyOf = [{ required: ['text'] }]),
          () =>
            (toolSpec.inputSchema = {
              json: { oneOf: [{ type: 'object', properties: { a: {} } }, { type: 'object' }] },
            }),
          () => (toolSpec.inputSchema.json.properties = { 'filter[id]': { type: 'string' } }),
          () => (tool.cachePoint = { type: 'default' }),
        ])();
      },
    );
  },
  function noTools(r, input) {
    input.toolConfig = r.pick([{}, { tools: [] }, { tools: [], toolChoice: { auto: {} } }]);
  },
  function twoInOne(r, input) {
    const texts = input.messages.flatMap(({ content }) => content.filter((block) => block.text));
    toOne(r, texts, (block) => {
      block.cachePoint = { type: 'default' };
    });
  },
  function endsInSpace(r, input) {
    input.messages.push({
      role: 'assistant',
      content: [{ text: `it begins${r.pick([' ', '\n'])}` }],
    });
  },
];

/**
 * The same request with one to three faults; the same numbers make the same faults.
 *
 * @param {ReturnType<import('./requests').random>} r
 * @param {object} input
 */
function spoil(r, input) {
  for (let times = 1 + r.below(3); times > 0; times -= 1) r.pick(FAULTS)(r, input);
  return input;
}

module.exports = { spoil };
