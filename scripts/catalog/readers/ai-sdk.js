'use strict';

/**
 * The AI SDK's package for Anthropic, which its Bedrock package asks about Claude: a chain of
 * conditions on the id, read as text and followed for each Claude of the catalog.
 */

const FILE = /^dist\/internal\/index\.m?js$/;

const refused = (value) => (value ? false : undefined);

const FIELDS = [
  ['maxOutputTokens', 'maxOutputTokens', Number],
  ['rejectsSamplingParameters', 'temperature.supported', (value) => !value],
  ['rejectsSamplingParameters', 'topP.supported', (value) => !value],
  ['rejectsSamplingParameters', 'topK.supported', refused],
  ['rejectsThinkingDisabled', 'reasoning.canDisable', refused],
  ['rejectsForcedToolUse', 'tools.toolChoice', (value) => (value ? ['auto'] : undefined)],
];

/** The branches of the chain: tests on an id, and what they answer. */
function branches(source) {
  const begin = source.indexOf('function getModelCapabilities(modelId)');
  if (begin < 0) return [];
  const body = source.slice(begin, source.indexOf('\n}', begin));
  const pattern = /if \(([^{]+)\) \{\s*return \{([^}]*)\}/g;
  return [...body.matchAll(pattern)].map(([, condition, answer]) => {
    const tests = condition.split('||').map((test) => {
      const part = /^\s*modelId\.includes\("([^"]+)"\)\s*$/.exec(test);
      if (part) return (id) => id.includes(part[1]);
      const regex = /^\s*\/((?:[^/\\]|\\.)+)\/\.test\(modelId\)\s*$/.exec(test);
      if (regex) return (id) => new RegExp(regex[1]).test(id);
      throw new Error(`a condition that the reader does not know: ${test.trim()}`);
    });
    const members = [...answer.matchAll(/(\w+): ([\w.]+)/g)].map(([, name, value]) => [
      name,
      value === 'true' ? true : value === 'false' ? false : Number(value),
    ]);
    return { test: (id) => tests.some((test) => test(id)), answer: Object.fromEntries(members) };
  });
}

module.exports = {
  name: 'ai-sdk',
  label: '@ai-sdk/anthropic',
  package: { registry: 'npm', name: '@ai-sdk/anthropic' },
  files: [FILE],
  sources: ['ai-sdk:anthropic'],
  fields: [...new Set(FIELDS.map(([, field]) => field))],
  listsModels: false,

  read({ text, ids }) {
    const chain = branches(text(FILE));
    const rows = [];
    for (const model of ids.filter((id) => id.startsWith('anthropic.'))) {
      const answer = chain.find(({ test }) => test(model))?.answer;
      // What it takes an unknown model for says nothing about this one.
      if (!answer?.isKnownModel) continue;
      for (const [member, field, convert] of FIELDS) {
        const value = answer[member] === undefined ? undefined : convert(answer[member]);
        if (value !== undefined) rows.push({ model, field, value });
      }
    }
    return rows;
  },
};
