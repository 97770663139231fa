'use strict';

/** Random Converse requests: everything that a caller may set, in every place callers set it. */

/** The generator mulberry32: the same numbers for the same seed, on every machine. */
function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit) => Math.floor(next() * limit);
  const pick = (list) => list[below(list.length)];
  const chance = (probability) => next() < probability;
  return { below, pick, chance };
}

const BYTES = Buffer.from('bytes of no importance');
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
const BUDGETS = [0, 500, 1023, 1024, 4000, 31_999, 200_000];
const MAX_TOKENS = [0, 1, 5, 16, 500, 1024, 1025, 4096, 20_000, 64_000, 10_000_000];
const UNIT = [-1, 0, 0.000001, 0.3, 0.7, 0.95, 0.99, 1, 1.5, 2];
const TOP_K = [-1, 0, 1, 40, 128, 129, 500, 501, 100_000];
const BETAS = [
  'interleaved-thinking-2025-05-14',
  'effort-2025-11-24',
  'context-1m-2025-08-07',
  'thinking-binding-controls-2026-08-01',
  'mid-conversation-output-config-2026-07-01',
];
const NAMES = ['report', 'a  b', 'quarter 3 (final).pdf', 'Übersicht', ' padded ', 'x'.repeat(201)];
const TOOLS = ['get_weather', 'search-web', 'add'];

/** Puts a value at a path; objects on the way are made, what stands there is replaced. */
function put(target, path, value) {
  const [key, ...rest] = path;
  if (rest.length === 0) target[key] = value;
  else put((target[key] = Object(target[key]) === target[key] ? target[key] : {}), rest, value);
}

/** Settings of sampling and length, in Converse's members and in the models' own. */
function sampling(r, input) {
  const set = (probability, paths, values) => {
    if (r.chance(probability)) put(input, r.pick(paths), values());
  };
  const fields = 'additionalModelRequestFields';
  const own = (...names) => names.map((name) => [fields, ...[name].flat()]);
  const ours = (name) => Array(4).fill(['inferenceConfig', name]);
  const nested = ['inferenceConfig', 'topK'];
  for (let times = 0; times < 2; times += 1) {
    set(0.3, [...ours('temperature'), ...own('temperature')], () => r.pick(UNIT));
    set(0.3, [...ours('topP'), ...own('top_p', 'topP')], () => r.pick(UNIT));
    set(0.15, [...own('top_k', 'topK', 'k', nested), nested], () => r.pick(TOP_K));
    set(0.4, [...ours('maxTokens'), ...own('max_tokens', 'maxTokens')], () => r.pick(MAX_TOKENS));
  }
  set(0.2, [...ours('stopSequences'), ...own('stop_sequences')], () =>
    Array.from({ length: r.pick([1, 4, 10, 11, 2501]) }, (_, at) => `stop ${at}`),
  );
}

function thinking(r) {
  const shape = r.pick([
    () => ({ type: 'enabled', budget_tokens: r.pick(BUDGETS) }),
    () => ({ type: 'enabled', budget_tokens: r.pick(BUDGETS) }),
    () => ({ type: 'enabled' }),
    () => ({ type: 'adaptive' }),
    () => ({ type: 'adaptive', display: 'summarized' }),
    () => ({ type: 'disabled' }),
    () => ({ type: 'between_tools' }),
    () => ({ type: 'between_tools', display: 'omitted' }),
  ])();
  if (r.chance(0.15)) shape.effort = r.pick(EFFORTS);
  if (r.chance(0.1)) shape.block_binding = { prefix_mismatch_behavior: 'drop_block' };
  return shape;
}

/** What asks for reasoning, in the words of each family. */
function reasoning(r, input) {
  const places = [
    [['thinking'], thinking],
    [['thinking'], thinking],
    [['output_config', 'effort'], () => r.pick(EFFORTS)],
    [['reasoning_effort'], () => r.pick(EFFORTS)],
    [['reasoning', 'effort'], () => r.pick(EFFORTS)],
    [['reasoning_config'], () => (r.chance(0.7) ? r.pick(EFFORTS) : thinking(r))],
    [
      ['reasoningConfig'],
      () =>
        r.pick([
          { type: 'disabled' },
          { type: 'enabled' },
          { type: 'enabled', maxReasoningEffort: r.pick(EFFORTS) },
          { type: 'enabled', budgetTokens: r.pick(BUDGETS) },
          { type: 'adaptive', maxReasoningEffort: r.pick(EFFORTS) },
        ]),
    ],
    [['anthropic_beta'], () => [...new Set([r.pick(BETAS), r.pick(BETAS)])]],
  ];
  for (let times = r.below(4); times > 0; times -= 1) {
    const [path, value] = r.pick(places);
    put(input, ['additionalModelRequestFields', ...path], value(r));
  }
  if (r.chance(0.1)) put(input, ['outputConfig', 'effort'], r.pick(EFFORTS));
}

function cachePoint(r) {
  return {
    cachePoint: { type: 'default', ...(r.chance(0.5) ? { ttl: r.pick(['5m', '1h']) } : {}) },
  };
}

/** Cache points at random places of a list. */
function marked(r, blocks) {
  const all = [...blocks];
  if (!r.chance(0.3)) return all;
  for (let times = 1 + r.below(2); times > 0; times -= 1) {
    all.splice(r.below(all.length + 1), 0, cachePoint(r));
  }
  return all;
}

function toolConfig(r) {
  const json = (pattern) => ({
    type: 'object',
    properties: { text: { type: 'string', ...(pattern ? { pattern } : {}) } },
  });
  const specs = TOOLS.slice(0, 1 + r.below(TOOLS.length)).map((name) => ({
    toolSpec: {
      name: r.chance(0.02) ? `${name} (beta)` : name,
      description: `does ${name}`,
      inputSchema: { json: json(r.pick([undefined, undefined, '^[a-z]+$', '^(?!x)[a-z]+$'])) },
      ...(r.chance(0.15) ? { strict: r.chance(0.7) } : {}),
    },
  }));
  const choice = r.pick([
    undefined,
    { auto: {} },
    { any: {} },
    { tool: { name: TOOLS[0] } },
    { none: {} },
  ]);
  return { tools: marked(r, specs), ...(choice ? { toolChoice: choice } : {}) };
}

const image = () => ({ image: { format: 'png', source: { bytes: BYTES } } });
const video = () => ({ video: { format: 'mp4', source: { bytes: BYTES } } });
const document = (r) => ({
  document: {
    format: r.pick(['pdf', 'txt', 'csv']),
    name: r.pick(NAMES),
    source: { bytes: BYTES },
    ...(r.chance(0.2) ? { citations: { enabled: true } } : {}),
  },
});

const text = (r, words) => ({ text: `${words} ${r.below(1000)}` });

function userContent(r) {
  const content = [text(r, 'a question')];
  if (r.chance(0.15)) content.splice(r.below(2), 0, image());
  if (r.chance(0.15)) content.splice(r.below(content.length + 1), 0, document(r));
  if (r.chance(0.03)) content.push(video());
  if (r.chance(0.02)) content.push(...Array.from({ length: 21 }, image));
  if (r.chance(0.02)) content.push(...Array.from({ length: 6 }, () => document(r)));
  // Nothing but a mark: what is left of a text that a client has trimmed away.
  if (r.chance(0.03)) return [cachePoint(r)];
  return marked(r, content);
}

function thought(r) {
  return r.chance(0.7)
    ? { reasoningContent: { reasoningText: { text: 'hm', signature: 'c2lnbmVk' } } }
    : { reasoningContent: { redactedContent: BYTES } };
}

const useId = (r) =>
  r.pick([`tooluse_${r.below(1e9)}`, `call-${r.below(1e6)}`, 'odd id/1', 'y'.repeat(70)]);

/** A turn of the assistant's, and the user's turn that follows it. */
function exchange(r, withTools) {
  const thoughts = r.chance(0.3) ? Array.from({ length: 1 + r.below(2) }, () => thought(r)) : [];
  if (!withTools) {
    const said = r.chance(0.1) && thoughts.length > 0 ? [] : [text(r, 'an answer')];
    return [
      { role: 'assistant', content: marked(r, [...thoughts, ...said]) },
      { role: 'user', content: userContent(r) },
    ];
  }
  const ids = [...new Set(Array.from({ length: 1 + r.below(2) }, () => useId(r)))];
  const uses = ids.map((toolUseId) => ({
    toolUse: { toolUseId, name: r.pick(TOOLS), input: { text: 'x' } },
  }));
  const results = ids.map((toolUseId) => ({
    toolResult: {
      toolUseId,
      content: r.pick([
        () => [text(r, 'a result')],
        () => [{ json: { sum: 3 } }],
        () => [text(r, 'a result'), image()],
        () => [image()],
        () => [text(r, 'a result'), document(r)],
        () => [text(r, 'a result'), video()],
      ])(),
      ...(r.chance(0.4) ? { status: r.pick(['success', 'error']) } : {}),
    },
  }));
  const more = r.chance(0.3) ? [r.chance(0.2) ? document(r) : text(r, 'and another question')] : [];
  const before = r.chance(0.5) ? [text(r, 'let me see')] : [];
  return [
    { role: 'assistant', content: marked(r, [...thoughts, ...before, ...uses]) },
    { role: 'user', content: marked(r, [...results, ...more]) },
  ];
}

/** What belongs to Converse, said in the model's own format. */
function misplaced(r, input) {
  const fields = ['additionalModelRequestFields'];
  if (r.chance(0.05)) {
    put(input, [...fields, 'system'], r.pick(['be kind', [text(r, 'be kind')]]));
  }
  if (r.chance(0.05)) {
    const tool = (name) => ({
      name,
      description: `does ${name}`,
      input_schema: { type: 'object' },
    });
    put(input, [...fields, 'tools'], TOOLS.slice(0, 2).map(tool));
  }
}

/** From none to more pairs than are taken, and a key that is too long. */
function metadata(r) {
  const count = r.pick([0, 1, 3, 16, 17]);
  const pairs = Array.from({ length: count }, (_, at) => [`key ${at}`, 'value']);
  if (r.chance(0.2)) pairs.push(['k'.repeat(257), 'value']);
  return Object.fromEntries(pairs);
}

function conversation(r) {
  const messages = [{ role: 'user', content: userContent(r) }];
  const turns = r.pick([0, 0, 0, 1, 2, 3]);
  for (let turn = 0; turn < turns; turn += 1) messages.push(...exchange(r, r.chance(0.5)));
  if (turns > 0 && r.chance(0.08)) {
    const first = messages[1].content.some((block) => block.toolUse);
    if (!first) messages.shift();
  }
  if (r.chance(0.05)) messages.push({ role: 'assistant', content: [text(r, 'it begins')] });
  if (r.chance(0.04)) r.pick(messages).output_config = { effort: r.pick(EFFORTS) };
  return messages;
}

/**
 * A request for a model; the same numbers make the same request.
 *
 * @param {ReturnType<typeof random>} r
 * @param {string} modelId
 */
function request(r, modelId) {
  const input = { modelId, messages: conversation(r) };
  if (r.chance(0.3)) {
    input.system = marked(r, [text(r, 'be kind'), ...(r.chance(0.3) ? [text(r, 'be brief')] : [])]);
  }
  if (r.chance(0.4)) input.toolConfig = toolConfig(r);
  if (r.chance(0.1)) {
    put(
      input,
      ['additionalModelRequestFields', 'tool_choice'],
      r.pick([
        { type: 'auto', disable_parallel_tool_use: true },
        { type: 'any' },
        { type: 'tool', name: TOOLS[0] },
        { disable_parallel_tool_use: true },
      ]),
    );
  }
  sampling(r, input);
  reasoning(r, input);
  misplaced(r, input);
  if (r.chance(0.05)) input.requestMetadata = metadata(r);
  if (r.chance(0.06)) {
    const schema = { type: 'object', properties: {}, additionalProperties: false };
    put(input, ['outputConfig', 'textFormat'], {
      type: 'json_schema',
      structure: { jsonSchema: { name: 'answer', schema: JSON.stringify(schema) } },
    });
  }
  return input;
}

/** Every way to leave one member or element out. */
function* smaller(value, path = []) {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return;
  for (const key of Object.keys(value)) {
    const step = Array.isArray(value) ? Number(key) : key;
    yield [...path, step];
    yield* smaller(value[key], [...path, step]);
  }
}

function without(value, [key, ...rest]) {
  if (rest.length > 0) {
    const copy = Array.isArray(value) ? [...value] : { ...value };
    copy[key] = without(value[key], rest);
    return copy;
  }
  if (Array.isArray(value)) return value.filter((_, at) => at !== key);
  const { [key]: _left, ...kept } = value;
  return kept;
}

/**
 * The smallest input that is still wrong.
 *
 * @param {object} input
 * @param {(input: object) => Promise<boolean>} isWrong
 */
async function shrink(input, isWrong) {
  for (const path of smaller(input)) {
    if (path[0] === 'modelId') continue;
    const less = without(input, path);
    if (await isWrong(less)) return shrink(less, isWrong);
  }
  return input;
}

module.exports = { random, request, shrink };
