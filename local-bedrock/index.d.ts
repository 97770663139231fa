/** A stand-in for Amazon Bedrock on loopback, for demos and tests. */

export interface LocalCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** Known, but refused with ExpiredTokenException. */
  expired?: boolean;
  /** The account that it is of, whose resources alone it sees; where absent it sees all. */
  account?: string;
}

/** An application inference profile to add. */
export interface LocalProfileInput {
  region: string;
  /** A model id, the id of a system-defined profile, or the ARN of either. */
  from: string;
  /** 12 characters of a to z and 0 to 9; made up where absent. */
  id?: string;
  name?: string;
  description?: string;
  account?: string;
  createdAt?: string;
  tags?: Record<string, string>;
}

/** A role that STS lets assume. */
export interface LocalRole {
  /** `arn:aws:iam::210987654321:role/reader`; its sessions are of that account. */
  arn: string;
  /** What has to be said to assume it; nothing where absent. */
  externalId?: string;
  /** How long a session lasts, whatever is asked for. Default: what is asked for, or 3600. */
  seconds?: number;
}

export interface LocalProfile {
  id: string;
  name: string;
  arn: string;
  region: string;
  description?: string;
  tags: Record<string, string>;
  /** ARNs of the foundation models behind it. */
  models: string[];
  type: 'APPLICATION';
  createdAt: string;
  /** Id of the model behind it. */
  model: string;
}

/** Something that goes wrong; see `faultKinds`. */
export interface LocalFault {
  kind: string;
  /** How many requests it happens to; 1 where absent. */
  times?: number;
  /** The one operation it happens to; Converse and ConverseStream where absent. */
  operation?: string;
  /** The one modelId (id or ARN, as it is called) and the one region it happens to. */
  modelId?: string;
  region?: string;
  /** Events of a stream that get through before it; 1 where absent. */
  after?: number;
  /** Parts of an error that differ from the kind's own. */
  status?: number;
  type?: string;
  message?: string;
  headers?: Record<string, string>;
  body?: string;
  location?: string;
  bytes?: number;
  /** Milliseconds between bytes (`slow-bytes`, `split`). */
  ms?: number;
}

/** A request as it arrived. */
export interface LocalRequest {
  requestId: string;
  operation?: string;
  method: string;
  /** The target as it stood in the request, with the query. */
  url: string;
  path: string;
  headers: Record<string, string>;
  protocol: '1.1' | '2';
  rawBody: Buffer;
  /** The parsed body. */
  body?: any;
  /** The modelId of a runtime call, decoded. */
  modelId?: string;
  /** The model behind it. */
  model?: string;
  /** The region it was signed for; a bearer token has none. */
  region?: string;
  auth?: {
    kind: 'sigv4' | 'bearer';
    accessKeyId?: string;
    region?: string;
    account?: string;
    /** Of a session of a role: its ARN, its name and its tags. */
    session?: { role: string; name: string; tags: Record<string, string> };
  };
  status?: number;
  /** The rule that refused it (`S1`). */
  rule?: string;
  /** The fault that happened to it. */
  fault?: string;
  /** Pieces of the answer that were sent. */
  eventsSent: number;
  /** Resolves to whether the client left before the answer was complete. */
  aborted: Promise<boolean>;
}

/**
 * What a script answers: nothing (the default answer), a text, parts, events, or an error.
 * Where `stopReason` is absent, `maxTokens` and `stopSequences` of the request cut the answer.
 */
export type LocalAnswer =
  | undefined
  | string
  | {
      text?: string;
      reasoning?: string;
      signature?: string;
      /** Base64. */
      redacted?: string;
      toolUse?: LocalToolUse | LocalToolUse[];
      /** Content blocks as they stand, in the place of the members above. */
      content?: object[];
      stopReason?: string;
      usage?: object;
      latencyMs?: number;
      additionalModelResponseFields?: unknown;
      /** ConverseStream: the events; a Buffer is sent as it stands. */
      events?: Iterable<object | Buffer> | AsyncIterable<object | Buffer>;
      /** Converse: the whole body. */
      response?: object;
      error?: {
        status?: number;
        type?: string;
        message?: string;
        headers?: Record<string, string>;
      };
    };

export interface LocalToolUse {
  toolUseId: string;
  name: string;
  input: unknown;
}

export interface LocalBedrockOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  /** What `region` of the server says; every region is served. Default `us-east-1`. */
  region?: string;
  credentials?: LocalCredentials | LocalCredentials[];
  bearerToken?: string | string[];
  /** Milliseconds between the pieces of a stream; default 15. */
  pace?: number;
  /** Speaks TLS, with HTTP/2 by ALPN. */
  tls?: { key: string | Buffer; cert: string | Buffer };
  /** Application profiles beside the default ones. */
  profiles?: LocalProfileInput[];
  /** Id of a model that the catalog lacks → id of one whose behaviour it has. */
  models?: Record<string, string>;
  /** IAM actions of the control plane that are refused. */
  deny?: string[];
  /** Roles that STS (POST /) lets assume. */
  roles?: LocalRole[];
  /** What GetFoundationModel and ListFoundationModels say differently, by model id. */
  foundationModels?: Record<string, object>;
  /** What Service Quotas lists (POST /): `default` is what AWS gives to new accounts, `value` where absent. */
  serviceQuotas?: { code: string; name: string; value: number; default?: number }[];
  /** How many profiles a page of ListInferenceProfiles holds at most. Default 1000. */
  pageSize?: number;
  /** What goes wrong, see `fail`. */
  faults?: (LocalFault | string)[];
  script?: (request: LocalRequest) => LocalAnswer | Promise<LocalAnswer>;
  /** Is told of every request when it has arrived. */
  onRequest?: (request: LocalRequest) => void;
  /** The server's clock; default `Date.now`. */
  now?: () => number;
}

export interface LocalBedrock {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly region: string;
  readonly credentials: LocalCredentials;
  readonly bearerToken: string;
  /** Every request, in order of arrival. */
  readonly requests: LocalRequest[];
  /** Application profiles. */
  readonly profiles: LocalProfile[];
  readonly pendingFaults: number;
  /** How many connections have been opened. */
  readonly connections: number;
  /** Errors of the stand-in itself; empty unless it has a bug or a script threw. */
  readonly failures: Error[];
  /** Resolves with the first request, past or to come, that matches. */
  waitForRequest(matches?: (request: LocalRequest) => boolean): Promise<LocalRequest>;
  addProfile(profile: LocalProfileInput): LocalProfile;
  removeProfile(profile: LocalProfile): void;
  /** Refuses an action (`bedrock:GetInferenceProfile`) from now on; with `where` in one region, or to one account. */
  deny(action: string, where?: { region?: string; account?: string }): void;
  allow(action: string): void;
  /** `fail('throttle')`, `fail({ kind: 'cut-reset', after: 2, times: 3 })`. */
  fail(...faults: (LocalFault | string)[]): void;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** Starts the stand-in. It listens on 127.0.0.1 only. */
export function startLocalBedrock(options?: LocalBedrockOptions): Promise<LocalBedrock>;

/** The kinds of faults there are. */
export const faultKinds: readonly string[];

/** The checks a request must pass, in order. */
export const rules: readonly {
  rule: string;
  section: string;
  name?: string;
  status: number;
  type: string;
  /** The text or the rule is known from clients or pages, not from an answer of the service. */
  weak?: boolean;
  when(request: object, model: object): unknown;
  message: string | ((detail: any, request: object, model: object) => string);
}[];
