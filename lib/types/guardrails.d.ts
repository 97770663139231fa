// What guardrails found, as AWS describes it. See content.d.ts.

import type { AppliedGuardrailDetails, OneOf } from './content';

export type GuardrailAutomatedReasoningLogicWarningType = 'ALWAYS_FALSE' | 'ALWAYS_TRUE';
export type GuardrailContentFilterConfidence = 'HIGH' | 'LOW' | 'MEDIUM' | 'NONE';
export type GuardrailContentFilterStrength = 'HIGH' | 'LOW' | 'MEDIUM' | 'NONE';
export type GuardrailContentFilterType =
  'HATE' | 'INSULTS' | 'MISCONDUCT' | 'PROMPT_ATTACK' | 'SEXUAL' | 'VIOLENCE';
export type GuardrailContentPolicyAction = 'BLOCKED' | 'NONE';
export type GuardrailContextualGroundingFilterType = 'GROUNDING' | 'RELEVANCE';
export type GuardrailContextualGroundingPolicyAction = 'BLOCKED' | 'NONE';
export type GuardrailManagedWordType = 'PROFANITY';
export type GuardrailPiiEntityType =
  | 'ADDRESS'
  | 'AGE'
  | 'AWS_ACCESS_KEY'
  | 'AWS_SECRET_KEY'
  | 'CA_HEALTH_NUMBER'
  | 'CA_SOCIAL_INSURANCE_NUMBER'
  | 'CREDIT_DEBIT_CARD_CVV'
  | 'CREDIT_DEBIT_CARD_EXPIRY'
  | 'CREDIT_DEBIT_CARD_NUMBER'
  | 'DRIVER_ID'
  | 'EMAIL'
  | 'INTERNATIONAL_BANK_ACCOUNT_NUMBER'
  | 'IP_ADDRESS'
  | 'LICENSE_PLATE'
  | 'MAC_ADDRESS'
  | 'NAME'
  | 'PASSWORD'
  | 'PHONE'
  | 'PIN'
  | 'SWIFT_CODE'
  | 'UK_NATIONAL_HEALTH_SERVICE_NUMBER'
  | 'UK_NATIONAL_INSURANCE_NUMBER'
  | 'UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER'
  | 'URL'
  | 'USERNAME'
  | 'US_BANK_ACCOUNT_NUMBER'
  | 'US_BANK_ROUTING_NUMBER'
  | 'US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER'
  | 'US_PASSPORT_NUMBER'
  | 'US_SOCIAL_SECURITY_NUMBER'
  | 'VEHICLE_IDENTIFICATION_NUMBER';
export type GuardrailSensitiveInformationPolicyAction = 'ANONYMIZED' | 'BLOCKED' | 'NONE';
export type GuardrailTopicPolicyAction = 'BLOCKED' | 'NONE';
export type GuardrailTopicType = 'DENY';
export type GuardrailWordPolicyAction = 'BLOCKED' | 'NONE';

export interface GuardrailAutomatedReasoningRule {
  identifier?: string | undefined;
  policyVersionArn?: string | undefined;
}

export interface GuardrailAutomatedReasoningStatement {
  logic?: string | undefined;
  naturalLanguage?: string | undefined;
}

export interface GuardrailAutomatedReasoningLogicWarning {
  type?: GuardrailAutomatedReasoningLogicWarningType | undefined;
  premises?: GuardrailAutomatedReasoningStatement[] | undefined;
  claims?: GuardrailAutomatedReasoningStatement[] | undefined;
}

export interface GuardrailAutomatedReasoningInputTextReference {
  text?: string | undefined;
}

export interface GuardrailAutomatedReasoningTranslation {
  premises?: GuardrailAutomatedReasoningStatement[] | undefined;
  claims?: GuardrailAutomatedReasoningStatement[] | undefined;
  untranslatedPremises?: GuardrailAutomatedReasoningInputTextReference[] | undefined;
  untranslatedClaims?: GuardrailAutomatedReasoningInputTextReference[] | undefined;
  confidence?: number | undefined;
}

export interface GuardrailAutomatedReasoningImpossibleFinding {
  translation?: GuardrailAutomatedReasoningTranslation | undefined;
  contradictingRules?: GuardrailAutomatedReasoningRule[] | undefined;
  logicWarning?: GuardrailAutomatedReasoningLogicWarning | undefined;
}

export interface GuardrailAutomatedReasoningInvalidFinding {
  translation?: GuardrailAutomatedReasoningTranslation | undefined;
  contradictingRules?: GuardrailAutomatedReasoningRule[] | undefined;
  logicWarning?: GuardrailAutomatedReasoningLogicWarning | undefined;
}

export interface GuardrailAutomatedReasoningNoTranslationsFinding {}

export interface GuardrailAutomatedReasoningScenario {
  statements?: GuardrailAutomatedReasoningStatement[] | undefined;
}

export interface GuardrailAutomatedReasoningSatisfiableFinding {
  translation?: GuardrailAutomatedReasoningTranslation | undefined;
  claimsTrueScenario?: GuardrailAutomatedReasoningScenario | undefined;
  claimsFalseScenario?: GuardrailAutomatedReasoningScenario | undefined;
  logicWarning?: GuardrailAutomatedReasoningLogicWarning | undefined;
}

export interface GuardrailAutomatedReasoningTooComplexFinding {}

export interface GuardrailAutomatedReasoningTranslationOption {
  translations?: GuardrailAutomatedReasoningTranslation[] | undefined;
}

export interface GuardrailAutomatedReasoningTranslationAmbiguousFinding {
  options?: GuardrailAutomatedReasoningTranslationOption[] | undefined;
  differenceScenarios?: GuardrailAutomatedReasoningScenario[] | undefined;
}

export interface GuardrailAutomatedReasoningValidFinding {
  translation?: GuardrailAutomatedReasoningTranslation | undefined;
  claimsTrueScenario?: GuardrailAutomatedReasoningScenario | undefined;
  supportingRules?: GuardrailAutomatedReasoningRule[] | undefined;
  logicWarning?: GuardrailAutomatedReasoningLogicWarning | undefined;
}

export type GuardrailAutomatedReasoningFinding = OneOf<{
  valid: GuardrailAutomatedReasoningValidFinding;
  invalid: GuardrailAutomatedReasoningInvalidFinding;
  satisfiable: GuardrailAutomatedReasoningSatisfiableFinding;
  impossible: GuardrailAutomatedReasoningImpossibleFinding;
  translationAmbiguous: GuardrailAutomatedReasoningTranslationAmbiguousFinding;
  tooComplex: GuardrailAutomatedReasoningTooComplexFinding;
  noTranslations: GuardrailAutomatedReasoningNoTranslationsFinding;
}>;

export interface GuardrailAutomatedReasoningPolicyAssessment {
  findings?: GuardrailAutomatedReasoningFinding[] | undefined;
}

export interface GuardrailContentFilter {
  type: GuardrailContentFilterType | undefined;
  confidence: GuardrailContentFilterConfidence | undefined;
  filterStrength?: GuardrailContentFilterStrength | undefined;
  action: GuardrailContentPolicyAction | undefined;
  detected?: boolean | undefined;
}

export interface GuardrailContentPolicyAssessment {
  filters: GuardrailContentFilter[] | undefined;
}

export interface GuardrailContextualGroundingFilter {
  type: GuardrailContextualGroundingFilterType | undefined;
  threshold: number | undefined;
  score: number | undefined;
  action: GuardrailContextualGroundingPolicyAction | undefined;
  detected?: boolean | undefined;
}

export interface GuardrailContextualGroundingPolicyAssessment {
  filters?: GuardrailContextualGroundingFilter[] | undefined;
}

export interface GuardrailImageCoverage {
  guarded?: number | undefined;
  total?: number | undefined;
}

export interface GuardrailTextCharactersCoverage {
  guarded?: number | undefined;
  total?: number | undefined;
}

export interface GuardrailCoverage {
  textCharacters?: GuardrailTextCharactersCoverage | undefined;
  images?: GuardrailImageCoverage | undefined;
}

export interface GuardrailUsage {
  topicPolicyUnits: number | undefined;
  contentPolicyUnits: number | undefined;
  wordPolicyUnits: number | undefined;
  sensitiveInformationPolicyUnits: number | undefined;
  sensitiveInformationPolicyFreeUnits: number | undefined;
  contextualGroundingPolicyUnits: number | undefined;
  contentPolicyImageUnits?: number | undefined;
  automatedReasoningPolicyUnits?: number | undefined;
  automatedReasoningPolicies?: number | undefined;
}

export interface GuardrailInvocationMetrics {
  guardrailProcessingLatency?: number | undefined;
  usage?: GuardrailUsage | undefined;
  guardrailCoverage?: GuardrailCoverage | undefined;
}

export interface GuardrailPiiEntityFilter {
  match: string | undefined;
  type: GuardrailPiiEntityType | undefined;
  action: GuardrailSensitiveInformationPolicyAction | undefined;
  detected?: boolean | undefined;
}

export interface GuardrailRegexFilter {
  name?: string | undefined;
  match?: string | undefined;
  regex?: string | undefined;
  action: GuardrailSensitiveInformationPolicyAction | undefined;
  detected?: boolean | undefined;
}

export interface GuardrailSensitiveInformationPolicyAssessment {
  piiEntities: GuardrailPiiEntityFilter[] | undefined;
  regexes: GuardrailRegexFilter[] | undefined;
}

export interface GuardrailTopic {
  name: string | undefined;
  type: GuardrailTopicType | undefined;
  action: GuardrailTopicPolicyAction | undefined;
  detected?: boolean | undefined;
}

export interface GuardrailTopicPolicyAssessment {
  topics: GuardrailTopic[] | undefined;
}

export interface GuardrailCustomWord {
  match: string | undefined;
  action: GuardrailWordPolicyAction | undefined;
  detected?: boolean | undefined;
}

export interface GuardrailManagedWord {
  match: string | undefined;
  type: GuardrailManagedWordType | undefined;
  action: GuardrailWordPolicyAction | undefined;
  detected?: boolean | undefined;
}

export interface GuardrailWordPolicyAssessment {
  customWords: GuardrailCustomWord[] | undefined;
  managedWordLists: GuardrailManagedWord[] | undefined;
}

/** AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailAssessment.html */
export interface GuardrailAssessment {
  topicPolicy?: GuardrailTopicPolicyAssessment | undefined;
  contentPolicy?: GuardrailContentPolicyAssessment | undefined;
  wordPolicy?: GuardrailWordPolicyAssessment | undefined;
  sensitiveInformationPolicy?: GuardrailSensitiveInformationPolicyAssessment | undefined;
  contextualGroundingPolicy?: GuardrailContextualGroundingPolicyAssessment | undefined;
  automatedReasoningPolicy?: GuardrailAutomatedReasoningPolicyAssessment | undefined;
  invocationMetrics?: GuardrailInvocationMetrics | undefined;
  appliedGuardrailDetails?: AppliedGuardrailDetails | undefined;
}
