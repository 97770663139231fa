import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../ui/empty';
import { Page } from '../../ui/page';
import { Form } from './form';
import { EMPTY, faultsOf, requestOf, type Draft } from './request';
import { Result } from './result';
import { isRunning, useTrial } from './trial';

// What was typed is still there when one comes back from another view.
let kept: Draft = EMPTY;

function firstDraft(): Draft {
  const wanted = new URLSearchParams(window.location.search).get('id');
  return wanted === null ? kept : { ...kept, profile: wanted };
}

/** A prompt against a profile, or against two side by side. */
export default function Try() {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(firstDraft);
  /** What the results are of. */
  const [asked, setAsked] = useState<Draft>();
  const one = useTrial();
  const two = useTrial();
  const change = (changes: Partial<Draft>) => {
    kept = { ...draft, ...changes };
    setDraft(kept);
  };
  const run = (what: 'send' | 'explain') => {
    setAsked(draft);
    void one[what](requestOf(draft, draft.profile));
    if (draft.other === null) two.stop();
    else void two[what](requestOf(draft, draft.other));
  };
  return (
    <Page title={t('try.title')} intro={t('try.intro')}>
      <div className="flex min-w-0 flex-col gap-4">
        <Form
          draft={draft}
          faults={faultsOf(draft)}
          onChange={change}
          isRunning={isRunning(one.trial) || isRunning(two.trial)}
          onSend={() => run('send')}
          onExplain={() => run('explain')}
          onStop={() => {
            one.stop();
            two.stop();
          }}
        />
        {asked === undefined ? (
          <EmptyState title={t('try.emptyTitle')} text={t('try.emptyText')} />
        ) : (
          <div className="flex min-w-0 flex-col gap-4 xl:flex-row xl:items-start">
            <Result profile={asked.profile} trial={one.trial} isAlone={asked.other === null} />
            {asked.other !== null && (
              <Result
                profile={asked.other === asked.profile ? `${asked.other} (2)` : asked.other}
                trial={two.trial}
              />
            )}
          </div>
        )}
      </div>
    </Page>
  );
}
