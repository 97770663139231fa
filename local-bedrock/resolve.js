'use strict';

/** Which model a modelId in a runtime call means: I1 to I4. */

const { parseArn, partitionOf } = require('./arns');
const { BedrockError, invalidModel } = require('./errors');
const { callableFrom, splitGeo } = require('./models');

const onDemand = (id) =>
  new BedrockError(
    400,
    'ValidationException',
    `Invocation of model ID ${id} with on-demand throughput isn’t supported. Retry your request ` +
      'with the ID or ARN of an inference profile that contains this model.',
    { rule: 'I1' },
  );

function byId(id, region, table) {
  const [geo, base] = splitGeo(id);
  const model = table.find(base);
  if (!model) throw invalidModel();
  if (geo) {
    if (!callableFrom(geo, region) || !table.prefixesOf(model).includes(geo)) throw invalidModel();
  } else if (model.profileOnly) {
    throw onDemand(id);
  }
  return model;
}

/**
 * @param {string} modelId as it stood in the path, decoded
 * @param {{ region?: string, auth?: object }} record the region that the request was signed for (a bearer
 *   token has none), and by whom
 * @returns the models that may answer, the one that does first; throws what the service answers otherwise
 */
function resolveModels(modelId, { region, auth }, { table, profiles }) {
  const arn = parseArn(modelId);
  if (auth?.account && arn?.account && arn.account !== auth.account) {
    throw new BedrockError(
      403,
      'AccessDeniedException',
      `User: arn:aws:sts::${auth.account}:assumed-role/local/local is not authorized to perform: ` +
        `bedrock:InvokeModel on resource: ${modelId} because no resource-based policy allows the ` +
        'bedrock:InvokeModel action',
      { rule: 'auth' },
    );
  }
  if (!arn) {
    const provisioned = profiles.other(modelId, ['provisioned-model'], region);
    return [provisioned ? table.find(provisioned.from) : byId(modelId, region, table)];
  }
  if (region !== undefined && arn.region !== region) throw invalidModel();
  if (arn.partition !== partitionOf(arn.region)) throw invalidModel();
  if (arn.type === 'foundation-model') {
    if (arn.account || splitGeo(arn.id)[0]) throw invalidModel();
    return [byId(arn.id, region, table)];
  }
  const profile = profiles.get(modelId);
  const models = (profile ? [profile.model] : profiles.basesOf(modelId)).map(table.find);
  if (models.length === 0 || models.includes(undefined)) throw invalidModel();
  return models;
}

module.exports = { resolveModels };
