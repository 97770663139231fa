'use strict';

/** The AI SDK's package for Bedrock: lists of the Claude models that lack something. */

const { literal } = require('../literal');

const FILE = /^dist\/index\.m?js$/;

const LISTS = [
  ['MODELS_WITHOUT_STRICT_TOOL_SUPPORT', 'tools.strict'],
  // The other list holds models that support it, but not reliably.
];

module.exports = {
  name: 'ai-sdk-bedrock',
  label: '@ai-sdk/amazon-bedrock',
  package: { registry: 'npm', name: '@ai-sdk/amazon-bedrock' },
  files: [FILE],
  sources: ['ai-sdk:bedrock'],
  fields: LISTS.map(([, field]) => field),
  listsModels: false,

  read({ text, ids }) {
    const source = text(FILE);
    return LISTS.flatMap(([name, field]) => {
      const begin = source.indexOf(`${name} = [`);
      if (begin < 0) return [];
      const parts = literal(source, source.indexOf('[', begin));
      return ids
        .filter((model) => model.startsWith('anthropic.'))
        .filter((model) => parts.some((part) => model.includes(part)))
        .map((model) => ({ model, field, value: false }));
    });
  },
};
