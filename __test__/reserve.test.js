'use strict';

/** What is asked for instead of the model's maximum, where the option `reserve` asks for that. */

const { ConverseStreamCommand } = require('@aws-sdk/client-bedrock-runtime');
const { BedrockProfileClient } = require('..');
const { ask, client, collect, start, thrown } = require('./support/bedrock');

const MAXIMUM = { inferenceConfig: { maxTokens: 64_000 } };

describe('the option', () => {
  test.each([
    ['all', 'options.reserve must be "fit", not "all".'],
    [true, 'options.reserve must be "fit", not a boolean.'],
    [null, 'options.reserve must be "fit", not null.'],
    ['', 'options.reserve must be "fit", not an empty string.'],
  ])('%j is an error that says what would be right', (reserve, message) => {
    const error = thrown(() => new BedrockProfileClient({ region: 'us-east-1', reserve }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(`BedrockProfileClient: ${message}`);
  });

  test('lowers the maximum, in strict too, and not without it or when off', async () => {
    const server = await start();
    const explained = (options) => client(server, options).explain(ask('a', MAXIMUM));
    for (const gating of ['adapt', 'strict']) {
      const { changes, request } = await explained({ reserve: 'fit', gating });
      expect(changes).toMatchObject([
        { path: 'inferenceConfig.maxTokens', action: 'clamp', to: 4096, rule: 'reserve-fit' },
      ]);
      expect(JSON.parse(request.body).inferenceConfig.maxTokens).toBe(4096);
    }
    expect((await explained({})).changes).toEqual([]);
    expect((await explained({ reserve: 'fit', gating: 'off' })).changes).toEqual([]);
    const own = ask('a', { inferenceConfig: { maxTokens: 63_999 } });
    expect((await client(server, { reserve: 'fit' }).explain(own)).changes).toEqual([]);
  });
});

test.each([
  ['converse', async (made, input) => made.converse(input)],
  [
    'a stream',
    async (made, input) => collect((await made.send(new ConverseStreamCommand(input))).stream),
  ],
])('the maximum stays after an answer that was cut short (%s)', async (name, call) => {
  const sent = [];
  const server = await start({
    script: ({ body }) => {
      const { maxTokens } = body.inferenceConfig;
      sent.push(maxTokens);
      const outputTokens = sent.length === 1 ? maxTokens : 12;
      const usage = { inputTokens: 9, outputTokens, totalTokens: 9 + outputTokens };
      return {
        text: 'Once upon',
        usage,
        stopReason: sent.length === 1 ? 'max_tokens' : 'end_turn',
      };
    },
  });
  const made = client(server, { reserve: 'fit' });
  const input = ask(`A long story, with ${name}`, MAXIMUM);
  const answered = (question) =>
    input.messages.push(
      { role: 'assistant', content: [{ text: 'Once upon' }] },
      { role: 'user', content: [{ text: question }] },
    );
  await call(made, input);
  answered('Go on.');
  await call(made, input);
  answered('Thank you.');
  await call(made, input);
  expect(sent).toEqual([4096, 64_000, 4096]);
});
