'use strict';

// LibreChat answers its page with one list of models for each endpoint. Where `lists.js` has put
// aliases beside the ARNs of Bedrock's, the page gets the aliases alone.

const { isWanted } = require('./arn-aliases.js');
const { withoutArns } = require('./lists.js');

const PACKAGE = 'express';

const fits = (exported) => typeof exported?.response?.json === 'function';

/**
 * The exports, of which one method is changed.
 *
 * @param {{ response: { json: Function } }} exported
 */
function patch(exported) {
  const { json } = exported.response;
  exported.response.json = function jsonWithAliases(body, ...rest) {
    return Reflect.apply(json, this, [listsIn(body), ...rest]);
  };
  return exported;
}

function listsIn(body) {
  const models = body?.bedrock;
  if (!Array.isArray(models) || !models.some(isArn)) return body;
  return { ...body, bedrock: withoutArns(models) };
}

const isArn = (model) => typeof model === 'string' && model.startsWith('arn:');

module.exports = { PACKAGE, isWanted, fits, patch };
