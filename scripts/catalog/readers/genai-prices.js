'use strict';

/** genai-prices: prices with context windows. On PyPI as Python, on npm inside a bundle. */

const PYTHON = /^genai_prices\/data\.py$/;

/** Rows of the provider `aws`; `regional.` there stands for any geo prefix. */
function rowsOf(models) {
  return models
    .map(({ id, context }) => ({ id: id.replace(/^regional\./, ''), context }))
    .filter(({ id }) => !/embed|sonic/.test(id))
    .flatMap(({ id, context }) => [
      { model: id },
      ...(context ? [{ model: id, field: 'contextWindow', value: context }] : []),
    ]);
}

const reader = {
  name: 'genai-prices',
  label: 'genai-prices',
  package: { registry: 'pypi', name: 'genai-prices' },
  files: [PYTHON],
  sources: ['genai-prices'],
  fields: ['contextWindow'],
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
