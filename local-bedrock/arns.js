'use strict';

/** Ids and ARNs as the stand-in reads and writes them. */

const ACCOUNT = '123456789012';

const partitionOf = (region) =>
  region.startsWith('us-gov-') ? 'aws-us-gov' : region.startsWith('cn-') ? 'aws-cn' : 'aws';

/** `arn:partition:service:region:account:type/id`, or `undefined` where it is not that. */
function parseArn(text) {
  const match =
    /^arn:(aws(?:-[^:]+)?):(bedrock|sagemaker):([a-z0-9-]*):(\d{12})?:([a-z-]+)\/(.+)$/.exec(text);
  if (!match) return undefined;
  const [, partition, service, region, account, type, id] = match;
  return { partition, service, region, account, type, id };
}

const makeArn = (region, type, id, account = ACCOUNT) =>
  `arn:${region ? partitionOf(region) : 'aws'}:bedrock:${region}:${account}:${type}/${id}`;

const foundationModelArn = (region, id) => makeArn(region, 'foundation-model', id, '');

module.exports = { ACCOUNT, partitionOf, parseArn, makeArn, foundationModelArn };
