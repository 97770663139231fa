import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { sessionQuery } from '../api/queries';
import { setSessionOver } from '../api/session';
import { asApiError } from '../api/problem';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';

/** Over the view when the session is over. The view below stays as it is, with what was typed into it. */
export default function SessionOver() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [still, setStill] = useState(false);

  async function check() {
    try {
      await client.query({ ...sessionQuery, staleTime: 0 });
      setSessionOver(false);
      setStill(false);
      await client.invalidateQueries();
    } catch (error) {
      setStill(asApiError(error).isSessionOver);
    }
  }

  // Whoever comes back from the tab in which the URL was opened goes on at once.
  useEffect(() => {
    const again = () => {
      if (document.visibilityState === 'visible') void check();
    };
    document.addEventListener('visibilitychange', again);
    return () => document.removeEventListener('visibilitychange', again);
  });

  return (
    <Dialog
      isOpen
      onClose={() => undefined}
      isFixed
      title={t('session.title')}
      footer={
        <Button tone="primary" onClick={() => void check()}>
          {t('session.continue')}
        </Button>
      }
    >
      <p>{t('session.text')}</p>
      <ol className="list-decimal space-y-1.5 ps-5">
        <li>
          {t('session.start')}{' '}
          <code className="rounded bg-sunken px-1.5 py-0.5">npx bedrock-profile-client ui</code>
        </li>
        <li>{t('session.open')}</li>
        <li>{t('session.back')}</li>
      </ol>
      <p className="text-ink-faint">{t('session.application')}</p>
      <p role="status" className="min-h-5 text-warning-ink">
        {still && t('session.still')}
      </p>
    </Dialog>
  );
}
