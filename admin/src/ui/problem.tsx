import { clsx } from 'clsx';
import { CircleAlert, CloudOff, Lock, RotateCw } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '../api/problem';
import { Button } from './button';

const ICONS: Record<string, typeof CircleAlert> = {
  'not-authorized': Lock,
  unreachable: CloudOff,
  'aws-error': CloudOff,
  'store-failed': CloudOff,
};

/** Kinds that have words of their own; of the others the API's own text is shown. */
const HEADINGS = [
  'not-authorized',
  'unreachable',
  'aws-error',
  'store-failed',
  'version-mismatch',
  'rate-limited',
  'not-available',
  'internal',
] as const;

interface ProblemProps {
  error: unknown;
  onRetry?: (() => void) | undefined;
  className?: string;
}

/** An error with what it means and what to do: as the API has told it, with AWS's own text. */
export function Problem({ error, onRetry, className }: ProblemProps) {
  const { t } = useTranslation();
  const { kind, body, remedy, aws, problems, message } = asApiError(error);
  const Icon = ICONS[kind] ?? CircleAlert;
  const heading = HEADINGS.find((one) => one === kind);
  const errors = (body.errors ?? []).filter(({ detail }) => detail !== body.detail);
  return (
    <div
      role="alert"
      className={clsx(
        'flex items-start gap-3 rounded-xl border border-line bg-danger-soft p-4',
        className,
      )}
    >
      <Icon aria-hidden className="mt-0.5 size-5 shrink-0 text-danger-ink" />
      <div className="min-w-0 flex-1 space-y-1.5 [overflow-wrap:anywhere]">
        <p className="font-semibold text-danger-ink">
          {heading ? t(`problem.${heading}`) : (body.title ?? t('problem.unexpected'))}
        </p>
        {kind === 'unreachable' ? (
          <p>{t('problem.unreachableText')}</p>
        ) : (
          <p dir="auto">{aws?.message ?? message}</p>
        )}
        {remedy && <p className="text-ink-soft">{remedy}</p>}
        {problems.length > 0 && (
          <ul className="list-disc ps-5">
            {problems.slice(0, 10).map(({ entry, message: text }) => (
              <li key={`${entry ?? ''}${text}`}>{text}</li>
            ))}
          </ul>
        )}
        {errors.length > 0 && (
          <ul className="list-disc ps-5">
            {errors.slice(0, 10).map(({ pointer, parameter, detail, remedy: right }) => (
              <li key={`${pointer ?? parameter ?? ''}${detail}`}>
                <code>{pointer ?? parameter}</code>: {detail} {right}
              </li>
            ))}
          </ul>
        )}
        {aws && (
          <dl className="flex flex-wrap gap-x-4 text-xs text-ink-faint">
            <div>
              <dt className="inline">{t('problem.awsName')}: </dt>
              <dd className="inline">{aws.name}</dd>
            </div>
            {aws.requestId && (
              <div>
                <dt className="inline">{t('problem.requestId')}: </dt>
                <dd className="inline">
                  <code>{aws.requestId}</code>
                </dd>
              </div>
            )}
          </dl>
        )}
        {onRetry && (
          <Button onClick={onRetry} className="mt-1">
            <RotateCw aria-hidden className="size-4" />
            {t('common.retry')}
          </Button>
        )}
      </div>
    </div>
  );
}
