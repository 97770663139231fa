'use strict';

/**
 * The AI SDK's package for Anthropic, which its Bedrock package asks about Claude: rules on the id,
 * read as text and followed for each Claude of the catalog.
 */

const FILE = /^dist\/internal\/index\.m?js$/;

const refused = (value) => (value ? undefined : false);

const FIELDS = [
  ['maxOutputTokens', 'maxOutputTokens', Number],
  ['samplingParameters', 'temperature.supported', Boolean],
  ['samplingParameters', 'topP.supported', Boolean],
  ['samplingParameters', 'topK.supported', refused],
  ['thinkingCanBeDisabled', 'reasoning.canDisable', refused],
  ['forcedToolUse', 'tools.toolChoice', (value) => (value ? undefined : ['auto'])],
];

/** `{ ...base, member: true, limit: 64e3 }` over what the bases say. */
function members(body, definitions) {
  const out = {};
  for (const [, base, name, value] of body.matchAll(/\.\.\.(\w+)|(\w+): ([\w.]+)/g)) {
    if (base) Object.assign(out, definitions[base]);
    else out[name] = value === 'true' || (value === 'false' ? false : Number(value));
  }
  return out;
}

/** One alternative of a condition. */
function test(condition) {
  const part = /^\s*modelId\.includes\("([^"]+)"\)\s*$/.exec(condition);
  if (part) return (id) => id.includes(part[1]);
  const regex = /^\s*\/((?:[^/\\]|\\.)+)\/\.test\(modelId\)\s*$/.exec(condition);
  if (regex) return (id) => new RegExp(regex[1]).test(id);
  throw new Error(`a condition that the reader does not know: ${condition.trim()}`);
}

/** The rules in their order: tests on an id, and what holds for those that pass one. */
function rules(source) {
  const defaults = /function defineRuntime\(overrides\) \{\s*return \{([^}]*)\}/.exec(source);
  const list = /const runtimeRules = \[([^]*?)\n\];/.exec(source);
  if (!defaults || !list) return [];
  const definitions = {};
  const define = (body) => ({ ...members(defaults[1], {}), ...members(body, definitions) });
  const named = /const (\w+) = defineRuntime\(\{([^}]*)\}\)/g;
  for (const [, name, body] of source.matchAll(named)) definitions[name] = define(body);
  const rule =
    /matches: \(modelId\) => ([^\n]+),\s*definition: (?:defineRuntime\(\{([^}]*)\}\)|(\w+))/g;
  return [...list[1].matchAll(rule)].map(([, condition, body, name]) => {
    const tests = condition.split(' || ').map(test);
    const answer = name ? definitions[name] : define(body);
    return { matches: (id) => tests.some((each) => each(id)), answer };
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
    const all = rules(text(FILE));
    const rows = [];
    for (const model of ids.filter((id) => id.startsWith('anthropic.'))) {
      const answer = all.find(({ matches }) => matches(model))?.answer;
      // What it takes an unknown model for says nothing about this one.
      if (!answer?.knownModel) continue;
      for (const [member, field, convert] of FIELDS) {
        const value = answer[member] === undefined ? undefined : convert(answer[member]);
        if (value !== undefined) rows.push({ model, field, value });
      }
    }
    return rows;
  },
};
