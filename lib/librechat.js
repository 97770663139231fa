'use strict';

// The questions that LibreChat's code asks of a model's name, answered for the model behind it. The
// names and signatures are LibreChat's (packages/api/src/utils/tokens.ts) and those of its pull
// request 8801. None of these throws for a name that is none.

require('./node-version.js');

const environment = require('./environment.js');
const { loadInferenceProfiles } = require('./librechat-yaml.js');
const {
  known,
  hidesModel,
  resolveInferenceProfile,
  findInferenceProfile,
  clientMappings,
  keysOfFile,
} = require('./profiles.js');

/** As many entries as BEDROCK_INFERENCE_PROFILE_MAPPINGS may have. */
const MOST_OF_FILE = 10_000;

/** Endpoints whose models are Bedrock's; the names of another endpoint are for LibreChat to know. */
const BEDROCK = new Set([undefined, null, 'bedrock', 'agents']);

/** What is known of a name's model: its id, whether the name hides it, and the catalog's facts. */
function look(modelName, endpoint) {
  const resolved = known(modelName);
  const hidden = resolved !== undefined && hidesModel(resolved);
  const id = resolved?.model ?? modelName;
  return { id, facts: hidden || BEDROCK.has(endpoint) ? factsOf(id) : undefined };
}

/** What the addon's catalog says of a name; `undefined` where it names no model. */
const factsOf = (id) => JSON.parse(require('./load.js').factsOf(id)) ?? undefined;

const isName = (value) => typeof value === 'string' && value !== '';
const isTable = (value) => typeof value === 'object' && value !== null;

/**
 * The name by which LibreChat's tables know the model behind a name: `claude-sonnet-4-6`. The name
 * itself where nothing is known; `undefined` for what is no text.
 *
 * @param {string} modelName
 * @param {string} [endpoint]
 */
function matchModelName(modelName, endpoint) {
  if (typeof modelName !== 'string') return undefined;
  if (modelName === '') return modelName;
  const { id, facts } = look(modelName, endpoint);
  if (!facts?.family) return id === modelName || BEDROCK.has(endpoint) ? id : modelName;
  // `deepseek.r1`: the family alone would say nothing.
  const says = facts.family.includes('-') || facts.provider === null;
  return says ? facts.family : `${facts.provider}.${facts.family}`;
}

/**
 * The context window, in tokens, of the model behind a name.
 *
 * @param {string} modelName
 * @param {string} [endpoint]
 * @param {Record<string, { context?: number } | number>} [endpointTokenConfig] goes before
 *   everything known here, as in LibreChat
 */
function getModelMaxTokens(modelName, endpoint, endpointTokenConfig) {
  return limit('contextWindow', 'context', modelName, endpoint, endpointTokenConfig);
}

/**
 * The most tokens that the model behind a name can answer.
 *
 * @param {string} modelName
 * @param {string} [endpoint]
 * @param {Record<string, { output?: number } | number>} [endpointTokenConfig]
 */
function getModelMaxOutputTokens(modelName, endpoint, endpointTokenConfig) {
  return limit('maxOutputTokens', 'output', modelName, endpoint, endpointTokenConfig);
}

function limit(fact, member, modelName, endpoint, config) {
  if (!isName(modelName)) return undefined;
  const { id, facts } = look(modelName, endpoint);
  return isTable(config)
    ? configured(config, member, [modelName, id])
    : (facts?.[fact] ?? undefined);
}

/** The number for the first of some names that a table of LibreChat's has, or has a part of. */
function configured(config, member, names) {
  const valueAt = (key) => {
    const value = Object.hasOwn(config, key) ? config[key] : undefined;
    const number = isTable(value) ? value[member] : value;
    return typeof number === 'number' ? number : undefined;
  };
  const parts = Object.keys(config).sort((one, other) => other.length - one.length);
  for (const name of names) {
    const exact = valueAt(name);
    if (exact !== undefined) return exact;
  }
  for (const name of names) {
    const part = parts.find((key) => key !== '' && name.toLowerCase().includes(key.toLowerCase()));
    if (part !== undefined && valueAt(part) !== undefined) return valueAt(part);
  }
  return valueAt('system_default');
}

/**
 * The model behind a profile's ARN or an alias; `null` for a plain model id, and where nobody knows.
 *
 * @param {string} modelName
 * @returns {string | null}
 */
function detectBedrockInferenceProfileModel(modelName) {
  return resolveInferenceProfile(modelName)?.model ?? null;
}

/**
 * BEDROCK_INFERENCE_PROFILE_MAPPINGS, the first 10,000 entries of the file of mappings, and
 * librechat.yaml's inferenceProfiles as ARN or alias → model id, links followed. An entry whose model only AWS knows is there once AWS has said it; a faulty one
 * is not.
 *
 * @returns {Record<string, string>}
 */
function loadBedrockInferenceProfileMappings() {
  const all = { ...parsed(environment.mappings()), ...loadInferenceProfiles() };
  const keys = new Set([...keysOfFile(MOST_OF_FILE), ...Object.keys(all)]);
  const entries = [...keys].map((key) => [key, known(key)?.model]);
  return Object.fromEntries(entries.filter(([, model]) => typeof model === 'string'));
}

/** The addon says what is wrong with a text that is no mapping. */
function parsed(text) {
  try {
    return Object(JSON.parse(text ?? '{}'));
  } catch {
    return {};
  }
}

module.exports = {
  matchModelName,
  getModelMaxTokens,
  getModelMaxOutputTokens,
  detectBedrockInferenceProfileModel,
  loadBedrockInferenceProfileMappings,
  loadInferenceProfiles: clientMappings,
  resolveInferenceProfile,
  findInferenceProfile,
};
