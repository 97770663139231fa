import { useTranslation } from 'react-i18next';
import type { NamedFact } from '../../api/facts';
import type { Fact } from '../../api/types';
import { useFormat } from '../../app/format';
import { Badge, type BadgeTone } from '../../ui/badge';
import { Id } from '../../ui/name';
import { Flag } from './catalog';

const TONES: Record<Fact['source'], BadgeTone> = {
  config: 'info',
  aws: 'good',
  learned: 'good',
  catalog: 'neutral',
  pattern: 'warning',
  assumed: 'warning',
};

export function FactValue({ value }: { value: unknown }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (value === null || value === undefined)
    return <span className="text-ink-faint">{t('common.unknown')}</span>;
  if (typeof value === 'boolean') return <Flag value={value} />;
  if (typeof value === 'number')
    return <span className="tabular-nums">{format.number(value)}</span>;
  if (Array.isArray(value) && value.length === 0)
    return <span className="text-ink-faint">{t('common.none')}</span>;
  const text = Array.isArray(value)
    ? value.map(String).join(', ')
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
  return <Id className="text-xs">{text}</Id>;
}

/** Where a fact is known from, and how old it is. */
export function FactSource({ fact }: { fact: Fact }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2 gap-y-0.5">
      <Badge tone={TONES[fact.source]}>{t(`models.sources.${fact.source}`)}</Badge>
      {fact.age !== null && fact.source !== 'config' && (
        <span className="text-xs whitespace-nowrap text-ink-faint">{format.age(fact.age)}</span>
      )}
    </span>
  );
}

/** Facts with their groups: those of `inputs`, of `reasoning`, … */
export function grouped<T extends { path: string }>(facts: T[]): [group: string, facts: T[]][] {
  const groups = new Map<string, T[]>();
  for (const fact of facts) {
    const group = fact.path.includes('.') ? (fact.path.split('.')[0] ?? '') : '';
    groups.set(group, [...(groups.get(group) ?? []), fact]);
  }
  return [...groups];
}

/** What a fact is called within its group. */
export const nameWithin = (path: string, group: string): string =>
  group === '' ? path : path.slice(group.length + 1);

export function FactsTable({ facts, label }: { facts: NamedFact[]; label: string }) {
  const { t } = useTranslation();
  return (
    <table className="w-full border-collapse text-start">
      <caption className="sr-only">{label}</caption>
      <thead className="text-xs text-ink-faint">
        <tr className="border-b border-line">
          <th scope="col" className="py-1.5 pe-3 text-start font-medium">
            {t('models.fact')}
          </th>
          <th scope="col" className="py-1.5 pe-3 text-start font-medium">
            {t('models.value')}
          </th>
          <th scope="col" className="py-1.5 text-start font-medium max-md:hidden">
            {t('models.source')}
          </th>
        </tr>
      </thead>
      {grouped(facts).map(([group, members]) => (
        <tbody key={group}>
          {group !== '' && (
            <tr>
              <th colSpan={3} scope="rowgroup" className="pt-4 pb-1 text-start font-semibold">
                {group}
              </th>
            </tr>
          )}
          {members.map((fact) => (
            <tr key={fact.path} className="border-b border-line align-top">
              <th
                scope="row"
                className="w-1/2 py-1.5 pe-3 text-start font-normal [overflow-wrap:anywhere] md:w-2/5"
              >
                {nameWithin(fact.path, group)}
              </th>
              <td className="py-1.5 pe-3">
                <FactValue value={fact.value} />
                <span className="mt-1 block md:hidden">
                  <FactSource fact={fact} />
                </span>
              </td>
              <td className="py-1.5 max-md:hidden">
                <FactSource fact={fact} />
              </td>
            </tr>
          ))}
        </tbody>
      ))}
    </table>
  );
}
