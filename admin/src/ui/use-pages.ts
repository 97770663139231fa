import { keepPreviousData, useQueries, useQuery, type QueryKey } from '@tanstack/react-query';
import { useCallback, useState } from 'react';

/** Rows that are asked for at once; the API gives 500 at most. */
const PAGE = 100;

interface PageOf<T> {
  items: T[];
  total: number;
  /** `false`: more is known in a moment. */
  complete?: boolean;
}

/** Milliseconds after which a page that is not complete is asked for again. */
const SOON = 1000;

export interface Pages<T, P extends PageOf<T>> {
  /** The first page, with what the API says of all of them. */
  first: P | undefined;
  total: number;
  rowAt: (index: number) => T | undefined;
  onRange: (first: number, last: number) => void;
  error: Error | null;
  isPending: boolean;
  isFetching: boolean;
  retry: () => void;
}

/** Rows of a list that the API gives by pages, as they are looked at. */
export function usePages<T, P extends PageOf<T>>(
  queryKey: QueryKey,
  load: (offset: number, limit: number, signal: AbortSignal) => Promise<P>,
  refetchInterval?: number,
): Pages<T, P> {
  const [range, setRange] = useState<[number, number]>([0, 0]);
  const pageQuery = (page: number) => ({
    queryKey: [...queryKey, 'page', page],
    queryFn: ({ signal }: { signal: AbortSignal }) => load(page * PAGE, PAGE, signal),
  });
  const head = useQuery({
    ...pageQuery(0),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.complete === false ? SOON : (refetchInterval ?? false),
  });
  const wanted: number[] = [];
  for (let page = Math.max(1, range[0]); page <= range[1]; page += 1) wanted.push(page);
  const rest = useQueries({ queries: wanted.map(pageQuery) });
  const loaded = new Map<number, P>();
  if (head.data) loaded.set(0, head.data);
  rest.forEach(({ data }, at) => {
    const page = wanted[at];
    if (data && page !== undefined) loaded.set(page, data);
  });
  const onRange = useCallback((first: number, last: number) => {
    const next: [number, number] = [Math.floor(first / PAGE), Math.floor(last / PAGE)];
    setRange((now) => (now[0] === next[0] && now[1] === next[1] ? now : next));
  }, []);
  const failed = rest.find(({ error }) => error !== null);
  return {
    first: head.data,
    total: head.data?.total ?? 0,
    rowAt: (index) => loaded.get(Math.floor(index / PAGE))?.items[index % PAGE],
    onRange,
    error: head.error ?? failed?.error ?? null,
    isPending: head.isPending,
    isFetching: head.isFetching,
    retry: () => {
      void head.refetch();
      for (const one of rest) if (one.error) void one.refetch();
    },
  };
}
