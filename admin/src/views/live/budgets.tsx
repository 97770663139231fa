import { useQuery } from '@tanstack/react-query';
import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '../../api/client';
import { asApiError } from '../../api/problem';
import { useFormat } from '../../app/format';
import { Badge } from '../../ui/badge';
import { Name } from '../../ui/name';
import { Problem } from '../../ui/problem';

/** `BudgetStatus` of the package's types. */
interface Budget {
  name: string;
  period: string;
  limit: number;
  action: 'warn' | 'refuse';
  each: boolean;
  spent: number | null;
}

const WARN_AT = 0.8;

function Bar({ budget }: { budget: Budget }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { spent, limit, each, name } = budget;
  if (spent === null) {
    return <p className="text-ink-soft">{each ? t('live.budgetEach') : t('live.budgetUnknown')}</p>;
  }
  const share = spent / limit;
  return (
    <>
      <div
        role="progressbar"
        aria-label={name}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.min(100, Math.round(share * 100))}
        aria-valuetext={`${format.percent(share)}: ${format.usd(spent)}`}
        className="h-2 overflow-hidden rounded-full bg-sunken"
      >
        <div
          style={{ width: `${Math.min(100, share * 100)}%` }}
          className={clsx(
            'h-full rounded-full',
            share >= 1 ? 'bg-danger' : share >= WARN_AT ? 'bg-warning-ink' : 'bg-accent',
          )}
        />
      </div>
      <p className="text-ink-soft tabular-nums">
        {t('live.budgetSpent', {
          spent: format.usd(spent),
          limit: format.usd(limit),
          share: format.percent(share),
        })}
      </p>
    </>
  );
}

/** What may be spent, and what of it is. */
export function Budgets({ interval }: { interval: number | false }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error, refetch } = useQuery({
    queryKey: ['budgets'],
    queryFn: ({ signal }) => bodyOf(api.GET('/budgets', { signal })),
    refetchInterval: interval,
  });
  const budgets = (data?.budgets ?? []) as unknown as Budget[];
  return (
    <section
      aria-labelledby="budgets"
      className="flex min-w-0 flex-col gap-3 rounded-xl border border-line bg-surface p-4"
    >
      <h2 id="budgets" className="font-semibold">
        {t('live.budgets')}
      </h2>
      {error &&
        (asApiError(error).kind === 'not-available' ? (
          <p className="text-ink-soft">
            {asApiError(error).message} {asApiError(error).remedy}
          </p>
        ) : (
          <Problem error={error} onRetry={() => void refetch()} />
        ))}
      {data && budgets.length === 0 && <p className="text-ink-soft">{t('live.noBudgets')}</p>}
      <ul className="flex flex-col gap-4">
        {budgets.map((budget) => (
          <li key={budget.name} className="flex min-w-0 flex-col gap-1">
            <p className="flex flex-wrap items-baseline justify-between gap-x-3">
              <Name className="font-medium">{budget.name}</Name>
              <span className="flex items-baseline gap-2 text-xs text-ink-faint">
                {budget.period} · {format.usd(budget.limit)}
                <Badge tone={budget.action === 'refuse' ? 'bad' : 'warning'}>
                  {t(`live.budgetActions.${budget.action}`)}
                </Badge>
              </span>
            </p>
            <Bar budget={budget} />
          </li>
        ))}
      </ul>
    </section>
  );
}
