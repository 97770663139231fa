'use strict';

// `BEDROCK_PROFILE_ALIASES=auto`: LibreChat's page chooses its parameter panel by the model's name, and
// finds none in an ARN. So each ARN of the list of models gets an alias, `<label or name>.<vendor>.<model>`.
// LibreChat checks requests against the same list: it holds both here, and `express.js` leaves out the
// ARNs when the list is sent.

const { about, begin } = require('./ahead.js');
const { aliasesOf, isWanted } = require('./arn-aliases.js');
const { withOthers } = require('./exports.js');

const PACKAGE = '@librechat/api';

/** Milliseconds that a list waits for AWS. */
const PATIENCE = 3000;

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

module.exports = { PACKAGE, isWanted, fits, patch, withoutArns };
