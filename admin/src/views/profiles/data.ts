import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from '../../api/client';
import type { paths } from '../../api/schema';
import type { Profile } from '../../api/types';

export type ProfileQuery = NonNullable<paths['/profiles']['get']['parameters']['query']>;
export type State = Profile['state'];
export const STATES: State[] = ['mapped', 'discovered', 'unmapped'];

const isState = (text: string): text is State => STATES.some((state) => state === text);

/** What the address says of the list. */
export function queryOf(parameters: URLSearchParams): ProfileQuery {
  const text = (name: string): string | undefined => parameters.get(name)?.trim() || undefined;
  const state = (text('state') ?? '').split(',').filter(isState);
  return {
    q: text('q'),
    ...(state.length > 0 && { state }),
    region: text('region'),
    account: text('account'),
    model: text('model'),
    ...(parameters.get('disagreeing') === 'true' && { disagreeing: true }),
    ...(text('sort') && { sort: text('sort') as ProfileQuery['sort'] }),
  };
}

export const isFiltered = ({
  q,
  state,
  region,
  account,
  model,
  disagreeing,
}: ProfileQuery): boolean =>
  [q, state, region, account, model, disagreeing].some((value) => value !== undefined);

export const loadProfiles = (
  query: ProfileQuery,
  offset: number,
  limit: number,
  signal?: AbortSignal,
) =>
  bodyOf(
    api.GET('/profiles', {
      params: { query: { ...query, offset, limit } },
      ...(signal && { signal }),
    }),
  );

/** Rows that a selection of all of them may have. */
export const MOST_SELECTED = 10_000;

/** Every row that matches, up to the limit. */
export async function loadAll(query: ProfileQuery): Promise<Profile[]> {
  const all: Profile[] = [];
  for (;;) {
    const page = await loadProfiles(query, all.length, 500);
    all.push(...page.items);
    if (page.items.length === 0 || all.length >= Math.min(page.total, MOST_SELECTED)) return all;
  }
}

export const profileQuery = (id: string) =>
  queryOptions({
    queryKey: ['profiles', 'one', id],
    queryFn: ({ signal }) => bodyOf(api.GET('/profile', { params: { query: { id } }, signal })),
  });

export const discoveryQuery = queryOptions({
  queryKey: ['discovery'],
  queryFn: ({ signal }) => bodyOf(api.GET('/discovery', { signal })),
});

/** The text of all mappings in a format. */
export async function exported(
  format: 'json' | 'yaml' | 'env' | 'librechat',
  of: 'effective' | 'own',
): Promise<string> {
  const { data } = await api.GET('/mappings/export', {
    params: { query: { format, of } },
    parseAs: 'text',
  });
  return String(data);
}

/** Whether the page can change a row's mapping: those of an option or the environment change with a restart. */
export const isWritable = ({ mapping }: Profile): boolean =>
  mapping !== null && (mapping.source === 'file' || mapping.source === 'store');

/** What to call a row. */
export const nameOf = ({ label, name, id }: Profile): string => label ?? name ?? id;
