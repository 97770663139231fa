'use strict';

/**
 * What LibreChat's own parsers make of a user's settings, sent through ARNs: the stand-in refuses
 * what Bedrock refuses, and nothing may be refused.
 */

const { ChatBedrockConverse } = require('@langchain/aws');
const {
  bedrockInputParser,
  bedrockOutputParser,
  removeNullishValues,
} = require('librechat-data-provider');
const {
  FAMILIES,
  REGION,
  arnOf,
  collect,
  failure,
  lastRequest,
  opener,
  runtimeRequests,
} = require('./support/langchain.js');

const open = opener({ afterEach });

/** Settings as the panel sends them and as agents keep them. */
const SETTINGS = {
  nothing: {},
  sampling: { temperature: 0.4, topP: 0.9, topK: 40 },
  thinking: { thinking: true, thinkingBudget: 3000, maxTokens: 3000, temperature: 0.4 },
  'thinking off': { thinking: false, temperature: 0.4, topP: 0.5 },
  effort: { thinking: true, effort: 'xhigh', topK: 10 },
  'most effort without thinking': { thinking: false, effort: 'max' },
  'reasoning effort': { reasoning_effort: 'high' },
  everything: {
    temperature: 1,
    topP: 0.999,
    topK: 250,
    thinking: true,
    thinkingBudget: 16_000,
    maxTokens: 8192,
    promptCache: true,
    promptCacheTtl: '1h',
    stop: ['END'],
  },
  'few tokens': { maxTokens: 5, temperature: 0, topP: 0, thinking: true },
  'a million tokens': { maxOutputTokens: 1_000_000, maxTokens: 1_000_000 },
  "another model's leftovers": {
    additionalModelRequestFields: {
      thinking: { type: 'enabled', budget_tokens: 2000 },
      anthropic_beta: ['output-128k-2025-02-19'],
      output_config: { effort: 'max' },
      reasoning_config: 'high',
      top_k: 40,
    },
  },
  "a preset's system": { system: 'Be brief.', max_tokens: 20, topK: 5 },
};

/** As LibreChat's initializeBedrock does it. */
const parse = (settings) =>
  bedrockOutputParser(bedrockInputParser.parse(removeNullishValues(structuredClone(settings))));

/** What the parsers see: the model, where LibreChat maps it to the ARN, or the bare ARN. */
function configs(server, id, settings) {
  const arn = arnOf(server, id);
  const { model } = server.profiles.find((profile) => profile.arn === arn);
  return {
    mapped: {
      ...parse({ model, region: REGION, ...settings }),
      applicationInferenceProfile: arn,
    },
    bare: parse({ model: arn, region: REGION, ...settings }),
  };
}

const say = (config, client, method) => {
  const chat = new ChatBedrockConverse({ ...config, client });
  return method === 'invoke'
    ? chat.invoke('Good day')
    : chat.stream('Good day').then((stream) => collect(stream));
};

describe.each(Object.entries(FAMILIES))('%s', (_family, id) => {
  test.each(Object.entries(SETTINGS))('takes %s', async (_name, settings) => {
    const server = await open.server();
    const client = open.profileClient(server, { logger: { warn() {} } });
    const asked = [];
    for (const [seen, config] of Object.entries(configs(server, id, settings))) {
      for (const method of ['stream', 'invoke']) {
        await say(config, client, method);
        const { status, modelId, operation } = lastRequest(server);
        asked.push({ seen, status, operation });
        expect(modelId).toBe(arnOf(server, id));
      }
    }
    expect(asked).toEqual([
      { seen: 'mapped', status: 200, operation: 'ConverseStream' },
      { seen: 'mapped', status: 200, operation: 'Converse' },
      { seen: 'bare', status: 200, operation: 'ConverseStream' },
      { seen: 'bare', status: 200, operation: 'Converse' },
    ]);
    expect(runtimeRequests(server)).toHaveLength(4);
    expect(server.failures).toEqual([]);
  });
});

describe('without gating the same settings are refused', () => {
  test.each([
    ['Claude 3.7', 'sampling', 'mapped', 'R1'],
    ['Claude Sonnet 4.5', 'sampling', 'mapped', 'S1'],
    ['Claude Sonnet 4.5', 'thinking', 'mapped', 'R1'],
    ['Claude Sonnet 4.5', 'sampling', 'bare', 'S1'],
    ['Claude Sonnet 4.6', 'effort', 'mapped', 'R17'],
    ['Claude Opus 4.7', 'sampling', 'bare', 'S2'],
    ['Claude Opus 5', 'a million tokens', 'mapped', 'T1'],
    ['Claude Haiku 5.5', 'sampling', 'bare', 'S2'],
    ['Nova Pro', 'sampling', 'mapped', 'S7'],
    ['Nova 2 Lite', 'reasoning effort', 'mapped', 'R24'],
    ['Llama 4', 'sampling', 'mapped', 'S9'],
    ['gpt-oss', 'reasoning effort', 'mapped', 'R24'],
    ['GPT-5.6', 'sampling', 'mapped', 'S3'],
    ['GPT-5.6', 'few tokens', 'bare', 'S3'],
  ])('%s, %s, %s: %s', async (family, name, seen, rule) => {
    const server = await open.server();
    const client = open.profileClient(server, { gating: 'off', logger: { warn() {} } });
    const config = configs(server, FAMILIES[family], SETTINGS[name])[seen];
    const error = await failure(say(config, client, 'stream'));
    expect(error.name).toBe('ValidationException');
    expect(lastRequest(server).rule).toBe(rule);
  });
});

describe('what the user chose arrives in the words of the model', () => {
  const sent = async (family, settings) => {
    const server = await open.server();
    const client = open.profileClient(server, { logger: { warn() {} } });
    await say(configs(server, FAMILIES[family], settings).mapped, client, 'stream');
    const { inferenceConfig, additionalModelRequestFields } = lastRequest(server).body;
    return { ...inferenceConfig, ...additionalModelRequestFields };
  };
  const { everything, effort, sampling } = SETTINGS;

  test.each([
    [
      'Claude 3.7',
      everything,
      {
        maxTokens: 8192,
        temperature: 1,
        thinking: { type: 'enabled', budget_tokens: 7372 },
        anthropic_beta: ['output-128k-2025-02-19'],
      },
    ],
    [
      'Claude Sonnet 4.6',
      effort,
      {
        maxTokens: 64_000,
        thinking: { type: 'adaptive' },
        output_config: { effort: 'high' },
      },
    ],
    [
      'Claude Opus 4.7',
      { ...sampling, ...effort },
      {
        maxTokens: 128_000,
        thinking: { type: 'adaptive', display: 'summarized' },
        output_config: { effort: 'xhigh' },
      },
    ],
    ['Nova Pro', sampling, { temperature: 0.4, topP: 0.9, inferenceConfig: { topK: 40 } }],
    [
      'Nova 2 Lite',
      { reasoning_effort: 'low', temperature: 0.4 },
      { temperature: 0.4, reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } },
    ],
    ['Llama 4', sampling, { temperature: 0.4, topP: 0.9 }],
    [
      'gpt-oss',
      { reasoning_effort: 'low', ...sampling },
      { temperature: 0.4, topP: 0.9, reasoning_effort: 'low' },
    ],
    ['GPT-5.6', { reasoning_effort: 'high', ...sampling }, { reasoning: { effort: 'high' } }],
  ])('%s', async (family, settings, expected) => {
    const { anthropic_beta: betas, ...fields } = await sent(family, settings);
    const { anthropic_beta: expectedBetas, ...expectedFields } = expected;
    expect(fields).toEqual(expectedFields);
    if (expectedBetas) expect(betas).toEqual(expectedBetas);
  });
});
