// The types of index.js, by hand. Types of AWS's are own copies: see lib/types/content.d.ts.

import type { ApplyGuardrailRequest, ApplyGuardrailResponse } from './lib/types/apply-guardrail';
import type {
  AwsClient,
  BedrockProfileClientConfig,
  SendableInput,
  SendableOutput,
} from './lib/types/aws';
import type { ConverseRequest, ConverseResponse } from './lib/types/converse';
import type { BudgetStatus, CostQuery, CostReport } from './lib/types/costs';
import type { ConverseStreamOutput, ConverseStreamRequest } from './lib/types/converse-stream';
import type {
  DiscoverOptions,
  Discovery,
  KeepDiscoveringOptions,
  KeptDiscovery,
} from './lib/types/discovery';
import type { ProfileMetadata } from './lib/types/errors';
import type {
  CountTokensRequest,
  CountTokensResponse,
  InvokeModelRequest,
  InvokeModelResponse,
  InvokeModelWithResponseStreamRequest,
  InvokeModelWithResponseStreamResponse,
  ResponseStream,
} from './lib/types/invoke';
import type {
  ClientEvents,
  Explanation,
  ModelCapabilities,
  ProfileReport,
  ResolvedProfile,
} from './lib/types/profile';

export type * from './lib/types/apply-guardrail';
export type * from './lib/types/aws';
export type * from './lib/types/content';
export type * from './lib/types/converse';
export type * from './lib/types/converse-stream';
export type * from './lib/types/costs';
export type * from './lib/types/discovery';
export type * from './lib/types/guardrails';
export type * from './lib/types/invoke';
export type * from './lib/types/middleware';
export type * from './lib/types/options';
export type * from './lib/types/profile';
export type * from './lib/types/telemetry';
export * from './lib/types/errors';

declare global {
  // As in @types/node, for those who compile without it and without lib "esnext.disposable".
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

/** An `AbortSignal`, of whatever realm; the AWS SDK's types allow one with `onabort` alone. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  addEventListener?(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener?(type: 'abort', listener: () => void): void;
}

export interface SendOptions {
  /**
   * Ends the call and closes its connection; it fails with an `AbortError`, whose `cause` is the
   * signal's reason. Aborting after the end does nothing.
   */
  abortSignal?: AbortSignalLike | null | undefined;
  /** What becomes of what the model would refuse, for this call. Default: the client's. */
  gating?: 'adapt' | 'strict' | 'off' | undefined;
  /** Milliseconds until the answer begins, for each attempt of this call. Default: the client's. */
  requestTimeout?: number | undefined;
}

/**
 * A stream's events. It can be read once. `break`, `return()` and `await using` close the
 * connection; so does garbage collection, some time after nobody holds the stream any more.
 */
export interface EventStream<Event> extends AsyncIterableIterator<Event> {
  next(): Promise<IteratorResult<Event, any>>;
  /** Closes the connection. */
  return(value?: any): Promise<IteratorResult<Event, any>>;
  /** Closes the connection. */
  throw(error?: any): Promise<IteratorResult<Event, any>>;
  [Symbol.asyncIterator](): EventStream<Event>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What an answer has beside the AWS SDK's: where it came from. */
export interface Answered {
  $metadata: ProfileMetadata & { profile: ProfileReport };
}

export interface ConverseOutputWithMetadata extends ConverseResponse, Answered {}

export interface ConverseStreamOutputWithMetadata extends Answered {
  stream: EventStream<ConverseStreamOutput>;
}

export interface InvokeModelOutputWithMetadata extends InvokeModelResponse, Answered {}

export interface InvokeModelWithResponseStreamOutputWithMetadata
  extends Omit<InvokeModelWithResponseStreamResponse, 'body'>, Answered {
  body: EventStream<ResponseStream>;
}

export interface CountTokensOutputWithMetadata extends CountTokensResponse, Answered {}

export interface ApplyGuardrailOutputWithMetadata extends ApplyGuardrailResponse {
  $metadata: ProfileMetadata;
}

/**
 * A command of `@aws-sdk/client-bedrock-runtime`, as far as the types need it: `resolveMiddleware`
 * tells what it answers.
 */
export interface CommandLike<Input extends object, Output extends object> {
  readonly input: Input;
  resolveMiddleware(
    stack: any,
    configuration: any,
    options: any,
  ): (request: any) => Promise<{ output?: Output | undefined; response: unknown }>;
}

/** A member that streams, as this client gives it: always there, and it can be closed. */
type Streamed<Output, Member extends string> =
  Output extends Partial<Record<Member, infer Stream>>
    ? NonNullable<Stream> extends AsyncIterable<infer Event>
      ? { [K in Member]: EventStream<Event> }
      : unknown
    : unknown;

/** The AWS SDK's own client answers these: asynchronous invocations and streams both ways. */
type Delegated = { outputDataConfig: unknown } | { body: AsyncIterable<any> | undefined };

/**
 * A command's own output type with what this client adds: `$metadata.profile` where a model was
 * called, and streams that are always there.
 */
export type Sent<Input, Output> = Output &
  (Input extends Delegated
    ? { $metadata: ProfileMetadata }
    : (Input extends { modelId: unknown } ? Answered : { $metadata: ProfileMetadata }) &
        Streamed<Output, 'stream'> &
        Streamed<Output, 'body'>);

declare const Aws: new () => AwsClient;

/**
 * Stands where `BedrockRuntimeClient` of `@aws-sdk/client-bedrock-runtime` stands, for the compiler
 * too. Give it a model id, a system profile id, an alias or an ARN; it finds the model behind it,
 * fits the request to that model, calls Bedrock in the right region, and answers what the AWS SDK
 * answers.
 *
 * The constructor does no I/O. Clients with the same settings share connections, credentials and
 * what was resolved, so one for each request is cheap. `config` and `middlewareStack` are as in the
 * AWS SDK, without what is internal there.
 *
 * ```js
 * const client = new BedrockProfileClient({ region: 'us-east-1' });
 * const { stream } = await client.send(new ConverseStreamCommand(input), { abortSignal });
 * for await (const event of stream) { … }
 * ```
 */
export declare class BedrockProfileClient extends Aws {
  /** @throws TypeError where an option is of a wrong type */
  constructor(options?: BedrockProfileClientConfig);

  // The forms with a callback stand first: only so are the parameters of the callback inferred.
  /** As below; the callback is called where the promise would settle. */
  send<Input extends SendableInput, Output extends SendableOutput>(
    command: CommandLike<Input, Output>,
    callback: (error: any, output?: Sent<Input, Output>) => void,
  ): void;
  send<Input extends SendableInput, Output extends SendableOutput>(
    command: CommandLike<Input, Output>,
    options: SendOptions | null | undefined,
    callback: (error: any, output?: Sent<Input, Output>) => void,
  ): void;
  /**
   * Sends a command of the AWS SDK. Converse, ConverseStream, InvokeModel,
   * InvokeModelWithResponseStream, CountTokens and ApplyGuardrail are native; every other command
   * goes to the AWS SDK's own client. A stream's answer is there when its first event is, as in the
   * AWS SDK.
   *
   * It fails with the AWS SDK's classes, names and texts: `ThrottlingException`,
   * `ValidationException` (also for a wrong input; then nothing was sent), `AccessDeniedException`,
   * …; with `AbortError`; with `TimeoutError` or an `Error` with a `code` where the connection
   * failed; with `CredentialsProviderError`. See {@link CallError}.
   *
   * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
   */
  send<Input extends SendableInput, Output extends SendableOutput>(
    command: CommandLike<Input, Output>,
    options?: SendOptions | null,
  ): Promise<Sent<Input, Output>>;

  /** `send(new ConverseCommand(input), options)` without the AWS package. */
  converse(
    input: ConverseRequest,
    options?: SendOptions | null,
  ): Promise<ConverseOutputWithMetadata>;

  /** `send(new ConverseStreamCommand(input), options)` without the AWS package. */
  converseStream(
    input: ConverseStreamRequest,
    options?: SendOptions | null,
  ): Promise<ConverseStreamOutputWithMetadata>;

  /** `send(new InvokeModelCommand(input), options)` without the AWS package. */
  invokeModel(
    input: InvokeModelRequest,
    options?: SendOptions | null,
  ): Promise<InvokeModelOutputWithMetadata>;

  /** `send(new InvokeModelWithResponseStreamCommand(input), options)` without the AWS package. */
  invokeModelWithResponseStream(
    input: InvokeModelWithResponseStreamRequest,
    options?: SendOptions | null,
  ): Promise<InvokeModelWithResponseStreamOutputWithMetadata>;

  /** `send(new CountTokensCommand(input), options)` without the AWS package. */
  countTokens(
    input: CountTokensRequest,
    options?: SendOptions | null,
  ): Promise<CountTokensOutputWithMetadata>;

  /** `send(new ApplyGuardrailCommand(input), options)` without the AWS package. */
  applyGuardrail(
    input: ApplyGuardrailRequest,
    options?: SendOptions | null,
  ): Promise<ApplyGuardrailOutputWithMetadata>;

  /**
   * Which model stands behind an id, and where it is called. Fails only where the id cannot be one;
   * where AWS cannot be asked, `model` is `null` and `warnings` say why.
   */
  resolve(id: string): Promise<ResolvedProfile>;

  /** The same from what is known now; `undefined` where AWS must be asked. */
  resolveSync(id: string): ResolvedProfile | undefined;

  /**
   * Says which model is behind an ARN, for callers that hold both; to this client alone. The
   * operator's mappings, an earlier call of this and what AWS has said take precedence.
   */
  learn(arn: string, model: string): this;

  /**
   * What the model behind an id can do, each fact with its source. AWS is asked about the model, and
   * waited for up to 3 seconds; without an answer the catalog holds.
   */
  capabilities(id: string): Promise<ModelCapabilities>;

  /**
   * Which inference profiles there are in regions and accounts, with names, tags, models and status,
   * and what to configure for them. Asks AWS whatever the option `discovery` says, once it is read.
   * What fails is an event; the rest goes on. docs/discovery.md has the IAM actions.
   *
   * ```js
   * for await (const { type, profile, progress } of client.discover({ regions })) { … }
   * const { env, librechatYaml } = await client.discover().result();
   * ```
   *
   * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListInferenceProfiles.html
   */
  discover(options?: DiscoverOptions): Discovery;

  /**
   * The same again and again, in the background; the event `discovery` has what was found each time.
   * Of all that discover the same for an account, one leads and the others wait for it to go. It keeps
   * no process; `stop()`, the signal and `destroy()` end it.
   */
  keepDiscovering(options: KeepDiscoveringOptions): KeptDiscovery;

  /**
   * What would be sent for an input or a command, and why. Resolves as `send` would; makes no
   * inference call.
   */
  explain(
    input: ConverseRequest | ConverseStreamRequest | CommandLike<{ modelId: unknown }, object>,
    options?: {
      /** As ConverseStream. Default: what the command is; `false` for an input. */
      stream?: boolean | undefined;
      /** As with this gating. Default: the client's. */
      gating?: 'adapt' | 'strict' | 'off' | undefined;
    },
  ): Promise<Explanation>;

  /**
   * What was spent, of all processes with the same store, tenant and endpoint; needs the option `costs` or
   * `budgets`. With a `format`, a text: CSV as in RFC 4180, or JSON.
   *
   * ```js
   * const { rows } = await client.costs({ resolution: 'day', by: ['user', 'model'] });
   * ```
   */
  costs(query?: CostQuery & { format?: undefined }): Promise<CostReport>;
  costs(query: CostQuery & { format: 'csv' | 'json' }): Promise<string>;

  /** How far each budget is used. */
  budgets(): Promise<BudgetStatus[]>;

  /** @throws TypeError where there is no such event */
  on<Event extends keyof ClientEvents>(
    event: Event,
    listener: (payload: ClientEvents[Event]) => void,
  ): this;
  off<Event extends keyof ClientEvents>(
    event: Event,
    listener: (payload: ClientEvents[Event]) => void,
  ): this;

  /** Ends every call and stream of this client, with an `AbortError`. */
  destroy(): void;
}
