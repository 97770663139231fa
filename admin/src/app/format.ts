import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];

export interface Format {
  number(value: number, options?: Intl.NumberFormatOptions): string;
  /** `2 hours ago`, from milliseconds. */
  age(milliseconds: number): string;
  /** A time with its date; takes what the API gives. */
  time(iso: string): string;
  percent(share: number): string;
  usd(value: number): string;
  list(items: string[]): string;
}

/** Numbers, times and lists as the language writes them. */
export function useFormat(): Format {
  const { i18n } = useTranslation();
  const { language } = i18n;
  return useMemo(() => {
    const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
    const moment = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
    const list = new Intl.ListFormat(language, { type: 'conjunction' });
    return {
      number: (value, options) => new Intl.NumberFormat(language, options).format(value),
      age: (milliseconds) => {
        const [unit, size] =
          STEPS.find(([, one]) => milliseconds >= one) ?? (['second', 1000] as const);
        return relative.format(-Math.floor(milliseconds / size), unit);
      },
      time: (iso) => {
        const date = new Date(iso);
        return Number.isNaN(date.getTime()) ? iso : moment.format(date);
      },
      percent: (share) =>
        new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(
          share,
        ),
      usd: (value) =>
        new Intl.NumberFormat(language, {
          style: 'currency',
          currency: 'USD',
          maximumFractionDigits: Math.abs(value) < 1 ? 6 : 2,
        }).format(value),
      list: (items) => list.format(items),
    };
  }, [language]);
}
