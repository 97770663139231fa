// The content of messages, as AWS describes it.
//
// Own copies of the types of @aws-sdk/client-bedrock-runtime, so that nobody needs that package to
// use this one. `__test__/types/aws.test-d.ts` keeps them equal.

/** JSON, where AWS takes any. */
export type DocumentType =
  null | boolean | number | string | DocumentType[] | { [property: string]: DocumentType };

type Flat<T> = { [K in keyof T]: T[K] };

/** An object with exactly one of these members; `$unknown` is a member that was not known yet. */
export type OneOf<Members> =
  | {
      [K in keyof Members]: Flat<
        { [P in K]: Members[P] } & { [P in Exclude<keyof Members, K>]?: never } & {
          $unknown?: never;
        }
      >;
    }[keyof Members]
  | Flat<{ [P in keyof Members]?: never } & { $unknown: [string, any] }>;

export type AudioFormat =
  | 'aac'
  | 'flac'
  | 'm4a'
  | 'mka'
  | 'mkv'
  | 'mp3'
  | 'mp4'
  | 'mpeg'
  | 'mpga'
  | 'ogg'
  | 'opus'
  | 'pcm'
  | 'wav'
  | 'webm'
  | 'x-aac';
export type CachePointType = 'default';
export type CacheTTL = '5m' | '1h';
export type DocumentFormat =
  'csv' | 'doc' | 'docx' | 'html' | 'md' | 'pdf' | 'txt' | 'xls' | 'xlsx';
export type GuardrailConverseContentQualifier = 'grounding_source' | 'guard_content' | 'query';
export type GuardrailConverseImageFormat = 'jpeg' | 'png';
export type GuardrailOrigin = 'ACCOUNT_ENFORCED' | 'ORGANIZATION_ENFORCED' | 'REQUEST';
export type GuardrailOwnership = 'CROSS_ACCOUNT' | 'SELF';
export type ImageFormat = 'gif' | 'jpeg' | 'png' | 'webp';
export type ToolResultStatus = 'error' | 'success';
export type ToolUseType = 'server_tool_use';
export type VideoFormat =
  'flv' | 'mkv' | 'mov' | 'mp4' | 'mpeg' | 'mpg' | 'three_gp' | 'webm' | 'wmv';

export interface AppliedGuardrailDetails {
  guardrailId?: string | undefined;
  guardrailVersion?: string | undefined;
  guardrailArn?: string | undefined;
  guardrailOrigin?: GuardrailOrigin[] | undefined;
  guardrailOwnership?: GuardrailOwnership | undefined;
}

export interface ErrorBlock {
  message?: string | undefined;
}

export interface S3Location {
  uri: string | undefined;
  bucketOwner?: string | undefined;
}

export type AudioSource = OneOf<{
  bytes: Uint8Array;
  s3Location: S3Location;
}>;

export interface AudioBlock {
  format: AudioFormat | undefined;
  source: AudioSource | undefined;
  error?: ErrorBlock | undefined;
}

/**
 * Caches the prompt up to here.
 *
 * AWS: https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 */
export interface CachePointBlock {
  type: CachePointType | undefined;
  /** How long; 5 minutes where absent. */
  ttl?: CacheTTL | undefined;
}

export interface DocumentCharLocation {
  documentIndex?: number | undefined;
  start?: number | undefined;
  end?: number | undefined;
}

export interface DocumentChunkLocation {
  documentIndex?: number | undefined;
  start?: number | undefined;
  end?: number | undefined;
}

export interface DocumentPageLocation {
  documentIndex?: number | undefined;
  start?: number | undefined;
  end?: number | undefined;
}

export interface SearchResultLocation {
  searchResultIndex?: number | undefined;
  start?: number | undefined;
  end?: number | undefined;
}

export interface WebLocation {
  url?: string | undefined;
  domain?: string | undefined;
}

export type CitationLocation = OneOf<{
  web: WebLocation;
  documentChar: DocumentCharLocation;
  documentPage: DocumentPageLocation;
  documentChunk: DocumentChunkLocation;
  searchResultLocation: SearchResultLocation;
}>;

export type CitationSourceContent = OneOf<{
  text: string;
}>;

export interface Citation {
  title?: string | undefined;
  source?: string | undefined;
  sourceContent?: CitationSourceContent[] | undefined;
  location?: CitationLocation | undefined;
}

export type CitationGeneratedContent = OneOf<{
  text: string;
}>;

export interface CitationsContentBlock {
  content?: CitationGeneratedContent[] | undefined;
  citations?: Citation[] | undefined;
}

export interface CitationsConfig {
  enabled: boolean | undefined;
}

export type DocumentContentBlock = OneOf<{
  text: string;
}>;

export type DocumentSource = OneOf<{
  bytes: Uint8Array;
  s3Location: S3Location;
  text: string;
  content: DocumentContentBlock[];
}>;

export interface DocumentBlock {
  format?: DocumentFormat | undefined;
  name: string | undefined;
  source: DocumentSource | undefined;
  context?: string | undefined;
  citations?: CitationsConfig | undefined;
}

export type GuardrailConverseImageSource = OneOf<{
  bytes: Uint8Array;
}>;

export interface GuardrailConverseImageBlock {
  format: GuardrailConverseImageFormat | undefined;
  source: GuardrailConverseImageSource | undefined;
}

export interface GuardrailConverseTextBlock {
  text: string | undefined;
  qualifiers?: GuardrailConverseContentQualifier[] | undefined;
}

export type GuardrailConverseContentBlock = OneOf<{
  text: GuardrailConverseTextBlock;
  image: GuardrailConverseImageBlock;
}>;

export type ImageSource = OneOf<{
  bytes: Uint8Array;
  s3Location: S3Location;
}>;

export interface ImageBlock {
  format: ImageFormat | undefined;
  source: ImageSource | undefined;
  error?: ErrorBlock | undefined;
}

export interface ReasoningTextBlock {
  text: string | undefined;
  signature?: string | undefined;
}

/**
 * What the model thought, as AWS gives it; to be sent back unchanged.
 *
 * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ReasoningContentBlock.html
 */
export type ReasoningContentBlock = OneOf<{
  reasoningText: ReasoningTextBlock;
  redactedContent: Uint8Array;
}>;

export interface SearchResultContentBlock {
  text: string | undefined;
}

export interface SearchResultBlock {
  source: string | undefined;
  title: string | undefined;
  content: SearchResultContentBlock[] | undefined;
  citations?: CitationsConfig | undefined;
}

export interface ToolReference {
  type?: string | undefined;
  name?: string | undefined;
  serverName?: string | undefined;
}

export interface ToolAdditionBlock {
  tool: ToolReference | undefined;
}

export interface ToolRemovalBlock {
  tool: ToolReference | undefined;
}

export type VideoSource = OneOf<{
  bytes: Uint8Array;
  s3Location: S3Location;
}>;

export interface VideoBlock {
  format: VideoFormat | undefined;
  source: VideoSource | undefined;
}

export type ToolResultContentBlock = OneOf<{
  json: DocumentType;
  text: string;
  image: ImageBlock;
  document: DocumentBlock;
  video: VideoBlock;
  searchResult: SearchResultBlock;
}>;

export interface ToolResultBlock {
  toolUseId: string | undefined;
  content: ToolResultContentBlock[] | undefined;
  status?: ToolResultStatus | undefined;
  type?: string | undefined;
}

export interface ToolUseBlock {
  toolUseId: string | undefined;
  name: string | undefined;
  input: DocumentType | undefined;
  type?: ToolUseType | undefined;
}

/**
 * One piece of a message; exactly one member is present.
 *
 * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
 */
export type ContentBlock = OneOf<{
  text: string;
  image: ImageBlock;
  document: DocumentBlock;
  video: VideoBlock;
  audio: AudioBlock;
  toolUse: ToolUseBlock;
  toolResult: ToolResultBlock;
  guardContent: GuardrailConverseContentBlock;
  cachePoint: CachePointBlock;
  reasoningContent: ReasoningContentBlock;
  citationsContent: CitationsContentBlock;
  searchResult: SearchResultBlock;
  toolAddition: ToolAdditionBlock;
  toolRemoval: ToolRemovalBlock;
}>;
