import { useTranslation } from 'react-i18next';
import { useFormat } from '../../app/format';
import { Badge } from '../../ui/badge';
import { Id, Name } from '../../ui/name';

/** A call that failed, with what to do about it. */
export interface LastError {
  at?: string;
  name?: string;
  message?: string;
  hint?: string;
  profile?: string;
  model?: string;
  operation?: string;
  requestId?: string;
  count?: number;
}

export function LastErrors({ errors }: { errors: LastError[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <section
      aria-labelledby="last-errors"
      className="flex min-w-0 flex-col gap-3 rounded-xl border border-line bg-surface p-4"
    >
      <h2 id="last-errors" className="font-semibold">
        {t('live.lastErrors')}
      </h2>
      {errors.length === 0 && <p className="text-ink-soft">{t('live.noErrors')}</p>}
      <ul className="flex flex-col gap-3">
        {errors.map(({ at, name, message, hint, profile, model, requestId, count }, index) => (
          // Nothing else tells two of them apart for sure.
          <li
            key={`${at ?? ''} ${requestId ?? index}`}
            className="flex min-w-0 flex-col gap-1 border-t border-line pt-3 first:border-0 first:pt-0"
          >
            <p className="flex flex-wrap items-baseline gap-x-2 gap-y-1">
              <Badge tone="bad">{name ?? t('common.unknown')}</Badge>
              {count !== undefined && count > 1 && <span>{t('live.times', { count })}</span>}
              {(profile ?? model) && <Name className="font-medium">{profile ?? model ?? ''}</Name>}
              {at && (
                <time dateTime={at} className="ms-auto text-xs text-ink-faint">
                  {format.time(at)}
                </time>
              )}
            </p>
            {message && (
              <p dir="auto" className="[overflow-wrap:anywhere]">
                {message}
              </p>
            )}
            {hint && (
              <p dir="auto" className="rounded-lg bg-info-soft px-3 py-2 text-info-ink">
                <span className="font-medium">{t('live.hint')}</span> {hint}
              </p>
            )}
            {requestId && (
              <p className="text-xs text-ink-faint">
                {t('problem.requestId')}: <Id>{requestId}</Id>
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
