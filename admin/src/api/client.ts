import createClient, { type Middleware } from 'openapi-fetch';
import { mount } from '../mount';
import { ApiError, errorOf } from './problem';
import type { paths } from './schema';
import { setSessionOver } from './session';

export const CSRF = { 'X-Requested-With': 'bedrock-profile-client' };

/** The error of a response that is none of success. */
export async function failureOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined);
  const error = errorOf(body, response.status);
  if (error.isSessionOver) setSessionOver(true);
  return error;
}

/** The error of a request that got no response; one that was aborted stays what it is. */
export const unreachable = (error: unknown): unknown =>
  error instanceof DOMException && error.name === 'AbortError'
    ? error
    : new ApiError('unreachable', { detail: error instanceof Error ? error.message : undefined });

const middleware: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw await failureOf(response);
    setSessionOver(false);
  },
  onError({ error }) {
    return error instanceof ApiError ? error : (unreachable(error) as Error);
  },
};

export const api = createClient<paths>({
  baseUrl: `${mount}api`,
  headers: CSRF,
  // ?state=mapped,discovered and ?state=mapped&state=discovered are the same to the API.
  querySerializer: { array: { style: 'form', explode: true } },
});
api.use(middleware);

/** The body of a response; failures have been thrown before. */
export async function bodyOf<T>(call: Promise<{ data?: T | undefined }>): Promise<T> {
  const { data } = await call;
  if (data === undefined) throw new ApiError('unexpected', {});
  return data;
}

/** What `If-Match` is for a version. */
export const ifMatch = (version: string): { 'If-Match': string } => ({
  'If-Match': `"${version}"`,
});
