import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '../../api/client';
import { asApiError } from '../../api/problem';
import type { Schema } from '../../api/types';
import { useFormat } from '../../app/format';
import { Select } from '../../ui/field';
import { Problem } from '../../ui/problem';
import { frameOfCost, timesOf, type CostRow } from './frames';
import { Panel } from './panel';
import { queryOf, type Range } from './ranges';

const DIMENSIONS = ['profile', 'model', 'team', 'user'] as const;
type Dimension = (typeof DIMENSIONS)[number];

/** What calls have cost over time, by profile, model, team or user. */
export function Costs({ range, interval }: { range: Range; interval: number | false }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [by, setBy] = useState<Dimension>('profile');
  const isByDay = by === 'team' || by === 'user';
  const { data, error, refetch } = useQuery({
    queryKey: ['cost', range, by],
    queryFn: async ({ signal }) =>
      (await bodyOf(
        api.GET('/cost', {
          params: { query: { ...queryOf(range, isByDay), by: ['period', by] } },
          signal,
        }),
      )) as Schema<'Cost'>,
    placeholderData: keepPreviousData,
    refetchInterval: interval,
  });
  const rows = useMemo(() => (data?.rows ?? []) as unknown as CostRow[], [data]);
  const unknown = t('live.noName');
  const frame = useMemo(
    () =>
      data === undefined
        ? { times: [], groups: [] }
        : frameOfCost(
            rows,
            timesOf(data.from, data.to, data.resolution),
            (row) => row[by] || unknown,
          ),
    [data, rows, by, unknown],
  );
  if (error && data === undefined) {
    const problem = asApiError(error);
    if (problem.kind !== 'not-available')
      return <Problem error={error} onRetry={() => void refetch()} />;
    return (
      <section aria-labelledby="cost-off" className="rounded-xl border border-line bg-surface p-4">
        <h2 id="cost-off" className="mb-1 font-semibold">
          {t('live.cost')}
        </h2>
        <p className="text-ink-soft">
          {problem.message} {problem.remedy}
        </p>
      </section>
    );
  }
  const unpriced = rows.reduce((sum, { unpricedCalls }) => sum + unpricedCalls, 0);
  const estimated = rows.reduce((sum, { estimatedCalls }) => sum + estimatedCalls, 0);
  const notes = [
    unpriced > 0 && t('live.unpriced', { count: unpriced, formatted: format.number(unpriced) }),
    estimated > 0 && t('live.estimated', { count: estimated, formatted: format.number(estimated) }),
    data?.complete === false && t('live.incomplete'),
    isByDay && (range === '1h' || range === '24h' || range === '7d') && t('live.byDayAlone'),
  ].filter((note) => note !== false);
  return (
    <Panel
      title={t('live.cost')}
      range={range}
      kind="bar"
      frame={frame}
      format={(value) => format.usd(value)}
      short={(value) =>
        format.number(value, {
          style: 'currency',
          currency: 'USD',
          notation: 'compact',
          maximumFractionDigits: 1,
        })
      }
      note={notes.length > 0 && notes.join(' ')}
      isByDay={isByDay}
      controls={
        <label className="flex items-center gap-2">
          <span className="text-ink-faint">{t('live.by')}</span>
          <Select
            className="w-auto"
            value={by}
            onChange={({ target }) => setBy(target.value as Dimension)}
          >
            {DIMENSIONS.map((one) => (
              <option key={one} value={one}>
                {t(`live.dimensions.${one}`)}
              </option>
            ))}
          </Select>
        </label>
      }
    />
  );
}
