import { clsx } from 'clsx';
import { CircleAlert, CircleCheck, Info, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { dismissToast, useAnnouncement, useToasts } from '../app/announce';
import { IconButton } from './button';

const ICONS = {
  success: [CircleCheck, 'text-accent-ink'],
  danger: [CircleAlert, 'text-danger-ink'],
  info: [Info, 'text-info-ink'],
} as const;

/** The live regions: toasts, and what is for screen readers alone. */
export function Announcements() {
  const { t } = useTranslation();
  const toasts = useToasts();
  const said = useAnnouncement();
  return (
    <>
      <div role="status" className="sr-only">
        {said}
      </div>
      <div
        role="region"
        aria-label={t('common.notifications')}
        aria-live="polite"
        className="pointer-events-none fixed inset-x-3 bottom-20 z-50 flex flex-col items-end gap-2 md:bottom-4 md:start-auto md:end-4"
      >
        {toasts.map(({ id, tone, title, detail }) => {
          const [Icon, color] = ICONS[tone];
          return (
            <div
              key={id}
              className="pointer-events-auto flex w-full max-w-sm items-start gap-3 rounded-xl border border-line bg-raised p-3 shadow-xl"
            >
              <Icon aria-hidden className={clsx('mt-0.5 size-5 shrink-0', color)} />
              <div className="min-w-0 flex-1">
                <p className="font-medium">{title}</p>
                {detail && <p className="text-ink-soft [overflow-wrap:anywhere]">{detail}</p>}
              </div>
              <IconButton
                label={t('common.dismiss')}
                className="-m-1 size-7"
                onClick={() => dismissToast(id)}
              >
                <X aria-hidden className="size-4" />
              </IconButton>
            </div>
          );
        })}
      </div>
    </>
  );
}
