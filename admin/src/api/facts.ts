import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from './client';
import type { Fact, Schema } from './types';

/** A fact with its path: `reasoning.supported`. */
export interface NamedFact extends Fact {
  path: string;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isFact = (value: Record<string, unknown>): boolean =>
  'source' in value && 'age' in value && 'value' in value;

/** The facts of capabilities, in the order that the API gives them. */
export function factsOf(capabilities: Schema<'Capabilities'>): NamedFact[] {
  const found: NamedFact[] = [];
  const walk = (value: unknown, path: string): void => {
    if (!isMap(value)) return;
    if (isFact(value)) found.push({ path, ...(value as unknown as Fact) });
    else
      for (const [name, member] of Object.entries(value))
        walk(member, path === '' ? name : `${path}.${name}`);
  };
  walk(capabilities, '');
  return found;
}

export const capabilitiesQuery = (id: string) =>
  queryOptions({
    queryKey: ['capabilities', id],
    queryFn: ({ signal }) =>
      bodyOf(api.GET('/capabilities', { params: { query: { id } }, signal })),
  });

/** A model of the catalog, by what the table shows of it. */
export interface CatalogModel {
  model: string;
  provider?: string;
  family?: string;
  status?: string;
  contextWindow?: number;
  maxOutputTokens?: number;
  inputs?: Partial<Record<'text' | 'image' | 'document' | 'video' | 'audio', boolean>>;
  reasoning?: { supported?: boolean };
  tools?: { supported?: boolean };
  promptCaching?: { supported?: boolean };
  streaming?: boolean;
  legacyDate?: string;
  eolDate?: string;
  successor?: string;
}

/** Models that the API gives at once. */
const AT_ONCE = 500;

/** Every model of the catalog. */
export const catalogQuery = queryOptions({
  queryKey: ['models'],
  queryFn: async ({ signal }) => {
    const all: CatalogModel[] = [];
    for (;;) {
      const query = { offset: all.length, limit: AT_ONCE };
      const page = await bodyOf(api.GET('/models', { params: { query }, signal }));
      all.push(...(page.items as CatalogModel[]));
      if (page.items.length === 0 || all.length >= page.total) return all;
    }
  },
  staleTime: Infinity,
});
