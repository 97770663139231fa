import { useQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { Check, GitCompareArrows, Minus } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { catalogQuery, type CatalogModel } from '../../api/facts';
import { useFormat } from '../../app/format';
import { Badge, type BadgeTone } from '../../ui/badge';
import { Button } from '../../ui/button';
import { DataTable } from '../../ui/data-table';
import { EmptyState } from '../../ui/empty';
import { Checkbox, Select } from '../../ui/field';
import { SearchField } from '../../ui/search-field';
import { Loading } from '../../ui/loading';
import { Id } from '../../ui/name';
import { Problem } from '../../ui/problem';

export interface PartProps {
  parameters: URLSearchParams;
  change: (changes: Record<string, string | null>) => void;
}

const STATUSES = ['active', 'preview', 'legacy', 'eol'] as const;
type Status = (typeof STATUSES)[number];
const TONES: Record<Status, BadgeTone> = {
  active: 'good',
  preview: 'info',
  legacy: 'warning',
  eol: 'bad',
};
const INPUTS = ['text', 'image', 'document', 'video', 'audio'] as const;

export function LifeBadge({ status }: { status: string | undefined }) {
  const { t } = useTranslation();
  const known = STATUSES.find((one) => one === status);
  return known ? (
    <Badge tone={TONES[known]}>{t(`models.statuses.${known}`)}</Badge>
  ) : (
    <span>–</span>
  );
}

/** A flag, also for those who see no colour. */
export function Flag({ value }: { value: boolean | undefined | null }) {
  const { t } = useTranslation();
  if (value === undefined || value === null) {
    return (
      <span className="text-ink-faint">
        <span aria-hidden>?</span>
        <span className="sr-only">{t('common.unknown')}</span>
      </span>
    );
  }
  const Icon = value ? Check : Minus;
  return (
    <span className={value ? 'text-accent-ink' : 'text-ink-faint'}>
      <Icon aria-hidden className="inline size-4" />
      <span className="sr-only">{value ? t('common.yes') : t('common.no')}</span>
    </span>
  );
}

/** What a column sorts by. */
const SORTS: Record<string, (model: CatalogModel) => string | number | boolean | undefined> = {
  model: ({ model }) => model,
  status: ({ status }) => {
    const at = STATUSES.findIndex((one) => one === status);
    return at < 0 ? undefined : at;
  },
  contextWindow: ({ contextWindow }) => contextWindow,
  maxOutputTokens: ({ maxOutputTokens }) => maxOutputTokens,
  reasoning: ({ reasoning }) => reasoning?.supported,
  tools: ({ tools }) => tools?.supported,
  caching: ({ promptCaching }) => promptCaching?.supported,
  streaming: ({ streaming }) => streaming,
};

function sorted(models: CatalogModel[], sort: string): CatalogModel[] {
  const valueOf = SORTS[sort.replace(/^-/, '')];
  if (valueOf === undefined) return models;
  const sign = sort.startsWith('-') ? -1 : 1;
  return [...models].sort((one, other) => {
    const [left, right] = [valueOf(one), valueOf(other)];
    if (left === right) return one.model < other.model ? -1 : 1;
    // What is not known comes last.
    if (left === undefined) return 1;
    if (right === undefined) return -1;
    return left < right ? -sign : sign;
  });
}

/** Every model of the catalog with what it can do. */
export function Catalog({ parameters, change }: PartProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [, navigate] = useLocation();
  const { data, error, isPending, refetch } = useQuery(catalogQuery);
  const [chosen, setChosen] = useState<string[]>([]);
  const q = (parameters.get('q') ?? '').toLowerCase();
  const provider = parameters.get('provider') ?? '';
  const status = parameters.get('status') ?? '';
  const sort = parameters.get('sort') ?? 'status';
  const providers = useMemo(
    () => [...new Set((data ?? []).map((one) => one.provider ?? ''))].filter(Boolean).sort(),
    [data],
  );
  const rows = useMemo(() => {
    const words = q.split(/\s+/).filter(Boolean);
    const matching = (data ?? []).filter((one) => {
      const text = `${one.model} ${one.provider ?? ''} ${one.family ?? ''}`.toLowerCase();
      return (
        words.every((word) => text.includes(word)) &&
        (provider === '' || one.provider === provider) &&
        (status === '' || one.status === status)
      );
    });
    return sorted(matching, sort);
  }, [data, q, provider, status, sort]);
  const toggle = useCallback(
    (model: string) =>
      setChosen((now) =>
        now.includes(model) ? now.filter((one) => one !== model) : [...now.slice(-1), model],
      ),
    [],
  );

  const columns = useMemo<ColumnDef<CatalogModel>[]>(() => {
    const number = (value: number | undefined) => (
      <span className="tabular-nums">{value === undefined ? '–' : format.number(value)}</span>
    );
    const flag = (
      id: string,
      header: string,
      valueOf: (model: CatalogModel) => boolean | undefined,
    ): ColumnDef<CatalogModel> => ({
      id,
      header,
      enableSorting: true,
      cell: ({ row: { original } }) => <Flag value={valueOf(original)} />,
      meta: { width: '5.75rem' },
    });
    return [
      {
        id: 'select',
        header: () => <span className="sr-only">{t('models.compareColumn')}</span>,
        cell: ({ row: { original } }) => (
          <Checkbox
            isBare
            label={t('models.chooseFor', { model: original.model })}
            checked={chosen.includes(original.model)}
            onChange={() => toggle(original.model)}
          />
        ),
        meta: { width: '2.75rem', isPlain: true },
      },
      {
        id: 'model',
        header: t('models.columns.model'),
        enableSorting: true,
        cell: ({ row: { original } }) => (
          <>
            <button
              type="button"
              onClick={() => change({ id: original.model })}
              className="max-w-full rounded text-start underline-offset-2 hover:underline"
            >
              <Id className="font-medium">{original.model}</Id>
            </button>
            <span className="block text-xs text-ink-faint">{original.provider}</span>
          </>
        ),
        meta: { width: 'minmax(16rem, 2fr)', isPlain: true },
      },
      {
        id: 'status',
        header: t('models.columns.status'),
        enableSorting: true,
        cell: ({ row: { original } }) => <LifeBadge status={original.status} />,
        meta: { width: '7.5rem' },
      },
      {
        id: 'contextWindow',
        header: t('models.columns.context'),
        enableSorting: true,
        cell: ({ row: { original } }) => number(original.contextWindow),
        meta: { width: '7.25rem' },
      },
      {
        id: 'maxOutputTokens',
        header: t('models.columns.output'),
        enableSorting: true,
        cell: ({ row: { original } }) => number(original.maxOutputTokens),
        meta: { width: '7.25rem' },
      },
      {
        id: 'inputs',
        header: t('models.columns.inputs'),
        cell: ({ row: { original } }) => (
          <span className="text-ink-soft">
            {INPUTS.filter((one) => original.inputs?.[one])
              .map((one) => t(`models.inputs.${one}`))
              .join(', ') || '–'}
          </span>
        ),
        meta: { width: 'minmax(8rem, 1fr)' },
      },
      flag('reasoning', t('models.columns.reasoning'), ({ reasoning }) => reasoning?.supported),
      flag('tools', t('models.columns.tools'), ({ tools }) => tools?.supported),
      flag('caching', t('models.columns.caching'), ({ promptCaching }) => promptCaching?.supported),
      flag('streaming', t('models.columns.streaming'), ({ streaming }) => streaming),
    ];
  }, [t, format, chosen, toggle, change]);

  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  if (isPending) return <Loading />;
  return (
    <>
      <search className="flex flex-wrap items-center gap-2">
        <SearchField label={t('models.search')} parameters={parameters} change={change} />
        <Select
          aria-label={t('models.provider')}
          value={provider}
          onChange={(event) => change({ provider: event.target.value })}
          className="w-auto max-w-44"
        >
          <option value="">{t('models.allProviders')}</option>
          {providers.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </Select>
        <Select
          aria-label={t('models.columns.status')}
          value={status}
          onChange={(event) => change({ status: event.target.value })}
          className="w-auto max-w-44"
        >
          <option value="">{t('models.allStatuses')}</option>
          {STATUSES.map((one) => (
            <option key={one} value={one}>
              {t(`models.statuses.${one}`)}
            </option>
          ))}
        </Select>
        <Button
          disabled={chosen.length !== 2}
          onClick={() =>
            navigate(
              `/models?${new URLSearchParams({ tab: 'compare', a: chosen[0] ?? '', b: chosen[1] ?? '' }).toString()}`,
            )
          }
        >
          <GitCompareArrows aria-hidden className="size-4" />
          {t('models.compareChosen', { n: chosen.length })}
        </Button>
      </search>
      {rows.length === 0 ? (
        <EmptyState title={t('models.noMatch')}>
          <Button onClick={() => change({ q: null, provider: null, status: null })}>
            {t('profiles.clearFilters')}
          </Button>
        </EmptyState>
      ) : (
        <>
          <p role="status" className="text-ink-faint">
            {t('models.total', { count: rows.length, n: format.number(rows.length) })}
          </p>
          <DataTable
            label={t('models.title')}
            columns={columns}
            total={rows.length}
            rowAt={(index) => rows[index]}
            keyOf={({ model }) => model}
            sort={sort}
            onSort={(next) => change({ sort: next })}
            minWidth="70rem"
            isSelected={({ model }) => chosen.includes(model)}
          />
        </>
      )}
    </>
  );
}
