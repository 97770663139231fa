import { clsx } from 'clsx';
import { ListFilter } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schema } from '../../api/types';
import { useFormat } from '../../app/format';
import { Button } from '../../ui/button';
import { Field } from '../../ui/field';
import { SearchField } from '../../ui/search-field';
import { TypedFilter } from '../../ui/typed-filter';
import { STATES } from './data';

interface FiltersProps {
  parameters: URLSearchParams;
  change: (changes: Record<string, string | null>) => void;
  counts: Schema<'ProfilePage'>['counts'] | undefined;
}

function Chip({
  isOn,
  onToggle,
  label,
  count,
}: {
  isOn: boolean;
  onToggle: () => void;
  label: string;
  count?: number | undefined;
}) {
  const format = useFormat();
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={onToggle}
      className={clsx(
        'inline-flex min-h-8 items-center gap-1.5 rounded-full border px-3 text-sm whitespace-nowrap',
        isOn
          ? 'border-accent-ink bg-accent-soft font-medium text-accent-ink'
          : 'border-line bg-surface text-ink-soft hover:bg-hover',
      )}
    >
      {label}
      {count !== undefined && (
        <span className="tabular-nums opacity-80">{format.number(count)}</span>
      )}
    </button>
  );
}

const MORE = ['region', 'account', 'model'] as const;

/** Search and filters; all of them stand in the address. */
export function Filters({ parameters, change, counts }: FiltersProps) {
  const { t } = useTranslation();
  const state = (parameters.get('state') ?? '').split(',').filter(Boolean);
  const disagreeing = parameters.get('disagreeing') === 'true';
  const used = MORE.filter((name) => parameters.has(name)).length;
  const [isOpen, setOpen] = useState(used > 0);
  const toggleState = (one: string) => {
    const next = state.includes(one) ? state.filter((other) => other !== one) : [...state, one];
    change({ state: next.join(',') });
  };
  return (
    <search className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <SearchField label={t('profiles.search')} parameters={parameters} change={change} />
        <Button aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <ListFilter aria-hidden className="size-4" />
          {t('profiles.moreFilters')}
          {used > 0 && (
            <span className="rounded-full bg-accent px-1.5 text-xs text-white">{used}</span>
          )}
        </Button>
        <div
          role="group"
          aria-label={t('profiles.filterState')}
          className="flex max-w-full flex-wrap gap-1.5"
        >
          {STATES.map((one) => (
            <Chip
              key={one}
              isOn={state.includes(one)}
              onToggle={() => toggleState(one)}
              label={t(`profiles.states.${one}`)}
              count={counts?.[one]}
            />
          ))}
          <Chip
            isOn={disagreeing}
            onToggle={() => change({ disagreeing: disagreeing ? null : 'true' })}
            label={t('profiles.disagreeing')}
            count={counts?.disagreeing}
          />
        </div>
      </div>
      {isOpen && (
        <div className="grid gap-3 rounded-xl border border-line bg-surface p-3 sm:grid-cols-3">
          {MORE.map((name) => (
            <Field key={name} label={t(`profiles.filters.${name}`)}>
              {(control) => (
                <TypedFilter
                  {...control}
                  name={name}
                  parameters={parameters}
                  change={change}
                  dir="ltr"
                  placeholder={t(`profiles.filters.${name}Example`)}
                />
              )}
            </Field>
          ))}
        </div>
      )}
    </search>
  );
}
