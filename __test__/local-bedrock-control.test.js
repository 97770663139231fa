'use strict';

/** The control plane of local-bedrock, driven by the AWS SDK. */

const bedrock = require('@aws-sdk/client-bedrock');
const { startLocalBedrock } = require('../local-bedrock');

let server;
let clients;
beforeEach(async () => {
  clients = [];
  server = await startLocalBedrock({ pace: 0 });
});
afterEach(async () => {
  for (const made of clients) made.destroy();
  await server.close();
});

function control(region = server.region) {
  const made = new bedrock.BedrockClient({
    region,
    endpoint: server.url,
    credentials: server.credentials,
    maxAttempts: 1,
  });
  clients.push(made);
  return made;
}

const get = (identifier, region) =>
  control(region).send(
    new bedrock.GetInferenceProfileCommand({ inferenceProfileIdentifier: identifier }),
  );
const list = (input, region) =>
  control(region).send(new bedrock.ListInferenceProfilesCommand(input));
const arnOf = (id) => server.profiles.find((profile) => profile.id === id).arn;
const fault = (promise) =>
  promise.then(
    () => Promise.reject(new Error('it was accepted')),
    (error) => error,
  );

test('an application profile is found by ARN and by id', async () => {
  const byArn = await get(arnOf('sonnet46team'));
  expect(byArn).toMatchObject({
    inferenceProfileId: 'sonnet46team',
    inferenceProfileName: 'team-a-sonnet-4-6',
    status: 'ACTIVE',
    type: 'APPLICATION',
    createdAt: expect.any(Date),
  });
  expect(byArn.models.map(({ modelArn }) => modelArn)).toEqual(
    ['us-east-1', 'us-east-2', 'us-west-2'].map(
      (region) => `arn:aws:bedrock:${region}::foundation-model/anthropic.claude-sonnet-4-6`,
    ),
  );
  expect((await get('sonnet46team')).inferenceProfileArn).toBe(byArn.inferenceProfileArn);
  expect(server.requests[0].url).toBe(
    `/inference-profiles/${encodeURIComponent(byArn.inferenceProfileArn)}`,
  );
});

test('a copy of a global profile names the model without a region too', async () => {
  const { models } = await get(arnOf('opus50coding'), 'us-west-2');
  expect(models.at(-1).modelArn).toBe('arn:aws:bedrock:::foundation-model/anthropic.claude-opus-5');
});

test('a system profile is found in the regions it can be called from', async () => {
  const { inferenceProfileArn, type } = await get('eu.anthropic.claude-sonnet-4-6', 'eu-west-1');
  expect(type).toBe('SYSTEM_DEFINED');
  expect(inferenceProfileArn).toBe(
    'arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-6',
  );
  const error = await fault(get('eu.anthropic.claude-sonnet-4-6', 'us-east-1'));
  expect(error.name).toBe('ResourceNotFoundException');
});

test.each([
  ['a profile that does not exist', () => 'nosuchprofil', 'ResourceNotFoundException', 404],
  ['an ARN of another region', () => arnOf('opus47coding'), 'ValidationException', 400],
  ['an ARN that is none', () => 'arn:aws:bedrock:nothing', 'ValidationException', 400],
])('refuses %s', async (_name, identifier, name, status) => {
  expect(await fault(get(identifier()))).toMatchObject({
    name,
    $metadata: { httpStatusCode: status },
  });
});

test('a denied action names itself and the resource, until it is allowed', async () => {
  const arn = arnOf('sonnet46team');
  server.deny('bedrock:GetInferenceProfile');
  const error = await fault(get(arn));
  expect(error).toMatchObject({
    name: 'AccessDeniedException',
    $metadata: { httpStatusCode: 403 },
    message:
      'User: arn:aws:iam::123456789012:user/local is not authorized to perform: bedrock:GetInferenceProfile ' +
      `on resource: ${arn} because no identity-based policy allows the bedrock:GetInferenceProfile action`,
  });
  server.allow('bedrock:GetInferenceProfile');
  await get(arn);
});

test('the list comes in pages, each profile once', async () => {
  const seen = [];
  let nextToken;
  do {
    const page = await list({ typeEquals: 'SYSTEM_DEFINED', maxResults: 25, nextToken });
    expect(page.inferenceProfileSummaries.length).toBeLessThanOrEqual(25);
    seen.push(
      ...page.inferenceProfileSummaries.map(({ inferenceProfileId }) => inferenceProfileId),
    );
    nextToken = page.nextToken;
  } while (nextToken);
  expect(seen.length).toBeGreaterThan(50);
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toContain('global.anthropic.claude-opus-5');
  expect(seen.filter((id) => /^(eu|jp|us-gov)\./.test(id))).toEqual([]);
});

test('the list of application profiles is of one region', async () => {
  const page = await list({ typeEquals: 'APPLICATION' }, 'us-west-2');
  expect(
    page.inferenceProfileSummaries.map(({ inferenceProfileId }) => inferenceProfileId),
  ).toEqual(['opus47coding', 'opus50coding', 'gpt56solteam', 'gptoss120big']);
  expect(page.nextToken).toBeUndefined();
});

test.each([
  [{ maxResults: 0 }, 'greater than or equal to 1'],
  [{ maxResults: 1001 }, 'less than or equal to 1000'],
  [{ typeEquals: 'OTHER' }, 'enum value set'],
  [{ nextToken: 'abc' }, 'nextToken'],
])('a list with %j is refused', async (input, text) => {
  const error = await fault(list(input));
  expect(error.name).toBe('ValidationException');
  expect(error.message).toContain(text);
});

test('a profile is created, called, and deleted', async () => {
  const copyFrom = (await get('us.anthropic.claude-opus-4-7')).inferenceProfileArn;
  const create = () =>
    control().send(
      new bedrock.CreateInferenceProfileCommand({
        inferenceProfileName: 'mine',
        modelSource: { copyFrom },
      }),
    );
  const made = await create();
  expect(made).toMatchObject({ status: 'ACTIVE', $metadata: { httpStatusCode: 201 } });
  const id = made.inferenceProfileArn.split('/')[1];
  expect(id).toMatch(/^[a-z0-9]{12}$/);
  expect((await get(made.inferenceProfileArn)).models).toHaveLength(3);
  expect((await fault(create())).name).toBe('ConflictException');
  const remove = (inferenceProfileIdentifier) =>
    control().send(new bedrock.DeleteInferenceProfileCommand({ inferenceProfileIdentifier }));
  await remove(made.inferenceProfileArn);
  expect((await fault(get(made.inferenceProfileArn))).name).toBe('ResourceNotFoundException');
  expect((await fault(remove(copyFrom))).name).toBe('ValidationException');
});

test.each([
  [
    {
      inferenceProfileName: 'a b_c-1!',
      modelSource: { copyFrom: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0' },
    },
    'inferenceProfileName',
  ],
  [{ inferenceProfileName: 'mine', modelSource: { copyFrom: 'amazon.nova-pro-v1:0' } }, 'copyFrom'],
  [
    {
      inferenceProfileName: 'mine',
      modelSource: { copyFrom: 'arn:aws:bedrock:us-east-1::foundation-model/no.such' },
    },
    'no.such',
  ],
])('creating with %j is refused', async (input, text) => {
  const error = await fault(control().send(new bedrock.CreateInferenceProfileCommand(input)));
  expect(error.name).toBe('ValidationException');
  expect(error.message).toContain(text);
});

test('the other models that an ARN may name lead to their base model', async () => {
  const arn = (region, rest) => `arn:aws:bedrock:${region}:123456789012:${rest}`;
  const east = control('us-east-1');
  const west = control('us-west-2');
  const provisioned = await west.send(
    new bedrock.GetProvisionedModelThroughputCommand({
      provisionedModelId: arn('us-west-2', 'provisioned-model/provisioned1'),
    }),
  );
  expect(provisioned.foundationModelArn).toContain('foundation-model/anthropic.claude-3-5-sonnet');
  const deployment = await east.send(
    new bedrock.GetCustomModelDeploymentCommand({
      customModelDeploymentIdentifier: arn('us-east-1', 'custom-model-deployment/deployedno12'),
    }),
  );
  const custom = await east.send(
    new bedrock.GetCustomModelCommand({ modelIdentifier: deployment.modelArn }),
  );
  expect(custom.baseModelArn).toBe(
    'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
  );
  const imported = await east.send(
    new bedrock.GetImportedModelCommand({
      modelIdentifier: arn('us-east-1', 'imported-model/importllama1'),
    }),
  );
  expect(imported).toMatchObject({ modelArchitecture: 'llama', instructSupported: true });
  const router = await east.send(
    new bedrock.GetPromptRouterCommand({
      promptRouterArn: arn('us-east-1', 'default-prompt-router/anthropic.claude:1'),
    }),
  );
  expect(router.models.map(({ modelArn }) => modelArn.split('/')[1])).toEqual([
    'anthropic.claude-3-5-sonnet-20240620-v1:0',
    'anthropic.claude-3-haiku-20240307-v1:0',
  ]);
  expect(router.fallbackModel).toEqual(router.models[0]);
  const gone = await fault(
    east.send(new bedrock.GetImportedModelCommand({ modelIdentifier: 'none' })),
  );
  expect(gone.name).toBe('ResourceNotFoundException');
  const { modelSummaries } = await east.send(new bedrock.ListFoundationModelsCommand({}));
  expect(modelSummaries.map(({ modelId }) => modelId)).toContain('amazon.nova-pro-v1:0');
  const model = await east.send(
    new bedrock.GetFoundationModelCommand({ modelIdentifier: 'amazon.nova-pro-v1:0' }),
  );
  expect(model.modelDetails.inferenceTypesSupported).toEqual(['ON_DEMAND']);
});

test('throttling can be put on one operation', async () => {
  server.fail({ kind: 'throttle', operation: 'GetInferenceProfile' });
  await list({});
  expect((await fault(get('sonnet46team'))).name).toBe('ThrottlingException');
  await get('sonnet46team');
});

test('profiles can be added and removed', async () => {
  const added = server.addProfile({
    region: 'eu-west-1',
    id: 'abcdefghij12',
    from: 'eu.amazon.nova-2-lite-v1:0',
  });
  expect((await get(added.arn, 'eu-west-1')).inferenceProfileName).toBe('abcdefghij12');
  server.removeProfile(added);
  expect((await fault(get(added.arn, 'eu-west-1'))).name).toBe('ResourceNotFoundException');
  expect(() => server.addProfile({ region: 'eu-west-1', from: 'us.amazon.nova-pro-v1:0' })).toThrow(
    'us.amazon.nova-pro-v1:0 is not a model that can be called from eu-west-1',
  );
});
