import type { Schema } from '../../api/types';
import { STEP, type Resolution } from './ranges';

/** Values over time, by group: what a chart draws and its table lists. `null`: not known. */
export interface Frame {
  /** Milliseconds since 1970. */
  times: number[];
  groups: { name: string; values: (number | null)[] }[];
}

/** More groups than these are one: more cannot be told apart. */
const MOST_GROUPS = 6;

export interface CostRow {
  period?: string;
  profile?: string;
  model?: string;
  user?: string;
  team?: string;
  calls: number;
  errors: number;
  cost: number | null;
  unpricedCalls: number;
  estimatedCalls: number;
}

type Series = Schema<'Series'>;

/** The beginnings of all periods from one time to another. */
export function timesOf(from: string, to: string, resolution: Resolution): number[] {
  const step = STEP[resolution];
  const times: number[] = [];
  for (let time = Math.floor(Date.parse(from) / step) * step; time < Date.parse(to); time += step)
    times.push(time);
  return times;
}

/** `2026-11-27T10` and `2026-11-27` are times too. */
const timeOfPeriod = (period: string): number =>
  Date.parse(
    period.length === 10
      ? `${period}T00:00:00Z`
      : `${period}${period.length === 13 ? ':00' : ''}:00Z`,
  );

const sum = (values: (number | null)[]): number =>
  values.reduce<number>((total, value) => total + (value ?? 0), 0);

/** The largest groups, and the rest as one. */
export function withOther(frame: Frame, other: string): Frame {
  if (frame.groups.length <= MOST_GROUPS + 1) return frame;
  const sorted = [...frame.groups].sort((one, two) => sum(two.values) - sum(one.values));
  const rest = sorted.slice(MOST_GROUPS);
  const values = frame.times.map((_, at) => {
    const all = rest.map(({ values: one }) => one[at] ?? null);
    return all.every((value) => value === null) ? null : sum(all);
  });
  return { times: frame.times, groups: [...sorted.slice(0, MOST_GROUPS), { name: other, values }] };
}

/** A frame of the series of one name. What nobody has counted is `empty`. */
export function frameOfSeries(
  series: Series[],
  times: number[],
  step: number,
  empty: 0 | null,
  nameOf: (labels: Record<string, string>) => string,
): Frame {
  const at = new Map(times.map((time, index) => [time, index]));
  const groups = new Map<string, (number | null)[]>();
  for (const { labels, points } of series) {
    const name = nameOf(labels);
    const values = groups.get(name) ?? times.map(() => empty);
    groups.set(name, values);
    for (const point of points) {
      const index = at.get(Math.floor(Date.parse(point.at) / step) * step);
      if (index === undefined) continue;
      if (empty === null) values[index] = point.value;
      else values[index] = (values[index] ?? 0) + (point.value ?? 0);
    }
  }
  return { times, groups: [...groups].map(([name, values]) => ({ name, values })) };
}

/** A frame of costs. A period whose calls all have no known price is `null`, never zero. */
export function frameOfCost(
  rows: CostRow[],
  times: number[],
  nameOf: (row: CostRow) => string,
): Frame {
  const at = new Map(times.map((time, index) => [time, index]));
  const groups = new Map<string, (number | null)[]>();
  for (const row of rows) {
    const index = at.get(timeOfPeriod(row.period ?? ''));
    if (index === undefined) continue;
    const name = nameOf(row);
    const values = groups.get(name) ?? times.map(() => 0);
    groups.set(name, values);
    const before = values[index] ?? 0;
    values[index] = row.cost === null ? (before === 0 ? null : before) : before + row.cost;
  }
  return { times, groups: [...groups].map(([name, values]) => ({ name, values })) };
}

/** The sum of what is known. */
export const totalOf = (frame: Frame): number =>
  frame.groups.reduce((total, { values }) => total + sum(values), 0);
