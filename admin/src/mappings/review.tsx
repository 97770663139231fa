import { CircleAlert, LoaderCircle, TriangleAlert } from 'lucide-react';
import { useEffect, useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Saving } from '../api/mappings';
import type { ApiError } from '../api/problem';
import type { Schema } from '../api/types';
import { useFormat } from '../app/format';
import { Button } from '../ui/button';
import { DiffCounts, DiffList } from '../ui/diff';
import { Problem } from '../ui/problem';

/** What the addon says of an entry, without where it is: the entry stands beside it. */
export const shortMessage = (message: string): string => {
  const text = message.replace(/^[^"]*?(?:, entry "(?:[^"\\]|\\.)*")?: /, '');
  return text.charAt(0).toUpperCase() + text.slice(1);
};

function Problems({ problems }: { problems: Schema<'MappingProblem'>[] }) {
  const { t } = useTranslation();
  if (problems.length === 0) return null;
  const sorted = [...problems].sort((one, other) => one.severity.localeCompare(other.severity));
  return (
    <ul className="flex flex-col gap-1.5">
      {sorted.slice(0, 50).map(({ severity, entry, message }) => (
        <li
          key={`${entry ?? ''} ${message}`}
          className={
            severity === 'error'
              ? 'flex items-start gap-2 rounded-lg bg-danger-soft px-3 py-2 text-danger-ink'
              : 'flex items-start gap-2 rounded-lg bg-warning-soft px-3 py-2 text-warning-ink'
          }
        >
          {severity === 'error' ? (
            <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          ) : (
            <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          )}
          <span className="min-w-0 [overflow-wrap:anywhere]">
            <span className="sr-only">{t(`save.${severity}`)}: </span>
            {entry !== null && <bdi className="font-medium">{entry}: </bdi>}
            {shortMessage(message)}
          </span>
        </li>
      ))}
      {problems.length > 50 && (
        <li className="text-ink-faint">
          {t('diff.more', { count: problems.length - 50, n: problems.length - 50 })}
        </li>
      )}
    </ul>
  );
}

/** Who has saved meanwhile, and what to do about it. Nothing is lost: the change is still there. */
export function Conflict({
  error,
  onAccept,
  children,
}: {
  error: ApiError;
  onAccept: () => void;
  children?: ReactNode;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.scrollIntoView({ block: 'nearest' }), []);
  return (
    <div
      ref={box}
      role="alert"
      className="flex flex-col gap-2 rounded-xl border border-line bg-warning-soft p-4"
    >
      <p className="font-semibold text-warning-ink">{t('conflict.title')}</p>
      <p>{t('conflict.text')}</p>
      {error.since.length > 0 && (
        <ul className="list-disc ps-5 text-ink-soft">
          {error.since.slice(0, 3).map(({ id, at, actor, count }) => (
            <li key={id}>
              <bdi>{actor}</bdi>, {format.time(at)}:{' '}
              {t('conflict.entries', { count, n: format.number(count) })}
            </li>
          ))}
        </ul>
      )}
      {children}
      <div>
        <Button onClick={onAccept}>{t('conflict.apply')}</Button>
      </div>
    </div>
  );
}

/** What a change will do, checked while it is made: problems, notes, and the difference. */
export function Review({ saving }: { saving: Saving }) {
  const { t } = useTranslation();
  const { preview, isChecking, checkError, error, conflict } = saving;
  return (
    <section
      aria-labelledby="review"
      className="flex flex-col gap-3 border-t border-line pt-4 first:border-t-0 first:pt-0"
    >
      <div className="flex items-center gap-2">
        <h2 id="review" className="font-semibold">
          {t('save.review')}
        </h2>
        {isChecking && <LoaderCircle aria-hidden className="size-4 animate-spin text-ink-faint" />}
        <span role="status" className="sr-only">
          {isChecking
            ? ''
            : preview &&
              (preview.valid
                ? t('save.valid')
                : t('save.invalid', { count: preview.problems.length }))}
        </span>
      </div>
      {conflict && <Conflict error={conflict} onAccept={saving.accept} />}
      {error && <Problem error={error} />}
      {checkError ? (
        <Problem error={checkError} />
      ) : (
        preview && (
          <>
            <Problems problems={preview.problems} />
            {preview.notes.map((note) => (
              <p key={note} className="text-warning-ink">
                {note}
              </p>
            ))}
            {conflict && <p className="font-medium">{t('conflict.compare')}</p>}
            <DiffCounts diff={preview.diff} />
            <DiffList changes={preview.diff.changes} />
          </>
        )
      )}
      {!preview && !checkError && (
        <p className="text-ink-faint">{isChecking ? t('save.checking') : t('save.nothing')}</p>
      )}
    </section>
  );
}
