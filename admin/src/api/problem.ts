import type { Schema } from './types';

type ProblemBody = Schema<'Problem'>;

/** What another has saved meanwhile, as a 412 tells it. */
export interface OtherSave {
  id: string;
  at: string;
  actor: string;
  action: string;
  count: number;
}

/** What AWS has said. */
export interface AwsError {
  name: string;
  message: string;
  status?: number;
  requestId?: string;
}

const URN = 'urn:bedrock-profile-client:problem:';

/** A request that failed: a problem of the API, or no response at all (`unreachable`). */
export class ApiError extends Error {
  readonly kind: string;
  readonly body: Partial<ProblemBody> & Record<string, unknown>;

  constructor(kind: string, body: Partial<ProblemBody> & Record<string, unknown>) {
    super(body.detail ?? kind);
    this.name = 'ApiError';
    this.kind = kind;
    this.body = body;
  }

  get remedy(): string | undefined {
    return this.body.remedy;
  }

  get aws(): AwsError | undefined {
    return this.body.aws as AwsError | undefined;
  }

  get problems(): Schema<'MappingProblem'>[] {
    return this.body.problems ?? [];
  }

  get since(): OtherSave[] {
    return (this.body.since as OtherSave[] | undefined) ?? [];
  }

  get isSessionOver(): boolean {
    return this.kind === 'not-signed-in' || this.kind === 'session-over';
  }

  /** Whether the same request may succeed a moment later. */
  get isPassing(): boolean {
    return ['unreachable', 'internal', 'aws-error', 'store-failed', 'request-timeout'].includes(
      this.kind,
    );
  }
}

/** The error of a body of `application/problem+json`. */
export function errorOf(value: unknown, status?: number): ApiError {
  const body = typeof value === 'object' && value !== null ? value : {};
  const { type } = body as { type?: unknown };
  const kind =
    typeof type === 'string' && type.startsWith(URN) ? type.slice(URN.length) : 'unexpected';
  return new ApiError(kind, { status, ...body });
}

export const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError
    ? error
    : new ApiError('unexpected', {
        detail: error instanceof Error ? error.message : String(error),
      });
