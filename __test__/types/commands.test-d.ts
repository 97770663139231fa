// Every command of the AWS SDK's client gives its own answer, as a promise and by a callback.

import * as aws from '@aws-sdk/client-bedrock-runtime';
import { GetInferenceProfileCommand } from '@aws-sdk/client-bedrock';
import { BedrockProfileClient } from '../..';
import type * as ours from '../..';

function is<T>(_value: T): void {}

const client = new BedrockProfileClient();
declare const input: any;
declare const signal: AbortSignal;

// A command that is not below, in a newer AWS SDK, fails to compile here.
type Command = Extract<keyof typeof aws, `${string}Command`>;
export const commands: Record<Exclude<Command, '$Command'>, () => Promise<void>> = {
  async ConverseCommand() {
    const answer = await client.send(new aws.ConverseCommand(input));
    is<aws.ConverseCommandOutput>(answer);
    is<string | null>(answer.$metadata.profile.model);
  },
  async ConverseStreamCommand() {
    const { stream } = await client.send(new aws.ConverseStreamCommand(input));
    is<ours.EventStream<aws.ConverseStreamOutput>>(stream);
  },
  async InvokeModelCommand() {
    const answer = await client.send(new aws.InvokeModelCommand(input), { abortSignal: signal });
    is<aws.InvokeModelCommandOutput>(answer);
    is<string>(answer.body.transformToString());
    is<string>(answer.$metadata.profile.callId);
    // @ts-expect-error it does not stream
    answer.stream;
    client.send(new aws.InvokeModelCommand(input), (_error, output) => {
      is<string | undefined>(output?.body.transformToString());
    });
  },
  async InvokeModelWithResponseStreamCommand() {
    const answer = await client.send(new aws.InvokeModelWithResponseStreamCommand(input));
    is<aws.InvokeModelWithResponseStreamCommandOutput>(answer);
    // Without a question mark: this client always has it.
    for await (const event of answer.body) is<Uint8Array | undefined>(event.chunk?.bytes);
    await answer.body.return();
  },
  async CountTokensCommand() {
    const answer = await client.send(new aws.CountTokensCommand(input));
    is<number | undefined>(answer.inputTokens);
    is<string | null>(answer.$metadata.profile.model);
    client.send(new aws.CountTokensCommand(input), { gating: 'off' }, (_error, output) => {
      is<number | undefined>(output?.inputTokens);
    });
  },
  async ApplyGuardrailCommand() {
    const answer = await client.send(new aws.ApplyGuardrailCommand(input));
    is<aws.ApplyGuardrailCommandOutput>(answer);
    is<ours.GuardrailAssessment[] | undefined>(answer.assessments);
    // @ts-expect-error no model was called
    answer.$metadata.profile.model;
  },
  async InvokeGuardrailChecksCommand() {
    const answer = await client.send(new aws.InvokeGuardrailChecksCommand(input));
    is<aws.InvokeGuardrailChecksCommandOutput>(answer);
  },
  async InvokeModelWithBidirectionalStreamCommand() {
    const answer = await client.send(new aws.InvokeModelWithBidirectionalStreamCommand(input));
    is<aws.InvokeModelWithBidirectionalStreamCommandOutput>(answer);
    // @ts-expect-error the AWS SDK's own client answered
    await answer.body?.return();
  },
  async StartAsyncInvokeCommand() {
    const answer = await client.send(new aws.StartAsyncInvokeCommand(input));
    is<string | undefined>(answer.invocationArn);
    // @ts-expect-error the AWS SDK's own client answered
    answer.$metadata.profile.model;
  },
  async GetAsyncInvokeCommand() {
    const answer = await client.send(new aws.GetAsyncInvokeCommand(input));
    is<aws.AsyncInvokeStatus | undefined>(answer.status);
    client.send(new aws.GetAsyncInvokeCommand(input), (_error, output) => {
      is<Date | undefined>(output?.submitTime);
    });
  },
  async ListAsyncInvokesCommand() {
    const answer = await client.send(new aws.ListAsyncInvokesCommand(input));
    is<aws.AsyncInvokeSummary[] | undefined>(answer.asyncInvokeSummaries);
  },
};

// As the AWS SDK's own client is used, behind its own type.
export async function behindTheOtherType(): Promise<void> {
  const other: aws.BedrockRuntimeClient = client;
  is<aws.ConverseCommandOutput>(await other.send(new aws.ConverseCommand(input)));
  for await (const page of aws.paginateListAsyncInvokes({ client }, {})) is<object>(page);
}

export async function plainCalls(): Promise<void> {
  const { body, $metadata } = await client.invokeModel({ modelId: 'm', body: '{}' });
  is<string>(body.transformToString() + $metadata.profile.callId);
  const streamed = await client.invokeModelWithResponseStream({
    modelId: 'm',
    body: new Uint8Array(1),
  });
  for await (const event of streamed.body) is<Uint8Array | undefined>(event.chunk?.bytes);
  const counted = await client.countTokens({
    modelId: 'm',
    input: { converse: { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] } },
  });
  is<number | undefined>(counted.inputTokens);
  const applied = await client.applyGuardrail({
    guardrailIdentifier: 'g',
    guardrailVersion: '1',
    source: 'INPUT',
    content: [{ text: { text: 'Hello' } }],
  });
  is<'GUARDRAIL_INTERVENED' | 'NONE' | undefined>(applied.action);

  // @ts-expect-error modelId is required
  await client.invokeModel({ body: '{}' });
  // @ts-expect-error it counts one thing
  await client.countTokens({ modelId: 'm', input: { converse: {}, invokeModel: { body: null } } });
  // @ts-expect-error there is no such source
  await client.applyGuardrail({ guardrailIdentifier: 'g', guardrailVersion: '1', source: 'BOTH' });
  // @ts-expect-error a command of another service
  await client.send(new GetInferenceProfileCommand({ inferenceProfileIdentifier: 'p' }));
}
