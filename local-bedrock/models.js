'use strict';

/**
 * What the stand-in knows about models: the facts of the catalog, in the words of its rules. It has no
 * table of its own. What was seen of the service is kept in the tests, which hold the catalog to it.
 */

const { catalogModels } = require('../lib/catalog');
const { lazy } = require('../lib/lazy');

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

const GEO = Object.keys(SOURCES).join('|');

/** How Claude may be told to think. Of an unknown model nothing is refused. */
function thinkingOf({ thinkingTypes: types, supported }) {
  const takes = (type) => types?.includes(type);
  return {
    /** No thinking at all. */
    refused: supported === false,
    budget: takes('enabled'),
    /** Only where it is known that a budget is refused, and so on. */
    noBudget: types !== undefined && !takes('enabled'),
    noAdaptive: types !== undefined && !takes('adaptive'),
    noDisabled: types !== undefined && !takes('disabled'),
    between: takes('between_tools'),
  };
}

/** The facts of the models that Converse serves. */
const served = lazy(() => catalogModels().filter(({ converse }) => converse === true));

/** Adaptive thinking may begin anywhere. */
const hasBudgetsOnly = (types = []) => types.includes('enabled') && !types.includes('adaptive');

/** One model as the rules look at it. A limit that no source states is none. */
function modelOf(facts) {
  const { reasoning = {}, tools = {}, topK = {}, stopSequences = {}, inputs = {} } = facts;
  const { temperature = {}, topP = {}, promptCaching: caching = {} } = facts;
  return {
    id: facts.model,
    provider: facts.provider,
    claude: facts.provider === 'Anthropic',
    /** Geo prefixes of its system profiles. */
    geo: facts.inferenceProfilePrefixes ?? [],
    inputs,
    streaming: facts.streaming,
    legacyDate: facts.legacyDate,
    eolDate: facts.eolDate,
    /** Served through a profile only. */
    profileOnly: facts.onDemand === false,
    context: facts.contextWindow ?? Infinity,
    maxOutput: facts.maxOutputTokens ?? Infinity,
    minMaxTokens: facts.minMaxTokens ?? 1,
    /** The answer counts towards the context window. */
    countsAnswer: facts.answerInWindow === true,
    betas: facts.betas ?? [],
    noSystem: facts.systemPrompt === false,
    /** Whether a conversation with it may begin with the assistant. */
    assistantFirst: facts.assistantFirst === true,
    /** Kinds of content that it does not take. */
    refusedContent: Object.keys(inputs).filter((kind) => inputs[kind] === false),
    noCitations: facts.citations === false,
    maxImageBytes: inputs.maxImageBytes,
    noFormat: facts.structuredOutput === false,
    temperature,
    topP,
    /** Only one of temperature and topP. */
    exclusiveSampling: facts.temperatureAndTopPExclusive === true,
    topK,
    maxStops: stopSequences.max ?? Infinity,
    noStops: stopSequences.supported === false,
    /** The member it takes reasoning settings in, without what is below it. */
    reasoningField: reasoning.field?.split('.')[0],
    thinking: thinkingOf(reasoning),
    thinksByDefault: reasoning.defaultOn === true,
    /** Efforts that it takes; `undefined`: not known, nothing is refused. */
    efforts: reasoning.efforts,
    effortBeta: reasoning.effortBeta,
    maxEffortWhenDisabled: reasoning.maxEffortWhenDisabled,
    minBudget: reasoning.minBudget,
    /** While it thinks, temperature is 1 and top-k is unset. */
    fixedWhileThinking: reasoning.temperatureLocked === true,
    minTopPWhileThinking: reasoning.minTopP,
    noForcedToolsWhileThinking: reasoning.forbidsForcedTools === true,
    noPrefill: reasoning.rejectsPrefill === true,
    noReasoningHistory: reasoning.acceptsHistory === false,
    noRedacted: reasoning.acceptsRedacted === false,
    /** Reasoning in the history needs its signature; it may not be an empty one. */
    needsSignature: reasoning.needsSignature === true,
    noEmptySignature: reasoning.acceptsEmptySignature === false,
    /** While it thinks with a budget, a loop of tools begins with reasoning. */
    loopNeedsReasoning: facts.provider === 'Anthropic' && hasBudgetsOnly(reasoning.thinkingTypes),
    tools: {
      refused: tools.supported === false,
      /** Members of toolChoice that it takes; `undefined`: not known, nothing is refused. */
      choice: tools.toolChoice,
      notStreaming: tools.streaming === false,
      noStrict: tools.strict === false,
      noStatus: tools.resultStatus === false,
      noImages: tools.resultImages === false,
      /** A turn with results, or with calls, holds nothing else. */
      soleResults: tools.mixedResults === false,
      soleCalls: tools.textBesideCalls === false,
      noMediaBeside: tools.mediaBesideResults === false,
      noLookaround: tools.schemaLookaround === false,
      /** No oneOf, allOf or anyOf at the top of a schema. */
      noSchemaUnions: tools.schemaUnions === false,
      /** What the names of a schema's own properties must match. */
      propertyKey: tools.propertyKeyPattern && new RegExp(tools.propertyKeyPattern),
      useId: tools.useIdPattern && new RegExp(tools.useIdPattern),
    },
    /** Explicit prompt caching; `undefined` where there is none. */
    cache:
      caching.supported === true
        ? {
            min: caching.minTokens ?? 0,
            max: caching.maxCheckpoints ?? Infinity,
            ttls: caching.ttls ?? ['5m'],
            fields: caching.fields ?? ['tools', 'system', 'messages'],
            besideTools: caching.besideTools !== false,
          }
        : undefined,
  };
}

/** Strips a geo prefix: `us.anthropic.claude-opus-5` → `['us', 'anthropic.claude-opus-5']`. */
function splitGeo(id) {
  const match = new RegExp(`^(${GEO})\\.(.+)$`).exec(id);
  return match ? [match[1], match[2]] : [undefined, id];
}

/**
 * The models of one server: those that Converse serves, and what its user has added.
 *
 * @param {Record<string, string>} [extra] id of a model the catalog lacks → id of one it behaves like
 */
function modelTable(extra = {}) {
  const table = new Map(served().map((facts) => [facts.model, modelOf(facts)]));
  for (const [id, like] of Object.entries(extra)) {
    const known = table.get(like);
    if (!known) throw new TypeError(`models: ${like}, which ${id} is to behave like, is unknown`);
    table.set(id, { ...known, id });
  }
  return {
    /** A base id, its provisioned-throughput variant (`…:51k`) included. */
    find: (id) => table.get(id) ?? table.get(id.replace(/:\d+k$/, '')),
    all: () => [...table.values()],
    prefixesOf: (model) => model.geo,
  };
}

const callableFrom = (geo, region) => region === undefined || SOURCES[geo].test(region);

module.exports = { modelTable, splitGeo, callableFrom };
