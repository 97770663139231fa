import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button';
import { Field, Input, Textarea } from '../../ui/field';
import { GATINGS, type Draft, type Faults } from './request';
import { ProfileBox } from './profile-box';

interface FormProps {
  draft: Draft;
  faults: Faults;
  onChange: (changes: Partial<Draft>) => void;
  isRunning: boolean;
  onSend: () => void;
  onExplain: () => void;
  onStop: () => void;
}

/** What is asked of which profile. */
export function Form({ draft, faults, onChange, isRunning, onSend, onExplain, onStop }: FormProps) {
  const { t } = useTranslation();
  const [isTold, setTold] = useState(false);
  const shown: Faults = isTold
    ? faults
    : { ...faults, profile: undefined, other: undefined, prompt: undefined };
  const told = (fault: Faults[keyof Draft]) => fault && t(`try.faults.${fault}`);
  const when = (act: () => void) => () => {
    setTold(true);
    if (Object.keys(faults).length === 0) act();
    else document.querySelector<HTMLElement>('form [data-fault="true"]')?.focus();
  };
  const field = (name: keyof Draft, label: string, hint?: string) => (
    <Field label={label} error={told(shown[name])} {...(hint !== undefined && { hint })}>
      {(described) => (
        <Input
          {...described}
          data-fault={faults[name] !== undefined}
          inputMode="decimal"
          value={draft[name] ?? ''}
          onChange={({ target }) => onChange({ [name]: target.value })}
        />
      )}
    </Field>
  );
  return (
    <form
      aria-label={t('try.request')}
      className="flex min-w-0 flex-col gap-4 rounded-xl border border-line bg-surface p-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isRunning) when(onSend)();
      }}
    >
      <div className="grid gap-4 md:grid-cols-2">
        <Field label={t('try.profile')} error={told(shown.profile)}>
          {(described) => (
            <ProfileBox
              {...described}
              data-fault={faults.profile !== undefined}
              value={draft.profile}
              onChange={(profile) => onChange({ profile })}
            />
          )}
        </Field>
        {draft.other === null ? (
          <div className="flex items-end">
            <Button type="button" onClick={() => onChange({ other: '' })}>
              {t('try.compare')}
            </Button>
          </div>
        ) : (
          <div className="flex min-w-0 items-end gap-2">
            <div className="min-w-0 flex-1">
              <Field label={t('try.other')} error={told(shown.other)}>
                {(described) => (
                  <ProfileBox
                    {...described}
                    data-fault={faults.other !== undefined}
                    value={draft.other ?? ''}
                    onChange={(other) => onChange({ other })}
                  />
                )}
              </Field>
            </div>
            <Button type="button" onClick={() => onChange({ other: null })}>
              {t('try.single')}
            </Button>
          </div>
        )}
      </div>
      <Field label={t('try.prompt')} error={told(shown.prompt)} hint={t('try.promptHint')}>
        {(described) => (
          <Textarea
            {...described}
            data-fault={faults.prompt !== undefined}
            rows={4}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || isRunning) return;
              event.preventDefault();
              when(onSend)();
            }}
            value={draft.prompt}
            onChange={({ target }) => onChange({ prompt: target.value })}
          />
        )}
      </Field>
      <details className="rounded-lg border border-line px-3 py-2">
        <summary className="font-medium">{t('try.options')}</summary>
        <div className="mt-3 flex flex-col gap-4 pb-1">
          <Field label={t('try.system')}>
            {(described) => (
              <Textarea
                {...described}
                rows={2}
                value={draft.system}
                onChange={({ target }) => onChange({ system: target.value })}
              />
            )}
          </Field>
          <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
            {field('maxTokens', t('try.maxTokens'))}
            {field('temperature', t('try.temperature'))}
            {field('topP', t('try.topP'))}
            {field('thinking', t('try.thinkingBudget'), t('try.thinkingHint'))}
          </div>
          <Field label={t('try.fields')} error={told(shown.fields)} hint={t('try.fieldsHint')}>
            {(described) => (
              <Textarea
                {...described}
                data-fault={faults.fields !== undefined}
                dir="ltr"
                rows={3}
                className="font-mono"
                value={draft.fields}
                onChange={({ target }) => onChange({ fields: target.value })}
              />
            )}
          </Field>
          <fieldset className="flex flex-col gap-1.5">
            <legend className="mb-1 font-medium">{t('try.gating')}</legend>
            {GATINGS.map((gating) => (
              <label key={gating} className="flex items-start gap-2">
                <input
                  type="radio"
                  name="gating"
                  value={gating}
                  checked={draft.gating === gating}
                  onChange={() => onChange({ gating })}
                  className="mt-0.5 size-4 accent-accent"
                />
                {t(`try.gatings.${gating}`)}
              </label>
            ))}
          </fieldset>
        </div>
      </details>
      <div className="flex flex-wrap gap-2">
        {isRunning ? (
          <Button type="button" tone="danger" onClick={onStop}>
            {t('try.stop')}
          </Button>
        ) : (
          <>
            <Button type="submit" tone="primary">
              {draft.other === null ? t('try.send') : t('try.sendBoth')}
            </Button>
            <Button type="button" onClick={when(onExplain)}>
              {t('try.explain')}
            </Button>
          </>
        )}
      </div>
    </form>
  );
}
