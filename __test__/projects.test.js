'use strict';

/** Projects: where their id stands in a request, and what does not take one. */

const sdk = require('@aws-sdk/client-bedrock-runtime');
const {
  CLAUDE_37,
  SONNET,
  ask,
  client,
  collect,
  failure,
  freshProfile,
  start,
  warnings,
} = require('./support/bedrock');

const PROJECT = 'team-a';
const PROJECT_ARN = 'arn:aws:bedrock:us-east-1:123456789012:project/team-a';
const HEADER = 'x-amzn-bedrock-projectidentifier';
const body = JSON.stringify({
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 9,
  messages: [{ role: 'user', content: 'Good day' }],
});
const BOTH_WAYS =
  'Leave projectIdentifier out, or call us.anthropic.claude-3-7-sonnet-20250219-v1:0.';

describe.each([PROJECT, PROJECT_ARN, 'default'])('%s', (projectIdentifier) => {
  test('stands in the body of Converse and ConverseStream', async () => {
    const server = await start();
    const made = client(server);
    await made.converse(ask('Good day', { projectIdentifier }));
    await collect((await made.converseStream(ask('Good day', { projectIdentifier }))).stream);
    const sent = server.requests.map((request) => [
      request.operation,
      request.body.projectIdentifier,
    ]);
    expect(sent).toEqual([
      ['Converse', projectIdentifier],
      ['ConverseStream', projectIdentifier],
    ]);
    expect(server.requests.map(({ headers }) => headers[HEADER])).toEqual([undefined, undefined]);
  });

  test('stands in a header of InvokeModel, with and without a stream', async () => {
    const server = await start();
    const made = client(server);
    const input = { modelId: SONNET, body, projectIdentifier };
    await made.invokeModel(input);
    await collect((await made.invokeModelWithResponseStream(input)).body);
    expect(server.requests.map(({ headers }) => headers[HEADER])).toEqual([
      projectIdentifier,
      projectIdentifier,
    ]);
    expect(server.requests.map(({ rawBody }) => rawBody.toString())).toEqual([body, body]);
  });

  test('is sent for a command of an AWS SDK that does not know it', async () => {
    const server = await start();
    const made = client(server);
    await made.send(new sdk.ConverseCommand(ask('Good day', { projectIdentifier })));
    await made.send(new sdk.InvokeModelCommand({ modelId: SONNET, body, projectIdentifier }));
    expect(server.requests[0].body.projectIdentifier).toBe(projectIdentifier);
    expect(server.requests[1].headers[HEADER]).toBe(projectIdentifier);
  });

  test('is in what explain shows', async () => {
    const server = await start();
    const { request, violations } = await client(server).explain(
      ask('Good day', { projectIdentifier }),
    );
    expect(JSON.parse(request.body)).toMatchObject({ projectIdentifier });
    expect(violations).toEqual([]);
  });
});

describe('beside an application profile', () => {
  test.each([['converse'], ['converseStream']])(
    '%s is refused by AWS, and the hint names both ways out',
    async (operation) => {
      const server = await start();
      const { arn: modelId } = freshProfile(server);
      const input = ask('Good day', { modelId, projectIdentifier: PROJECT });
      const made = client(server);
      const { violations } = await made.explain(input);
      expect(violations).toMatchObject([
        { rule: 'I9', path: 'projectIdentifier', remedy: BOTH_WAYS },
      ]);
      const error = await failure(made[operation](input));
      expect(error).toMatchObject({
        name: 'ValidationException',
        hint: expect.stringContaining(BOTH_WAYS),
      });
      expect(error.message).toContain(
        "Application inference profiles don't support non-default projects.",
      );
      expect(server.requests.at(-1)).toMatchObject({
        rule: 'I9',
        body: { projectIdentifier: PROJECT },
      });
    },
  );

  test.each([['invokeModel'], ['invokeModelWithResponseStream']])(
    '%s likewise',
    async (operation) => {
      const server = await start();
      const { arn: modelId } = freshProfile(server);
      const made = client(server);
      const input = { modelId, body, projectIdentifier: PROJECT_ARN };
      const error = await failure(made[operation](input));
      expect(error.message).toContain("don't support non-default projects");
      expect(error.hint).toContain(BOTH_WAYS);
      const strict = await failure(made[operation](input, { gating: 'strict' }));
      expect(strict.violations).toMatchObject([
        { rule: 'I9', path: 'projectIdentifier', remedy: BOTH_WAYS },
      ]);
    },
  );

  test('strict sends nothing', async () => {
    const server = await start();
    const { arn: modelId } = freshProfile(server);
    const made = client(server, { gating: 'strict' });
    const input = ask('Good day', { modelId, projectIdentifier: PROJECT });
    const error = await failure(made.converse(input));
    expect(error.violations).toMatchObject([{ rule: 'I9', remedy: BOTH_WAYS }]);
    expect(error.message).toContain(BOTH_WAYS);
    const inference = server.requests.filter(({ operation }) => operation === 'Converse');
    expect(inference).toEqual([]);
  });

  test('an alias of the mappings hides no profile', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const mappings = { 'team-a-claude': { profiles: [arn], model: CLAUDE_37 } };
    const made = client(server, { mappings, logger: warnings().logger, gating: 'strict' });
    const input = { modelId: 'team-a-claude', projectIdentifier: PROJECT };
    const converse = await failure(made.converse(ask('Good day', input)));
    expect(converse.violations).toMatchObject([{ rule: 'I9' }]);
    const invoke = await failure(made.invokeModel({ ...input, body }));
    expect(invoke.violations).toMatchObject([{ rule: 'I9' }]);
  });

  test('the default project is no other, and gating can be off', async () => {
    const server = await start();
    const { arn: modelId } = freshProfile(server);
    const made = client(server, { gating: 'strict' });
    await made.converse(ask('Good day', { modelId, projectIdentifier: 'default' }));
    await made.invokeModel({ modelId, body, projectIdentifier: 'default' });
    const input = ask('Good day', { modelId, projectIdentifier: PROJECT });
    const error = await failure(made.converse(input, { gating: 'off' }));
    expect(error.violations).toBeUndefined();
  });
});

test('the ARN of a project where a model id is expected is named for what it is', async () => {
  const server = await start();
  const error = await failure(client(server).converse(ask('Good day', { modelId: PROJECT_ARN })));
  expect(error.message).toContain(
    'it is the ARN of a project ("project/team-a"), which cannot be called',
  );
  expect(error.message).toContain('projectIdentifier');
});
