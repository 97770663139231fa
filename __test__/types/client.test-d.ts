// The client as its users write it, with the real commands of the AWS SDK.

import type {
  BedrockRuntimeClient,
  BedrockRuntimeClientConfig,
  ConverseCommandInput,
  ConverseCommandOutput,
  ConverseStreamCommandOutput,
  ConverseStreamOutput,
} from '@aws-sdk/client-bedrock-runtime';
import { ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import * as product from '../..';
import { BedrockProfileClient, ThrottlingException, ValidationException } from '../..';
import type { CallError, Change, ModelCapabilities, ResolvedProfile } from '../..';

function is<T>(_value: T): void {}

declare const input: ConverseCommandInput;
declare const signal: AbortSignal;

const client = new BedrockProfileClient();

// It is one of the AWS SDK's clients: LibreChat's patch needs no cast.
export const drop: BedrockRuntimeClient = new BedrockProfileClient({ region: 'us-east-1' });
is<BedrockRuntimeClient['config']['region']>(client.config.region);
is<product.PlainClient>(client);
client.middlewareStack.add((next) => async (given) => next(given), { step: 'build', name: 'team' });

export async function sending(): Promise<void> {
  const answer = await client.send(new ConverseCommand(input), { abortSignal: signal });
  is<ConverseCommandOutput>(answer);
  is<string | undefined>(answer.output?.message?.content?.[0]?.text);
  is<number | undefined>(answer.$metadata.httpStatusCode);
  is<readonly Change[]>(answer.$metadata.profile.changes);
  is<string | null>(answer.$metadata.profile.model);
  // @ts-expect-error Converse does not stream
  answer.stream;

  const streamed = await client.send(new ConverseStreamCommand(input));
  is<ConverseStreamCommandOutput>(streamed);
  // Without a question mark: this client always has it.
  for await (const event of streamed.stream) {
    is<ConverseStreamOutput>(event);
    is<string | undefined>(event.contentBlockDelta?.delta?.text);
  }
  await streamed.stream.return();
  // @ts-expect-error ConverseStream has no whole output
  streamed.output;

  is<void>(client.send(new ConverseCommand(input), (_error, output) => is<unknown>(output?.usage)));
  is<void>(
    client.send(new ConverseStreamCommand(input), { abortSignal: signal }, (_error, output) => {
      is<AsyncIterable<ConverseStreamOutput> | undefined>(output?.stream);
    }),
  );

  // @ts-expect-error an input is no command
  await client.send(input);
  // @ts-expect-error not an AbortSignal
  await client.send(new ConverseCommand(input), { abortSignal: true });
  await client.send(new ConverseCommand(input), { requestTimeout: 1000 });
  // @ts-expect-error nothing would read it
  await client.send(new ConverseCommand(input), { timeout: 1000 });
}

export async function plainCalls(): Promise<void> {
  const answer = await client.converse({
    modelId: 'team-a.anthropic.claude-sonnet-4-6',
    messages: [{ role: 'user', content: [{ text: 'Hello' }, { image: picture }] }],
    system: [{ text: 'Be brief.' }, { cachePoint: { type: 'default' } }],
    inferenceConfig: { maxTokens: 100, temperature: 0.5 },
    toolConfig: {
      tools: [{ toolSpec: { name: 'time', inputSchema: { json: { type: 'object' } } } }],
      toolChoice: { auto: {} },
    },
    additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2000 } },
  });
  is<ConverseCommandOutput>(answer);

  const { stream } = await client.converseStream(input, { abortSignal: signal });
  for await (const event of stream) {
    if (event.messageStop) is<string | undefined>(event.messageStop.stopReason);
    if (event.metadata) is<number | undefined>(event.metadata.usage?.outputTokens);
  }

  // @ts-expect-error modelId is required
  await client.converse({ messages: [] });
  // @ts-expect-error Converse has no topK
  await client.converse({ modelId: 'm', inferenceConfig: { topK: 5 } });
  // @ts-expect-error there is no such role
  await client.converse({ modelId: 'm', messages: [{ role: 'tool', content: [] }] });
  // @ts-expect-error a block is one thing
  const mixed: product.ContentBlock = { text: 'a', cachePoint: { type: 'default' } };
  is<product.ContentBlock>(mixed);
  // @ts-expect-error streamProcessingMode is for streams
  is<product.ConverseRequest>({ modelId: 'm', guardrailConfig: { streamProcessingMode: 'async' } });
}

const picture: product.ImageBlock = { format: 'png', source: { bytes: new Uint8Array(1) } };

export async function knowing(): Promise<void> {
  const resolved = await client.resolve('arn:…');
  is<ResolvedProfile>(resolved);
  is<string | null>(resolved.model);
  is<ResolvedProfile | undefined>(client.resolveSync('arn:…'));
  // @ts-expect-error it may have to be asked for
  client.resolveSync('arn:…').model;
  // @ts-expect-error the model may be unknown
  is<string>(resolved.model);
  // @ts-expect-error an id is a text
  await client.resolve(1);

  const capabilities = await client.capabilities('amazon.nova-pro-v1:0');
  is<ModelCapabilities>(capabilities);
  is<number | null>(capabilities.maxOutputTokens.value);
  is<boolean | null>(capabilities.reasoning.canDisable.value);
  if (capabilities.contextWindow.source === 'assumed') return;
  // @ts-expect-error it is a fact with a source, not the number
  is<number>(capabilities.contextWindow);

  const explained = await client.explain(input, { stream: true });
  is<string>(explained.request.body);
  is<'chosen'>(explained.route?.steps.at(-1)?.outcome as 'chosen');
  is<string>((await client.explain(new ConverseCommand(input))).resolved.callId);
  is<string>((await client.explain(new ConverseStreamCommand(input))).request.url);
  // @ts-expect-error explain takes no signal
  await client.explain(input, { abortSignal: signal });
}

export function listening(): void {
  client
    .on('resolve', (profile) => is<string>(profile.callId))
    .on('gate', ({ model, changes }) => is<string>(model + changes.length))
    .on('retry', ({ attempt, delay }) => is<number>(attempt + delay))
    .on('call', ({ duration, usage }) => is<number>(duration + (usage?.totalTokens ?? 0)))
    .off('call', () => {});
  // @ts-expect-error there is no such event
  client.on('error', () => {});
  // @ts-expect-error a retry has no changes
  client.on('retry', ({ changes }) => changes);
  is<void>(client.destroy());
}

export function failing(error: unknown): string | undefined {
  if (error instanceof ThrottlingException) return error.$metadata.requestId;
  if (error instanceof ValidationException) {
    is<'client'>(error.$fault);
    return error.violations?.map(({ rule, reason }) => `${rule}: ${reason}`).join();
  }
  if (error instanceof product.ServiceException) return error.hint;
  const { code, hint, $metadata } = error as CallError;
  is<string | null | undefined>($metadata?.profile?.model);
  return code ?? hint;
}

export function options(config: BedrockRuntimeClientConfig): void {
  // The AWS SDK's own configuration fits, whole and as single options, with ours beside it.
  new BedrockProfileClient(config);
  new BedrockProfileClient({ ...config, gating: 'strict' });
  new BedrockProfileClient({ extensions: [], cacheMiddleware: true, gating: 'off' });
  new BedrockProfileClient({
    region: async () => 'us-east-1',
    credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
    requestHandler: new NodeHttpHandler({ connectionTimeout: 1000 }),
    endpoint: 'https://gateway.example.com',
    controlEndpoint: 'https://gateway.example.com',
    maxAttempts: 5,
    retryMode: 'standard',
    logger: console,
    customUserAgent: [['app', '1.0']],
    mappings: {
      'arn:…': 'anthropic.claude-sonnet-4-6',
      'team-a.anthropic.claude-sonnet-4-6': { profiles: ['arn:…'], label: 'Team A' },
    },
    gating: 'strict',
    discovery: false,
    timeouts: { connect: 1000, firstByte: 2000, betweenEvents: 3000, whileThinking: 4000, call: 5 },
  });
  new BedrockProfileClient({ token: { token: 't' }, authSchemePreference: ['httpBearerAuth'] });
  new BedrockProfileClient({ requestHandler: { requestTimeout: 1000 }, region: undefined });

  // @ts-expect-error there is no such mode
  new BedrockProfileClient({ gating: 'loose' });
  // @ts-expect-error a key has two halves
  new BedrockProfileClient({ credentials: { accessKeyId: 'a' } });
  // @ts-expect-error there is no such timeout
  new BedrockProfileClient({ timeouts: { read: 1 } });
  // @ts-expect-error a mapping is a text or an object of four members
  new BedrockProfileClient({ mappings: { alias: { arn: 'arn:…' } } });
  // @ts-expect-error a number, not a text
  new BedrockProfileClient({ maxAttempts: '3' });
  // @ts-expect-error there is no such option
  new BedrockProfileClient({ regoin: 'us-east-1' });
}

// What index.js exports, and nothing else.
const values: Record<keyof typeof product, unknown> = {
  BedrockProfileClient,
  ServiceException: product.ServiceException,
  BedrockRuntimeServiceException: product.BedrockRuntimeServiceException,
  AccessDeniedException: product.AccessDeniedException,
  ConflictException: product.ConflictException,
  InternalServerException: product.InternalServerException,
  ModelErrorException: product.ModelErrorException,
  ModelNotReadyException: product.ModelNotReadyException,
  ModelStreamErrorException: product.ModelStreamErrorException,
  ModelTimeoutException: product.ModelTimeoutException,
  ResourceNotFoundException: product.ResourceNotFoundException,
  ServiceQuotaExceededException: product.ServiceQuotaExceededException,
  ServiceUnavailableException: product.ServiceUnavailableException,
  ThrottlingException,
  ValidationException,
};
is<object>(values);

export async function discovering(): Promise<void> {
  const other = new BedrockProfileClient({
    accounts: {
      '210987654321': { roleArn: 'arn:aws:iam::210987654321:role/a', externalId: 'x1' },
      '345678901234': { credentials: async () => ({ accessKeyId: 'A', secretAccessKey: 's' }) },
    },
    confirmModels: true,
  });
  is<BedrockProfileClient>(other.learn('arn:aws:bedrock:us-east-1:1:x/y', 'amazon.nova-pro-v1:0'));
  const discovery = other.discover({
    regions: ['us-east-1'],
    accounts: ['own'],
    abortSignal: signal,
  });
  for await (const event of discovery) {
    is<number>(event.progress.profiles);
    if (event.type === 'profile') is<string | null>(event.profile.model);
    // @ts-expect-error only an event of type failure has one
    if (event.type === 'profile') event.failure;
    if (event.type === 'failure') is<string>(event.failure.permission);
  }
  is<string>((await discovery.result()).env);
  // @ts-expect-error there is no such type of profile
  other.discover({ types: ['ALL'] });
  // @ts-expect-error a role needs its ARN
  new BedrockProfileClient({ accounts: { '210987654321': { externalId: 'x' } } });
}

export async function counting(): Promise<void> {
  const other = new BedrockProfileClient({
    costs: { prices: { Chat: { input: 3, output: 15, cacheWrite: { '1h': 6 } } } },
    budgets: { limits: [{ user: '*', period: 'day', limit: 5 }], onStoreFailure: 'refuse' },
    telemetry: { prometheus: { port: 9464 }, openTelemetry: true },
  });
  const report = await other.costs({ by: ['user'], resolution: 'day' });
  is<number | null | undefined>(report.rows[0]?.cost);
  is<string>(await other.costs({ format: 'csv' }));
  is<number | null | undefined>((await other.budgets())[0]?.spent);
  other.on('budget', ({ share }) => is<number>(share));
  other.on('call', ({ cost }) => is<number | null | undefined>(cost?.amount));
  // @ts-expect-error a budget needs a period
  new BedrockProfileClient({ budgets: { limits: [{ limit: 5 }] } });
}
