'use strict';

// Errors of inputs that never leave the process: they have $metadata as all others have.

const { BedrockProfileClient, ValidationException } = require('..');

const credentials = { accessKeyId: 'AKIALOCALBEDROCK0000', secretAccessKey: 'secret' };
const client = (options) =>
  new BedrockProfileClient({ region: 'us-east-1', credentials, ...options });

describe.each([
  ['that JavaScript finds', () => client().converse({ messages: [] })],
  ['that the addon finds', () => client().converse({ modelId: '' })],
  [
    'that gating refuses',
    () =>
      client({ gating: 'strict' }).converse({
        modelId: 'anthropic.claude-opus-4-7',
        inferenceConfig: { temperature: 0.5 },
      }),
  ],
])('an error in the input %s', (_, call) => {
  test('says that nothing was sent', async () => {
    const error = await call().catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ValidationException);
    expect(error.$metadata).toMatchObject({ attempts: 0, totalRetryDelay: 0 });
    expect(error.$metadata.httpStatusCode).toBeUndefined();
  });
});
