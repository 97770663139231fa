'use strict';

/** The stand-in beside Converse, asked by the AWS SDK. */

const sdk = require('@aws-sdk/client-bedrock-runtime');
const { CLAUDE_37, SONNET, ask, awsClient, failure, start } = require('./support/bedrock');

const MALFORMED = /^Malformed input request: .*, please reformat your input and try again\.$/;

test.each([
  [SONNET, '{"messages":[]}', /required key \[anthropic_version\]/],
  ['amazon.nova-lite-v1:0', '{}', /required key \[messages\]/],
  [SONNET, 'no JSON', /expected an object/],
])('%s refuses %s', async (modelId, body, reason) => {
  const server = await start();
  const error = await failure(
    awsClient(server).send(new sdk.InvokeModelCommand({ modelId, body })),
  );
  expect(error).toMatchObject({ name: 'ValidationException' });
  expect(error.message).toMatch(MALFORMED);
  expect(error.message).toMatch(reason);
});

test.each([
  ['a profile', `us.${CLAUDE_37}`, { converse: ask() }, /doesn't support counting tokens/],
  ['nothing to count', CLAUDE_37, {}, /Exactly one of/],
  [
    'a conversation that Converse refuses',
    CLAUDE_37,
    { converse: {} },
    /must start with a user message/,
  ],
])('CountTokens refuses %s', async (_what, modelId, input, reason) => {
  const server = await start();
  const command = new sdk.CountTokensCommand({ modelId, input });
  expect((await failure(awsClient(server).send(command))).message).toMatch(reason);
});

test.each([
  ['a version that is none', { guardrailVersion: 'newest' }, /does not exist/],
  ['a source that is none', { source: 'BOTH' }, /source must be INPUT or OUTPUT/],
])('ApplyGuardrail refuses %s', async (_what, wrong, reason) => {
  const server = await start();
  const right = { guardrailIdentifier: 'abc', guardrailVersion: '1', source: 'INPUT', content: [] };
  const command = new sdk.ApplyGuardrailCommand({ ...right, ...wrong });
  expect((await failure(awsClient(server).send(command))).message).toMatch(reason);
});

test('a script answers in the model’s own words, or with an error', async () => {
  const server = await start({
    script: ({ body }) =>
      body.max_tokens > 1 ? 'Hello!' : { error: { type: 'ModelErrorException', status: 424 } },
  });
  const call = (max_tokens) => {
    const body = { anthropic_version: 'bedrock-2023-05-31', max_tokens, messages: [] };
    const input = { modelId: SONNET, body: JSON.stringify(body) };
    return awsClient(server).send(new sdk.InvokeModelCommand(input));
  };
  const { content } = JSON.parse((await call(9)).body.transformToString());
  expect(content).toEqual([{ type: 'text', text: 'Hello!' }]);
  expect(await failure(call(1))).toBeInstanceOf(sdk.ModelErrorException);
});
