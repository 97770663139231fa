'use strict';

/**
 * What the stand-in knows about models: its own table, kept apart from the catalog that gates
 * requests, so that a mistake in one is caught by the other.
 */

const GEO = 'us|us-gov|eu|apac|jp|au|ca|in|sa|amer|global';

/** From which regions a profile with this prefix can be called. */
const SOURCES = {
  us: /^(us-(east|west)-\d|ca-(central|west)-\d)$/,
  'us-gov': /^us-gov-/,
  eu: /^eu-/,
  apac: /^ap-/,
  jp: /^ap-northeast-[13]$/,
  au: /^ap-southeast-[24]$/,
  ca: /^ca-/,
  in: /^ap-south-/,
  sa: /^sa-/,
  amer: /^(us|ca|sa|mx)-(?!gov)/,
  global: /^(?!us-gov-|cn-)/,
};

const models = new Map();
const ALL_CHOICES = ['auto', 'any', 'tool'];
/** A limit that no source states: nothing is refused for it. */
const UNKNOWN = Infinity;

/** What holds unless a row says otherwise. */
const DEFAULTS = {
  /** Geo prefixes of its system profiles. */
  geo: '',
  /** Served through a profile only. */
  profileOnly: false,
  system: true,
  tools: true,
  streamingWithTools: true,
  /** Members of toolChoice that it takes; `undefined`: not known, nothing is refused. */
  toolChoice: ['auto'],
  /** Where it takes top-k below additionalModelRequestFields; `false`: nowhere. */
  topK: undefined,
  maxStops: 2500,
  /** Explicit prompt caching. */
  cache: undefined,
  /** The member it takes reasoning settings in. */
  reasoning: undefined,
  /** Whether a conversation with it may begin with the assistant. */
  assistantFirst: false,
  /** Whether it thinks unasked. */
  thinksByDefault: false,
  /** `false`: outputConfig.textFormat is refused. */
  structuredOutput: undefined,
  /** `false`: reasoningContent in the history is refused. */
  reasoningHistory: undefined,
};

function add(id, family, maxOutput, context, facts = {}) {
  models.set(id, { ...DEFAULTS, id, family, maxOutput, context, ...facts });
}

// ── Claude: class, limits, smallest cached prefix, profiles ──────────────────────────────────
function claude(name, cls, maxOutput, context, geo, cacheMin, facts = {}) {
  const hourLong = /(sonnet|haiku|opus)-4-5|4-[678]|-5(-\d)?$/.test(name);
  add(`anthropic.claude-${name}`, 'claude', maxOutput, context, {
    cls,
    geo,
    profileOnly: geo !== '' && !/^3-(sonnet|opus|haiku)|^3-5-sonnet-20240620/.test(name),
    toolChoice: ALL_CHOICES,
    topK: 'top_k',
    topKMax: 500,
    assistantFirst: true,
    reasoning: 'thinking',
    cache: cacheMin && {
      min: cacheMin,
      ttls: hourLong ? ['5m', '1h'] : ['5m'],
      fields: ['tools', 'system', 'messages'],
    },
    ...facts,
  });
}
const K200 = 200_000;
const M1 = 1_000_000;
const NO_FORMAT = { structuredOutput: false };
const EXCLUSIVE = { exclusiveSampling: true };
const ON = { thinksByDefault: true, structuredOutput: false };
for (const name of ['v1', 'v2', 'v2:1', 'instant-v1']) {
  claude(name, 'old', name === 'v2' ? UNKNOWN : 8191, 100_000, '', 0, { tools: false });
}
claude('3-haiku-20240307-v1:0', 'old', 4096, K200, '', 0);
claude('3-sonnet-20240229-v1:0', 'old', 4096, K200, '', 0);
claude('3-opus-20240229-v1:0', 'old', 4096, K200, 'us eu', 0);
claude('3-5-sonnet-20240620-v1:0', 'old', 8192, K200, 'us eu', 0);
claude('3-5-sonnet-20241022-v2:0', 'old', 8192, K200, 'us eu', 1024);
claude('3-5-haiku-20241022-v1:0', 'old', 8192, K200, 'us eu', 2048);
claude('3-7-sonnet-20250219-v1:0', 'budget', 64_000, K200, 'us eu', 1024, { topPWhileThinking: 2 });
claude('sonnet-4-20250514-v1:0', 'budget', 64_000, K200, 'us eu apac global', 1024);
claude('opus-4-20250514-v1:0', 'budget', 32_000, K200, 'us eu', 1024);
claude('opus-4-1-20250805-v1:0', 'budget', 32_000, K200, 'us eu', 1024, {
  ...EXCLUSIVE,
  ...NO_FORMAT,
});
claude(
  'sonnet-4-5-20250929-v1:0',
  'budget',
  64_000,
  K200,
  'us us-gov eu jp au global',
  1024,
  EXCLUSIVE,
);
claude(
  'haiku-4-5-20251001-v1:0',
  'budget',
  64_000,
  K200,
  'us eu apac jp au in global',
  4096,
  EXCLUSIVE,
);
claude('opus-4-5-20251101-v1:0', 'budget', 64_000, K200, 'us eu global', 4096, {
  ...EXCLUSIVE,
  effortBeta: 'effort-2025-11-24',
});
claude('opus-4-6-v1', '4.6', 128_000, M1, 'us eu au global', 4096, EXCLUSIVE);
claude('sonnet-4-6', '4.6', 64_000, M1, 'us eu jp au global', 1024, EXCLUSIVE);
claude('opus-4-7', 'adaptive', 128_000, M1, 'us eu jp au global', 4096, NO_FORMAT);
claude('opus-4-8', 'adaptive', 128_000, M1, 'us us-gov eu jp au global', 1024, NO_FORMAT);
claude('opus-5', 'adaptive', 128_000, M1, 'us us-gov eu jp au in global', 512, {
  ...ON,
  capWhenDisabled: true,
});
claude('sonnet-5', 'adaptive', 128_000, M1, 'us us-gov eu jp au in global', 1024, ON);
claude('haiku-5-5', 'adaptive', 128_000, M1, 'us us-gov eu jp au global', 512, {
  ...ON,
  capWhenDisabled: true,
  bindsThinking: true,
});
const NEVER_FORCED = { ...ON, toolChoice: ['auto'], bindsThinking: true };
claude('sonnet-5-5', 'between', 128_000, M1, 'us us-gov eu jp au global', 512, NEVER_FORCED);
claude('opus-5-5', 'always', 128_000, M1, 'us us-gov eu jp au global', 512, NEVER_FORCED);
claude('fable-5', 'always', 128_000, M1, 'us eu apac au global', 512, ON);
claude('fable-5-1', 'always', 128_000, M1, 'us us-gov eu global', 512, {
  ...NEVER_FORCED,
  toleratedTopP: 0.99,
});
claude('fable-5-2', 'always', 128_000, M1, 'global', 512, NEVER_FORCED);
claude('mythos-5-1', 'always', 128_000, M1, 'us global', 512, {
  ...NEVER_FORCED,
  bindsThinking: false,
  structuredOutput: undefined,
});
claude('mythos-5-2', 'always', 128_000, M1, 'global', 512, {
  ...NEVER_FORCED,
  structuredOutput: undefined,
});

// ── Amazon ───────────────────────────────────────────────────────────────────────────────────
function nova(name, maxOutput, context, geo, cacheMin, facts = {}) {
  add(`amazon.nova-${name}`, 'nova', maxOutput, context, {
    geo,
    toolChoice: ALL_CHOICES,
    topK: 'inferenceConfig.topK',
    topKMax: 128,
    video: true,
    minTemperature: 0.00001,
    cache: cacheMin && { min: cacheMin, ttls: ['5m'], fields: ['system', 'messages'] },
    ...facts,
  });
}
nova('micro-v1:0', 10_000, 128_000, 'us eu apac', 1536, { video: false });
nova('lite-v1:0', 10_000, 300_000, 'us eu apac ca', 1536, { reasoningHistory: false });
nova('pro-v1:0', 10_000, 300_000, 'us eu apac', 1000, { reasoningHistory: false, ...NO_FORMAT });
nova('premier-v1:0', 10_000, M1, 'us', 1000, NO_FORMAT);
const NOVA_2 = { reasoning: 'reasoningConfig', nova2: true };
nova('2-lite-v1:0', 64_000, M1, 'us eu apac jp global', 1000, { ...NOVA_2, ...NO_FORMAT });
nova('2-pro-preview-20251202-v1:0', 64_000, M1, 'us eu apac', 0, NOVA_2);
const TITAN = { system: false, tools: false, topK: false, minTopP: 0.0001 };
add('amazon.titan-text-express-v1', 'titan', 8192, 8000, TITAN);
add('amazon.titan-text-lite-v1', 'titan', 4096, 4000, TITAN);
add('amazon.titan-tg1-large', 'titan', UNKNOWN, UNKNOWN, TITAN);
add('amazon.titan-text-premier-v1:0', 'titan', 3072, 32_000, TITAN);

// ── OpenAI, xAI ──────────────────────────────────────────────────────────────────────────────
const GPT = {
  geo: 'us global',
  profileOnly: true,
  toolChoice: ALL_CHOICES,
  topK: false,
  fixedSampling: true,
  minMaxTokens: 16,
  reasoning: 'reasoning.effort',
  reasoningHistory: false,
};
const NO_NONE = { refusedEfforts: ['none', 'minimal'] };
add('openai.gpt-5.6-sol', 'gpt', 128_000, 1_050_000, { ...GPT, ...NO_FORMAT });
for (const name of ['5.6-luna', '5.6-terra']) {
  add(`openai.gpt-${name}`, 'gpt', 128_000, 1_050_000, { ...GPT, geo: 'us in global' });
}
for (const name of ['6-luna', '6-sol', '6.1-terra']) {
  add(`openai.gpt-${name}`, 'gpt', 128_000, 1_050_000, GPT);
}
add('openai.gpt-6-astra', 'gpt', 128_000, 1_050_000, { ...GPT, ...NO_NONE });
add('openai.gpt-6.1-sol', 'gpt', 131_072, M1, { ...GPT, ...NO_NONE });
const OSS = { topK: false, reasoning: 'reasoning_effort', thinksByDefault: true, ...NO_NONE };
add('openai.gpt-oss-120b-1:0', 'oss', 16_384, 128_000, { ...OSS, geo: 'us-gov' });
add('openai.gpt-oss-20b-1:0', 'oss', 16_384, 128_000, { ...OSS, geo: 'us-gov' });
add('openai.gpt-oss-safeguard-120b', 'oss', 16_000, 128_000, OSS);
add('openai.gpt-oss-safeguard-20b', 'oss', 16_000, 128_000, OSS);
const GROK = { ...GPT, topK: undefined, plainPatterns: true, ...NO_NONE };
add('xai.grok-4.6', 'grok', 500_000, 500_000, { ...GROK, geo: 'us us-gov global', ...NO_FORMAT });
add('xai.grok-4.7', 'grok', 524_288, 500_000, GROK);

// ── Meta ─────────────────────────────────────────────────────────────────────────────────────
const LLAMA = {
  topK: false,
  streamingWithTools: false,
  soleResults: true,
  reasoningHistory: false,
};
for (const name of ['3-8b', '3-70b']) {
  add(`meta.llama${name}-instruct-v1:0`, 'llama', 2048, 8192, { ...LLAMA, tools: false });
}
for (const size of ['13b', '70b']) {
  add(`meta.llama2-${size}-chat-v1`, 'llama', 4096, 4096, { ...LLAMA, tools: false });
}
for (const name of ['3-1-8b', '3-1-70b', '3-1-405b']) {
  add(`meta.llama${name}-instruct-v1:0`, 'llama', 4096, 128_000, { ...LLAMA, geo: 'us' });
}
const LLAMA_3_2 = { ...LLAMA, geo: 'us', profileOnly: true };
for (const name of ['3-2-1b', '3-2-3b']) {
  add(`meta.llama${name}-instruct-v1:0`, 'llama', 4096, 128_000, {
    ...LLAMA_3_2,
    geo: 'us eu',
    tools: false,
  });
}
for (const name of ['3-2-11b', '3-2-90b']) {
  add(`meta.llama${name}-instruct-v1:0`, 'llama', 4096, 128_000, LLAMA_3_2);
}
add('meta.llama3-3-70b-instruct-v1:0', 'llama', 4096, 128_000, { ...LLAMA_3_2, ...NO_FORMAT });
add('meta.llama4-maverick-17b-instruct-v1:0', 'llama', 8192, M1, { ...LLAMA_3_2, ...NO_FORMAT });
add('meta.llama4-scout-17b-instruct-v1:0', 'llama', 8192, 10 * M1, { ...LLAMA_3_2, ...NO_FORMAT });

// ── Mistral ──────────────────────────────────────────────────────────────────────────────────
const MISTRAL = { soleResults: true, shortToolUseIds: true, toolChoice: undefined };
const MISTRAL_OLD = { ...MISTRAL, maxStops: 10, topK: 'top_k', streamingWithTools: false };
const MISTRAL_NEW = { ...MISTRAL, topK: false };
const NO_SYSTEM = { ...MISTRAL_OLD, system: false, tools: false };
add('mistral.mistral-7b-instruct-v0:2', 'mistral', 8192, 32_000, NO_SYSTEM);
add('mistral.mixtral-8x7b-instruct-v0:1', 'mistral', 4096, 32_000, NO_SYSTEM);
const LARGE = { ...MISTRAL_OLD, toolChoice: ['auto', 'any'], reasoningHistory: false };
add('mistral.mistral-large-2402-v1:0', 'mistral', 8192, 32_000, LARGE);
add('mistral.mistral-large-2407-v1:0', 'mistral', 8192, 128_000, LARGE);
add('mistral.mistral-small-2402-v1:0', 'mistral', 8192, 32_000, MISTRAL_OLD);
add('mistral.pixtral-large-2502-v1:0', 'mistral', 16_384, 128_000, {
  ...MISTRAL_NEW,
  geo: 'us eu',
  streamingWithTools: false,
});
add('mistral.mistral-large-3-675b-instruct', 'mistral', 32_000, 256_000, {
  ...MISTRAL_NEW,
  reasoningHistory: false,
});
add('mistral.devstral-2-123b', 'mistral', 32_000, 256_000, {
  ...MISTRAL_NEW,
  reasoningHistory: false,
});
add('mistral.magistral-small-2509', 'mistral', 40_000, 128_000, {
  ...MISTRAL_NEW,
  thinksByDefault: true,
});
for (const size of ['3b', '8b', '14b']) {
  add(`mistral.ministral-3-${size}-instruct`, 'mistral', 8000, 128_000, {
    ...MISTRAL_NEW,
    reasoningHistory: false,
  });
}
add('mistral.voxtral-mini-3b-2507', 'mistral', 8192, 32_768, MISTRAL_NEW);
add('mistral.voxtral-small-24b-2507', 'mistral', 8192, 32_768, MISTRAL_NEW);

// ── The others ───────────────────────────────────────────────────────────────────────────────
add('deepseek.r1-v1:0', 'deepseek', 32_768, 128_000, {
  geo: 'us',
  topK: false,
  maxStops: 10,
  tools: false,
  thinksByDefault: true,
  reasoningHistory: false,
});
const DEEPSEEK = {
  topK: false,
  maxStops: 10,
  toolChoice: ['auto', 'any'],
  reasoning: 'reasoning_effort',
  ignoresThinking: true,
};
add('deepseek.v3-v1:0', 'deepseek', 8000, 128_000, DEEPSEEK);
add('deepseek.v3.2', 'deepseek', 8000, 164_000, { ...DEEPSEEK, geo: 'us eu' });
const QWEN_BARE = { assistantFirst: true, reasoningHistory: false };
const QWEN = { assistantFirst: true, reasoning: 'reasoning_config' };
add('qwen.qwen3-235b-a22b-2507-v1:0', 'qwen', 8192, 262_144, { ...QWEN, ...QWEN_BARE });
add('qwen.qwen3-32b-v1:0', 'qwen', 8192, 32_768, QWEN);
add('qwen.qwen3-next-80b-a3b', 'qwen', 8000, 256_000, QWEN);
add('qwen.qwen3-vl-235b-a22b', 'qwen', 8000, 256_000, QWEN);
add('qwen.qwen3-coder-30b-a3b-v1:0', 'qwen', 16_384, 262_144, QWEN_BARE);
add('qwen.qwen3-coder-480b-a35b-v1:0', 'qwen', 16_384, 131_072, QWEN_BARE);
add('qwen.qwen3-coder-next', 'qwen', 16_000, 256_000, QWEN_BARE);
const KIMI = {
  assistantFirst: true,
  toolChoice: ALL_CHOICES,
  reasoning: 'reasoning_effort',
  refusesCachePoint: true,
};
add('moonshot.kimi-k2-thinking', 'kimi', 16_000, 256_000, KIMI);
add('moonshotai.kimi-k2.5', 'kimi', 16_000, 256_000, { ...KIMI, maxImageBytes: 3_000_000 });
const KIMI_3 = { ...KIMI, minMaxTokens: 16, plainPatterns: true };
add('moonshotai.kimi-k3', 'kimi', 131_072, M1, { ...KIMI_3, geo: 'us in global' });
add('moonshotai.kimi-k3.1', 'kimi', UNKNOWN, M1, { ...KIMI_3, geo: 'global' });
const GLM = { assistantFirst: true, toolChoice: ['auto', 'any'], reasoning: 'reasoning_effort' };
add('zai.glm-4.7', 'glm', 128_000, 203_000, GLM);
add('zai.glm-4.7-flash', 'glm', 128_000, 203_000, GLM);
add('zai.glm-5', 'glm', 128_000, K200, GLM);
add('zai.glm-5.3', 'glm', 128_000, M1, {
  ...GLM,
  geo: 'us global',
  toolChoice: ALL_CHOICES,
  ...NO_NONE,
});
add('minimax.minimax-m2', 'minimax', 8000, 196_608, { thinksByDefault: true });
add('minimax.minimax-m2.1', 'minimax', 8000, 196_000, { thinksByDefault: true });
add('minimax.minimax-m2.5', 'minimax', 8000, 196_000, { thinksByDefault: true });
for (const [name, maxOutput, context] of [
  ['nano-12b-v2', 8000, 128_000],
  ['nano-9b-v2', 8000, 128_000],
  ['nano-3-30b', 8000, 256_000],
  ['super-3-120b', 32_000, 256_000],
]) {
  add(`nvidia.nemotron-${name}`, 'nemotron', maxOutput, context, {
    geo: 'us-gov',
    reasoningHistory: false,
  });
}
for (const size of ['4b', '12b', '27b']) {
  add(`google.gemma-3-${size}-it`, 'gemma', 8000, 128_000, {
    toolChoice: undefined,
    reasoningHistory: false,
  });
}
const PALMYRA = {
  geo: 'us',
  toolChoice: undefined,
  streamingWithTools: false,
  soleResults: true,
  reasoningHistory: false,
};
add('writer.palmyra-x4-v1:0', 'palmyra', 8192, 128_000, PALMYRA);
add('writer.palmyra-vision-7b', 'palmyra', 4096, 4096, { ...PALMYRA, geo: '' });
add('writer.palmyra-x5-v1:0', 'palmyra', 8192, M1, PALMYRA);
for (const size of ['large', 'mini']) {
  add(`ai21.jamba-1-5-${size}-v1:0`, 'jamba', 4096, 256_000, {
    topK: false,
    toolChoice: [],
  });
}
add('ai21.jamba-instruct-v1:0', 'jamba', 4096, 70_000, { topK: false, tools: false });
const COMMAND_R = { toolChoice: [], topK: 'k', minTopP: 0.01, maxTopP: 0.99 };
add('cohere.command-r-v1:0', 'cohere', 4096, 128_000, COMMAND_R);
add('cohere.command-r-plus-v1:0', 'cohere', 4096, 128_000, COMMAND_R);
const BARE = { system: false, tools: false };
for (const name of ['text-v14', 'light-text-v14']) {
  add(`cohere.command-${name}`, 'cohere', 4096, 4096, BARE);
}
for (const name of ['mid-v1', 'ultra-v1']) add(`ai21.j2-${name}`, 'j2', 8191, 8191, BARE);

/** Strips a geo prefix: `us.anthropic.claude-opus-5` → `['us', 'anthropic.claude-opus-5']`. */
function splitGeo(id) {
  const match = new RegExp(`^(${GEO})\\.(.+)$`).exec(id);
  return match ? [match[1], match[2]] : [undefined, id];
}

/**
 * The models of one server: the table, and what its user has added.
 *
 * @param {Record<string, string>} [extra] id of a model the table lacks → id of one it behaves like
 */
function modelTable(extra = {}) {
  const table = new Map(models);
  for (const [id, like] of Object.entries(extra)) {
    const known = models.get(like);
    if (!known) throw new TypeError(`models: ${like}, which ${id} is to behave like, is unknown`);
    table.set(id, { ...known, id });
  }
  return {
    /** A base id, its provisioned-throughput variant (`…:51k`) included. */
    find: (id) => table.get(id) ?? table.get(id.replace(/:\d+k$/, '')),
    all: () => [...table.values()],
    prefixesOf: (model) => model.geo.split(' ').filter(Boolean),
  };
}

const isNew = (model) => ['adaptive', 'between', 'always'].includes(model.cls);
const callableFrom = (geo, region) => region === undefined || SOURCES[geo].test(region);

module.exports = { modelTable, splitGeo, callableFrom, isNew };
