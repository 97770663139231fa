import { useQuery } from '@tanstack/react-query';
import {
  CircleAlert,
  CircleCheck,
  CircleMinus,
  TriangleAlert,
  type LucideIcon,
} from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '../../api/client';
import { asApiError } from '../../api/problem';
import type { Schema } from '../../api/types';
import { announce, toast } from '../../app/announce';
import { Badge, type BadgeTone } from '../../ui/badge';
import { Button } from '../../ui/button';
import { copyText } from '../../ui/copy';
import { EmptyState } from '../../ui/empty';
import { Loading } from '../../ui/loading';
import { Id } from '../../ui/name';
import { Page } from '../../ui/page';
import { Problem } from '../../ui/problem';

type Check = Schema<'DoctorReport'>['checks'][number];
type Severity = Check['status'];

interface Finding {
  status: Severity;
  text: string;
  remedy?: string;
  about?: string[];
}

/** What is worst stands first. */
const SEVERITIES: Severity[] = ['failure', 'warning', 'ok', 'skipped'];
const LOOKS: Record<Severity, { icon: LucideIcon; tone: BadgeTone; ink: string }> = {
  failure: { icon: CircleAlert, tone: 'bad', ink: 'text-danger-ink' },
  warning: { icon: TriangleAlert, tone: 'warning', ink: 'text-warning-ink' },
  ok: { icon: CircleCheck, tone: 'good', ink: 'text-accent-ink' },
  skipped: { icon: CircleMinus, tone: 'neutral', ink: 'text-ink-faint' },
};

/** How many models a finding names before the rest is folded away. */
const NAMED = 3;

function About({ ids }: { ids: string[] }) {
  const { t } = useTranslation();
  const list = (some: string[]) => (
    <ul className="text-ink-soft">
      {some.map((id) => (
        <li key={id}>
          <Id>{id}</Id>
        </li>
      ))}
    </ul>
  );
  if (ids.length <= NAMED) return list(ids);
  return (
    <details>
      <summary>{t('doctor.models', { count: ids.length })}</summary>
      {list(ids)}
    </details>
  );
}

function CheckView({ check }: { check: Check }) {
  const { t } = useTranslation();
  const { icon: Icon, tone, ink } = LOOKS[check.status];
  const findings = (check.findings as unknown as Finding[]).toSorted(
    (one, other) => SEVERITIES.indexOf(one.status) - SEVERITIES.indexOf(other.status),
  );
  const title = t(`doctor.checks.${check.id as 'package'}`, { defaultValue: check.title });
  return (
    <li className="min-w-0 rounded-xl border border-line bg-surface p-4">
      <div className="flex items-center gap-2.5">
        <Icon aria-hidden className={`size-5 shrink-0 ${ink}`} />
        <h2 className="font-semibold">{title}</h2>
        <span className="ms-auto">
          <Badge tone={tone}>{t(`doctor.statuses.${check.status}`)}</Badge>
        </span>
      </div>
      {findings.length > 0 && (
        <ul className="mt-2 flex flex-col gap-3 ps-7.5">
          {findings.map(({ status, text, remedy, about = [] }) => (
            <li
              key={`${status} ${text}`}
              className="flex min-w-0 flex-col gap-1 [overflow-wrap:anywhere]"
            >
              <p dir="auto" className={status === check.status ? '' : LOOKS[status].ink}>
                {status !== check.status && (
                  <span className="sr-only">{t(`doctor.statuses.${status}`)}: </span>
                )}
                {text}
              </p>
              {about.length > 0 && <About ids={about} />}
              {remedy && status !== 'ok' && (
                <p dir="auto" className="rounded-lg bg-info-soft px-3 py-2 text-info-ink">
                  <span className="font-medium">{t('doctor.fix')}</span> {remedy}
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function Report({ report }: { report: Schema<'DoctorReport'> }) {
  const { t } = useTranslation();
  const { failures, warnings } = report;
  const sorted = report.checks.toSorted(
    (one, other) => SEVERITIES.indexOf(one.status) - SEVERITIES.indexOf(other.status),
  );
  return (
    <>
      <p className="text-base font-medium">
        {failures + warnings === 0
          ? t('doctor.allWell')
          : `${t('doctor.failures', { count: failures })}, ${t('doctor.warnings', { count: warnings })}`}
      </p>
      <ul className="grid min-w-0 gap-3 xl:grid-cols-2 xl:items-start">
        {sorted.map((check) => (
          <CheckView key={check.id} check={check} />
        ))}
      </ul>
    </>
  );
}

/** Checks of the installation, with what to do about what they find. */
export default function Doctor() {
  const { t } = useTranslation();
  // It asks AWS and may call models, so it runs when it is told to, and its report stays.
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['doctor'],
    queryFn: ({ signal }) => bodyOf(api.GET('/doctor', { signal })),
    enabled: false,
    staleTime: Infinity,
    gcTime: Infinity,
    retry: false,
  });
  const wasFetching = useRef(isFetching);
  useEffect(() => {
    if (wasFetching.current && !isFetching && data) announce(t('doctor.done'));
    wasFetching.current = isFetching;
  }, [isFetching, data, t]);
  const copy = async () => {
    if (await copyText(JSON.stringify(data, null, 2))) toast('success', t('common.copied'));
    else toast('danger', t('common.notCopied'), t('common.notCopiedText'));
  };
  const run = () => void refetch();
  return (
    <Page
      title={t('doctor.title')}
      intro={t('doctor.intro')}
      actions={
        <>
          {data && <Button onClick={() => void copy()}>{t('doctor.copy')}</Button>}
          <Button tone="primary" isBusy={isFetching} onClick={run}>
            {data ? t('doctor.again') : t('doctor.run')}
          </Button>
        </>
      }
    >
      {error && !isFetching && (
        <Problem
          error={error}
          onRetry={asApiError(error).kind === 'not-available' ? undefined : run}
        />
      )}
      {isFetching && <Loading text={t('doctor.running')} />}
      {data && !isFetching && <Report report={data} />}
      {!data && !error && !isFetching && (
        <EmptyState title={t('doctor.emptyTitle')} text={t('doctor.emptyText')} />
      )}
    </Page>
  );
}
