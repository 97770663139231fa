import { useQuery } from '@tanstack/react-query';
import { Pencil, Plus, SlidersHorizontal, Trash2 } from 'lucide-react';
import { Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { lazily } from '../../app/lazy';
import { Badge } from '../../ui/badge';
import { Button, IconButton } from '../../ui/button';
import { EmptyState } from '../../ui/empty';
import { Loading } from '../../ui/loading';
import { Id } from '../../ui/name';
import { Problem } from '../../ui/problem';
import type { PartProps } from './catalog';
import { FactValue } from './facts';
import { overridesQuery, rowsOf, type Override } from './overrides-data';

const OverrideEditor = lazily(() => import('./override-editor'));
const OverrideDelete = lazily(() => import('./override-delete'));

function Members({ override }: { override: Override }) {
  return (
    <dl className="grid grid-cols-[minmax(8rem,auto)_1fr] gap-x-4 gap-y-1">
      {rowsOf(override).map(({ path, text }) => (
        <div key={path} className="contents">
          <dt className="text-ink-soft [overflow-wrap:anywhere]">{path}</dt>
          <dd>
            <FactValue value={JSON.parse(text) as unknown} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What the operator says of models, over what is known of them otherwise. */
export default function Overrides({ parameters, change }: PartProps) {
  const { t } = useTranslation();
  const { data, error, isPending, refetch } = useQuery(overridesQuery);
  const [deleting, setDeleting] = useState<string>();
  const editing = parameters.get('edit');
  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  if (isPending) return <Loading />;
  const entries = Object.entries(data.overrides as Record<string, Override>).sort(
    ([one], [other]) => (one < other ? -1 : 1),
  );
  const add = (
    <Button tone="primary" disabled={!data.writable} onClick={() => change({ edit: '+' })}>
      <Plus aria-hidden className="size-4" />
      {t('overrides.add')}
    </Button>
  );
  return (
    <>
      {!data.writable && (
        <p role="note" className="rounded-lg bg-warning-soft px-3 py-2 text-warning-ink">
          <strong>{t('profiles.readOnly')}</strong> {data.reason}
        </p>
      )}
      {entries.length === 0 ? (
        <EmptyState
          icon={SlidersHorizontal}
          title={t('overrides.empty')}
          text={t('overrides.emptyText')}
        >
          {add}
        </EmptyState>
      ) : (
        <>
          <div className="flex flex-wrap items-center justify-between gap-2">
            <p className="max-w-prose text-ink-soft">{t('overrides.intro')}</p>
            {add}
          </div>
          <ul className="grid gap-3 xl:grid-cols-2">
            {entries.map(([id, override]) => {
              const isFixed = data.fixed.includes(id);
              return (
                <li
                  key={id}
                  className="flex flex-col gap-3 rounded-xl border border-line bg-surface p-4"
                >
                  <div className="flex items-start justify-between gap-2">
                    <h2 className="min-w-0 pt-1">
                      <Id className="font-semibold">{id}</Id>
                    </h2>
                    {isFixed ? (
                      <Badge>{t('overrides.fixed')}</Badge>
                    ) : (
                      <span className="flex">
                        <IconButton
                          label={t('overrides.editOf', { id })}
                          disabled={!data.writable}
                          onClick={() => change({ edit: id })}
                        >
                          <Pencil aria-hidden className="size-4" />
                        </IconButton>
                        <IconButton
                          label={t('overrides.deleteOf', { id })}
                          disabled={!data.writable}
                          onClick={() => setDeleting(id)}
                        >
                          <Trash2 aria-hidden className="size-4" />
                        </IconButton>
                      </span>
                    )}
                  </div>
                  <Members override={override} />
                </li>
              );
            })}
          </ul>
        </>
      )}
      <Suspense fallback={null}>
        {editing !== null && data.writable && (
          <OverrideEditor
            key={editing}
            id={editing === '+' ? '' : editing}
            base={data}
            onClose={() => change({ edit: null })}
          />
        )}
        {deleting !== undefined && (
          <OverrideDelete id={deleting} base={data} onClose={() => setDeleting(undefined)} />
        )}
      </Suspense>
    </>
  );
}
