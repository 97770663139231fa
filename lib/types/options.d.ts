// The options of the client. A value of a wrong type is a TypeError of the constructor that names
// the option; anything else that is wrong is an error of the call. Absent and undefined are the same.

import type { BudgetOptions, CostOptions } from './costs';
import type { TelemetryOptions } from './telemetry';

/** A value, or a function that gives it when a call needs it. */
export type OrProvider<T> = T | (() => T | Promise<T>);

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When they end; a provider is asked again before that. */
  readonly expiration?: Date | undefined;
  /** The AWS account that they are of: what is learned with them is learned for it. */
  readonly accountId?: string | undefined;
}

/** Any credential provider of the AWS SDK (`fromNodeProviderChain()`, `fromSSO()`, …). */
export type CredentialsProvider = () => Promise<Credentials>;

export interface BearerToken {
  readonly token: string;
  readonly expiration?: Date | undefined;
}

/** A URL as text or as a `URL`, or what the AWS SDK takes for one. */
export type Endpoint =
  | string
  | { readonly href: string }
  | { url: string | { readonly href: string } }
  | { protocol: string; hostname: string; port?: number | undefined; path: string };

/** What is used of a `NodeHttpHandler` or a `NodeHttp2Handler`, given as the handler itself or as its options. */
export interface RequestHandlerOptions {
  /** Milliseconds to connect; `timeouts.connect` goes before it. */
  connectionTimeout?: number | undefined;
  /**
   * Milliseconds until the response begins; `timeouts.firstByte` takes precedence. In a `NodeHttpHandler`
   * it ends a request only with `throwOnRequestTimeout`, as in the AWS SDK.
   */
  requestTimeout?: number | undefined;
  /** Milliseconds of silence; `timeouts.betweenEvents` and `timeouts.whileThinking` go before it. */
  socketTimeout?: number | undefined;
  /** Whether `requestTimeout` of a `NodeHttpHandler` ends a request. */
  throwOnRequestTimeout?: boolean | undefined;
  /**
   * For https: an `Agent` of node:https or its options (`ca`, `cert` and `key` in PEM,
   * `rejectUnauthorized`, `maxSockets`), or an `HttpsProxyAgent`, whose proxy is used. An agent that
   * cannot be honoured is a `TypeError` of the call.
   */
  httpsAgent?: object | undefined;
  /** The same for http. */
  httpAgent?: object | undefined;
}

/** An object that keeps texts, such as a Keyv. What it throws is one warning. */
export interface Store {
  /** The text of a key; anything else where there is none. */
  get(key: string): unknown;
  /** Keeps a text for so many milliseconds. */
  set(key: string, value: string, milliseconds: number): unknown;
  /** Forgets a key. */
  delete(key: string): unknown;
}

export interface Timeouts {
  /** TCP and TLS together. Default 5000. */
  connect?: number | undefined;
  /**
   * From the request to the head of the response. A Converse response has none before the model is
   * done, so there is no default.
   */
  firstByte?: number | undefined;
  /** From a piece of text to a stream's next event. Default 90000. */
  betweenEvents?: number | undefined;
  /**
   * Silence of a stream everywhere else: before its first event, after reasoning, and around tools,
   * whose input Bedrock may hold back until it is whole. Default 600000.
   */
  whileThinking?: number | undefined;
  /** A call with all its attempts, until its response begins (Converse: is there). No default. */
  call?: number | undefined;
}

export interface Logger {
  error?(...content: any[]): void;
  info?(...content: any[]): void;
  warn?(...content: any[]): void;
  /** What nobody need know who does not look for the reason of something. */
  debug?(...content: any[]): void;
}

/** A role of another account. */
export interface AccountRole {
  /** `arn:aws:iam::210987654321:role/bedrock-caller`; of the account that it stands for. */
  roleArn: string;
  /** What its trust policy asks for (`sts:ExternalId`), 2 to 1224 characters. Default: none. */
  externalId?: string | undefined;
  /** The name of its sessions, 2 to 64 characters. Default `bedrock-profile-client`. */
  sessionName?: string | undefined;
  /** The region of STS. Default: the client's. */
  region?: string | undefined;
}

/** Credentials of another account. */
export interface AccountCredentials {
  credentials: Credentials | CredentialsProvider;
}

/** What an entry of the mappings may be; docs/configuration.md has the grammar. */
export type Mapping =
  | string
  | {
      /** The base model's id. */
      model?: string | undefined;
      /** What to call: the first one that answers (docs/failover.md). At most 1000. */
      profiles?: (string | MappedProfile)[] | undefined;
      /**
       * Regions (`eu-central-1`) and geographies (`eu`, `us`, `apac`, `global`, …): profiles that may
       * process requests elsewhere are not called.
       */
      allow?: string[] | undefined;
      /** A name for users; at most 200 characters. */
      label?: string | undefined;
      /** Where to call what is no ARN. */
      region?: string | undefined;
    };

/** One of the profiles of an alias (docs/failover.md). */
export interface MappedProfile {
  /** An ARN, a model id, or an alias. */
  id: string;
  /** 0 to 1000; lower is called first. Default: its place in the list, from 1. */
  priority?: number | undefined;
  /** 1 to 1000: its share among profiles of the same priority. Default 1. */
  weight?: number | undefined;
  /** Where to call what is no ARN. Default: that of the entry. */
  region?: string | undefined;
  /** Another model than the alias's is behind it, on purpose: requests are fitted to that. */
  model?: string | undefined;
  /** Regions and geographies where it processes requests. Default: AWS is asked, where `allow` matters. */
  runsIn?: string[] | undefined;
}

/** What a function of {@link Attribution} is told of a call. */
export interface AttributedCall {
  operation: string;
  /** The id as the caller gave it. */
  modelId?: string | undefined;
  input: object;
}

/**
 * One thing that a call is attributed to: a text, a function of the call (one second at most; where
 * it throws, the call goes without), a member of `configurable` of the LangChain run that makes the
 * call (`{ configurable: 'user.role' }`), or `false` for nothing.
 */
export type AttributionValue =
  | string
  | false
  | { configurable: string }
  | ((call: AttributedCall) => string | undefined | Promise<string | undefined>);

/** Whose cost calls are: docs/cost.md. */
export interface Attribution {
  /** Default: `configurable.user_id` of the LangChain run, which LibreChat sets. */
  user?: AttributionValue | undefined;
  team?: AttributionValue | undefined;
  /** Also the `projectIdentifier` of calls to models and system profiles. */
  project?: AttributionValue | undefined;
  /** Default: `configurable.thread_id` of the LangChain run, which LibreChat sets. */
  conversation?: AttributionValue | undefined;
  /** Which of AWS's four ways are used. */
  ways?:
    | {
        /** The profile to call in place of an id, by what the call is attributed to. */
        profile?:
          | false
          | Partial<
              Record<
                'user' | 'team' | 'project' | 'conversation',
                Record<string, Record<string, string>>
              >
            >
          | undefined;
        /** `projectIdentifier`. Default: `true`. */
        project?: boolean | undefined;
        /** A session of this role for each set of tags. Default: none. */
        sessionTags?:
          | false
          | {
              roleArn: string;
              externalId?: string | undefined;
              /** What a session is taken by, and tagged with. Default: `['user', 'team']`. */
              by?: ('user' | 'team' | 'project' | 'conversation')[] | undefined;
              /** Seconds, 900 to 43,200. Default: AWS's, one hour. */
              durationSeconds?: number | undefined;
            }
          | undefined;
        /** `requestMetadata`. Default: `true`. */
        requestMetadata?: boolean | undefined;
      }
    | undefined;
  /** What goes out as it is; otherwise user and conversation go out as pseudonyms. */
  plain?: ('user' | 'conversation')[] | undefined;
  /**
   * The key of the pseudonyms, at least 16 characters, the same in all replicas. Default:
   * `BEDROCK_PROFILE_ATTRIBUTION_KEY`, then LibreChat's `CREDS_KEY`, then one of this process.
   */
  key?: string | undefined;
}

export interface BedrockProfileClientOptions {
  /**
   * The region to call. The region of an ARN goes before it.
   *
   * Environment: `BEDROCK_AWS_DEFAULT_REGION`, `AWS_REGION`, `AWS_DEFAULT_REGION`; then `region` of the
   * shared configuration files; then that of the instance (IMDS). Without any, a call that is not for an ARN fails with `ValidationException: Region is missing`.
   *
   * AWS: https://docs.aws.amazon.com/bedrock/latest/userguide/models-regions.html
   */
  region?: OrProvider<string> | undefined;

  /**
   * Keys, or a provider of keys. A provider is asked when keys are needed, once for all that wait,
   * and again within the last five minutes of what it gave; what has no end is asked for once.
   *
   * Environment: `BEDROCK_AWS_ACCESS_KEY_ID` with `BEDROCK_AWS_SECRET_ACCESS_KEY` (one without the
   * other is an error) and `BEDROCK_AWS_SESSION_TOKEN`; `BEDROCK_AWS_PROFILE`; then AWS's own. The
   * value `user_provided` counts as not set. A bearer token in `AWS_BEARER_TOKEN_BEDROCK` goes
   * before all of them, as in the AWS SDK.
   *
   * Errors: `CredentialsProviderError` where none can be had.
   *
   * AWS: https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/setting-credentials-node.html
   */
  credentials?: Credentials | CredentialsProvider | undefined;

  /**
   * Who signs lookups and calls of ARNs in other accounts, by account id: a role that the client's own
   * credentials assume, or credentials of that account. Sessions are shared by clients, and renewed
   * before they end. Default: the client's own credentials sign everything.
   *
   * Errors: `CredentialsProviderError` where the role cannot be assumed.
   *
   * AWS: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
   */
  accounts?: Record<string, AccountRole | AccountCredentials> | undefined;

  /**
   * A Bedrock API key, or a provider of one, asked as that of `credentials`. Used where
   * `httpBearerAuth` is the preferred scheme or there are no `credentials`.
   *
   * Environment: `AWS_BEARER_TOKEN_BEDROCK`, which makes `httpBearerAuth` the preferred scheme;
   * `BEDROCK_AWS_BEARER_TOKEN`, where no option sets credentials or a token.
   *
   * Errors: `TokenProviderError` where the scheme is preferred and none can be had.
   *
   * AWS: https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html
   */
  token?: BearerToken | (() => BearerToken | Promise<BearerToken>) | undefined;

  /**
   * The first of `'sigv4'` and `'httpBearerAuth'` in it signs; other names are passed over.
   *
   * Environment: `AWS_BEARER_TOKEN_BEDROCK` (means `['httpBearerAuth']`),
   * `AWS_AUTH_SCHEME_PREFERENCE`, a list with commas. Default: `sigv4`.
   */
  authSchemePreference?: OrProvider<string[]> | undefined;

  /**
   * A profile of the shared AWS configuration files: its credentials, where there are no
   * `credentials`, and what else it says (docs/configuration.md lists it).
   *
   * Environment: `BEDROCK_AWS_PROFILE`, `AWS_PROFILE`.
   */
  profile?: string | undefined;

  /**
   * Where to send inference, `http:` or `https:`. It is never replaced: with it, the region of an
   * ARN only signs.
   *
   * Environment: `BEDROCK_REVERSE_PROXY` (a host; always https), `AWS_ENDPOINT_URL_BEDROCK_RUNTIME`,
   * `AWS_ENDPOINT_URL`; the latter two not with `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true`. Default:
   * AWS's endpoint of the region.
   *
   * AWS: https://docs.aws.amazon.com/general/latest/gr/bedrock.html
   */
  endpoint?: Endpoint | (() => Endpoint | Promise<Endpoint>) | undefined;

  /**
   * Where to ask AWS which model is behind an id.
   *
   * Environment: `AWS_ENDPOINT_URL_BEDROCK`, `AWS_ENDPOINT_URL`. Default: `endpoint`, unless that is
   * a host of AWS's; then AWS's endpoint of the region.
   */
  controlEndpoint?: string | undefined;

  /**
   * Attempts in all, the first included; a whole number of at least 1. Default 3. What is retried is
   * what the AWS SDK's standard mode retries.
   *
   * Environment: `AWS_MAX_ATTEMPTS`.
   *
   * AWS: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
   */
  maxAttempts?: OrProvider<number> | undefined;

  /**
   * `'standard'`, the default, or `'adaptive'`: the same, and once AWS throttles, requests wait for
   * their turn. The limit is shared by all clients of the process with the same credentials and region.
   *
   * Environment: `AWS_RETRY_MODE`.
   *
   * AWS: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
   */
  retryMode?: OrProvider<'standard' | 'adaptive' | (string & {})> | undefined;

  /**
   * Timeouts, the proxy and TLS are taken from it; it does not make the calls. A handler that makes
   * them in a way of its own is a `TypeError`.
   */
  requestHandler?: RequestHandlerOptions | { handle(...content: any[]): any } | undefined;

  /**
   * Gets warnings and, once for each cause in ten minutes, failed calls at `warn`; winston's and pino's
   * loggers get fields too. Never a prompt, a response, a key or a header; account ids of calls are
   * shortened. Default: warnings go to `process.emitWarning`, with the type `BedrockProfileWarning`.
   *
   * Environment: `BEDROCK_PROFILE_LOG`, one of `error`, `warn`, `info`, `debug`. Without a `logger`, it
   * writes lines of JSON on stderr; `debug` adds what was resolved, changed, repeated, and how calls ended.
   */
  logger?: Logger | undefined;

  /** Is added to the `user-agent`; characters outside printable ASCII become `_`. */
  customUserAgent?: string | [name: string, version?: string][] | undefined;

  /**
   * Is added to the `user-agent` as `app/…`; at most 50 characters.
   *
   * Environment: `AWS_SDK_UA_APP_ID`.
   */
  userAgentAppId?: OrProvider<string | undefined> | undefined;

  /**
   * Sets the time to connect: `'standard'` and `'cross-region'` 3.1 s, `'in-region'` 1.1 s, `'mobile'`
   * 30 s; not where there is a `requestHandler`. `'auto'` is `'in-region'` where `AWS_EXECUTION_ENV`
   * is set and `AWS_REGION` is the region, else `'standard'`. Default: `'legacy'`, which sets nothing.
   *
   * Environment: `AWS_DEFAULTS_MODE`.
   *
   * AWS: https://docs.aws.amazon.com/sdkref/latest/guide/feature-smart-config-defaults.html
   */
  defaultsMode?:
    | OrProvider<'auto' | 'standard' | 'in-region' | 'cross-region' | 'mobile' | 'legacy'>
    | undefined;

  /** Gives the provider of credentials that stands for the default chain. Called once. */
  credentialDefaultProvider?: ((input: any) => any) | undefined;

  /** Milliseconds to add to this machine's clock when signing. Default 0. */
  systemClockOffset?: number | undefined;

  /** Whether `AWS_ENDPOINT_URL…` and `endpoint_url` mean nothing. Default `false`. */
  ignoreConfiguredEndpointUrls?: boolean | undefined;

  /** Environment: `AWS_USE_FIPS_ENDPOINT`. Default `false`. */
  useFipsEndpoint?: OrProvider<boolean> | undefined;

  /** IPv6 too. Environment: `AWS_USE_DUALSTACK_ENDPOINT`. Default `false`. */
  useDualstackEndpoint?: OrProvider<boolean> | undefined;

  /**
   * What is behind an ARN, and what to call for an alias. Entries go before those of the
   * environment, key by key. A bad entry is left out with a warning; the others work.
   *
   * Environment: `BEDROCK_INFERENCE_PROFILE_MAPPINGS`, the same as JSON.
   */
  mappings?: Record<string, Mapping> | undefined;
  /**
   * A file of mappings, in JSON or YAML, for what neither `mappings` nor the environment says. It is read
   * again when it changes; a change that cannot be read is a warning with line and column, and what the
   * file said before goes on holding. At most 64 MiB and 500,000 entries. Default:
   * `BEDROCK_INFERENCE_PROFILE_MAPPINGS_FILE`.
   */
  mappingsFile?: string | undefined;

  /**
   * What becomes of a request that the model would refuse. `'adapt'`, the default: repaired where it
   * can be, sent in any case. `'strict'`: not sent; a `ValidationException` with `violations`.
   * `'off'`: sent as it is.
   */
  gating?: 'adapt' | 'strict' | 'off' | undefined;

  /**
   * Adds the cache points that the model takes and the request leaves out: at the end of the tools,
   * of the system prompt and of the last two user turns. `'auto'` and `{ ttl: '5m' }` cache for five
   * minutes, `{ ttl: '1h' }` for an hour where the model offers that. Absent, the default: none are
   * added. Nothing is added with `gating: 'off'`. docs/gating.md says more.
   *
   * AWS: https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
   */
  promptCache?: 'auto' | { ttl: '5m' | '1h' } | undefined;

  /**
   * Names the tenant that this client works for. Clients with the same text share what is learned
   * from refusals, names of profiles, retry tokens and adaptive limits, whichever credentials they
   * have; give all clients the same text where all users are one organisation. A text that is not
   * empty. Default: the AWS account of the credentials where it is known, otherwise the credentials.
   * docs/configuration.md says what belongs to a tenant.
   */
  tenant?: string | undefined;

  /**
   * `'fit'`: where a request asks for the model's maximum as `maxTokens`, asks for what its earlier
   * answers suggest: 4 times the longest, at least 4,096 tokens, and the thinking budget plus 1,024.
   * Bedrock reserves `maxTokens` from the quota as a call begins. Where a response used all of its
   * `maxTokens`, the next call of that conversation keeps the maximum. Reported as a change (rule
   * `reserve-fit`), not made with `gating: 'off'`. Absent, the default: nothing is lowered.
   */
  reserve?: 'fit' | undefined;

  /** `false`: AWS is never asked which model is behind an id. Default `true`. */
  discovery?: boolean | undefined;

  /**
   * `true`: the models that are called are looked up with `GetFoundationModel`, in the background and
   * once a day for each model and region; what AWS says takes precedence over the catalog. No request
   * waits for it. Default `false`: only `capabilities()` and `discover()` ask. docs/discovery.md says
   * more.
   *
   * AWS: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_GetFoundationModel.html
   */
  confirmModels?: boolean | undefined;

  /**
   * `false`: nothing is learned from refusals. Otherwise a refusal that names a parameter, before
   * the first byte of a response, changes just that parameter and sends the request once more. If that
   * succeeds, it is remembered for 24 hours for the model, the profile and the tenant (rule
   * `learned`). Default: `true`.
   */
  learning?: boolean | undefined;
  /**
   * What the operator knows better than the catalog: capabilities by base model id, profile ARN or
   * alias, in the shape of {@link ModelCapabilities} with bare values, such as
   * `{ 'amazon.nova-pro-v1:0': { maxOutputTokens: 5000 } }`. The nearest id wins. A fact that does
   * not exist, or has a wrong type, is a `ValidationException` at the first use that names its path.
   */
  overrides?: Record<string, object> | undefined;

  /**
   * Where what is known is kept beyond the process and shared: `'memory'` (not at all), `'file'`,
   * `'file:<path>'`, a URL of a Redis or Valkey (`redis://`, `rediss://`; several with commas are the
   * nodes of a cluster; `redis+sentinel://host:26379/name`), an object with `get`, `set` and `delete`
   * such as a Keyv, or `false` (nothing is). Default: `BEDROCK_PROFILE_STORE`, else `REDIS_URI` where
   * `USE_REDIS` is `true`, else a file in the user's cache folder, else memory. A store that cannot be
   * used is one warning. See docs/store.md.
   */
  store?: string | Store | false | undefined;

  /**
   * Whose cost calls are: filled into as many of AWS's ways as go together. Default: the JSON of
   * `BEDROCK_PROFILE_ATTRIBUTION`; where that is absent too, nothing is added.
   */
  attribution?: Attribution | undefined;

  /**
   * Tells a chat's users what was changed in their request, where they would notice it: thinking that was
   * switched off, settings, tools and attachments that were left out, another model that answered. Once for a
   * call, in plain English. `'reasoning'`: in front of the answer, as reasoning, which chats show as
   * thinking; where it comes back with the conversation, it is taken out again. `'metadata'`: only in
   * `$metadata.profile.notice`, and in `metadata.profile.notice` of a stream, where `'reasoning'` has it too.
   * `false`, the default: nowhere.
   *
   * Environment: `BEDROCK_PROFILE_NOTICE`.
   */
  notice?: 'reasoning' | 'metadata' | false | undefined;

  /**
   * `true`, or an object with your own prices: `$metadata.profile.cost` and the event `call` say what a call
   * has cost, and `costs()` what was spent. Default: the JSON of `BEDROCK_PROFILE_COSTS`, else nothing is
   * counted unless there are `budgets`. See docs/cost.md.
   */
  costs?: boolean | CostOptions | undefined;
  /**
   * What may be spent by profile, team or user in a day or a month. Default: the JSON of
   * `BEDROCK_PROFILE_BUDGETS`, else nothing is limited. See docs/cost.md.
   */
  budgets?: BudgetOptions | undefined;

  /**
   * Who is told of calls: OpenTelemetry, Prometheus. `false`: nobody. Default: what
   * `BEDROCK_PROFILE_TELEMETRY` names (`opentelemetry`, `prometheus:9464`, `prom-client`, with commas), else
   * nobody. See docs/telemetry.md.
   */
  telemetry?: TelemetryOptions | false | undefined;

  /** Whole numbers of milliseconds above 0. */
  timeouts?: Timeouts | undefined;
}
