import { TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Profile } from '../../api/types';
import { useFormat } from '../../app/format';
import { Badge, type BadgeTone } from '../../ui/badge';
import { Id, Name } from '../../ui/name';
import { nameOf } from './data';

const STATE_TONES: Record<Profile['state'], BadgeTone> = {
  mapped: 'good',
  discovered: 'info',
  unmapped: 'warning',
};

export function StateBadge({ state }: { state: Profile['state'] }) {
  const { t } = useTranslation();
  return <Badge tone={STATE_TONES[state]}>{t(`profiles.states.${state}`)}</Badge>;
}

/** AWS's status, the model's stage of life, and whether something is wrong. */
export function StatusCell({ profile }: { profile: Profile }) {
  const { t } = useTranslation();
  const { status, lifecycle, disagreements, warnings, lastError } = profile;
  const legacy = lifecycle?.status === 'legacy';
  return (
    <span className="flex flex-wrap gap-1">
      {disagreements.length > 0 && (
        <Badge tone="bad">
          <TriangleAlert aria-hidden className="size-3" />
          {t('profiles.disagrees')}
        </Badge>
      )}
      {status !== null && status !== 'ACTIVE' && <Badge tone="bad">{status}</Badge>}
      {status === 'ACTIVE' && disagreements.length === 0 && (
        <Badge tone="good">{t('profiles.active')}</Badge>
      )}
      {legacy && <Badge tone="warning">{t('profiles.legacy')}</Badge>}
      {warnings.length > 0 && (
        <Badge tone="warning">{t('profiles.warnings', { count: warnings.length })}</Badge>
      )}
      {lastError !== null && <Badge tone="bad">{lastError}</Badge>}
      {status === null &&
        !legacy &&
        disagreements.length + warnings.length === 0 &&
        lastError === null && <span className="text-ink-faint">–</span>}
    </span>
  );
}

/** Where what is known of the model comes from, and how old it is. */
export function SourceCell({ profile: { source, age } }: { profile: Profile }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <span className="text-ink-soft">
      {t(`profiles.sources.${source}`)}
      {age !== null && source !== 'mapping' && source !== 'id' && (
        <span className="block text-xs text-ink-faint max-md:inline max-md:ps-1.5">
          {format.age(age)}
        </span>
      )}
    </span>
  );
}

/** The name of a row, which opens it, and its id. */
export function NameCell({ profile, onOpen }: { profile: Profile; onOpen: (id: string) => void }) {
  const name = nameOf(profile);
  const under = name === profile.id ? profile.arn : profile.id;
  return (
    <div className="min-w-0">
      <button
        type="button"
        onClick={() => onOpen(profile.id)}
        className="max-w-full rounded text-start font-medium text-ink underline-offset-2 hover:underline"
      >
        <Name className="line-clamp-2">{name}</Name>
      </button>
      {under !== null && under !== name && (
        <span title={under} className="block text-ink-faint">
          <Id className="line-clamp-1 break-all text-xs">{under}</Id>
        </span>
      )}
    </div>
  );
}
