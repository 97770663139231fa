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
