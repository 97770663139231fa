import { FileUp } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMappingsState, useSaving, type Change } from '../../api/mappings';
import { Review } from '../../mappings/review';
import { toast } from '../../app/announce';
import { Button, buttonClass } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Field, Select, Textarea } from '../../ui/field';

const FORMATS = ['auto', 'json', 'yaml', 'env', 'librechat'] as const;
type Format = (typeof FORMATS)[number];

/** Bytes that the API takes. */
const LARGEST = 32 * 1024 * 1024;

/** Imports mappings from a text or a file. */
export default function Import({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { data } = useMappingsState();
  const [version] = useState(data?.version);
  const [text, setText] = useState('');
  const [format, setFormat] = useState<Format>('auto');
  const [mode, setMode] = useState<'merge' | 'replace'>('merge');
  const change = useMemo<Change | undefined>(
    () => (text.trim() === '' ? undefined : { text, format, mode }),
    [text, format, mode],
  );
  const saving = useSaving(change, version, onClose);
  async function read(file: File | undefined) {
    if (file === undefined) return;
    if (file.size > LARGEST) toast('danger', t('import.tooLarge'), t('import.tooLargeText'));
    else setText(await file.text());
  }
  const found = saving.preview?.format;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="large"
      title={t('import.title')}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button
            tone="primary"
            disabled={!saving.canSave}
            isBusy={saving.isSaving}
            onClick={saving.save}
          >
            {t('import.save')}
          </Button>
        </>
      }
    >
      <div className="grid gap-4 md:grid-cols-[1fr_14rem]">
        <Field
          label={t('import.text')}
          hint={
            found && format === 'auto'
              ? t('import.readAs', { format: t(`formats.${found}`) })
              : t('import.textHint')
          }
        >
          {(field) => (
            <Textarea
              {...field}
              dir="ltr"
              rows={9}
              value={text}
              onChange={(event) => setText(event.target.value)}
              className="font-mono text-xs"
              placeholder={'{ "my-alias": "arn:aws:bedrock:…" }'}
            />
          )}
        </Field>
        <div className="flex flex-col gap-4">
          <label className={buttonClass()}>
            <FileUp aria-hidden className="size-4" />
            {t('import.file')}
            <input
              type="file"
              accept=".json,.yaml,.yml,.env,.txt,application/json,text/*"
              className="sr-only"
              onChange={(event) => void read(event.target.files?.[0])}
            />
          </label>
          <Field label={t('import.format')}>
            {(field) => (
              <Select
                {...field}
                value={format}
                onChange={(event) => setFormat(event.target.value as Format)}
              >
                {FORMATS.map((one) => (
                  <option key={one} value={one}>
                    {t(`formats.${one}`)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <fieldset className="flex flex-col gap-1.5">
            <legend className="mb-1 font-medium">{t('import.mode')}</legend>
            {(['merge', 'replace'] as const).map((one) => (
              <label key={one} className="flex cursor-pointer items-start gap-2">
                <input
                  type="radio"
                  name="mode"
                  checked={mode === one}
                  onChange={() => setMode(one)}
                  className="mt-0.5 size-4 accent-accent"
                />
                <span>{t(`import.modes.${one}`)}</span>
              </label>
            ))}
          </fieldset>
        </div>
      </div>
      <Review saving={saving} />
    </Dialog>
  );
}
