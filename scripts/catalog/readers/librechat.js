'use strict';

/** librechat-data-provider: the models that LibreChat offers, and what it knows of Claude. */

const FILE = /^dist\/(data-service-[\w-]+|index)\.js$/;

/** The list `bedrockModels`, wherever the bundler has put it. */
function listed(sources) {
  const source = sources.find((each) => /\bbedrockModels = \[/.test(each)) ?? '';
  const list = /\bbedrockModels = \[([^\]]*)\]/.exec(source)?.[1] ?? '';
  return [...list.matchAll(/["']([^"']+)["']/g)].map(([, id]) => ({ model: id }));
}

/** What its functions answer about the Claude models; for the package as it is installed. */
function behaviour(library, ids) {
  const { anthropicSettings, bedrockInputParser, capsEffortWhenThinkingDisabled } = library;
  const rows = [];
  // 3.5 and older share one default, which is a choice and not a limit.
  const claude = ids.filter((id) => /^anthropic\.claude-(?!v\d|instant|3-)/.test(id));
  for (const model of claude) {
    const add = (field, value) => rows.push({ model, field, value });
    add('maxOutputTokens', anthropicSettings.maxOutputTokens.reset(model));
    const parsed = bedrockInputParser.parse({ model, temperature: 0.5, topP: 0.5 });
    add('temperature.supported', parsed.temperature !== undefined);
    add('topP.supported', parsed.topP !== undefined);
    const { thinking } =
      bedrockInputParser.parse({ model, thinking: true }).additionalModelRequestFields ?? {};
    rows.push({
      model,
      field: 'reasoning.thinkingTypes',
      has: thinking?.type === 'adaptive' ? 'adaptive' : 'enabled',
    });
    if (capsEffortWhenThinkingDisabled(model)) add('reasoning.maxEffortWhenDisabled', 'high');
  }
  return rows;
}

const reader = {
  name: 'librechat',
  label: 'librechat-data-provider',
  package: { registry: 'npm', name: 'librechat-data-provider' },
  files: [FILE],
  sources: ['librechat:data-provider'],
  fields: [],
  listsModels: true,

  read: ({ texts }) => listed(texts(FILE)),
};

/** The package as it is installed, whose functions can be asked. */
const installed = {
  ...reader,
  listsModels: false,
  fields: [
    'maxOutputTokens',
    'temperature.supported',
    'topP.supported',
    'reasoning.thinkingTypes',
    'reasoning.maxEffortWhenDisabled',
  ],
};

module.exports = { ...reader, behaviour, installed };
