// Our own copies of AWS's types stay equal to AWS's: each side can be used as the other.

import type * as aws from '@aws-sdk/client-bedrock-runtime';
import type * as ours from '../..';

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type SameMembers<A, B> = Equal<keyof A, keyof B>;

function holds<_T extends true>(): void {}

// Whole requests and answers.
holds<Equal<ours.ConverseRequest, aws.ConverseCommandInput>>();
holds<Equal<ours.ConverseStreamRequest, aws.ConverseStreamCommandInput>>();
holds<Equal<ours.ConverseResponse, aws.ConverseResponse>>();
holds<Equal<ours.ConverseStreamResponse, aws.ConverseStreamResponse>>();
holds<Equal<ours.ConverseStreamOutput, aws.ConverseStreamOutput>>();

// Assignability says nothing of members that one side lacks where they are optional.
holds<SameMembers<ours.ConverseRequest, aws.ConverseCommandInput>>();
holds<SameMembers<ours.ConverseStreamRequest, aws.ConverseStreamCommandInput>>();
holds<SameMembers<ours.ConverseResponse, aws.ConverseResponse>>();
holds<SameMembers<ours.ConverseStreamOutput, aws.ConverseStreamOutput>>();
holds<SameMembers<ours.ContentBlock, aws.ContentBlock>>();
holds<SameMembers<ours.ContentBlockDelta, aws.ContentBlockDelta>>();
holds<SameMembers<ours.ContentBlockStart, aws.ContentBlockStart>>();
holds<SameMembers<ours.AudioBlock, aws.AudioBlock>>();
holds<SameMembers<ours.CachePointBlock, aws.CachePointBlock>>();
holds<SameMembers<ours.Citation, aws.Citation>>();
holds<SameMembers<ours.CitationsDelta, aws.CitationsDelta>>();
holds<SameMembers<ours.DocumentBlock, aws.DocumentBlock>>();
holds<SameMembers<ours.GuardrailAssessment, aws.GuardrailAssessment>>();
holds<SameMembers<ours.GuardrailConfiguration, aws.GuardrailConfiguration>>();
holds<SameMembers<ours.GuardrailStreamConfiguration, aws.GuardrailStreamConfiguration>>();
holds<SameMembers<ours.ImageBlock, aws.ImageBlock>>();
holds<SameMembers<ours.InferenceConfiguration, aws.InferenceConfiguration>>();
holds<SameMembers<ours.OutputConfig, aws.OutputConfig>>();
holds<SameMembers<ours.ReasoningContentBlockDelta, aws.ReasoningContentBlockDelta>>();
holds<SameMembers<ours.ReasoningTextBlock, aws.ReasoningTextBlock>>();
holds<SameMembers<ours.SearchResultBlock, aws.SearchResultBlock>>();
holds<SameMembers<ours.TokenUsage, aws.TokenUsage>>();
holds<SameMembers<ours.ToolConfiguration, aws.ToolConfiguration>>();
holds<SameMembers<ours.ToolResultBlock, aws.ToolResultBlock>>();
holds<SameMembers<ours.ToolResultContentBlock, aws.ToolResultContentBlock>>();
holds<SameMembers<ours.ToolSpecification, aws.ToolSpecification>>();
holds<SameMembers<ours.ToolUseBlock, aws.ToolUseBlock>>();

// Words.
holds<Equal<ours.StopReason, aws.StopReason>>();
holds<Equal<ours.ImageFormat, aws.ImageFormat>>();
holds<Equal<ours.DocumentFormat, aws.DocumentFormat>>();
holds<Equal<ours.GuardrailPiiEntityType, aws.GuardrailPiiEntityType>>();

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

// The check itself notices a difference.
// @ts-expect-error a member is missing
holds<SameMembers<Omit<ours.ConverseRequest, 'outputConfig'>, aws.ConverseCommandInput>>();
// @ts-expect-error a word is missing
holds<Equal<Exclude<ours.StopReason, 'tool_use'>, aws.StopReason>>();
