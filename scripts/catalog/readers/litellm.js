'use strict';

/** LiteLLM's table of prices and context windows. */

const FILE = /^litellm\/model_prices_and_context_window_backup\.json$/;

const is = (value) => value;
const not = (value) => !value;

/** LiteLLM's member, the catalog's fact, and how the one becomes the other; undefined says nothing. */
const FIELDS = [
  ['max_input_tokens', 'contextWindow', is],
  ['max_output_tokens', 'maxOutputTokens', is],
  ['supports_vision', 'inputs.image', is],
  ['supports_video_input', 'inputs.video', is],
  ['supports_audio_input', 'inputs.audio', is],
  ['supports_system_messages', 'systemPrompt', is],
  ['supports_native_structured_output', 'structuredOutput', is],
  ['supports_bedrock_native_structured_output', 'structuredOutput', is],
  // The absence of sampling is told, its presence too, but not the range.
  ['supports_sampling_params', 'temperature.supported', is],
  ['supports_sampling_params', 'topP.supported', is],
  ['supports_sampling_params', 'topK.supported', (value) => (value ? undefined : false)],
  ['supports_reasoning', 'reasoning.supported', is],
  ['supports_assistant_prefill', 'reasoning.rejectsPrefill', not],
  ['thinking_always_on', 'reasoning.canDisable', (value) => (value ? false : undefined)],
  ['supports_function_calling', 'tools.supported', is],
  ['supports_forced_tool_use', 'tools.toolChoice', (value) => (value ? undefined : ['auto'])],
  ['bedrock_converse_supports_strict_tools', 'tools.strict', is],
  ['supports_bedrock_converse_tool_result_images', 'tools.resultImages', is],
  ['supports_regex_lookaround', 'tools.schemaLookaround', is],
  ['prompt_cache_min_tokens', 'promptCaching.minTokens', is],
  ['deprecation_date', 'eolDate', is],
];

/** The base id's row speaks first, then system profiles, then regions, then bedrock-mantle. */
function order([id, row], names) {
  if (row.litellm_provider === 'bedrock_mantle') return 3;
  if (id.includes('/')) return 2;
  return names.split(id).geo === undefined ? 0 : 1;
}

module.exports = {
  name: 'litellm',
  label: 'litellm',
  package: { registry: 'pypi', name: 'litellm' },
  files: [FILE],
  sources: ['litellm'],
  // Also names of this source, for facts that the reader does not read.
  labels: ['litellm:disputed', 'litellm:unverified'],
  fields: [
    ...new Set(FIELDS.map(([, field]) => field)),
    'maxInputTokens',
    'successor',
    'inferenceProfilePrefixes',
  ],
  listsModels: true,

  read({ text, names, says }) {
    const table = Object.entries(JSON.parse(text(FILE)))
      .filter(([, row]) => /^bedrock(_converse|_mantle)?$/.test(row.litellm_provider))
      .filter(([, row]) => row.mode === 'chat' || row.mode === 'responses')
      .filter(([id]) => !id.includes('claude_platform/') && !id.includes('@'))
      .filter(([id]) => names.isProvider(names.split(id).base.split('.')[0]))
      .sort(
        (one, other) => order(one, names) - order(other, names) || (one[0] < other[0] ? -1 : 1),
      );
    const rows = [];
    const prefixes = new Map();
    for (const [id, row] of table) {
      rows.push({ model: id });
      for (const [member, field, convert] of FIELDS) {
        const value = row[member] === undefined ? undefined : convert(row[member]);
        if (value === undefined) continue;
        if (field === 'contextWindow' && says(id, 'maxInputTokens')) {
          // Of most models the input may fill the window; of these the output has its own part of it.
          rows.push({ model: id, field: 'maxInputTokens', value });
          rows.push({ model: id, field, value: value + (row.max_output_tokens ?? 0) });
        } else rows.push({ model: id, field, value });
      }
      const successor = row.successor_model && names.find(row.successor_model);
      if (successor) rows.push({ model: id, field: 'successor', value: successor });
      const { geo, base } = names.split(id);
      if (geo && !id.includes('/')) prefixes.set(base, [...(prefixes.get(base) ?? []), geo]);
    }
    for (const [model, geos] of prefixes) {
      const value = [...new Set(geos)].sort();
      rows.push({ model, field: 'inferenceProfilePrefixes', value, partial: true });
    }
    return rows;
  },
};
