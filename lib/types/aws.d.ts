// The ties to the types of @aws-sdk/client-bedrock-runtime. Where that package is installed, this
// client is one of its clients for the compiler too: its class has private members, so that nothing
// else than a type of its own will do. Where it is not, everything stands on own types.

// @ts-ignore it may not be installed, and is `any` then
import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
// @ts-ignore the same
import type { BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
// @ts-ignore the same
import type { ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-bedrock-runtime';

import type { MiddlewareStack } from './middleware';
import type { BedrockProfileClientOptions, BearerToken, Credentials, Logger } from './options';

/** `A` where the AWS package is installed, `B` where it is not. */
type WithAws<A, B> = string extends keyof BedrockRuntimeClient ? B : A;

/**
 * What became of a client's options, for whoever asks a client where it calls; read-only. Functions
 * ask when they are called.
 */
export interface ClientConfig {
  readonly serviceId: string;
  readonly apiVersion: string;
  region(): Promise<string>;
  /** Absent where no option says an endpoint. */
  endpoint?: (() => Promise<{ protocol: string; hostname: string; path: string }>) | undefined;
  /** Fails where they come from the default chain, which is the addon's. */
  credentials(): Promise<Credentials>;
  token?: (() => Promise<BearerToken>) | undefined;
  maxAttempts(): Promise<number>;
  readonly retryMode: string | (() => Promise<string>);
  useFipsEndpoint(): Promise<boolean>;
  useDualstackEndpoint(): Promise<boolean>;
  /** What was given; the calls are made natively. */
  readonly requestHandler?: object | undefined;
  readonly logger?: Logger | undefined;
}

/** This client where there are no types of AWS's to be one of. */
export interface PlainClient {
  readonly config: ClientConfig;
  readonly middlewareStack: MiddlewareStack;
}

/** What the client is beside its own members. */
export type AwsClient = WithAws<BedrockRuntimeClient, PlainClient>;

/** Every input of a command that can be sent. */
export type SendableInput = WithAws<ServiceInputTypes, object>;

/** Every answer to a command that can be sent. */
export type SendableOutput = WithAws<ServiceOutputTypes, object>;

/** The options of this client beside those of the AWS SDK's, which mean what they mean there. */
export type BedrockProfileClientConfig = BedrockProfileClientOptions &
  WithAws<Omit<BedrockRuntimeClientConfig, keyof BedrockProfileClientOptions>, unknown>;
