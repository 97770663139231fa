'use strict';

/** Bare ids of models that only inference profiles serve (rule I1), over HTTP. */

const { ask, client, collect, failure, start } = require('./support/bedrock');
const { inferences } = require('./support/learning');

const SONNET = 'anthropic.claude-sonnet-4-6';
const FABLE = 'anthropic.claude-fable-5-2';
const HAIKU_3 = 'anthropic.claude-3-haiku-20240307-v1:0';
const asking = (modelId) => ask('Good day', { modelId });
const pathOf = (server) => decodeURIComponent(inferences(server).at(-1).path);

test.each([
  ['us-east-1', SONNET, 'us.anthropic.claude-sonnet-4-6'],
  ['eu-central-1', SONNET, 'eu.anthropic.claude-sonnet-4-6'],
  ['ap-northeast-1', SONNET, 'jp.anthropic.claude-sonnet-4-6'],
  ['ap-southeast-2', SONNET, 'au.anthropic.claude-sonnet-4-6'],
  ['us-gov-west-1', 'anthropic.claude-opus-5', 'us-gov.anthropic.claude-opus-5'],
  ['ap-south-1', 'anthropic.claude-opus-5', 'in.anthropic.claude-opus-5'],
  ['sa-east-1', FABLE, 'global.anthropic.claude-fable-5-2'],
  ['us-east-1', HAIKU_3, HAIKU_3],
])('from %s, %s is called as %s', async (region, modelId, callId) => {
  const server = await start({ region });
  const made = client(server, { region });
  const answer = await made.converse(asking(modelId));
  expect(answer.$metadata.profile).toMatchObject({ requestedId: modelId, callId, region });
  expect(pathOf(server)).toBe(`/model/${callId}/converse`);
  const { stream } = await made.converseStream(asking(modelId));
  expect((await collect(stream)).at(-1)).toHaveProperty('metadata.usage');
  expect(pathOf(server)).toBe(`/model/${callId}/converse-stream`);
});

test('the change is reported, and explained without a call', async () => {
  const server = await start();
  const made = client(server);
  const heard = [];
  made.on('gate', ({ changes }) => heard.push(...changes));
  const { $metadata } = await made.converse(asking(SONNET));
  const change = {
    path: 'modelId',
    action: 'rewrite',
    from: SONNET,
    to: `us.${SONNET}`,
    rule: 'I1',
    reason: expect.stringContaining('inference profiles only'),
  };
  expect($metadata.profile.changes).toEqual([change]);
  expect(heard).toEqual([change]);
  const { changes, request, resolved } = await made.explain(asking(SONNET));
  expect(changes).toEqual([change]);
  expect(request.url).toContain(`/model/us.${SONNET}/converse`);
  expect(resolved).toMatchObject({
    requestedId: SONNET,
    callId: `us.${SONNET}`,
    kind: 'system-profile',
    model: SONNET,
  });
});

test('where the region has no profile, AWS answers and the hint lists those there are', async () => {
  const server = await start({ region: 'sa-east-1' });
  const made = client(server, { region: 'sa-east-1' });
  const error = await failure(made.converse(asking(SONNET)));
  expect(error.message).toContain('with on-demand throughput isn’t supported');
  expect(error.hint).toContain(`us.${SONNET}`);
  expect(error.hint).toContain(`global.${SONNET}`);
  expect(error.$metadata.profile.callId).toBe(SONNET);
  const { violations } = await made.explain(asking(SONNET));
  expect(violations).toEqual([expect.objectContaining({ rule: 'I1', path: 'modelId' })]);
});

test('strict says what would be right and sends nothing', async () => {
  const server = await start();
  const made = client(server, { gating: 'strict' });
  const error = await failure(made.converse(asking(SONNET)));
  expect(error.violations).toEqual([expect.objectContaining({ rule: 'I1', path: 'modelId' })]);
  expect(error.message).toContain(`Set it to "us.${SONNET}".`);
  expect(server.requests).toEqual([]);
});

test('off sends the bare id', async () => {
  const server = await start();
  const error = await failure(client(server).converse(asking(SONNET), { gating: 'off' }));
  expect(error.message).toContain('on-demand throughput');
  expect(pathOf(server)).toBe(`/model/${SONNET}/converse`);
});

test('what the mappings name is called as they say', async () => {
  const server = await start();
  const mappings = {
    'team-a.claude': SONNET,
    'team-b.claude': `global.${SONNET}`,
    [SONNET]: { label: 'Claude' },
  };
  const made = client(server, { mappings });
  for (const modelId of ['team-a.claude', SONNET]) {
    const error = await failure(made.converse(asking(modelId)));
    expect(error.message).toContain('on-demand throughput');
    expect(error.$metadata.profile).toMatchObject({ callId: SONNET, changes: [] });
  }
  const { $metadata } = await made.converse(asking('team-b.claude'));
  expect($metadata.profile.callId).toBe(`global.${SONNET}`);
});

test('a decorated id is a bare one too', async () => {
  const server = await start();
  const { $metadata } = await client(server).converse(asking(`bedrock/${SONNET}`));
  expect($metadata.profile.callId).toBe(`us.${SONNET}`);
});

test('the operator may say that a bare id can be called', async () => {
  const server = await start();
  const made = client(server, { overrides: { [SONNET]: { onDemand: true } } });
  const { changes } = await made.explain(asking(SONNET));
  expect(changes).toEqual([]);
  expect((await made.capabilities(SONNET)).onDemand).toMatchObject({
    value: true,
    source: 'config',
  });
});
