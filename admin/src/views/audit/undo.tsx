import { useMutation, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '../../api/client';
import { asApiError } from '../../api/problem';
import type { Schema } from '../../api/types';
import { toast } from '../../app/announce';
import { useFormat } from '../../app/format';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Name } from '../../ui/name';
import { Problem } from '../../ui/problem';
import { Changes } from './changes';

export type Entry = Schema<'AuditEntry'>;

/** The version of what an entry has changed, as it is now. */
async function versionOf(target: Entry['target'], signal: AbortSignal): Promise<string> {
  if (target === 'overrides') return (await bodyOf(api.GET('/overrides', { signal }))).version;
  const { version } = await bodyOf(
    api.GET('/mappings', { params: { query: { limit: 1 } }, signal }),
  );
  return version;
}

/** Shows what taking a change back would do, and does it. */
export function UndoDialog({
  entry,
  onClose,
  onDone,
}: {
  entry: Entry;
  onClose: () => void;
  onDone: () => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const version = useQuery({
    queryKey: ['version', entry.target],
    queryFn: ({ signal }) => versionOf(entry.target, signal),
    staleTime: 0,
    gcTime: 0,
  });
  const undo = useMutation({
    mutationFn: (now: string) =>
      bodyOf(api.POST('/audit/undo', { body: { id: entry.id }, params: { header: ifMatch(now) } })),
    onSuccess: () => {
      toast('success', t('audit.undoDone'));
      onDone();
    },
  });
  const problem = undo.error ? asApiError(undo.error) : undefined;
  const isConflict = problem?.kind === 'version-mismatch';
  const since = problem?.since ?? [];
  // What is there now takes the place of what was changed then.
  const back = entry.changes.map(({ key, before, after }) => ({
    key,
    ...(after !== undefined && { before: after }),
    ...(before !== undefined && { after: before }),
  }));
  const submit = async () => {
    const { data } = isConflict || version.data === undefined ? await version.refetch() : version;
    if (data !== undefined) undo.mutate(data);
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('audit.undoTitle')}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button
            tone="primary"
            isBusy={undo.isPending || version.isPending}
            onClick={() => void submit()}
          >
            {isConflict ? t('audit.undoAnyway') : t('audit.undo')}
          </Button>
        </>
      }
    >
      <p>{t('audit.undoText', { actor: entry.actor, time: format.time(entry.at) })}</p>
      {version.error && <Problem error={version.error} onRetry={() => void version.refetch()} />}
      {problem && <Problem error={problem} />}
      {isConflict && (
        <div>
          <p>{t('audit.conflict')}</p>
          {since.length > 0 && (
            <ul className="mt-1 list-disc ps-5">
              {since.map(({ id, actor, at, count }) => (
                <li key={id}>
                  <Name>{actor}</Name>, {format.time(at)}:{' '}
                  {t('audit.keys', { count, formatted: format.number(count) })}
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
      <Changes changes={back} count={entry.count} />
    </Dialog>
  );
}
