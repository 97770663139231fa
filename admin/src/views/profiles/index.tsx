import type { ColumnDef } from '@tanstack/react-table';
import { useQuery } from '@tanstack/react-query';
import { Compass, Download, Plus, Upload } from 'lucide-react';
import { Suspense, useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { lazily } from '../../app/lazy';
import type { Change } from '../../api/mappings';
import { useMappingsState } from '../../api/mappings';
import { asApiError } from '../../api/problem';
import type { Profile, Schema } from '../../api/types';
import { toast } from '../../app/announce';
import { useFormat } from '../../app/format';
import { useQueryState } from '../../app/search';
import { Button } from '../../ui/button';
import { DataTable } from '../../ui/data-table';
import { EmptyState } from '../../ui/empty';
import { Checkbox } from '../../ui/field';
import { Loading } from '../../ui/loading';
import { Id } from '../../ui/name';
import { Page } from '../../ui/page';
import { Problem } from '../../ui/problem';
import { usePages } from '../../ui/use-pages';
import { NameCell, SourceCell, StateBadge, StatusCell } from './cells';
import {
  discoveryQuery,
  isFiltered,
  isWritable,
  loadAll,
  loadProfiles,
  MOST_SELECTED,
  queryOf,
} from './data';
import { Filters } from './filters';

const Details = lazily(() => import('./details'));
const Editor = lazily(() => import('./editor'));
const Import = lazily(() => import('./import'));
const Export = lazily(() => import('./export'));
const Discover = lazily(() => import('./discover'));
const ChangeDialog = lazily(() => import('../../mappings/change-dialog'));

/** What is open over the list. */
type Open =
  | { kind: 'edit'; id: string | null; suggestion?: Schema<'Mapping'> }
  | { kind: 'import' | 'export' | 'discover' }
  | { kind: 'delete' | 'accept'; change: Change; count: number };

function useColumns(selection: {
  has: (id: string) => boolean;
  toggle: (profile: Profile) => void;
  all: boolean;
  toggleAll: () => void;
  open: (id: string) => void;
}): ColumnDef<Profile>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const { has, toggle, all, toggleAll, open } = selection;
  return useMemo<ColumnDef<Profile>[]>(
    () => [
      {
        id: 'select',
        header: () => (
          <Checkbox isBare label={t('profiles.selectAll')} checked={all} onChange={toggleAll} />
        ),
        cell: ({ row: { original } }) => (
          <Checkbox
            isBare
            label={t('profiles.select', { name: original.id })}
            checked={has(original.id)}
            onChange={() => toggle(original)}
          />
        ),
        meta: { width: '2.75rem', isPlain: true },
      },
      {
        id: 'label',
        header: t('profiles.columns.profile'),
        enableSorting: true,
        cell: ({ row: { original } }) => <NameCell profile={original} onOpen={open} />,
        meta: { width: 'minmax(15rem, 3fr)', isPlain: true },
      },
      {
        id: 'model',
        header: t('profiles.columns.model'),
        enableSorting: true,
        cell: ({ row: { original } }) =>
          original.model === null ? (
            <span className="text-ink-faint">{t('common.unknown')}</span>
          ) : (
            <Id className="text-xs">{original.model}</Id>
          ),
        meta: { width: 'minmax(12rem, 2fr)' },
      },
      {
        id: 'region',
        header: t('profiles.columns.region'),
        enableSorting: true,
        cell: ({ row: { original } }) => <bdi>{original.region ?? '–'}</bdi>,
        meta: { width: '8rem' },
      },
      {
        id: 'state',
        header: t('profiles.columns.state'),
        enableSorting: true,
        cell: ({ row: { original } }) => <StateBadge state={original.state} />,
        meta: { width: '7.5rem' },
      },
      {
        id: 'status',
        header: t('profiles.columns.status'),
        enableSorting: true,
        cell: ({ row: { original } }) => <StatusCell profile={original} />,
        meta: { width: 'minmax(10.5rem, 1fr)' },
      },
      {
        id: 'source',
        header: t('profiles.columns.source'),
        enableSorting: true,
        cell: ({ row: { original } }) => <SourceCell profile={original} />,
        meta: { width: '8rem' },
      },
      {
        id: 'calls',
        header: t('profiles.columns.calls'),
        enableSorting: true,
        cell: ({ row: { original } }) => (
          <span className="tabular-nums">{format.number(original.calls)}</span>
        ),
        meta: { width: '5.5rem', isWide: true },
      },
    ],
    [t, format, has, toggle, all, toggleAll, open],
  );
}

/** What to do first, where nothing is there yet. */
function FirstSteps({
  onOpen,
  canWrite,
  reason,
}: {
  onOpen: (open: Open) => void;
  canWrite: boolean;
  reason: string | null;
}) {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={Compass}
      title={t('profiles.first.title')}
      text={
        <>
          <p>{t('profiles.first.text')}</p>
          {!canWrite && reason !== null && <p className="text-warning-ink">{reason}</p>}
        </>
      }
    >
      <Button tone="primary" onClick={() => onOpen({ kind: 'discover' })}>
        <Compass aria-hidden className="size-4" />
        {t('profiles.discover')}
      </Button>
      <Button disabled={!canWrite} onClick={() => onOpen({ kind: 'edit', id: null })}>
        <Plus aria-hidden className="size-4" />
        {t('profiles.add')}
      </Button>
      <Button disabled={!canWrite} onClick={() => onOpen({ kind: 'import' })}>
        <Upload aria-hidden className="size-4" />
        {t('profiles.import')}
      </Button>
    </EmptyState>
  );
}

export default function Profiles() {
  const { t } = useTranslation();
  const format = useFormat();
  const [parameters, change] = useQueryState();
  const query = useMemo(() => queryOf(parameters), [parameters]);
  const pages = usePages<Profile, Schema<'ProfilePage'>>(
    ['profiles', query],
    (offset, limit, signal) => loadProfiles(query, offset, limit, signal),
  );
  const state = useMappingsState();
  const discovery = useQuery(discoveryQuery);
  const [open, setOpen] = useState<Open>();
  const [selected, setSelected] = useState(new Map<string, Profile>());
  const storage = state.data?.storage;
  const canWrite = storage?.writable ?? true;
  const { first, total } = pages;
  const counts = first?.counts;
  const isEmpty = counts !== undefined && counts.mapped + counts.discovered + counts.unmapped === 0;
  const shown = parameters.get('profile');

  const show = useCallback((id: string | null) => change({ profile: id }), [change]);
  const toggle = useCallback(
    (profile: Profile) =>
      setSelected((now) => {
        const next = new Map(now);
        if (!next.delete(profile.id)) next.set(profile.id, profile);
        return next;
      }),
    [],
  );
  const isAll = total > 0 && selected.size >= Math.min(total, MOST_SELECTED);
  const [isSelectingAll, setSelectingAll] = useState(false);
  const toggleAll = useCallback(async () => {
    if (isAll) {
      setSelected(new Map());
      return;
    }
    setSelectingAll(true);
    try {
      const all = await loadAll(query);
      setSelected(new Map(all.map((profile) => [profile.id, profile])));
    } catch (error) {
      toast('danger', t('problem.unexpected'), asApiError(error).message);
    } finally {
      setSelectingAll(false);
    }
  }, [isAll, query, t]);
  const columns = useColumns({
    has: useCallback((id) => selected.has(id), [selected]),
    toggle,
    all: isAll || isSelectingAll,
    toggleAll: useCallback(() => void toggleAll(), [toggleAll]),
    open: show,
  });

  const proposals = useMemo(() => {
    const byArn = new Map<string, string>();
    for (const [key, value] of Object.entries(discovery.data?.mappings ?? {})) {
      if (typeof value === 'string') continue;
      for (const one of value.profiles ?? [])
        byArn.set(typeof one === 'string' ? one : one.id, key);
    }
    return byArn;
  }, [discovery.data]);
  const chosen = [...selected.values()];
  const removable = chosen.filter(isWritable);
  const acceptable = chosen.filter(
    ({ state: is, arn }) => is !== 'mapped' && arn !== null && proposals.has(arn),
  );
  const accept = (rows: Profile[]) => {
    const set: Record<string, Schema<'Mapping'>> = {};
    for (const { arn } of rows) {
      const key = arn === null ? undefined : proposals.get(arn);
      const value = key === undefined ? undefined : discovery.data?.mappings[key];
      if (key !== undefined && value !== undefined) set[key] = value;
    }
    setOpen({ kind: 'accept', change: { set }, count: rows.length });
  };
  const remove = (rows: Profile[]) =>
    setOpen({ kind: 'delete', change: { remove: rows.map(({ id }) => id) }, count: rows.length });
  const close = () => setOpen(undefined);

  return (
    <Page
      title={t('profiles.title')}
      intro={t('profiles.intro')}
      isTall
      actions={
        <>
          <Button onClick={() => setOpen({ kind: 'discover' })}>
            <Compass aria-hidden className="size-4" />
            {t('profiles.discover')}
          </Button>
          <Button disabled={!canWrite} onClick={() => setOpen({ kind: 'import' })}>
            <Upload aria-hidden className="size-4" />
            <span className="max-sm:sr-only">{t('profiles.import')}</span>
          </Button>
          <Button onClick={() => setOpen({ kind: 'export' })}>
            <Download aria-hidden className="size-4" />
            <span className="max-sm:sr-only">{t('profiles.export')}</span>
          </Button>
          <Button
            tone="primary"
            disabled={!canWrite}
            onClick={() => setOpen({ kind: 'edit', id: null })}
          >
            <Plus aria-hidden className="size-4" />
            {t('profiles.add')}
          </Button>
        </>
      }
    >
      {storage && !storage.writable && !isEmpty && (
        <p role="note" className="rounded-lg bg-warning-soft px-3 py-2 text-warning-ink">
          <strong>{t('profiles.readOnly')}</strong> {storage.reason}
        </p>
      )}
      {state.data && state.data.broken !== null && (
        <p role="alert" className="rounded-lg bg-danger-soft px-3 py-2 text-danger-ink">
          <strong>{t('profiles.broken')}</strong> {state.data.broken}
        </p>
      )}
      {!isEmpty && <Filters parameters={parameters} change={change} counts={counts} />}
      {pages.error && <Problem error={pages.error} onRetry={pages.retry} />}
      {pages.isPending ? (
        <Loading />
      ) : isEmpty ? (
        <FirstSteps onOpen={setOpen} canWrite={canWrite} reason={storage?.reason ?? null} />
      ) : total === 0 && first ? (
        <EmptyState title={t('profiles.noMatch')} text={t('profiles.noMatchText')}>
          <Button
            onClick={() =>
              change({
                q: null,
                state: null,
                region: null,
                account: null,
                model: null,
                disagreeing: null,
              })
            }
          >
            {t('profiles.clearFilters')}
          </Button>
        </EmptyState>
      ) : (
        first && (
          <>
            <div className="flex min-h-9 flex-wrap items-center justify-between gap-2">
              <p role="status" className="text-ink-faint">
                {isFiltered(query)
                  ? t('profiles.matching', { count: total, n: format.number(total) })
                  : t('profiles.total', { count: total, n: format.number(total) })}
              </p>
              {selected.size > 0 && (
                <div
                  role="group"
                  aria-label={t('profiles.bulk')}
                  className="flex flex-wrap items-center gap-2"
                >
                  <span>
                    {t('profiles.selected', {
                      count: selected.size,
                      n: format.number(selected.size),
                    })}
                  </span>
                  <Button
                    disabled={acceptable.length === 0 || !canWrite}
                    onClick={() => accept(acceptable)}
                  >
                    {t('profiles.accept', { n: format.number(acceptable.length) })}
                  </Button>
                  <Button
                    disabled={removable.length === 0 || !canWrite}
                    onClick={() => remove(removable)}
                  >
                    {t('profiles.deleteSome', { n: format.number(removable.length) })}
                  </Button>
                  <Button tone="quiet" onClick={() => setSelected(new Map())}>
                    {t('profiles.clearSelection')}
                  </Button>
                </div>
              )}
            </div>
            <DataTable
              label={t('profiles.title')}
              columns={columns}
              total={total}
              rowAt={pages.rowAt}
              keyOf={({ id }) => id}
              onRange={pages.onRange}
              sort={parameters.get('sort') ?? ''}
              onSort={(sort) => change({ sort })}
              rowHeight={61}
              isSelected={({ id }) => selected.has(id)}
            />
          </>
        )
      )}
      <Suspense fallback={null}>
        {shown !== null && (
          <Details
            id={shown}
            canWrite={canWrite}
            proposals={proposals}
            onClose={() => show(null)}
            onEdit={(profile) => {
              show(null);
              setOpen({ kind: 'edit', id: profile.id });
            }}
            onMap={(profile) => {
              show(null);
              const key = profile.arn === null ? undefined : proposals.get(profile.arn);
              if (key === undefined)
                setOpen({
                  kind: 'edit',
                  id: null,
                  suggestion: {
                    profiles: [profile.arn ?? profile.id],
                    ...(profile.model !== null && { model: profile.model }),
                  },
                });
              else accept([profile]);
            }}
            onDelete={(profile) => {
              show(null);
              remove([profile]);
            }}
          />
        )}
        {open?.kind === 'edit' && (
          <Editor id={open.id} suggestion={open.suggestion} onClose={close} />
        )}
        {open?.kind === 'import' && <Import onClose={close} />}
        {open?.kind === 'export' && <Export onClose={close} />}
        {open?.kind === 'discover' && <Discover canWrite={canWrite} onClose={close} />}
        {open && 'change' in open && (
          <ChangeDialog
            title={t(`profiles.${open.kind}Title`, {
              count: open.count,
              n: format.number(open.count),
            })}
            change={open.change}
            saveLabel={open.kind === 'delete' ? t('common.delete') : t('common.save')}
            isDanger={open.kind === 'delete'}
            onClose={close}
            onSaved={() => setSelected(new Map())}
          />
        )}
      </Suspense>
    </Page>
  );
}
