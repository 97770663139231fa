import { QueryClient, queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from './client';
import { asApiError } from './problem';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (count, error) => count < 1 && asApiError(error).kind === 'unreachable',
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

/** What is available here: version, region, storage, sources. */
export const overviewQuery = queryOptions({
  queryKey: ['overview'],
  queryFn: ({ signal }) => bodyOf(api.GET('/', { signal })),
  staleTime: 60_000,
});

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => bodyOf(api.GET('/session', { signal })),
});

/** Milliseconds after which what was saved is in force: of a file, and of a store that is asked now and then. */
const IN_FORCE = [1200, 5500];

/** Previews are of what is being typed: they are asked for by themselves. */
const isPreview = (key: unknown): boolean => typeof key === 'string' && key.endsWith('-preview');

/** Reads everything again after a change: at once, and when it is in force. */
export async function refreshAfterSave(): Promise<void> {
  const refresh = () =>
    queryClient.invalidateQueries({ predicate: ({ queryKey }) => !isPreview(queryKey[0]) });
  for (const after of IN_FORCE) setTimeout(() => void refresh(), after);
  await refresh();
}
