'use strict';

// `BEDROCK_PROFILE_ALIASES=auto`: LibreChat's page chooses its parameter panel by the model's name, and
// finds none in an ARN. So each ARN of the list of models gets an alias, `<label or name>.<vendor>.<model>`.
// LibreChat checks requests against the same list: it holds both here, and `express.js` leaves out the
// ARNs when the list is sent.

const aliases = require('../aliases.js');
const environment = require('../environment.js');
const { withOthers } = require('./exports.js');
const { say } = require('./say.js');

const PACKAGE = '@librechat/api';

/** Milliseconds that a list waits for AWS. */
const PATIENCE = 3000;

/** Whether the operator has chosen it. */
function isWanted() {
  const mode = environment.profileAliases();
  if (mode === undefined) return false;
  if (mode.trim().toLowerCase() === 'auto') return true;
  say(`BEDROCK_PROFILE_ALIASES is ${JSON.stringify(mode)} and changes nothing; it can be "auto".`);
  return false;
}

/** Whether the exports have what makes LibreChat's list; older versions make that of librechat.yaml elsewhere. */
const fits = (exported) => typeof exported?.getBedrockModels === 'function';

/**
 * The exports with lists in which each ARN has its alias beside it.
 *
 * @param {Record<string, any>} exported
 */
function patch(exported) {
  const { getBedrockModels, createLoadConfigModels } = exported;
  let usual;
  const usualModels = {
    getBedrockModels(...given) {
      usual = Reflect.apply(getBedrockModels, this, given);
      return withAliases(usual);
    },
  };
  if (typeof createLoadConfigModels !== 'function') return withOthers(exported, usualModels);
  return withOthers(exported, {
    ...usualModels,
    createLoadConfigModels(...given) {
      const load = Reflect.apply(createLoadConfigModels, this, given);
      return async function loadConfigModels(...asked) {
        const config = await Reflect.apply(load, this, asked);
        // What librechat.yaml says goes before the usual list, which may have been made too early.
        const models = config?.bedrock ?? usual;
        await answered(models);
        return Array.isArray(models) ? { ...config, bedrock: withAliases(models) } : config;
      };
    },
  });
}

/** Until AWS has said, or refused to say, what is behind a list's ARNs, or for as long as a list waits. */
async function answered(models) {
  let timer;
  const patience = new Promise((resolve) => {
    timer = setTimeout(resolve, PATIENCE);
  });
  const { about, begin } = require('./ahead.js');
  await Promise.race([begin().then(() => about(models)), patience]);
  clearTimeout(timer);
}

/** A list of models with the aliases of its ARNs behind it. */
function withAliases(models) {
  if (!Array.isArray(models)) return models;
  const more = [...aliasesOf(models).values()].filter((alias) => !models.includes(alias));
  return more.length === 0 ? models : [...models, ...more];
}

/** A list of models with aliases in the place of their ARNs. */
function withoutArns(models) {
  const names = aliasesOf(models);
  return [...new Set(models.map((model) => names.get(model) ?? model))];
}

/**
 * The aliases of those ARNs of a list whose models are known. ARNs of one name are told apart by their
 * ids, all of them: an alias must not come to stand for another profile because the list has changed.
 *
 * @param {unknown[]} models
 * @returns {Map<string, string>}
 */
function aliasesOf(models) {
  const profiles = models.map(behindArn).filter(Boolean);
  if (profiles.length === 0) return new Map();
  const plain = profiles.map((profile) => namesOf(profile)[0]);
  const { isMapped } = require('../profiles.js');
  const named = profiles.map((profile, at) => {
    const isShared = plain.filter((name) => name === plain[at]).length > 1;
    const names = namesOf(profile, isShared);
    const isFree = (name) =>
      (aliases.profileNamed(name)?.arn ?? profile.arn) === profile.arn && !isMapped(name);
    return [profile.arn, aliases.give(names.find(isFree) ?? names.at(-1), profile)];
  });
  return new Map(named);
}

function behindArn(model) {
  if (typeof model !== 'string' || !model.startsWith('arn:')) return undefined;
  try {
    return require('../profiles.js').resolveInferenceProfile(model);
  } catch {
    return undefined; // without the addon, of which the parsers tell
  }
}

function namesOf(profile, withId = false) {
  const { arn, label, name, kind, region } = profile;
  // The ARN of a model itself has no better name than where it is.
  const isPlain = ['foundation-model', 'system-profile'].includes(kind);
  const prefix = label ?? name ?? (isPlain ? region : undefined);
  return aliases.namesFor([withId && prefix ? `${prefix}-${aliases.idOf(arn)}` : prefix], profile);
}

module.exports = { PACKAGE, isWanted, fits, patch, aliasesOf, withoutArns };
