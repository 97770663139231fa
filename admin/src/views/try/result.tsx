import { clsx } from 'clsx';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { announce } from '../../app/announce';
import { useFormat } from '../../app/format';
import { Problem } from '../../ui/problem';
import { ExplanationView, Section } from './explanation';
import { isRunning, type Trial, type TrialEnd } from './trial';

const USAGE = [
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'cacheReadInputTokens',
  'cacheWriteInputTokens',
] as const;

function Figures({ items }: { items: [string, string][] }) {
  return (
    <dl className="grid grid-cols-[repeat(auto-fill,minmax(8.5rem,1fr))] gap-2">
      {items.map(([name, value]) => (
        <div key={name} className="rounded-lg bg-canvas px-3 py-2">
          <dt className="text-xs text-ink-faint">{name}</dt>
          <dd className="font-medium tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Timing, usage and cost of an answer. */
function End({ end }: { end: TrialEnd }) {
  const { t } = useTranslation();
  const format = useFormat();
  const ms = (value: number | null) =>
    value === null ? t('common.unknown') : t('try.ms', { value: format.number(Math.round(value)) });
  const { timing, usage, cost } = end;
  const tokens = USAGE.flatMap((name): [string, string][] => {
    const value = usage?.[name];
    return typeof value === 'number' ? [[t(`try.usages.${name}`), format.number(value)]] : [];
  });
  const price =
    cost === null || cost.amount === null ? t('try.costUnknown') : format.usd(cost.amount);
  return (
    <>
      <Section title={t('try.timing')}>
        <Figures
          items={[
            [t('try.firstToken'), ms(timing.firstTokenMs)],
            [t('try.total'), ms(timing.totalMs)],
            [t('try.headers'), ms(timing.responseMs)],
            [t('try.latency'), ms(timing.latencyMs)],
            [
              t('try.tokensPerSecond'),
              timing.tokensPerSecond === null
                ? t('common.unknown')
                : format.number(timing.tokensPerSecond, { maximumFractionDigits: 1 }),
            ],
          ]}
        />
      </Section>
      <Section title={t('try.usage')}>
        {tokens.length === 0 ? <p>{t('try.usageUnknown')}</p> : <Figures items={tokens} />}
      </Section>
      <Section title={t('try.cost')}>
        <Figures items={[[t('try.costOf'), price]]} />
        {cost?.reason && <p className="text-ink-soft">{cost.reason}</p>}
        {cost?.assumed?.includes('geography') && (
          <p className="text-ink-soft">{t('try.costAssumed')}</p>
        )}
      </Section>
    </>
  );
}

/** What has come back of one profile. */
export function Result({
  profile,
  trial,
  isAlone = false,
}: {
  profile: string;
  trial: Trial;
  /** What went out stands beside the answer, not below it. */
  isAlone?: boolean;
}) {
  const { t } = useTranslation();
  const { status } = trial;
  const text = t(`try.statuses.${status}`);
  const told = useRef(status);
  useEffect(() => {
    if (told.current === status) return;
    told.current = status;
    if (status !== 'idle') announce(text);
  }, [status, text]);
  if (status === 'idle' && trial.explanation === null) return null;
  const { thinking, isRedacted, tools } = trial;
  const hasAnswer = status !== 'idle';
  return (
    <article
      aria-label={profile}
      aria-busy={isRunning(trial)}
      className="flex min-w-0 flex-1 flex-col gap-5 rounded-xl border border-line bg-surface p-4"
    >
      <header className="flex min-w-0 flex-wrap items-baseline gap-x-3 gap-y-1">
        <h2 className="min-w-0 text-base font-semibold">
          <bdi>{profile}</bdi>
        </h2>
        {status !== 'idle' && (
          <span data-status={status} className="text-ink-faint">
            {text}
          </span>
        )}
      </header>
      <div
        className={clsx(
          'flex min-w-0 flex-col gap-5',
          isAlone && hasAnswer && 'xl:grid xl:grid-cols-2',
        )}
      >
        {hasAnswer && (
          <div className="flex min-w-0 flex-col gap-5">
            {trial.error && <Problem error={trial.error} />}
            {(thinking !== '' || isRedacted) && (
              <details open className="rounded-lg border border-line bg-canvas px-3 py-2">
                <summary className="font-medium text-ink-soft">{t('try.thinking')}</summary>
                <p
                  dir="auto"
                  className="mt-2 whitespace-pre-wrap italic text-ink-soft [overflow-wrap:anywhere]"
                >
                  {thinking}
                </p>
                {isRedacted && <p className="mt-2 text-ink-faint">{t('try.redacted')}</p>}
              </details>
            )}
            {trial.text !== '' && (
              <Section title={t('try.answer')}>
                <p dir="auto" className="whitespace-pre-wrap [overflow-wrap:anywhere]">
                  {trial.text}
                </p>
              </Section>
            )}
            {tools.length > 0 && (
              <Section title={t('try.tools')}>
                <ul className="flex flex-col gap-2">
                  {tools.map(({ name, input }, at) => (
                    // Tools are called one after another and never change places.
                    <li key={at} className="rounded-lg bg-canvas px-3 py-2">
                      <bdi className="font-medium">{name}</bdi>
                      <code dir="ltr" className="block font-mono text-xs">
                        {input}
                      </code>
                    </li>
                  ))}
                </ul>
              </Section>
            )}
            {trial.end && <End end={trial.end} />}
          </div>
        )}
        {trial.explanation && (
          <div className="flex min-w-0 flex-col gap-5">
            <ExplanationView profile={profile} explanation={trial.explanation} />
          </div>
        )}
      </div>
      {trial.requestId && (
        <p className="text-xs text-ink-faint">
          {t('try.requestId')} <code dir="ltr">{trial.requestId}</code>
          {trial.attempts !== null &&
            trial.attempts > 1 &&
            ` · ${t('try.attempts', { count: trial.attempts })}`}
        </p>
      )}
    </article>
  );
}
