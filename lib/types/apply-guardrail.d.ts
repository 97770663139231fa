// ApplyGuardrail, as AWS describes it. See content.d.ts.

import type { OneOf } from './content';
import type { GuardrailAssessment, GuardrailCoverage, GuardrailUsage } from './guardrails';

export type GuardrailAction = 'GUARDRAIL_INTERVENED' | 'NONE';
export type GuardrailContentQualifier = 'grounding_source' | 'guard_content' | 'query';
export type GuardrailContentSource = 'INPUT' | 'OUTPUT';
export type GuardrailImageFormat = 'jpeg' | 'png';
export type GuardrailOutputScope = 'FULL' | 'INTERVENTIONS';

export interface GuardrailTextBlock {
  text: string | undefined;
  qualifiers?: GuardrailContentQualifier[] | undefined;
}

export type GuardrailImageSource = OneOf<{
  bytes: Uint8Array;
}>;

export interface GuardrailImageBlock {
  format: GuardrailImageFormat | undefined;
  source: GuardrailImageSource | undefined;
}

export type GuardrailContentBlock = OneOf<{
  text: GuardrailTextBlock;
  image: GuardrailImageBlock;
}>;

/**
 * What ApplyGuardrail takes.
 *
 * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ApplyGuardrail.html
 */
export interface ApplyGuardrailRequest {
  guardrailIdentifier: string | undefined;
  guardrailVersion: string | undefined;
  source: GuardrailContentSource | undefined;
  content: GuardrailContentBlock[] | undefined;
  outputScope?: GuardrailOutputScope | undefined;
}

export interface GuardrailOutputContent {
  text?: string | undefined;
}

/** What ApplyGuardrail answers. */
export interface ApplyGuardrailResponse {
  usage: GuardrailUsage | undefined;
  action: GuardrailAction | undefined;
  actionReason?: string | undefined;
  outputs: GuardrailOutputContent[] | undefined;
  assessments: GuardrailAssessment[] | undefined;
  guardrailCoverage?: GuardrailCoverage | undefined;
}
