import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { clsx } from 'clsx';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '../../api/client';
import { asApiError } from '../../api/problem';
import { useFormat } from '../../app/format';
import { useQueryState } from '../../app/search';
import { Checkbox, Select } from '../../ui/field';
import { EmptyState } from '../../ui/empty';
import { Loading } from '../../ui/loading';
import { Page } from '../../ui/page';
import { Problem } from '../../ui/problem';
import { Budgets } from './budgets';
import { Costs } from './costs';
import { frameOfSeries, timesOf, totalOf, type Frame } from './frames';
import { LastErrors, type LastError } from './last-errors';
import { Panel } from './panel';
import { isRange, queryOf, RANGES, STEP, type Range } from './ranges';

/** Milliseconds between two looks at what is new. */
const EVERY = 10_000;
/** Series of the API, by what they count. */
const SERIES = ['calls', 'errors', 'throttles', 'timeToFirstToken', 'tokensPerSecond'] as const;
type SeriesName = (typeof SERIES)[number];
const QUANTILES = ['p50', 'p95'] as const;
type Quantile = (typeof QUANTILES)[number];

function RangePicker({ range, onChange }: { range: Range; onChange: (range: Range) => void }) {
  const { t } = useTranslation();
  return (
    <fieldset className="flex rounded-lg border border-line bg-surface p-0.5">
      <legend className="sr-only">{t('live.range')}</legend>
      {RANGES.map((one) => (
        <label
          key={one}
          className={clsx(
            'flex min-h-8 cursor-pointer items-center rounded-md px-2.5 has-focus-visible:outline-2 has-focus-visible:outline-(--focus)',
            one === range ? 'bg-hover font-semibold' : 'text-ink-soft hover:bg-hover',
          )}
        >
          <input
            type="radio"
            name="range"
            value={one}
            checked={one === range}
            onChange={() => onChange(one)}
            className="sr-only"
          />
          <span aria-hidden>{t(`live.ranges.${one}`)}</span>
          <span className="sr-only">{t(`live.rangeNames.${one}`)}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Tile({ name, value, detail }: { name: string; value: string; detail?: string }) {
  return (
    <div className="min-w-0 rounded-xl border border-line bg-surface p-4">
      <dt className="text-ink-faint">{name}</dt>
      <dd className="mt-0.5 text-xl font-semibold tabular-nums">
        {value}
        {detail && <span className="ms-2 text-sm font-normal text-ink-soft">{detail}</span>}
      </dd>
    </div>
  );
}

/** What is counted, as charts. */
function Metrics({ range, interval }: { range: Range; interval: number | false }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [quantile, setQuantile] = useState<Quantile>('p50');
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['metrics', range],
    queryFn: ({ signal }) =>
      bodyOf(
        api.GET('/metrics', {
          params: { query: { ...queryOf(range), name: [...SERIES] } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: interval,
  });
  const unknown = t('live.noName');
  const frames = useMemo(() => {
    if (data === undefined) return undefined;
    const times = timesOf(data.from, data.to, data.resolution);
    const of = (name: SeriesName, empty: 0 | null): Frame =>
      frameOfSeries(
        data.series.filter(
          ({ name: own, labels }) =>
            own === name && (labels.quantile === undefined || labels.quantile === quantile),
        ),
        times,
        STEP[data.resolution],
        empty,
        ({ profile, model }) => profile || model || unknown,
      );
    return {
      calls: of('calls', 0),
      errors: of('errors', 0),
      throttles: of('throttles', 0),
      timeToFirstToken: of('timeToFirstToken', null),
      tokensPerSecond: of('tokensPerSecond', null),
    };
  }, [data, quantile, unknown]);
  if (error && data === undefined) {
    const problem = asApiError(error);
    if (problem.kind === 'not-available')
      return (
        <EmptyState
          title={t('live.offTitle')}
          text={`${problem.message} ${problem.remedy ?? ''}`}
        />
      );
    return <Problem error={error} onRetry={() => void refetch()} />;
  }
  if (isPending || frames === undefined) return <Loading />;
  const [calls, errors, throttles] = [frames.calls, frames.errors, frames.throttles].map(
    totalOf,
  ) as [number, number, number];
  const count = (value: number) => format.number(value);
  const ms = (value: number) => t('live.ms', { value: format.number(Math.round(value)) });
  const compact = (value: number) => format.number(value, { notation: 'compact' });
  const share = (part: number) => (calls > 0 ? format.percent(part / calls) : '');
  const errorsShown = (data.lastErrors ?? []) as LastError[];
  return (
    <>
      <dl className="grid gap-4 sm:grid-cols-3">
        <Tile name={t('live.calls')} value={count(calls)} />
        <Tile name={t('live.errors')} value={count(errors)} detail={share(errors)} />
        <Tile name={t('live.throttles')} value={count(throttles)} detail={share(throttles)} />
      </dl>
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      <div className="grid min-w-0 gap-4 xl:grid-cols-2">
        <Panel
          title={t('live.calls')}
          range={range}
          kind="area"
          frame={frames.calls}
          format={count}
          short={compact}
        />
        <Costs range={range} interval={interval} />
        <Panel
          title={t('live.errors')}
          range={range}
          kind="bar"
          frame={frames.errors}
          format={count}
          short={compact}
        />
        <Panel
          title={t('live.throttles')}
          range={range}
          kind="bar"
          frame={frames.throttles}
          format={count}
          short={compact}
        />
        <Panel
          title={t('live.timeToFirstToken')}
          range={range}
          kind="line"
          frame={frames.timeToFirstToken}
          format={ms}
          short={(value) => t('live.ms', { value: compact(value) })}
          controls={
            <Select
              className="w-auto"
              aria-label={t('live.quantile')}
              value={quantile}
              onChange={({ target }) => setQuantile(target.value as Quantile)}
            >
              {QUANTILES.map((one) => (
                <option key={one} value={one}>
                  {t(`live.quantiles.${one}`)}
                </option>
              ))}
            </Select>
          }
        />
        <Panel
          title={t('live.tokensPerSecond')}
          range={range}
          kind="line"
          frame={frames.tokensPerSecond}
          format={(value) => format.number(value, { maximumFractionDigits: 1 })}
        />
        <Budgets interval={interval} />
        <LastErrors errors={errorsShown} />
      </div>
    </>
  );
}

/** Calls, errors, times and cost, now and in the last 90 days. */
export default function Live() {
  const { t } = useTranslation();
  const [query, setQuery] = useQueryState();
  const wanted = query.get('range');
  const range: Range = isRange(wanted) ? wanted : '24h';
  const isFollowing = query.get('follow') !== 'no';
  const interval = isFollowing ? EVERY : false;
  return (
    <Page
      title={t('live.title')}
      intro={t('live.intro')}
      actions={
        <>
          <Checkbox
            label={t('live.follow')}
            checked={isFollowing}
            onChange={({ target }) => setQuery({ follow: target.checked ? null : 'no' })}
          />
          <RangePicker range={range} onChange={(next) => setQuery({ range: next })} />
        </>
      }
    >
      <Metrics range={range} interval={interval} />
    </Page>
  );
}
