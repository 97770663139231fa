export const RANGES = ['1h', '24h', '7d', '30d', '90d'] as const;
export type Range = (typeof RANGES)[number];
export type Resolution = 'minute' | 'hour' | 'day';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MINUTE = 60_000;

const ABOUT: Record<Range, { length: number; resolution: Resolution }> = {
  '1h': { length: HOUR, resolution: 'minute' },
  '24h': { length: DAY, resolution: 'hour' },
  '7d': { length: 7 * DAY, resolution: 'hour' },
  '30d': { length: 30 * DAY, resolution: 'day' },
  '90d': { length: 90 * DAY, resolution: 'day' },
};

export const STEP: Record<Resolution, number> = { minute: MINUTE, hour: HOUR, day: DAY };

export const resolutionOf = (range: Range): Resolution => ABOUT[range].resolution;

/** What the API is asked for a range that ends now. Users and teams are told apart by day alone. */
export function queryOf(
  range: Range,
  isByDay = false,
): { from: string; to: string; resolution: Resolution } {
  const { length, resolution } = ABOUT[range];
  const now = Date.now();
  const own = isByDay ? 'day' : resolution;
  // A day that has begun counts as one.
  const from = isByDay && length < DAY ? now - (now % DAY) : now - length;
  return { from: new Date(from).toISOString(), to: new Date(now).toISOString(), resolution: own };
}

export const isRange = (text: string | null): text is Range =>
  RANGES.some((range) => range === text);
