import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useForm, useWatch } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '../../api/client';
import { useSaving, type Change } from '../../api/mappings';
import type { MappingValue, Schema } from '../../api/types';
import { Review } from '../../mappings/review';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Field, Input, Textarea } from '../../ui/field';
import { Loading } from '../../ui/loading';
import { Problem } from '../../ui/problem';

interface Form {
  key: string;
  model: string;
  profiles: string;
  label: string;
  region: string;
  allow: string;
}

/** The mapping as it was read: its value, and the version of all of them. */
interface Base {
  key: string;
  value: MappingValue | undefined;
  version: string;
}

const isArn = (text: string): boolean => text.startsWith('arn:');
const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

type MappedProfile = Schema<'MappedProfile'>;

/** A line: an id, or an object as JSON. What is no JSON stays a text, and is found wrong. */
function profileOf(line: string): string | MappedProfile {
  if (!line.startsWith('{')) return line;
  try {
    return JSON.parse(line) as MappedProfile;
  } catch {
    return line;
  }
}

function formOf(key: string, value: MappingValue | undefined): Form {
  const none = { key, model: '', profiles: '', label: '', region: '', allow: '' };
  if (value === undefined) return none;
  if (typeof value === 'string')
    return isArn(value) ? { ...none, profiles: value } : { ...none, model: value };
  return {
    key,
    model: value.model ?? '',
    profiles: (value.profiles ?? [])
      .map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
      .join('\n'),
    label: value.label ?? '',
    region: value.region ?? '',
    allow: (value.allow ?? []).join(', '),
  };
}

/** Members that the form has. */
const SHOWN = new Set(['model', 'profiles', 'label', 'region', 'allow']);

/** The value of a form: a text where it was one or can be one; what the form does not show stays. */
function valueOf(form: Form, before: MappingValue | undefined): MappingValue {
  const rest = Object.fromEntries(
    Object.entries(typeof before === 'object' ? before : {}).filter(([name]) => !SHOWN.has(name)),
  );
  const profiles = linesOf(form.profiles).map(profileOf);
  const allow = form.allow.split(/[\s,]+/).filter(Boolean);
  const value = {
    ...(profiles.length > 0 && { profiles }),
    ...(form.model.trim() && { model: form.model.trim() }),
    ...(form.label.trim() && { label: form.label.trim() }),
    ...(form.region.trim() && { region: form.region.trim() }),
    ...(allow.length > 0 && { allow }),
    ...rest,
  };
  const [only, ...others] = Object.values(value);
  if (typeof before !== 'object' && others.length === 0) {
    if (typeof only === 'string' && value.model === only) return only;
    const [profile] = profiles;
    if (profiles.length === 1 && typeof profile === 'string') return profile;
  }
  return value;
}

const same = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

function MappingForm({
  base,
  suggestion,
  onClose,
}: {
  base: Base;
  suggestion: MappingValue | undefined;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const isNew = base.value === undefined;
  const { register, control, handleSubmit } = useForm<Form>({
    defaultValues: formOf(base.key, base.value ?? suggestion),
  });
  const form = useWatch({ control }) as Form;
  const { key, model, profiles, label, region, allow } = form;
  const change = useMemo<Change | undefined>(() => {
    const name = key.trim();
    if (name === '' || (model + profiles + label + region + allow).trim() === '') return undefined;
    const value = valueOf({ key, model, profiles, label, region, allow }, base.value);
    if (name === base.key && same(value, base.value)) return undefined;
    const renamed = !isNew && name !== base.key;
    return { set: { [name]: value }, ...(renamed && { remove: [base.key] }) };
  }, [key, model, profiles, label, region, allow, base, isNew]);
  const saving = useSaving(change, base.version, onClose);
  const models = useQuery({
    queryKey: ['models', 'ids'],
    queryFn: ({ signal }) =>
      bodyOf(api.GET('/models', { params: { query: { limit: 500 } }, signal })),
    staleTime: Infinity,
  });
  const replaces =
    saving.preview?.diff.changes.some(
      (one) => one.key === key.trim() && 'before' in one && one.key !== base.key,
    ) ?? false;
  const optional = t('common.optional');
  return (
    <Dialog
      isOpen
      onClose={onClose}
      isFixed={change !== undefined && saving.isSaving}
      title={isNew ? t('editor.addTitle') : t('editor.editTitle')}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button
            form="mapping"
            type="submit"
            tone="primary"
            disabled={!saving.canSave}
            isBusy={saving.isSaving}
          >
            {t('common.save')}
          </Button>
        </>
      }
    >
      <form
        id="mapping"
        onSubmit={(event) =>
          void handleSubmit(() => (saving.canSave ? saving.save() : undefined))(event)
        }
        className="grid gap-4 md:grid-cols-2"
      >
        <Field
          label={t('editor.key')}
          hint={t('editor.keyHint')}
          warning={replaces ? t('editor.replaces') : undefined}
          className="md:col-span-2"
        >
          {(field) => (
            <Input {...field} {...register('key')} required data-autofocus={isNew || undefined} />
          )}
        </Field>
        <Field
          label={t('editor.profiles')}
          isOptional={optional}
          hint={t('editor.profilesHint')}
          className="md:col-span-2"
        >
          {(field) => (
            <Textarea
              {...field}
              {...register('profiles')}
              dir="ltr"
              rows={2}
              className="min-h-16 font-mono text-xs"
              placeholder="arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456"
            />
          )}
        </Field>
        <Field
          label={t('editor.model')}
          isOptional={optional}
          hint={t('editor.modelHint')}
          className="md:col-span-2"
        >
          {(field) => (
            <Input
              {...field}
              {...register('model')}
              dir="ltr"
              list="known-models"
              className="font-mono text-xs"
            />
          )}
        </Field>
        <datalist id="known-models">
          {models.data?.items.map(({ model: id }) => (
            <option key={id} value={id} />
          ))}
        </datalist>
        <Field label={t('editor.label')} isOptional={optional} hint={t('editor.labelHint')}>
          {(field) => <Input {...field} {...register('label')} maxLength={200} />}
        </Field>
        <Field label={t('editor.region')} isOptional={optional} hint={t('editor.regionHint')}>
          {(field) => (
            <Input {...field} {...register('region')} dir="ltr" placeholder="us-east-1" />
          )}
        </Field>
        <Field
          label={t('editor.allow')}
          isOptional={optional}
          hint={t('editor.allowHint')}
          className="md:col-span-2"
        >
          {(field) => (
            <Input {...field} {...register('allow')} dir="ltr" placeholder="eu, us-east-1" />
          )}
        </Field>
      </form>
      <Review saving={saving} />
    </Dialog>
  );
}

/** Adds a mapping, or changes one. */
export default function Editor({
  id,
  suggestion,
  onClose,
}: {
  id: string | null;
  suggestion?: MappingValue | undefined;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  // Read anew: what the list shows may be older than what was saved since.
  const entry = useQuery({
    queryKey: ['mappings', 'entry', id],
    queryFn: async ({ signal }): Promise<Base> => {
      const query = id === null ? { limit: 1 } : { q: id.slice(0, 500), limit: 500 };
      const { version, items } = await bodyOf(api.GET('/mappings', { params: { query }, signal }));
      const value = id === null ? undefined : items.find(({ key }) => key === id)?.value;
      return { key: id ?? '', value, version };
    },
    staleTime: Infinity,
    gcTime: 0,
  });
  if (entry.data)
    return <MappingForm base={entry.data} suggestion={suggestion} onClose={onClose} />;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={id === null ? t('editor.addTitle') : t('editor.editTitle')}
    >
      {entry.error ? (
        <Problem error={entry.error} onRetry={() => void entry.refetch()} />
      ) : (
        <Loading />
      )}
    </Dialog>
  );
}
