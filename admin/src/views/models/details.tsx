import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { capabilitiesQuery, factsOf } from '../../api/facts';
import { buttonClass } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Checkbox, Input } from '../../ui/field';
import { Loading } from '../../ui/loading';
import { Id } from '../../ui/name';
import { Problem } from '../../ui/problem';
import { FactsTable } from './facts';

/** Every fact about the model behind an id, with its source and age. */
export default function ModelDetails({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { data, error, isPending, refetch } = useQuery(capabilitiesQuery(id));
  const [q, setQ] = useState('');
  const [known, setKnown] = useState(true);
  const facts = useMemo(() => (data ? factsOf(data) : []), [data]);
  const shown = facts.filter(
    ({ path, value }) =>
      path.toLowerCase().includes(q.trim().toLowerCase()) && (!known || value !== null),
  );
  return (
    <Dialog
      isOpen
      size="large"
      onClose={onClose}
      title={<Id className="text-base">{id}</Id>}
      footer={
        <>
          <Link href={`/models?tab=compare&a=${encodeURIComponent(id)}`} className={buttonClass()}>
            {t('models.compareWith')}
          </Link>
          <Link
            href={`/models?tab=overrides&edit=${encodeURIComponent(id)}`}
            className={buttonClass()}
          >
            {t('models.override')}
          </Link>
        </>
      }
    >
      {data && data.model !== id && (
        <p className="text-ink-soft">
          {t('models.behind')} <Id>{data.model}</Id>
        </p>
      )}
      {error ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : isPending ? (
        <Loading />
      ) : (
        <>
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
            <Input
              type="search"
              aria-label={t('models.searchFacts')}
              placeholder={t('models.searchFacts')}
              value={q}
              onChange={(event) => setQ(event.target.value)}
              className="max-w-xs"
            />
            <Checkbox
              label={t('models.knownOnly')}
              checked={known}
              onChange={() => setKnown(!known)}
            />
          </div>
          <FactsTable facts={shown} label={t('models.factsOf', { model: data.model })} />
        </>
      )}
    </Dialog>
  );
}
