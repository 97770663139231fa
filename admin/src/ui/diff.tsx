import { clsx } from 'clsx';
import { Minus, Pencil, Plus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Schema } from '../api/types';
import { useFormat } from '../app/format';
import { Id } from './name';

type Change = Schema<'MappingChange'>;

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value, null, 1);

const KINDS = {
  added: [Plus, 'text-accent-ink'],
  removed: [Minus, 'text-danger-ink'],
  changed: [Pencil, 'text-info-ink'],
} as const;

const kindOf = (change: Change): keyof typeof KINDS =>
  !('before' in change) ? 'added' : !('after' in change) ? 'removed' : 'changed';

function Side({ value, isAfter, label }: { value: unknown; isAfter: boolean; label: string }) {
  return (
    <div
      className={clsx(
        'min-w-0 rounded-md px-2 py-1 font-mono text-xs whitespace-pre-wrap [overflow-wrap:anywhere]',
        isAfter ? 'bg-accent-soft text-accent-ink' : 'bg-danger-soft text-danger-ink',
      )}
    >
      <span className="sr-only">{label}: </span>
      <span aria-hidden>{isAfter ? '+ ' : '− '}</span>
      <bdi dir="ltr">{textOf(value)}</bdi>
    </div>
  );
}

/** Entries that become different, each with what it was and what it will be. */
export function DiffList({ changes, most = 200 }: { changes: Change[]; most?: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <ul className="flex flex-col gap-2">
      {changes.slice(0, most).map((change) => {
        const kind = kindOf(change);
        const [Icon, color] = KINDS[kind];
        return (
          <li key={change.key} className="rounded-lg border border-line p-2.5">
            <p className="flex items-start gap-2">
              <Icon aria-hidden className={clsx('mt-1 size-3.5 shrink-0', color)} />
              <span className="sr-only">{t(`diff.${kind}`)}</span>
              <Id className="font-medium">{change.key}</Id>
            </p>
            <div className="mt-1.5 grid gap-1.5">
              {'before' in change && (
                <Side value={change.before} isAfter={false} label={t('diff.before')} />
              )}
              {'after' in change && <Side value={change.after} isAfter label={t('diff.after')} />}
            </div>
          </li>
        );
      })}
      {changes.length > most && (
        <li className="text-ink-faint">
          {t('diff.more', {
            count: changes.length - most,
            n: format.number(changes.length - most),
          })}
        </li>
      )}
    </ul>
  );
}

/** How many entries become different. */
export function DiffCounts({ diff }: { diff: Schema<'MappingsDiff'> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const parts = (['added', 'changed', 'removed'] as const).filter((kind) => diff[kind] > 0);
  if (parts.length === 0) return <p className="text-ink-faint">{t('diff.nothing')}</p>;
  return (
    <p className="flex flex-wrap gap-x-3 gap-y-1">
      {parts.map((kind) => {
        const [Icon, color] = KINDS[kind];
        return (
          <span key={kind} className="inline-flex items-center gap-1">
            <Icon aria-hidden className={clsx('size-3.5', color)} />
            {t(`diff.${kind}Count`, { count: diff[kind], n: format.number(diff[kind]) })}
          </span>
        );
      })}
    </p>
  );
}
