import { useQuery } from '@tanstack/react-query';
import { ArrowRight, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { Profile } from '../../api/types';
import { useFormat } from '../../app/format';
import { Badge } from '../../ui/badge';
import { Button, buttonClass } from '../../ui/button';
import { CopyButton } from '../../ui/copy';
import { Dialog } from '../../ui/dialog';
import { Json } from '../../ui/json';
import { Loading } from '../../ui/loading';
import { Id, Name } from '../../ui/name';
import { Problem } from '../../ui/problem';
import { SourceCell, StateBadge, StatusCell } from './cells';
import { isWritable, nameOf, profileQuery } from './data';

interface DetailsProps {
  id: string;
  canWrite: boolean;
  /** The proposed key by ARN. */
  proposals: Map<string, string>;
  onClose: () => void;
  onEdit: (profile: Profile) => void;
  onMap: (profile: Profile) => void;
  onDelete: (profile: Profile) => void;
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[7.5rem_1fr] items-baseline gap-2 py-1.5">
      <dt className="text-ink-faint">{label}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}

function Copyable({ text }: { text: string }) {
  const { t } = useTranslation();
  return (
    <span className="flex items-start justify-between gap-1">
      <Id className="pt-1.5 text-xs">{text}</Id>
      <CopyButton text={text} label={t('profiles.copyOf', { text })} />
    </span>
  );
}

function Facts({ profile }: { profile: Profile }) {
  const { t } = useTranslation();
  const format = useFormat();
  const {
    id,
    arn,
    label,
    name,
    model,
    otherModels,
    region,
    account,
    type,
    lifecycle,
    tags,
    mapping,
  } = profile;
  return (
    <>
      {profile.disagreements.length > 0 && (
        <section aria-label={t('profiles.disagrees')} className="rounded-xl bg-danger-soft p-3">
          <h2 className="flex items-center gap-2 font-semibold text-danger-ink">
            <TriangleAlert aria-hidden className="size-4" />
            {t('profiles.disagrees')}
          </h2>
          <ul className="mt-2 space-y-2">
            {profile.disagreements.map(({ about, mapping: says, aws }) => (
              <li key={about}>
                <p>{t(`profiles.disagreement.${about}`, { aws: aws ?? '' })}</p>
                {says !== null && aws !== null && (
                  <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-3 text-xs">
                    <dt className="text-ink-faint">{t('profiles.mappingSays')}</dt>
                    <dd>
                      <Id className="text-xs">{says}</Id>
                    </dd>
                    <dt className="text-ink-faint">{t('profiles.awsSays')}</dt>
                    <dd>
                      <Id className="text-xs">{aws}</Id>
                    </dd>
                  </dl>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      {profile.warnings.map(({ cause, message }) => (
        <p key={cause + message} className="rounded-lg bg-warning-soft px-3 py-2 text-warning-ink">
          {message}
        </p>
      ))}
      <dl className="divide-y divide-line">
        <Row label={t('profiles.columns.state')}>
          <StateBadge state={profile.state} />
        </Row>
        <Row label={t('profiles.columns.status')}>
          <StatusCell profile={profile} />
        </Row>
        <Row label={t('profiles.key')}>
          <Copyable text={id} />
        </Row>
        {label !== null && (
          <Row label={t('profiles.columns.label')}>
            <Name>{label}</Name>
          </Row>
        )}
        {name !== null && (
          <Row label={t('profiles.awsName')}>
            <Name>{name}</Name>
          </Row>
        )}
        {arn !== null && arn !== id && (
          <Row label="ARN">
            <Copyable text={arn} />
          </Row>
        )}
        <Row label={t('profiles.columns.model')}>
          {model === null ? t('common.unknown') : <Copyable text={model} />}
          {otherModels.length > 0 && (
            <p className="text-xs text-ink-faint">
              {t('profiles.otherModels')} <Id className="text-xs">{otherModels.join(', ')}</Id>
            </p>
          )}
        </Row>
        <Row label={t('profiles.columns.source')}>
          <SourceCell profile={profile} />
        </Row>
        <Row label={t('profiles.columns.region')}>{region ?? '–'}</Row>
        {account !== null && <Row label={t('profiles.account')}>{account}</Row>}
        {type !== null && <Row label={t('profiles.type')}>{t(`profiles.types.${type}`)}</Row>}
        {lifecycle?.legacyDate !== undefined && (
          <Row label={t('profiles.legacySince')}>{lifecycle.legacyDate}</Row>
        )}
        {lifecycle?.eolDate !== undefined && (
          <Row label={t('profiles.endOfLife')}>{lifecycle.eolDate}</Row>
        )}
        <Row label={t('profiles.columns.calls')}>
          {format.number(profile.calls)}
          {profile.lastCall !== null && (
            <span className="text-ink-faint">
              {' '}
              · {t('profiles.lastCall', { time: format.time(profile.lastCall) })}
            </span>
          )}
        </Row>
        {tags !== null && Object.keys(tags).length > 0 && (
          <Row label={t('profiles.tags')}>
            <span className="flex flex-wrap gap-1">
              {Object.entries(tags).map(([key, value]) => (
                <Badge key={key}>
                  <bdi className="truncate">
                    {key}={value}
                  </bdi>
                </Badge>
              ))}
            </span>
          </Row>
        )}
      </dl>
      {mapping !== null && (
        <section>
          <h2 className="mb-1.5 font-semibold">{t('profiles.mapping')}</h2>
          <Json label={t('profiles.mapping')} value={{ [id]: mapping.value }} />
          <p className="mt-1.5 text-xs text-ink-faint">
            {t(`profiles.mappingFrom.${mapping.source}`)}
            {mapping.hides.length > 0 &&
              ` ${t('profiles.hides', { sources: format.list(mapping.hides) })}`}
          </p>
        </section>
      )}
    </>
  );
}

/** Everything that is known of one profile. */
export default function Details({ id, canWrite, onClose, onEdit, onMap, onDelete }: DetailsProps) {
  const { t } = useTranslation();
  const { data, error, isPending, refetch } = useQuery(profileQuery(id));
  return (
    <Dialog
      isOpen
      isPanel
      onClose={onClose}
      title={<Name>{data ? nameOf(data) : id}</Name>}
      footer={
        data && (
          <>
            <Link href={`/try?id=${encodeURIComponent(data.id)}`} className={buttonClass('quiet')}>
              {t('nav.try')}
              <ArrowRight aria-hidden className="size-4 rtl:rotate-180" />
            </Link>
            {data.model !== null && (
              <Link
                href={`/models?id=${encodeURIComponent(data.id)}`}
                className={buttonClass('quiet')}
              >
                {t('profiles.capabilities')}
                <ArrowRight aria-hidden className="size-4 rtl:rotate-180" />
              </Link>
            )}
            {data.mapping === null && (
              <Button tone="primary" disabled={!canWrite} onClick={() => onMap(data)}>
                {t('profiles.map')}
              </Button>
            )}
            {data.mapping !== null && (
              <>
                <Button disabled={!canWrite || !isWritable(data)} onClick={() => onDelete(data)}>
                  {t('common.delete')}
                </Button>
                <Button
                  tone="primary"
                  disabled={!canWrite || !isWritable(data)}
                  onClick={() => onEdit(data)}
                >
                  {t('common.edit')}
                </Button>
              </>
            )}
          </>
        )
      }
    >
      {error ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : isPending ? (
        <Loading />
      ) : (
        <Facts profile={data} />
      )}
    </Dialog>
  );
}
