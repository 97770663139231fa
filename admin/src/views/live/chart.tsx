import { memo } from 'react';
import {
  Area,
  AreaChart,
  Bar,
  BarChart,
  CartesianGrid,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import './charts.css';
import type { Frame } from './frames';

export interface ChartProps {
  kind: 'area' | 'bar' | 'line';
  frame: Frame;
  /** A value with its unit. */
  format: (value: number) => string;
  /** A value where there is little room. */
  short: (value: number) => string;
  /** A time, in full and for the axis. */
  time: (time: number) => string;
  tick: (time: number) => string;
}

const HEIGHT = 220;
const TEXT = { fontSize: 11, fill: 'var(--ink-faint)' };
/** A time, and the value of each group. */
type Row = (number | null)[];

const colour = (at: number): string => `var(--chart-${(at % 7) + 1})`;

/** Draws a frame. What it shows stands in the table below it: it says nothing to a screen reader. */
function Chart({ kind, frame, format, short, time, tick }: ChartProps) {
  const data = frame.times.map((at, index): Row => [
    at,
    ...frame.groups.map(({ values }) => values[index] ?? null),
  ]);
  const margin = { top: 8, right: 8, bottom: 0, left: 0 };
  const parts = [
    <CartesianGrid key="grid" vertical={false} stroke="var(--line)" />,
    <XAxis
      key="x"
      dataKey={(row: Row) => row[0]}
      tickFormatter={tick}
      tick={TEXT}
      stroke="var(--line-strong)"
      minTickGap={28}
    />,
    <YAxis key="y" width={56} tickFormatter={short} tick={TEXT} stroke="var(--line-strong)" />,
    <Tooltip
      key="tooltip"
      isAnimationActive={false}
      labelFormatter={(label) => time(Number(label))}
      formatter={(value) => format(Number(value))}
      cursor={{ fill: 'var(--hover)', stroke: 'var(--line-strong)' }}
      contentStyle={{
        background: 'var(--raised)',
        borderColor: 'var(--line)',
        borderRadius: 8,
        color: 'var(--ink)',
        fontSize: 12,
      }}
      itemStyle={{ color: 'var(--ink)', padding: 0 }}
    />,
  ];
  const groups = frame.groups.map(({ name }, at) => {
    const own = {
      key: name,
      name,
      dataKey: (row: Row) => row[at + 1],
      isAnimationActive: false,
    } as const;
    const { key, ...rest } = own;
    if (kind === 'line')
      return (
        <Line
          key={key}
          {...rest}
          dot={false}
          strokeWidth={2}
          stroke={colour(at)}
          connectNulls
          type="monotone"
        />
      );
    if (kind === 'bar') return <Bar key={key} {...rest} stackId="all" fill={colour(at)} />;
    return (
      <Area
        key={key}
        {...rest}
        stackId="all"
        stroke={colour(at)}
        fill={colour(at)}
        fillOpacity={0.35}
        strokeWidth={1.5}
        type="monotone"
      />
    );
  });
  const common = { data, margin, accessibilityLayer: false };
  return (
    <div aria-hidden dir="ltr">
      <ResponsiveContainer width="100%" height={HEIGHT}>
        {kind === 'line' ? (
          <LineChart {...common}>
            {parts}
            {groups}
          </LineChart>
        ) : kind === 'bar' ? (
          <BarChart {...common}>
            {parts}
            {groups}
          </BarChart>
        ) : (
          <AreaChart {...common}>
            {parts}
            {groups}
          </AreaChart>
        )}
      </ResponsiveContainer>
      <ul className="mt-1 flex flex-wrap gap-x-4 gap-y-1 ps-14 text-xs text-ink-soft">
        {frame.groups.map(({ name }, at) => (
          <li key={name} className="flex min-w-0 items-center gap-1.5">
            <svg viewBox="0 0 10 10" className="size-2.5 shrink-0">
              <rect width="10" height="10" rx="2" fill={colour(at)} />
            </svg>
            <bdi className="[overflow-wrap:anywhere]">{name}</bdi>
          </li>
        ))}
      </ul>
    </div>
  );
}

export default memo(Chart);
