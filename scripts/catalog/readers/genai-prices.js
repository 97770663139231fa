'use strict';

/** genai-prices: prices with context windows. On PyPI as Python, on npm inside a bundle. */

const PYTHON = /^genai_prices\/data\.py$/;

/** Rows of the provider `aws`. Of prefixes only `global.` is told: `regional.` is any other. */
function rowsOf(models) {
  return models
    .filter(({ id }) => !/embed|sonic/.test(id))
    .flatMap(({ id, context }) => {
      const model = id.replace(/^regional\./, '');
      const rows = [{ model }];
      if (context) rows.push({ model, field: 'contextWindow', value: context });
      if (id.startsWith('global.')) {
        const value = ['global'];
        rows.push({ model, field: 'inferenceProfilePrefixes', value, partial: true });
      }
      return rows;
    });
}

const reader = {
  name: 'genai-prices',
  label: 'genai-prices',
  package: { registry: 'pypi', name: 'genai-prices' },
  files: [PYTHON],
  sources: ['genai-prices'],
  fields: ['contextWindow', 'inferenceProfilePrefixes'],
  listsModels: true,

  read({ text }) {
    const providers = text(PYTHON).split(/^ {4}Provider\(/m);
    const aws = providers.find((provider) => /^\s+id='aws',/.test(provider)) ?? '';
    const models = aws.split(/^ {12}ModelInfo\(/m).slice(1);
    return rowsOf(
      models.map((model) => ({
        id: /^\s+id='([^']+)'/.exec(model)?.[1] ?? '',
        context: Number(/^ {16}context_window=(\d+),/m.exec(model)?.[1] ?? 0),
      })),
    );
  },
};

/** The same table in the npm package, by its own look-up. */
function fromNpm({ findProvider }) {
  const models = findProvider({ providerId: 'aws' })?.models ?? [];
  return rowsOf(models.map((model) => ({ id: model.id, context: model.context_window })));
}

module.exports = { ...reader, fromNpm };
