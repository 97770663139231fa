import { useId, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Badge } from '../../ui/badge';
import { CopyButton } from '../../ui/copy';
import { Json } from '../../ui/json';
import { Id } from '../../ui/name';
import { Value } from '../../ui/value';
import type { Change, Explanation, Violation } from './trial';

export function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <div role="group" aria-labelledby={id} className="flex min-w-0 flex-col gap-2">
      <h3 id={id} className="font-semibold">
        {title}
      </h3>
      {children}
    </div>
  );
}

function Changes({ changes }: { changes: Change[] }) {
  const { t } = useTranslation();
  if (changes.length === 0) return <p className="text-ink-soft">{t('try.noChanges')}</p>;
  return (
    <ul className="flex flex-col gap-2">
      {changes.map((change) => (
        <li
          key={`${change.rule} ${change.path} ${change.action}`}
          className="rounded-lg border border-line bg-canvas px-3 py-2"
        >
          <p className="flex flex-wrap items-baseline gap-x-2 gap-y-1">
            <Badge tone="info">{t(`try.actions.${change.action}`)}</Badge>
            <Id>{change.path}</Id>
            <span className="ms-auto text-xs text-ink-faint">
              {t('try.rule', { rule: change.rule })}
            </span>
          </p>
          {(change.from !== undefined || change.to !== undefined) && (
            <p dir="ltr" className="mt-1 flex flex-wrap items-baseline gap-x-1.5">
              {change.from === undefined ? (
                <span className="text-ink-faint">{t('try.nothing')}</span>
              ) : (
                <Value of={change.from} isGone />
              )}
              <span aria-hidden>→</span>
              <span className="sr-only">{t('try.becomes')}</span>
              {change.to === undefined ? (
                <span className="text-ink-faint">{t('try.nothing')}</span>
              ) : (
                <Value of={change.to} />
              )}
            </p>
          )}
          <p className="mt-1 text-ink-soft">{change.reason}</p>
        </li>
      ))}
    </ul>
  );
}

function Violations({ violations }: { violations: Violation[] }) {
  const { t } = useTranslation();
  return (
    <ul className="flex flex-col gap-2">
      {violations.map((violation) => (
        <li
          key={`${violation.rule} ${violation.path}`}
          className="rounded-lg bg-warning-soft px-3 py-2 text-warning-ink"
        >
          <p className="flex flex-wrap items-baseline gap-x-2">
            <Id>{violation.path}</Id>
            <span className="ms-auto text-xs">{t('try.rule', { rule: violation.rule })}</span>
          </p>
          <p>{violation.reason}</p>
          <p className="font-medium">{violation.remedy}</p>
        </li>
      ))}
    </ul>
  );
}

/** What a request was made into, and why. */
export function ExplanationView({
  profile,
  explanation,
}: {
  profile: string;
  explanation: Explanation;
}) {
  const { t } = useTranslation();
  const { resolved, changes, violations, attribution = [], request } = explanation;
  return (
    <>
      <Section title={t('try.resolved')}>
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
          <dt className="text-ink-faint">{t('try.model')}</dt>
          <dd className="min-w-0">
            <bdi>{resolved.model ?? t('common.unknown')}</bdi>
          </dd>
          <dt className="text-ink-faint">{t('try.callId')}</dt>
          <dd className="min-w-0">
            <Id>{resolved.callId}</Id>
          </dd>
          <dt className="text-ink-faint">{t('try.region')}</dt>
          <dd>{resolved.region ?? t('common.unknown')}</dd>
          <dt className="text-ink-faint">{t('try.source')}</dt>
          <dd>{resolved.source}</dd>
        </dl>
      </Section>
      {violations.length > 0 && (
        <Section title={t('try.violations')}>
          <Violations violations={violations} />
        </Section>
      )}
      <Section title={t('try.changes', { count: changes.length })}>
        <Changes changes={changes} />
      </Section>
      {attribution.length > 0 && (
        <Section title={t('try.attribution')}>
          <ul className="list-disc ps-5">
            {attribution.map(({ way, applied, reason }) => (
              <li key={way}>
                <span className="font-medium">{way}</span> (
                {applied ? t('try.applied') : t('try.notApplied')}): {reason}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title={t('try.body')}>
        <div className="flex items-start justify-between gap-2">
          <p className="min-w-0 text-ink-soft">
            {request.method} <Id>{request.url}</Id>
          </p>
          <CopyButton text={request.body} label={t('try.copyBody')} />
        </div>
        <Json value={request.body} label={t('try.bodyOf', { profile })} className="max-h-72" />
      </Section>
    </>
  );
}
