import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '../../api/client';
import { asApiError, type ApiError } from '../../api/problem';
import type { Schema } from '../../api/types';
import { toast } from '../../app/announce';

export type Override = Record<string, unknown>;
export type OverridesBody = Schema<'Overrides'>;

export const overridesQuery = queryOptions({
  queryKey: ['overrides'],
  queryFn: ({ signal }) => bodyOf(api.GET('/overrides', { signal })),
});

/** A row of the form: a fact's path, and its value as JSON. */
export interface Row {
  path: string;
  text: string;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The rows of an override. */
export function rowsOf(override: Override, prefix = ''): Row[] {
  return Object.entries(override).flatMap(([name, value]) =>
    isMap(value)
      ? rowsOf(value, `${prefix}${name}.`)
      : [{ path: prefix + name, text: JSON.stringify(value) }],
  );
}

/** What is typed: JSON, or a text without its quotes. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The override of rows. */
export function overrideOf(rows: Row[]): Override {
  const made: Override = {};
  for (const { path, text } of rows) {
    const names = path.trim().split('.').filter(Boolean);
    const last = names.pop();
    if (last === undefined || text.trim() === '') continue;
    let at = made;
    for (const name of names) {
      const next = at[name];
      if (isMap(next)) at = next;
      else at = at[name] = {};
    }
    at[last] = valueOf(text.trim());
  }
  return made;
}

/** Milliseconds without a key pressed. */
const PAUSE = 350;

/** What would be known of an id with overrides, a moment after they were typed. */
export function useOverridePreview(overrides: Record<string, Override> | undefined, id: string) {
  const [settled, setSettled] = useState<{ overrides: Record<string, Override>; id: string }>();
  useEffect(() => {
    const timer = setTimeout(
      () => setSettled(overrides && id !== '' ? { overrides, id } : undefined),
      PAUSE,
    );
    return () => clearTimeout(timer);
  }, [overrides, id]);
  const query = useQuery({
    queryKey: ['overrides-preview', settled],
    queryFn: ({ signal }) =>
      bodyOf(
        api.POST('/overrides/preview', { body: settled ?? { overrides: {}, id: '' }, signal }),
      ),
    enabled: settled !== undefined,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  });
  return {
    ...query,
    isCurrent:
      settled !== undefined &&
      settled.overrides === overrides &&
      settled.id === id &&
      !query.isFetching,
  };
}

/**
 * Writes overrides over the version that was read. If someone else has saved meanwhile, what is there now is read,
 * and the change can be made to that.
 */
export function useOverridesSave(base: OverridesBody, onSaved: () => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [current, setCurrent] = useState(base);
  const [conflict, setConflict] = useState<{ error: ApiError; now: OverridesBody }>();
  const [error, setError] = useState<ApiError>();
  const [isSaving, setSaving] = useState(false);
  async function save(change: (stored: Record<string, Override>) => Record<string, Override>) {
    setSaving(true);
    setError(undefined);
    try {
      await api.PUT('/overrides', {
        params: { header: ifMatch(current.version) },
        body: { overrides: change(current.stored) },
      });
      await client.invalidateQueries({
        predicate: ({ queryKey }) => queryKey[0] !== 'overrides-preview',
      });
      toast('success', t('save.saved'));
      onSaved();
    } catch (caught) {
      const failure = asApiError(caught);
      if (failure.kind !== 'version-mismatch') setError(failure);
      else {
        try {
          setConflict({
            error: failure,
            now: await client.query({ ...overridesQuery, staleTime: 0 }),
          });
        } catch (second) {
          setError(asApiError(second));
        }
      }
    } finally {
      setSaving(false);
    }
  }
  return {
    /** What the change is made to. */
    stored: current.stored,
    save: (change: Parameters<typeof save>[0]) => void save(change),
    isSaving,
    error,
    conflict,
    accept: () => {
      if (conflict) setCurrent(conflict.now);
      setConflict(undefined);
    },
  };
}
