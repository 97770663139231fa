import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toast } from '../app/announce';
import { api, bodyOf, ifMatch } from './client';
import { asApiError, type ApiError } from './problem';
import type { MappingValue, Schema } from './types';

export type Preview = Schema<'MappingsPreview'>;

/** A change of the mappings: entries, or a text to import. */
export type Change =
  | { set?: Record<string, MappingValue>; remove?: string[] }
  | { text: string; format: Schema<'MappingsText'>['format']; mode: 'merge' | 'replace' };

/** Milliseconds without a key pressed before what was typed is checked. */
const PAUSE = 300;

function useDebounced<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

const previewOf = (change: Change, signal?: AbortSignal) =>
  bodyOf(api.POST('/mappings/validate', { body: change, ...(signal && { signal }) }));

function send(change: Change, version: string) {
  const params = { header: ifMatch(version) };
  return 'text' in change
    ? bodyOf(api.POST('/mappings/import', { params, body: change }))
    : bodyOf(api.PATCH('/mappings', { params, body: change }));
}

export interface Saving {
  preview: Preview | undefined;
  isChecking: boolean;
  /** Why the change could not be checked. */
  checkError: ApiError | undefined;
  /** Why it was not saved. */
  error: ApiError | undefined;
  isSaving: boolean;
  /** What another has saved meanwhile; the preview is against that. */
  conflict: ApiError | undefined;
  canSave: boolean;
  save: () => void;
  /** Goes on with what the other has saved. */
  accept: () => void;
}

/**
 * Checks a change while it is made, and saves it over the version that was read: if someone else has saved
 * meanwhile, nothing is written, and the other's save is shown beside the change.
 *
 * @param change `undefined` where there is nothing to save yet; the same object for the same change
 * @param version the version that was read; without it, that of the first check
 */
export function useSaving(
  change: Change | undefined,
  version: string | undefined,
  onSaved: () => void,
): Saving {
  const { t } = useTranslation();
  const client = useQueryClient();
  const settled = useDebounced(change);
  const [conflict, setConflict] = useState<ApiError>();
  const [error, setError] = useState<ApiError>();
  const [isSaving, setSaving] = useState(false);
  const base = useRef(version);
  useEffect(() => {
    base.current ??= version;
  }, [version]);
  const check = useQuery({
    queryKey: ['mappings-preview', settled],
    queryFn: ({ signal }) => previewOf(settled ?? {}, signal),
    enabled: settled !== undefined,
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const preview = change === undefined ? undefined : check.data;
  const isCurrent = settled === change && !check.isPlaceholderData && !check.isFetching;

  async function save() {
    if (change === undefined || isSaving) return;
    setSaving(true);
    setError(undefined);
    try {
      const over = base.current ?? check.data?.version ?? '';
      const { diff } = await send(change, over);
      setConflict(undefined);
      await client.invalidateQueries({
        predicate: ({ queryKey }) => queryKey[0] !== 'mappings-preview',
      });
      toast(
        'success',
        t('save.saved'),
        t('save.counts', { count: diff.added + diff.changed + diff.removed }),
      );
      onSaved();
    } catch (caught) {
      const failure = asApiError(caught);
      if (failure.kind === 'version-mismatch') {
        setConflict(failure);
        await check.refetch();
      } else setError(failure);
    } finally {
      setSaving(false);
    }
  }

  return {
    preview,
    isChecking: change !== undefined && !isCurrent,
    checkError: check.error ? asApiError(check.error) : undefined,
    error,
    isSaving,
    conflict,
    canSave:
      preview !== undefined &&
      isCurrent &&
      preview.valid &&
      preview.diff.changes.length > 0 &&
      conflict === undefined,
    save: () => void save(),
    accept: () => {
      base.current = check.data?.version;
      setConflict(undefined);
    },
  };
}

/** Where changes go, whether they can be made, and the version that is there. */
export function useMappingsState() {
  return useQuery({
    queryKey: ['mappings', 'state'],
    queryFn: ({ signal }) =>
      bodyOf(api.GET('/mappings', { params: { query: { limit: 1 } }, signal })),
  });
}
