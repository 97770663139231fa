// The types where @aws-sdk/client-bedrock-runtime is not installed. __test__/types.test.js compiles
// this beside a copy of the package's types and nothing else.

import { BedrockProfileClient, ThrottlingException } from 'bedrock-profile-client';
import type {
  BedrockProfileClientConfig,
  ConverseOutputWithMetadata,
  EventStream,
  ConverseStreamOutput,
  MiddlewareStack,
} from 'bedrock-profile-client';
import { findInferenceProfile } from 'bedrock-profile-client/librechat';
import { startLocalBedrock } from 'bedrock-profile-client/local';
import 'bedrock-profile-client/register';

// @ts-expect-error it is not there: what is compiled here proves something
import type { ConverseCommand } from '@aws-sdk/client-bedrock-runtime';

function is<T>(_value: T): void {}
export type Unused = ConverseCommand;

const config: BedrockProfileClientConfig = { region: 'us-east-1', gating: 'strict' };
const client = new BedrockProfileClient(config);

/** A command of whoever writes their own. */
declare class Ask {
  readonly input: { modelId: string };
  resolveMiddleware(
    stack: unknown,
    configuration: unknown,
    options: unknown,
  ): (request: unknown) => Promise<{ output: { stream: AsyncIterable<1> }; response: unknown }>;
}

export async function everything(): Promise<void> {
  const answer = await client.converse({ modelId: 'm' });
  is<ConverseOutputWithMetadata>(answer);
  is<string | undefined>(answer.output?.message?.content?.[0]?.text);
  is<string | null>(answer.$metadata.profile.model);
  const { stream } = await client.converseStream({ modelId: 'm' }, { gating: 'off' });
  is<EventStream<ConverseStreamOutput>>(stream);
  const { body } = await client.invokeModel({ modelId: 'm', body: '{}' });
  is<string>(body.transformToString());
  is<EventStream<1>>((await client.send(new Ask())).stream);
  is<string>(await client.config.region());
  is<MiddlewareStack>(client.middlewareStack);
  client.middlewareStack.add((next) => (given) => next(given), { step: 'build' });
  is<string | undefined>((await findInferenceProfile('arn:…'))?.arn);
  await (await startLocalBedrock()).close();

  // @ts-expect-error modelId is required
  await client.converse({ messages: [] });
  // @ts-expect-error there is no such option
  new BedrockProfileClient({ regoin: 'us-east-1' });
  // @ts-expect-error there is no such step
  client.middlewareStack.add((next) => next, { step: 'last' });
}

export const failed = (error: unknown) => error instanceof ThrottlingException && error.hint;
