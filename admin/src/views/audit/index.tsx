import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { Undo2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '../../api/client';
import { useFormat } from '../../app/format';
import { useQueryState } from '../../app/search';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/empty';
import { Loading } from '../../ui/loading';
import { Name } from '../../ui/name';
import { Page } from '../../ui/page';
import { Problem } from '../../ui/problem';
import { Changes } from './changes';
import { UndoDialog, type Entry } from './undo';

const SIZE = 25;
/** What has words of its own; other actions are shown as they are called. */
const ACTIONS = [
  'mappings.patch',
  'mappings.replace',
  'mappings.import',
  'mappings.undo',
  'overrides.replace',
  'overrides.undo',
] as const;

function EntryView({ entry, onUndo }: { entry: Entry; onUndo: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [isOpen, setOpen] = useState(false);
  const { at, actor, action, count, changes, undoable, undoOf, undoneBy } = entry;
  const known = ACTIONS.find((one) => one === action);
  const title = known ? t(`audit.actions.${known.replace('.', '-') as 'mappings-patch'}`) : action;
  return (
    <li className="min-w-0 rounded-xl border border-line bg-surface p-4">
      <div className="flex min-w-0 flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <h2 className="flex flex-wrap items-baseline gap-x-2 gap-y-1 font-semibold">
            {title}
            {undoOf !== null && <Badge tone="info">{t('audit.isUndo')}</Badge>}
            {undoneBy !== null && <Badge>{t('audit.isUndone')}</Badge>}
          </h2>
          <p className="text-ink-soft">
            <Name className="font-medium text-ink">{actor}</Name> ·{' '}
            <time dateTime={at}>{format.time(at)}</time> ·{' '}
            {t('audit.keys', { count, formatted: format.number(count) })}
          </p>
        </div>
        {undoable && (
          <Button
            onClick={onUndo}
            aria-label={t('audit.undoOf', { action: title, time: format.time(at) })}
          >
            <Undo2 aria-hidden className="size-4" />
            {t('audit.undo')}
          </Button>
        )}
      </div>
      {changes.length > 0 && (
        <details className="mt-2" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
          <summary className="w-fit rounded text-accent-ink">
            {t('audit.show')}{' '}
            <span className="sr-only">
              : {title}, {format.time(at)}
            </span>
          </summary>
          {isOpen && <Changes changes={changes} count={count} />}
        </details>
      )}
    </li>
  );
}

/** Who changed what, when; and takes it back. */
export default function Audit() {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const [query, setQuery] = useQueryState();
  const [undoing, setUndoing] = useState<Entry>();
  const page = Math.max(1, Math.floor(Number(query.get('page')) || 1));
  const offset = (page - 1) * SIZE;
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['audit', offset],
    queryFn: ({ signal }) =>
      bodyOf(api.GET('/audit', { params: { query: { offset, limit: SIZE } }, signal })),
    placeholderData: keepPreviousData,
  });
  const pages = Math.max(1, Math.ceil((data?.total ?? 0) / SIZE));
  const go = (to: number) => setQuery({ page: to === 1 ? null : String(to) });
  return (
    <Page title={t('audit.title')} intro={t('audit.intro')}>
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {isPending && <Loading />}
      {data?.total === 0 && (
        <EmptyState title={t('audit.emptyTitle')} text={<p>{t('audit.emptyText')}</p>} />
      )}
      {data && data.total > 0 && (
        <>
          <ol className="flex min-w-0 flex-col gap-3">
            {data.items.map((entry) => (
              <EntryView key={entry.id} entry={entry} onUndo={() => setUndoing(entry)} />
            ))}
          </ol>
          {pages > 1 && (
            <nav
              aria-label={t('audit.pages')}
              className="flex flex-wrap items-center justify-center gap-3"
            >
              <Button disabled={page <= 1} onClick={() => go(page - 1)}>
                {t('audit.newer')}
              </Button>
              <span className="text-ink-soft">
                {t('audit.pageOf', { page: format.number(page), pages: format.number(pages) })}
              </span>
              <Button disabled={page >= pages} onClick={() => go(page + 1)}>
                {t('audit.older')}
              </Button>
            </nav>
          )}
        </>
      )}
      {undoing && (
        <UndoDialog
          entry={undoing}
          onClose={() => setUndoing(undefined)}
          onDone={() => {
            setUndoing(undefined);
            void client.invalidateQueries();
          }}
        />
      )}
    </Page>
  );
}
