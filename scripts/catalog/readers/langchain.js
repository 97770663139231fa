'use strict';

/** langchain-aws: model profiles, made from models.dev. */

const { literal } = require('../literal');

const FILE = /^langchain_aws\/data\/_profiles\.py$/;

const FIELDS = [
  ['max_input_tokens', 'contextWindow'],
  ['max_output_tokens', 'maxOutputTokens'],
  ['image_inputs', 'inputs.image'],
  ['video_inputs', 'inputs.video'],
  ['audio_inputs', 'inputs.audio'],
  ['temperature', 'temperature.supported'],
  ['reasoning_output', 'reasoning.supported'],
  ['tool_calling', 'tools.supported'],
];

module.exports = {
  name: 'langchain',
  label: 'langchain-aws, model profiles',
  package: { registry: 'pypi', name: 'langchain-aws' },
  files: [FILE],
  sources: ['models.dev:langchain'],
  fields: [...FIELDS.map(([, field]) => field), 'reasoning.efforts', 'inferenceProfilePrefixes'],
  listsModels: true,

  read({ text, names }) {
    const source = text(FILE);
    const begin = /^_PROFILES\b[^=]*=\s*/m.exec(source);
    if (!begin) return [];
    const table = Object.entries(literal(source, begin.index + begin[0].length))
      .filter(([, profile]) => profile.text_outputs !== false)
      .sort(([one], [other]) => (one < other ? -1 : 1));
    const rows = [];
    const prefixes = new Map();
    // Base ids before the ids of system profiles: they speak first.
    const isBase = ([id]) => names.split(id).geo === undefined;
    for (const [id, profile] of [...table.filter(isBase), ...table.filter((row) => !isBase(row))]) {
      rows.push({ model: id });
      for (const [member, field] of FIELDS) {
        if (profile[member] !== undefined) rows.push({ model: id, field, value: profile[member] });
      }
      if (profile.reasoning_effort_levels) {
        rows.push({
          model: id,
          field: 'reasoning.efforts',
          value: profile.reasoning_effort_levels,
        });
      }
      const { geo, base } = names.split(id);
      if (geo) prefixes.set(base, [...(prefixes.get(base) ?? []), geo]);
    }
    for (const [model, geos] of prefixes) {
      const value = [...new Set(geos)].sort();
      rows.push({ model, field: 'inferenceProfilePrefixes', value, partial: true });
    }
    return rows;
  },
};
