// The AWS SDK as a module imports it: the class, and what it sends.

import {
  BedrockRuntimeClient,
  ConverseCommand,
  InvokeModelCommand,
  ListAsyncInvokesCommand,
} from '@aws-sdk/client-bedrock-runtime';

const client = new BedrockRuntimeClient({ maxAttempts: 1 });
if (process.argv[2] === 'middleware') {
  const add = (next) => (given) => {
    given.request.headers['x-team'] = 'a';
    return next(given);
  };
  client.middlewareStack.add(add, { step: 'build', name: 'team' });
}
const modelId = process.env.MODEL;
const messages = [{ role: 'user', content: [{ text: 'Good day' }] }];
const answer = await client.send(new ConverseCommand({ modelId, messages }));
await client.send(new InvokeModelCommand({ modelId, body: '{}' })).catch(() => {});
await client.send(new ListAsyncInvokesCommand({})).catch(() => {});
client.destroy();
const { stopReason, $metadata } = answer;
const isInstance = client instanceof BedrockRuntimeClient;
const name = client.constructor.name;
process.stdout.write(
  JSON.stringify({ stopReason, isInstance, name, profile: $metadata.profile?.model }),
);
