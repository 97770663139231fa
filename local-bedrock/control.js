'use strict';

/** The control plane: inference profiles, and the other models an ARN may name. */

const { foundationModelArn, parseArn } = require('./arns');
const { BedrockError, validation } = require('./errors');
const { describe } = require('./profiles');

const DEFAULT_REGION = 'us-east-1';
const MAX_RESULTS = 1000;

const notFound = (message) => new BedrockError(404, 'ResourceNotFoundException', message);

function denied(action, resource) {
  return new BedrockError(
    403,
    'AccessDeniedException',
    `User: arn:aws:iam::123456789012:user/local is not authorized to perform: ${action} on ` +
      `resource: ${resource} because no identity-based policy allows the ${action} action`,
  );
}

/** Whether the caller, where it is known of which account it is, sees something of an account. */
const isSeen = (account, of) => account === undefined || !of || account === of;

function getInferenceProfile({ id, region, server, account }) {
  const arn = parseArn(id);
  if (arn && !isSeen(account, arn.account)) throw denied('bedrock:GetInferenceProfile', id);
  if (arn && region !== undefined && arn.region !== region) {
    throw validation('The provided ARN is invalid for the service region.');
  }
  if (id.startsWith('arn:') && !arn) {
    throw validation('The provided inference profile identifier is invalid.');
  }
  const profile = server.profiles.get(id, region);
  if (!profile) throw notFound('The specified inference profile was not found.');
  return [200, describe(profile)];
}

function pageSize(text, most) {
  if (text === null) return most;
  const size = Number(text);
  if (Number.isInteger(size) && size >= 1 && size <= MAX_RESULTS) return Math.min(size, most);
  const side = size < 1 ? 'greater than or equal to 1' : `less than or equal to ${MAX_RESULTS}`;
  throw validation(
    `1 validation error detected: Value '${text}' at 'maxResults' failed to satisfy constraint: ` +
      `Member must have value ${side}`,
  );
}

function pageStart(token, type) {
  if (token === null) return 0;
  const [kind, offset] = Buffer.from(token, 'base64url').toString('utf8').split('/');
  if (kind === type && /^\d+$/.test(offset ?? '')) return Number(offset);
  throw validation('The provided nextToken is invalid.');
}

function listInferenceProfiles({ query, region, server, account }) {
  // Without a type the service lists its own profiles.
  const type = query.get('type') ?? 'SYSTEM_DEFINED';
  if (type !== 'SYSTEM_DEFINED' && type !== 'APPLICATION') {
    throw validation(
      `1 validation error detected: Value '${type}' at 'typeEquals' failed to satisfy constraint: ` +
        'Member must satisfy enum value set: [SYSTEM_DEFINED, APPLICATION]',
    );
  }
  const where = region ?? DEFAULT_REGION;
  const size = pageSize(query.get('maxResults'), server.pageSize);
  const start = pageStart(query.get('nextToken'), type);
  const all =
    type === 'APPLICATION'
      ? server.profiles
          .applications(where)
          .filter(({ arn }) => isSeen(account, parseArn(arn).account))
      : server.profiles.system(where, account);
  const next = start + size;
  return [
    200,
    {
      inferenceProfileSummaries: all.slice(start, next).map(describe),
      ...(next < all.length
        ? { nextToken: Buffer.from(`${type}/${next}`).toString('base64url') }
        : {}),
    },
  ];
}

function createInferenceProfile({ body, region, server }) {
  const where = region ?? DEFAULT_REGION;
  const name = body?.inferenceProfileName;
  const from = body?.modelSource?.copyFrom;
  if (typeof name !== 'string' || !/^([0-9a-zA-Z][ _-]?){1,64}$/.test(name)) {
    throw validation(
      `1 validation error detected: Value '${name ?? ''}' at 'inferenceProfileName' failed to satisfy ` +
        'constraint: Member must satisfy regular expression pattern: ([0-9a-zA-Z][ _-]?)+',
    );
  }
  if (!parseArn(from ?? '')) {
    throw validation(
      'The provided model source is invalid: copyFrom must be the ARN of a foundation model or a system-defined inference profile.',
    );
  }
  if (server.profiles.applications(where).some((profile) => profile.name === name)) {
    throw new BedrockError(
      400,
      'ConflictException',
      `An inference profile named ${name} already exists.`,
    );
  }
  let profile;
  try {
    profile = server.profiles.add({
      region: where,
      name,
      from,
      description: body.description,
      tags: Object.fromEntries((body.tags ?? []).map(({ key, value }) => [key, value])),
      createdAt: new Date(server.now()).toISOString(),
    });
  } catch (error) {
    throw validation(`The provided model source is invalid: ${error.message}`);
  }
  return [201, { inferenceProfileArn: profile.arn, status: 'ACTIVE' }];
}

function deleteInferenceProfile({ id, region, server }) {
  const profile = server.profiles.get(id, region);
  if (!profile) throw notFound('The specified inference profile was not found.');
  if (profile.type !== 'APPLICATION') {
    throw validation('System-defined inference profiles cannot be deleted.');
  }
  server.profiles.remove(profile);
  return [200, {}];
}

function listTagsForResource({ body, region, server, account }) {
  const arn = parseArn(body?.resourceARN ?? '');
  if (!arn) {
    throw validation(
      `1 validation error detected: Value '${body?.resourceARN ?? ''}' at 'resourceARN' failed to satisfy ` +
        'constraint: Member must be an ARN',
    );
  }
  if (!isSeen(account, arn.account)) throw denied('bedrock:ListTagsForResource', body.resourceARN);
  const profile = server.profiles.get(body.resourceARN, region);
  if (!profile) throw notFound('The specified resource was not found.');
  const tags = Object.entries(profile.tags ?? {}).map(([key, value]) => ({ key, value }));
  return [200, { tags }];
}

/** Reads one of the models that are not profiles; `shape` makes the answer. */
function reader(types, shape) {
  return ({ id, region, server }) => {
    const entry = server.profiles.other(id, types, region);
    if (!entry) throw notFound(`Could not find the specified resource: ${id}`);
    const bases = server.profiles.basesOf(entry.arn);
    const arns = bases.map((base) => foundationModelArn(entry.region, base));
    return [200, shape(entry, arns[0], bases[0], arns)];
  };
}

const time = '2026-01-05T09:00:00.000Z';

const getProvisionedModelThroughput = reader(['provisioned-model'], (entry, modelArn) => ({
  modelUnits: 1,
  desiredModelUnits: 1,
  provisionedModelName: entry.id,
  provisionedModelArn: entry.arn,
  modelArn,
  desiredModelArn: modelArn,
  foundationModelArn: modelArn,
  status: 'InService',
  creationTime: time,
  lastModifiedTime: time,
}));

const getCustomModel = reader(['custom-model'], (entry, baseModelArn) => ({
  modelArn: entry.arn,
  modelName: entry.id.split('/').at(-1),
  jobArn: `${entry.arn.split(':custom-model')[0]}:model-customization-job/${entry.id}`,
  baseModelArn,
  customizationType: 'FINE_TUNING',
  trainingDataConfig: { s3Uri: 's3://local/training' },
  outputDataConfig: { s3Uri: 's3://local/output' },
  creationTime: time,
  modelStatus: 'Active',
}));

const getCustomModelDeployment = reader(['custom-model-deployment'], (entry) => ({
  customModelDeploymentArn: entry.arn,
  modelDeploymentName: entry.id,
  modelArn: entry.from,
  createdAt: time,
  status: 'Active',
}));

const getImportedModel = reader(['imported-model'], (entry) => ({
  modelArn: entry.arn,
  modelName: entry.id,
  creationTime: time,
  modelArchitecture: 'llama',
  instructSupported: true,
}));

const getPromptRouter = reader(
  ['prompt-router', 'default-prompt-router'],
  (entry, modelArn, _base, arns) => ({
    promptRouterName: entry.id,
    routingCriteria: { responseQualityDifference: 0 },
    createdAt: time,
    updatedAt: time,
    promptRouterArn: entry.arn,
    models: arns.map((arn) => ({ modelArn: arn })),
    fallbackModel: { modelArn },
    status: 'AVAILABLE',
    type: entry.type === 'prompt-router' ? 'custom' : 'default',
  }),
);

const stamp = (day) => day && `${day}T00:00:00Z`;

/** What is said of a model, with what the server's user wants said of it. */
function modelSummary(model, region, server) {
  const [now] = new Date(server.now()).toISOString().split('T');
  const { legacyDate, eolDate } = model;
  const isLegacy = [legacyDate, eolDate].some((day) => day !== undefined && day <= now);
  const media = ['IMAGE', 'VIDEO', 'AUDIO'].filter((kind) => model.inputs[kind.toLowerCase()]);
  return {
    modelArn: foundationModelArn(region, model.id),
    modelId: model.id,
    modelName: model.id,
    providerName: model.provider ?? model.id.split('.')[0],
    inputModalities: ['TEXT', ...media],
    outputModalities: ['TEXT'],
    responseStreamingSupported: model.streaming !== false,
    customizationsSupported: [],
    inferenceTypesSupported: [model.profileOnly ? 'INFERENCE_PROFILE' : 'ON_DEMAND'],
    modelLifecycle: {
      status: isLegacy ? 'LEGACY' : 'ACTIVE',
      ...(legacyDate && { legacyTime: stamp(legacyDate) }),
      ...(eolDate && { endOfLifeTime: stamp(eolDate) }),
    },
    ...server.foundationModels[model.id],
  };
}

const listFoundationModels = ({ region, server }) => [
  200,
  {
    modelSummaries: server.table
      .all()
      .map((model) => modelSummary(model, region ?? DEFAULT_REGION, server)),
  },
];

function getFoundationModel({ id, region, server }) {
  const model = server.table.find(parseArn(id)?.id ?? id);
  if (!model) throw validation('The provided model identifier is invalid.');
  return [200, { modelDetails: modelSummary(model, region ?? DEFAULT_REGION, server) }];
}

/** Method, path (`*` is the identifier) and what answers it. */
const ROUTES = [
  ['GET', '/inference-profiles/*', 'GetInferenceProfile', getInferenceProfile],
  ['GET', '/inference-profiles', 'ListInferenceProfiles', listInferenceProfiles],
  ['POST', '/inference-profiles', 'CreateInferenceProfile', createInferenceProfile],
  ['DELETE', '/inference-profiles/*', 'DeleteInferenceProfile', deleteInferenceProfile],
  [
    'GET',
    '/provisioned-model-throughput/*',
    'GetProvisionedModelThroughput',
    getProvisionedModelThroughput,
  ],
  ['GET', '/custom-models/*', 'GetCustomModel', getCustomModel],
  [
    'GET',
    '/model-customization/custom-model-deployments/*',
    'GetCustomModelDeployment',
    getCustomModelDeployment,
  ],
  ['GET', '/imported-models/*', 'GetImportedModel', getImportedModel],
  ['GET', '/prompt-routers/*', 'GetPromptRouter', getPromptRouter],
  ['POST', '/listTagsForResource', 'ListTagsForResource', listTagsForResource],
  ['GET', '/foundation-models', 'ListFoundationModels', listFoundationModels],
  ['GET', '/foundation-models/*', 'GetFoundationModel', getFoundationModel],
].map(([method, path, operation, handle]) => ({
  method,
  pattern: new RegExp(`^${path.replace('*', '([^/]+)')}/?$`),
  operation,
  handle,
}));

/** Finds the control-plane operation a request is for. */
function controlRoute(method, path) {
  for (const route of ROUTES) {
    const match = route.method === method ? route.pattern.exec(path) : null;
    if (match)
      return { ...route, id: match[1] === undefined ? undefined : decodeURIComponent(match[1]) };
  }
  return undefined;
}

/** Answers a control-plane call whose caller is known. */
function handleControl(exchange, server, route) {
  const { record } = exchange;
  const action = `bedrock:${route.operation}`;
  const region = record.region;
  const where = region ?? DEFAULT_REGION;
  const { account } = record.auth;
  if (server.isDenied(action, record)) {
    const resource = route.id?.startsWith('arn:')
      ? route.id
      : `arn:aws:bedrock:${where}:123456789012:inference-profile/${route.id ?? '*'}`;
    throw denied(action, resource);
  }
  const query = new URLSearchParams(record.url.split('?')[1] ?? '');
  const [status, answer] = route.handle({
    id: route.id,
    query,
    region,
    body: record.body,
    server,
    account,
  });
  exchange.json(status, answer);
}

module.exports = { controlRoute, denied, handleControl };
