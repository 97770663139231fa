import { useQuery } from '@tanstack/react-query';
import { GitCompareArrows, EqualNot } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { capabilitiesQuery, factsOf, type NamedFact } from '../../api/facts';
import { EmptyState } from '../../ui/empty';
import { Checkbox, Field } from '../../ui/field';
import { Loading } from '../../ui/loading';
import { Id } from '../../ui/name';
import { Problem } from '../../ui/problem';
import { TypedFilter } from '../../ui/typed-filter';
import type { PartProps } from './catalog';
import { FactSource, FactValue, grouped, nameWithin } from './facts';

interface Pair {
  path: string;
  a: NamedFact | undefined;
  b: NamedFact | undefined;
  differs: boolean;
}

function pairsOf(a: NamedFact[], b: NamedFact[]): Pair[] {
  const second = new Map(b.map((fact) => [fact.path, fact]));
  const first = new Set(a.map(({ path }) => path));
  const pair = (path: string, one: NamedFact | undefined, other: NamedFact | undefined): Pair => ({
    path,
    a: one,
    b: other,
    differs: JSON.stringify(one?.value ?? null) !== JSON.stringify(other?.value ?? null),
  });
  return [
    ...a.map((fact) => pair(fact.path, fact, second.get(fact.path))),
    ...b.filter(({ path }) => !first.has(path)).map((fact) => pair(fact.path, undefined, fact)),
  ];
}

function Side({ fact }: { fact: NamedFact | undefined }) {
  if (fact === undefined) return <span>–</span>;
  return (
    <div className="flex flex-col items-start gap-1">
      <FactValue value={fact.value} />
      {fact.value !== null && <FactSource fact={fact} />}
    </div>
  );
}

function useFacts(id: string) {
  const query = useQuery({ ...capabilitiesQuery(id), enabled: id !== '' });
  const facts = useMemo(() => (query.data ? factsOf(query.data) : undefined), [query.data]);
  return { ...query, facts };
}

/** What two models, or the models of two profiles, can do, side by side. */
export default function Compare({ parameters, change }: PartProps) {
  const { t } = useTranslation();
  const [only, setOnly] = useState(true);
  const ids = { a: parameters.get('a') ?? '', b: parameters.get('b') ?? '' };
  const a = useFacts(ids.a);
  const b = useFacts(ids.b);
  const pairs = useMemo(
    () => (a.facts && b.facts ? pairsOf(a.facts, b.facts) : undefined),
    [a.facts, b.facts],
  );
  const shown = pairs?.filter(({ differs }) => !only || differs);
  const differing = pairs?.filter(({ differs }) => differs).length ?? 0;
  return (
    <>
      <div className="grid gap-3 md:grid-cols-2">
        {(['a', 'b'] as const).map((side) => (
          <Field key={side} label={t(`models.side.${side}`)} hint={t('models.sideHint')}>
            {(control) => (
              <TypedFilter
                {...control}
                name={side}
                parameters={parameters}
                change={change}
                list="models"
                dir="ltr"
                className="font-mono text-xs"
              />
            )}
          </Field>
        ))}
      </div>
      {a.error && <Problem error={a.error} onRetry={() => void a.refetch()} />}
      {b.error && <Problem error={b.error} onRetry={() => void b.refetch()} />}
      {ids.a === '' || ids.b === '' ? (
        <EmptyState
          icon={GitCompareArrows}
          title={t('models.compareTitle')}
          text={t('models.compareText')}
        />
      ) : shown === undefined ? (
        !a.error && !b.error && <Loading />
      ) : (
        <>
          <div className="flex flex-wrap items-center justify-between gap-2">
            <p role="status">{t('models.differences', { count: differing })}</p>
            <Checkbox
              label={t('models.differencesOnly')}
              checked={only}
              onChange={() => setOnly(!only)}
            />
          </div>
          <div
            // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
            tabIndex={0}
            role="region"
            aria-label={t('models.tabs.compare')}
            className="overflow-x-auto rounded-xl border border-line bg-surface p-3 md:p-4"
          >
            <table className="w-full min-w-[34rem] table-fixed border-collapse text-start">
              <caption className="sr-only">{t('models.tabs.compare')}</caption>
              <thead>
                <tr className="border-b border-line align-bottom">
                  <th
                    scope="col"
                    className="w-2/7 py-1.5 pe-3 text-start text-xs font-medium text-ink-faint"
                  >
                    {t('models.fact')}
                  </th>
                  {[ids.a, ids.b].map((id, at) => (
                    <th key={at} scope="col" className="py-1.5 pe-3 text-start">
                      <Id>{id}</Id>
                    </th>
                  ))}
                </tr>
              </thead>
              {grouped(shown).map(([group, members]) => (
                <tbody key={group}>
                  {group !== '' && (
                    <tr>
                      <th
                        colSpan={3}
                        scope="rowgroup"
                        className="pt-4 pb-1 text-start font-semibold"
                      >
                        {group}
                      </th>
                    </tr>
                  )}
                  {members.map((pair) => (
                    <tr key={pair.path} className="border-b border-line align-top">
                      <th
                        scope="row"
                        className="py-2 pe-3 text-start font-normal [overflow-wrap:anywhere]"
                      >
                        {nameWithin(pair.path, group)}
                        {pair.differs && (
                          <span className="ms-1.5 inline-flex align-middle text-warning-ink">
                            <EqualNot aria-hidden className="size-3.5" />
                            <span className="sr-only">{t('models.differs')}</span>
                          </span>
                        )}
                      </th>
                      <td className="py-2 pe-3">
                        <Side fact={pair.a} />
                      </td>
                      <td className="py-2">
                        <Side fact={pair.b} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              ))}
            </table>
          </div>
        </>
      )}
    </>
  );
}
