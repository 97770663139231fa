import { useTranslation } from 'react-i18next';
import type { Schema } from '../../api/types';
import { useFormat } from '../../app/format';
import { Id } from '../../ui/name';
import { Value } from '../../ui/value';

/** What was there before, and what after, key by key. */
export function Changes({ changes, count }: { changes: Schema<'MappingChange'>[]; count: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const more = count - changes.length;
  return (
    <>
      <ul className="mt-2 flex flex-col divide-y divide-line rounded-lg border border-line">
        {changes.map(({ key, before, after }) => (
          <li key={key} className="flex min-w-0 flex-col gap-1 px-3 py-2">
            <Id className="font-medium">{key}</Id>
            <span className="flex min-w-0 flex-wrap items-baseline gap-x-1.5 gap-y-1">
              {before === undefined ? (
                <span className="text-xs text-ink-faint">{t('audit.added')}</span>
              ) : (
                <Value of={before} isGone />
              )}
              <span aria-hidden className="rtl:-scale-x-100">
                →
              </span>
              {after === undefined ? (
                <span className="text-xs text-ink-faint">{t('audit.removed')}</span>
              ) : (
                <Value of={after} />
              )}
            </span>
          </li>
        ))}
      </ul>
      {more > 0 && (
        <p className="mt-2 text-ink-faint">
          {t('audit.more', { count: more, formatted: format.number(more) })}
        </p>
      )}
    </>
  );
}
