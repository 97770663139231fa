import { lazy, Suspense, useEffect, useId, useMemo, useState, type ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../app/format';
import type { ChartProps } from './chart';
import { withOther, type Frame } from './frames';
import { resolutionOf, type Range } from './ranges';

const Chart = lazy(() => import('./chart'));

/** A value once it is its turn: what is costly to draw is drawn in a task of its own. */
function useInTurn<T>(value: T): T | undefined {
  const [shown, setShown] = useState<T>();
  useEffect(() => {
    const timer = setTimeout(() => flushSync(() => setShown(value)));
    return () => clearTimeout(timer);
  }, [value]);
  return shown;
}

interface PanelProps {
  title: string;
  range: Range;
  kind: ChartProps['kind'];
  frame: Frame;
  format: (value: number) => string;
  short?: (value: number) => string;
  /** What is told about it: how much is not known, for example. */
  note?: ReactNode;
  /** Where it is told apart by day whatever the range is. */
  isByDay?: boolean;
  controls?: ReactNode;
}

/** The table behind a chart. */
function Table({
  title,
  frame,
  format,
  time,
}: Pick<PanelProps, 'title' | 'frame' | 'format'> & { time: (time: number) => string }) {
  const { t } = useTranslation();
  return (
    <div
      role="region"
      aria-label={title}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
      tabIndex={0}
      className="mt-2 max-h-80 overflow-auto rounded-lg border border-line"
    >
      <table className="w-full text-xs">
        <caption className="sr-only">{title}</caption>
        <thead className="sticky top-0 bg-surface text-ink-faint">
          <tr>
            <th scope="col" className="px-2 py-1.5 text-start font-medium">
              {t('live.time')}
            </th>
            {frame.groups.map(({ name }) => (
              <th key={name} scope="col" className="px-2 py-1.5 text-end font-medium">
                <bdi>{name}</bdi>
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="tabular-nums">
          {frame.times
            .map((at, index) => (
              <tr key={at} className="border-t border-line">
                <th scope="row" className="px-2 py-1 text-start font-normal whitespace-nowrap">
                  {time(at)}
                </th>
                {frame.groups.map(({ name, values }) => {
                  const value = values[index] ?? null;
                  return (
                    <td key={name} className="px-2 py-1 text-end whitespace-nowrap">
                      {value === null ? t('common.unknown') : format(value)}
                    </td>
                  );
                })}
              </tr>
            ))
            .reverse()}
        </tbody>
      </table>
    </div>
  );
}

/** A chart with the table behind it. */
export function Panel({
  title,
  range,
  kind,
  frame,
  format,
  short,
  note,
  isByDay = false,
  controls,
}: PanelProps) {
  const { t, i18n } = useTranslation();
  const whole = useFormat();
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const resolution = isByDay ? 'day' : resolutionOf(range);
  const [time, tick] = useMemo(() => {
    const { language } = i18n;
    const day = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' });
    const shortDay = new Intl.DateTimeFormat(language, {
      day: 'numeric',
      month: 'short',
      timeZone: 'UTC',
    });
    const clock = new Intl.DateTimeFormat(language, { timeStyle: 'short' });
    const localDay = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' });
    // Days are those of UTC, as they are counted; minutes and hours are shown as the clock here says.
    return resolution === 'day'
      ? [(at: number) => day.format(at), (at: number) => shortDay.format(at)]
      : [
          (at: number) => whole.time(new Date(at).toISOString()),
          (at: number) => (range === '7d' ? localDay : clock).format(at),
        ];
  }, [i18n, whole, range, resolution]);
  const shown = useMemo(() => withOther(frame, t('live.others')), [frame, t]);
  const chart = useInTurn(
    useMemo<ChartProps>(
      () => ({ kind, frame: shown, format, short: short ?? format, time, tick }),
      [kind, shown, format, short, time, tick],
    ),
  );
  const isEmpty = frame.groups.length === 0;
  const wait = <div className="h-[15.5rem] animate-pulse rounded-lg bg-sunken" />;
  return (
    <section
      aria-labelledby={id}
      className="flex min-w-0 flex-col gap-2 rounded-xl border border-line bg-surface p-4"
    >
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 id={id} className="font-semibold">
          {title}
        </h2>
        {controls}
      </div>
      {isEmpty ? (
        <p className="flex min-h-40 items-center justify-center text-ink-faint">
          {t('live.noData')}
        </p>
      ) : (
        <>
          <Suspense fallback={wait}>{chart ? <Chart {...chart} /> : wait}</Suspense>
          {note && <p className="text-xs text-warning-ink">{note}</p>}
          <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
            <summary className="w-fit rounded text-accent-ink">
              {t('live.table')} <span className="sr-only">: {title}</span>
            </summary>
            {isOpen && (
              <Table
                title={t('live.tableOf', { title })}
                frame={frame}
                format={format}
                time={time}
              />
            )}
          </details>
        </>
      )}
    </section>
  );
}
