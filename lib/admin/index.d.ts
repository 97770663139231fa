/** The API behind the page of administration: docs/admin.md. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BedrockProfileClient } from '../../index';

/** What a request wants to do. */
export interface AdminRequest {
  /** The `operationId` of the description, or `page`. */
  operation: string;
  /**
   * `read` changes nothing, `write` changes mappings or overrides or asks AWS for all profiles, `try` sends
   * or explains a request.
   */
  access: 'read' | 'write' | 'try';
}

/** A source of what is counted over time. Times are texts in ISO 8601. */
export interface AdminSource<Query, Result> {
  read(query: Query & { signal: AbortSignal }): Promise<Result>;
}

/** What `GET /metrics` and `GET /cost` are asked for. */
export interface AdminRange {
  from?: string | undefined;
  to?: string | undefined;
  resolution?: 'minute' | 'hour' | 'day' | undefined;
}

export interface AdminMetrics {
  from: string;
  to: string;
  resolution: 'minute' | 'hour' | 'day';
  series: {
    name: string;
    /** `1`: a count; else `ms` or `1/s`. */
    unit: string;
    labels: Record<string, string>;
    /** `null`: not known. Counts that are zero have no point. */
    points: { at: string; value: number | null }[];
    estimated?: boolean;
  }[];
  lastErrors?: Record<string, unknown>[];
}

export interface AdminCost {
  from: string;
  to: string;
  resolution: 'minute' | 'hour' | 'day';
  /** Whether the store gave all of it. */
  complete: boolean;
  /** `cost` is in USD; `null` where no price is known. */
  rows: object[];
}

export interface AdminDoctorReport {
  ok: boolean;
  failures: number;
  warnings: number;
  checks: {
    id: string;
    title: string;
    status: 'ok' | 'skipped' | 'warning' | 'failure';
    findings: object[];
  }[];
}

export interface AdminRouterOptions {
  /** Whose profiles and mappings are shown, and who asks AWS. */
  client: BedrockProfileClient;
  /**
   * Lets a request in: a name for the audit log (as a text or as `actor`), or `true`; anything else refuses it
   * with 403. What it throws is a 500. Default: only requests of this machine (loopback address, no header of a
   * proxy, a Host that names this machine) with a session that the one-time path has opened.
   */
  authorize?:
    ((request: any, wanted: AdminRequest) => AdminAdmission | Promise<AdminAdmission>) | undefined;
  /**
   * Origins of the page, such as `https://chat.example.com`, where a proxy changes the Host header. Default: the
   * origin that the Host header names.
   */
  origins?: string[] | undefined;
  /** How often one actor may try requests. Default: `{ perMinute: 10, atOnce: 2 }`. */
  tryLimit?: { perMinute?: number | undefined; atOnce?: number | undefined } | undefined;
  /** Milliseconds that a body may take. Default: 30,000 in all, and 10,000 without a piece. */
  bodyTimeout?: number | undefined;
  /** What `GET /metrics` answers. Default: the calls of this process since the router was made. `false`: 501. */
  metrics?:
    AdminSource<AdminRange & { name?: string[] | undefined }, AdminMetrics> | false | undefined;
  /**
   * What `GET /cost` and `GET /budgets` answer, and what a trial costs. Default: `costs()` and `budgets()` of the
   * client, 501 where they are not counted, and list prices. `false`: 501 and `null`.
   */
  cost?:
    | (AdminSource<AdminRange & { by?: string[] | undefined }, AdminCost> & {
        budgets?(query: { signal: AbortSignal }): Promise<{ budgets: object[] }>;
        price?(call: { profile: unknown; usage: unknown }): unknown;
      })
    | false
    | undefined;
  /** What `GET /doctor` answers. Default: what `npx bedrock-profile-client doctor` finds. `false`: 501. */
  doctor?: { run(query: { signal: AbortSignal }): Promise<AdminDoctorReport> } | false | undefined;
  /** Hears of what nobody expected. Default: `process.emitWarning`. */
  logger?: { error(message: string): void } | undefined;
  /** Where the built page is. Default: that of this package, where it has one. */
  pageFolder?: string | undefined;
}

export type AdminAdmission = boolean | string | { actor: string } | null | undefined;

/** A function for `app.use(path, router)` of Express 4 and 5, for Connect, and for `http.createServer`. */
export interface AdminRouter {
  (request: IncomingMessage, response: ServerResponse, next?: (error?: any) => void): void;
  /**
   * A path below the router that signs in whoever opens it, once, within ten minutes; the one before it is void.
   *
   * @throws TypeError with `authorize`
   */
  signInPath(): string;
  /** Stops listening to the client. */
  close(): void;
}

/** @throws TypeError where an option is wrong */
export declare function createAdminRouter(options: AdminRouterOptions): AdminRouter;

/** The description of the API (OpenAPI 3.1). `base`: where it is mounted. Default: `/api`. */
export declare function describeAdminApi(base?: string): Record<string, unknown>;
