import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSaving, type Change } from '../../api/mappings';
import { asApiError, type ApiError } from '../../api/problem';
import { streamOf } from '../../api/stream';
import type { MappingValue } from '../../api/types';
import { announce } from '../../app/announce';
import { useFormat } from '../../app/format';
import { Review } from '../../mappings/review';
import { Button } from '../../ui/button';
import { DataTable } from '../../ui/data-table';
import { Dialog } from '../../ui/dialog';
import { Checkbox, Field, Input } from '../../ui/field';
import { Id, Name } from '../../ui/name';
import { Problem } from '../../ui/problem';
import { discoveryQuery } from './data';

interface Progress {
  places: number;
  placesDone: number;
  pages: number;
  profiles: number;
  failures: number;
}

interface Proposal {
  key: string;
  value: MappingValue;
}

const memberOf = (value: MappingValue, name: 'model' | 'label'): string | undefined =>
  typeof value === 'string' ? undefined : value[name];

/** A discovery that runs while the dialog is open. */
function useDiscovery() {
  const client = useQueryClient();
  const [progress, setProgress] = useState<Progress>();
  const [error, setError] = useState<ApiError>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const stop = () => {
    running.current?.abort();
    running.current = undefined;
    setProgress(undefined);
  };
  async function start(options: object, onEnd: () => void) {
    running.current?.abort();
    const own = new AbortController();
    running.current = own;
    setError(undefined);
    setProgress({ places: 0, placesDone: 0, pages: 0, profiles: 0, failures: 0 });
    try {
      let seen = 0;
      for await (const { event, data } of streamOf('/discovery', options, own.signal)) {
        if (event === 'profile') seen += 1;
        const now = data.progress as Progress | undefined;
        // A thousand profiles are no thousand renderings.
        if (now && (event !== 'profile' || seen % 25 === 0)) setProgress(now);
      }
      await client.invalidateQueries({
        predicate: ({ queryKey }) => ['profiles', 'discovery'].includes(String(queryKey[0])),
      });
      onEnd();
    } catch (caught) {
      if (!own.signal.aborted) setError(asApiError(caught));
    } finally {
      if (running.current === own) {
        running.current = undefined;
        setProgress(undefined);
      }
    }
  }
  return { progress, error, start, stop };
}

function Proposals({
  proposals,
  chosen,
  setChosen,
}: {
  proposals: Proposal[];
  chosen: Set<string>;
  setChosen: (chosen: Set<string>) => void;
}) {
  const { t } = useTranslation();
  const isAll = chosen.size === proposals.length;
  const columns = useMemo<ColumnDef<Proposal>[]>(
    () => [
      {
        id: 'select',
        header: () => (
          <Checkbox
            isBare
            label={t('profiles.selectAll')}
            checked={isAll}
            onChange={() => setChosen(new Set(isAll ? [] : proposals.map(({ key }) => key)))}
          />
        ),
        cell: ({ row: { original } }) => (
          <Checkbox
            isBare
            label={t('profiles.select', { name: original.key })}
            checked={chosen.has(original.key)}
            onChange={() => {
              const next = new Set(chosen);
              if (!next.delete(original.key)) next.add(original.key);
              setChosen(next);
            }}
          />
        ),
        meta: { width: '2.75rem', isPlain: true },
      },
      {
        id: 'key',
        header: t('discover.proposal'),
        cell: ({ row: { original } }) => (
          <>
            <Name className="font-medium">{memberOf(original.value, 'label') ?? original.key}</Name>
            <Id className="block text-xs text-ink-faint">{original.key}</Id>
          </>
        ),
        meta: { width: 'minmax(14rem, 2fr)', isPlain: true },
      },
      {
        id: 'model',
        header: t('profiles.columns.model'),
        cell: ({ row: { original } }) => (
          <Id className="text-xs">{memberOf(original.value, 'model') ?? '–'}</Id>
        ),
        meta: { width: 'minmax(12rem, 1fr)' },
      },
    ],
    [t, isAll, proposals, chosen, setChosen],
  );
  return (
    <DataTable
      label={t('discover.proposals')}
      columns={columns}
      total={proposals.length}
      rowAt={(index) => proposals[index]}
      keyOf={({ key }) => key}
      minWidth="32rem"
      className="h-80 min-h-60 flex-none"
    />
  );
}

/** Discovers profiles, and maps those that are wanted. */
export default function Discover({
  canWrite,
  onClose,
}: {
  canWrite: boolean;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const { progress, error, start, stop } = useDiscovery();
  const { data: summary } = useQuery(discoveryQuery);
  const [regions, setRegions] = useState('');
  const [tags, setTags] = useState(true);
  const [system, setSystem] = useState(true);
  const [chosen, setChosen] = useState(new Set<string>());
  const [isReviewing, setReviewing] = useState(false);
  const proposals = useMemo<Proposal[]>(
    () => Object.entries(summary?.mappings ?? {}).map(([key, value]) => ({ key, value })),
    [summary],
  );
  const change = useMemo<Change | undefined>(() => {
    if (!isReviewing) return undefined;
    return {
      set: Object.fromEntries(
        proposals.filter(({ key }) => chosen.has(key)).map(({ key, value }) => [key, value]),
      ),
    };
  }, [isReviewing, proposals, chosen]);
  const saving = useSaving(change, undefined, onClose);
  const begin = () => {
    setReviewing(false);
    const wanted = regions.split(/[\s,]+/).filter(Boolean);
    void start(
      {
        ...(wanted.length > 0 && { regions: wanted }),
        tags,
        ...(!system && { types: ['APPLICATION'] }),
      },
      () => announce(t('discover.done')),
    );
  };
  const failures = (summary?.failures ?? []) as {
    region?: string;
    permission?: string;
    message?: string;
  }[];
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="large"
      title={t('discover.title')}
      footer={
        isReviewing ? (
          <>
            <Button onClick={() => setReviewing(false)}>{t('discover.backToList')}</Button>
            <Button
              tone="primary"
              disabled={!saving.canSave}
              isBusy={saving.isSaving}
              onClick={saving.save}
            >
              {t('discover.save')}
            </Button>
          </>
        ) : (
          <>
            <Button onClick={onClose}>{t('common.close')}</Button>
            <Button
              tone="primary"
              disabled={!canWrite || chosen.size === 0 || progress !== undefined}
              onClick={() => setReviewing(true)}
            >
              {t('discover.accept', { count: chosen.size, n: format.number(chosen.size) })}
            </Button>
          </>
        )
      }
    >
      {isReviewing ? (
        <Review saving={saving} />
      ) : (
        <>
          <form
            className="flex flex-wrap items-end gap-x-5 gap-y-3"
            onSubmit={(event) => {
              event.preventDefault();
              begin();
            }}
          >
            <Field
              label={t('discover.regions')}
              isOptional={t('common.optional')}
              hint={t('discover.regionsHint')}
              className="flex-1 basis-64"
            >
              {(field) => (
                <Input
                  {...field}
                  dir="ltr"
                  value={regions}
                  onChange={(event) => setRegions(event.target.value)}
                  placeholder="us-east-1, eu-west-1"
                />
              )}
            </Field>
            <div className="flex flex-col gap-1 pb-1">
              <Checkbox label={t('discover.tags')} checked={tags} onChange={() => setTags(!tags)} />
              <Checkbox
                label={t('discover.system')}
                checked={system}
                onChange={() => setSystem(!system)}
              />
            </div>
            {progress ? (
              <Button onClick={stop}>{t('discover.stop')}</Button>
            ) : (
              <Button type="submit" tone="primary">
                {t('discover.start')}
              </Button>
            )}
          </form>
          {progress && (
            <div className="flex flex-col gap-1.5">
              <progress
                aria-label={t('discover.progress')}
                className="h-2 w-full accent-accent"
                {...(progress.places > 0 && { value: progress.placesDone, max: progress.places })}
              />
              <p role="status" className="text-ink-soft">
                {t('discover.counts', {
                  done: format.number(progress.placesDone),
                  places: format.number(progress.places),
                  profiles: format.number(progress.profiles),
                })}
              </p>
            </div>
          )}
          {error && <Problem error={error} onRetry={begin} />}
          {!progress && summary && summary.at !== null && (
            <>
              <p className="text-ink-soft">
                {t('discover.found', {
                  count: summary.profiles,
                  n: format.number(summary.profiles),
                  time: format.time(summary.at),
                })}
              </p>
              {failures.length > 0 && (
                <ul className="flex flex-col gap-1.5">
                  {failures.slice(0, 20).map(({ region, permission, message }, at) => (
                    <li
                      key={`${region ?? ''}${permission ?? ''}${at}`}
                      className="rounded-lg bg-danger-soft px-3 py-2"
                    >
                      <strong className="text-danger-ink">
                        {region} · {permission}
                      </strong>
                      : <bdi>{message}</bdi>
                    </li>
                  ))}
                </ul>
              )}
              {summary.warnings.map((warning) => (
                <p key={warning} className="rounded-lg bg-warning-soft px-3 py-2 text-warning-ink">
                  {warning}
                </p>
              ))}
              {proposals.length > 0 ? (
                <Proposals proposals={proposals} chosen={chosen} setChosen={setChosen} />
              ) : (
                <p className="text-ink-faint">{t('discover.noProposals')}</p>
              )}
              {summary.leftOut.length > 0 && (
                <details>
                  <summary className="text-ink-soft">
                    {t('discover.leftOut', { count: summary.leftOut.length })}
                  </summary>
                  <ul className="mt-1 list-disc ps-5 text-xs">
                    {summary.leftOut.slice(0, 100).map(({ arn, why }) => (
                      <li key={arn}>
                        <Id className="text-xs">{arn}</Id>: {why}
                      </li>
                    ))}
                  </ul>
                </details>
              )}
            </>
          )}
        </>
      )}
    </Dialog>
  );
}
