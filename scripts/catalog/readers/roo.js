'use strict';

/** Roo Code's types: its table of Bedrock models. `maxTokens` there is Roo's default, no limit. */

const { literal } = require('../literal');

const FILE = /^dist\/index\.cjs$/;

const FIELDS = [
  ['contextWindow', 'contextWindow'],
  ['supportsImages', 'inputs.image'],
  ['supportsPromptCache', 'promptCaching.supported'],
  ['minTokensPerCachePoint', 'promptCaching.minTokens'],
  ['maxCachePoints', 'promptCaching.maxCheckpoints'],
  ['cachableFields', 'promptCaching.fields'],
];

module.exports = {
  name: 'roo',
  label: 'Roo Code, @roo-code/types',
  package: { registry: 'npm', name: '@roo-code/types' },
  files: [FILE],
  sources: ['roo'],
  fields: FIELDS.map(([, field]) => field),
  listsModels: true,

  read({ text }) {
    const source = text(FILE);
    const begin = /\bbedrockModels = \{/.exec(source);
    if (!begin) return [];
    const table = literal(source, begin.index + begin[0].length - 1);
    return Object.entries(table)
      .filter(([id]) => !id.includes('latency-optimized'))
      .flatMap(([model, row]) => [
        { model },
        ...FIELDS.filter(([member]) => row[member] !== undefined).map(([member, field]) => ({
          model,
          field,
          value: row[member],
        })),
      ]);
  },
};
