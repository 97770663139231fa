import { useQuery } from '@tanstack/react-query';
import { LoaderCircle, Plus, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useFieldArray, useForm, useWatch } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { capabilitiesQuery, factsOf } from '../../api/facts';
import { Conflict } from '../../mappings/review';
import { Button, IconButton } from '../../ui/button';
import { DiffList } from '../../ui/diff';
import { Dialog } from '../../ui/dialog';
import { Field, Input } from '../../ui/field';
import { Problem } from '../../ui/problem';
import {
  overrideOf,
  rowsOf,
  useOverridePreview,
  useOverridesSave,
  type Override,
  type OverridesBody,
  type Row,
} from './overrides-data';

interface Form {
  id: string;
  rows: Row[];
}

interface OverrideEditorProps {
  /** Empty for a new one. */
  id: string;
  base: OverridesBody;
  onClose: () => void;
}

/** Adds or changes what the operator says of a model. */
export default function OverrideEditor({ id: given, base, onClose }: OverrideEditorProps) {
  const { t } = useTranslation();
  const [opened] = useState(base);
  const before = opened.stored[given];
  const { register, control, handleSubmit, setValue } = useForm<Form>({
    defaultValues: { id: given, rows: before ? rowsOf(before) : [{ path: '', text: '' }] },
  });
  const { fields, append, remove } = useFieldArray({ control, name: 'rows' });
  const form = useWatch({ control }) as Form;
  const id = form.id.trim();
  const override = useMemo(() => overrideOf(form.rows), [form.rows]);
  const saving = useOverridesSave(opened, onClose);
  const now = saving.stored[id];
  const isEmpty = Object.keys(override).length === 0;
  const isSame = JSON.stringify(override) === JSON.stringify(now);
  const next = useMemo(
    () =>
      isEmpty || id === ''
        ? undefined
        : { ...(saving.stored as Record<string, Override>), [id]: override },
    [isEmpty, id, override, saving.stored],
  );
  const preview = useOverridePreview(next, id);
  const known = useQuery({
    ...capabilitiesQuery(id),
    enabled: id !== '' && preview.isSuccess,
    retry: false,
  });
  const paths = useQuery({ ...capabilitiesQuery('amazon.nova-pro-v1:0'), staleTime: Infinity });
  const facts = useMemo(() => (paths.data ? factsOf(paths.data) : []), [paths.data]);
  const valueAt = (path: string): string | undefined => {
    const fact = known.data && factsOf(known.data).find((one) => one.path === path);
    return fact ? JSON.stringify(fact.value) : undefined;
  };
  const canSave =
    next !== undefined &&
    !isSame &&
    preview.isCurrent &&
    !preview.error &&
    saving.conflict === undefined &&
    !saving.isSaving;
  const save = () => {
    if (canSave) saving.save((stored) => ({ ...stored, [id]: override }));
  };
  const theirs = saving.conflict?.now.stored[id];
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={before ? t('overrides.editTitle') : t('overrides.addTitle')}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button
            form="override"
            type="submit"
            tone="primary"
            disabled={!canSave}
            isBusy={saving.isSaving}
          >
            {t('common.save')}
          </Button>
        </>
      }
    >
      <form
        id="override"
        className="flex flex-col gap-4"
        onSubmit={(event) => void handleSubmit(save)(event)}
      >
        <Field label={t('overrides.id')} hint={t('overrides.idHint')}>
          {(field) => (
            <Input
              {...field}
              {...register('id')}
              required
              readOnly={given !== '' && before !== undefined}
              list="models"
              dir="ltr"
              className="font-mono text-xs"
            />
          )}
        </Field>
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 font-medium">{t('overrides.facts')}</legend>
          {fields.map((row, at) => {
            const path = form.rows[at]?.path ?? '';
            const fact = facts.find((one) => one.path === path);
            const isFlag = typeof fact?.value === 'boolean';
            return (
              <div key={row.id} className="flex items-start gap-2">
                <Input
                  {...register(`rows.${at}.path`)}
                  aria-label={t('overrides.fact', { n: at + 1 })}
                  placeholder="maxOutputTokens"
                  list="fact-paths"
                  dir="ltr"
                />
                <Input
                  {...register(`rows.${at}.text`)}
                  aria-label={t('overrides.value', { n: at + 1 })}
                  placeholder={valueAt(path) ?? (isFlag ? 'true' : '5000')}
                  {...(isFlag && { list: 'flags' })}
                  dir="ltr"
                />
                <IconButton
                  label={t('overrides.removeFact', { n: at + 1 })}
                  onClick={() => {
                    if (fields.length > 1) remove(at);
                    else setValue('rows', [{ path: '', text: '' }]);
                  }}
                >
                  <X aria-hidden className="size-4" />
                </IconButton>
              </div>
            );
          })}
          <div>
            <Button tone="quiet" onClick={() => append({ path: '', text: '' })}>
              <Plus aria-hidden className="size-4" />
              {t('overrides.addFact')}
            </Button>
          </div>
        </fieldset>
        <datalist id="fact-paths">
          {facts.map(({ path }) => (
            <option key={path} value={path} />
          ))}
        </datalist>
        <datalist id="flags">
          <option value="true" />
          <option value="false" />
        </datalist>
      </form>
      <section
        aria-labelledby="override-review"
        className="flex flex-col gap-3 border-t border-line pt-4"
      >
        <h2 id="override-review" className="flex items-center gap-2 font-semibold">
          {t('save.review')}
          {next && !preview.isCurrent && (
            <LoaderCircle aria-hidden className="size-4 animate-spin text-ink-faint" />
          )}
        </h2>
        {saving.conflict && (
          <Conflict error={saving.conflict.error} onAccept={saving.accept}>
            <DiffList
              changes={[
                { key: id, ...(theirs !== undefined && { before: theirs }), after: override },
              ]}
            />
          </Conflict>
        )}
        {saving.error && <Problem error={saving.error} />}
        {next && preview.error && <Problem error={preview.error} />}
        {next === undefined || isSame ? (
          <p className="text-ink-faint">{t('save.nothing')}</p>
        ) : (
          <DiffList
            changes={[{ key: id, ...(now !== undefined && { before: now }), after: override }]}
          />
        )}
      </section>
    </Dialog>
  );
}
