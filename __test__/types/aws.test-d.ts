// Our own copies of AWS's types stay equal to AWS's: each side can be used as the other.

import type * as aws from '@aws-sdk/client-bedrock-runtime';
import type * as ours from '../..';

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** Every member required, all the way down: assignability forgives the lack of an optional one. */
type Solid<T> = unknown extends T
  ? T
  : ours.DocumentType extends T
    ? T
    : T extends string | number | boolean | Uint8Array | Error
      ? T
      : T extends readonly (infer Item)[]
        ? Solid<Item>[]
        : { [K in keyof T]-?: Solid<NonNullable<T[K]>> };

type Body<T> = Omit<T, 'body'> & { body?: Uint8Array | undefined };
type Answer<T> = Omit<T, 'body' | '$metadata'>;

type SameAllTheWay<A, B> = Equal<Solid<A>, Solid<B>>;

/** With what the service model has and the installed AWS SDK does not know yet. */
type Newer<T> = T & { projectIdentifier?: string | undefined };

function holds<_T extends true>(): void {}

holds<Equal<ours.ConverseRequest, aws.ConverseCommandInput>>();
holds<Equal<ours.ConverseStreamRequest, aws.ConverseStreamCommandInput>>();
holds<Equal<ours.ConverseResponse, aws.ConverseResponse>>();
holds<Equal<ours.ConverseStreamResponse, aws.ConverseStreamResponse>>();
holds<Equal<ours.ConverseStreamOutput, aws.ConverseStreamOutput>>();

holds<SameAllTheWay<ours.ConverseRequest, Newer<aws.ConverseCommandInput>>>();
holds<SameAllTheWay<ours.ConverseStreamRequest, Newer<aws.ConverseStreamCommandInput>>>();
holds<SameAllTheWay<ours.ConverseResponse, aws.ConverseResponse>>();
holds<SameAllTheWay<ours.ConverseStreamOutput, aws.ConverseStreamOutput>>();

holds<SameAllTheWay<ours.CountTokensRequest, aws.CountTokensCommandInput>>();
holds<SameAllTheWay<ours.CountTokensResponse, aws.CountTokensResponse>>();
holds<SameAllTheWay<ours.ApplyGuardrailRequest, aws.ApplyGuardrailCommandInput>>();
holds<SameAllTheWay<ours.ApplyGuardrailResponse, aws.ApplyGuardrailResponse>>();
holds<SameAllTheWay<ours.ResponseStream, aws.ResponseStream>>();
holds<
  SameAllTheWay<
    ours.InvokeModelWithResponseStreamResponse,
    aws.InvokeModelWithResponseStreamResponse
  >
>();
holds<SameAllTheWay<Answer<ours.InvokeModelResponse>, Answer<aws.InvokeModelCommandOutput>>>();
holds<SameAllTheWay<Body<ours.InvokeModelRequest>, Newer<Body<aws.InvokeModelRequest>>>>();
holds<
  SameAllTheWay<
    Body<ours.InvokeModelWithResponseStreamRequest>,
    Newer<Body<aws.InvokeModelWithResponseStreamRequest>>
  >
>();
// Of a body the AWS SDK's types take more than can be sent as it is: streams, for one.
holds<ours.InvokeModelBody extends aws.InvokeModelCommandInput['body'] ? true : false>();
holds<
  ours.InvokeModelResponse['body'] extends aws.InvokeModelCommandOutput['body'] ? true : false
>();

// The client where the AWS SDK is not: everything it has is as the AWS SDK has it.
holds<aws.BedrockRuntimeClient extends ours.PlainClient ? true : false>();

// Exceptions, as instances.
holds<Equal<ours.BedrockRuntimeServiceException, aws.BedrockRuntimeServiceException>>();
holds<Equal<ours.AccessDeniedException, aws.AccessDeniedException>>();
holds<Equal<ours.ConflictException, aws.ConflictException>>();
holds<Equal<ours.InternalServerException, aws.InternalServerException>>();
holds<Equal<ours.ModelErrorException, aws.ModelErrorException>>();
holds<Equal<ours.ModelNotReadyException, aws.ModelNotReadyException>>();
holds<Equal<ours.ModelStreamErrorException, aws.ModelStreamErrorException>>();
holds<Equal<ours.ModelTimeoutException, aws.ModelTimeoutException>>();
holds<Equal<ours.ResourceNotFoundException, aws.ResourceNotFoundException>>();
holds<Equal<ours.ServiceQuotaExceededException, aws.ServiceQuotaExceededException>>();
holds<Equal<ours.ServiceUnavailableException, aws.ServiceUnavailableException>>();
holds<Equal<ours.ThrottlingException, aws.ThrottlingException>>();
holds<Equal<ours.ValidationException, aws.ValidationException>>();

// The check itself notices a difference, however deep.
type LessTopP = Omit<ours.ConverseRequest, 'inferenceConfig'> & {
  inferenceConfig?: Omit<ours.InferenceConfiguration, 'topP'> | undefined;
};
// @ts-expect-error a member of a member is missing
holds<SameAllTheWay<LessTopP, aws.ConverseCommandInput>>();
// @ts-expect-error a word is missing
holds<Equal<Exclude<ours.StopReason, 'tool_use'>, aws.StopReason>>();
