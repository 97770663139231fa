import { useQuery } from '@tanstack/react-query';
import { Copy, Download } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toast } from '../../app/announce';
import { Button } from '../../ui/button';
import { copyText } from '../../ui/copy';
import { Dialog } from '../../ui/dialog';
import { Field, Select } from '../../ui/field';
import { Json } from '../../ui/json';
import { Loading } from '../../ui/loading';
import { Problem } from '../../ui/problem';
import { exported } from './data';

const FILES = {
  env: 'bedrock.env',
  librechat: 'librechat.yaml',
  json: 'mappings.json',
  yaml: 'mappings.yaml',
} as const;
type Format = keyof typeof FILES;

/** Characters that are shown; all of them are copied. */
const SHOWN = 20_000;

/** Copies the mappings as `.env`, as librechat.yaml, as JSON or YAML, or saves them as a file. */
export default function Export({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [format, setFormat] = useState<Format>('env');
  const [of, setOf] = useState<'effective' | 'own'>('effective');
  const { data, error, refetch } = useQuery({
    queryKey: ['mappings', 'export', format, of],
    queryFn: () => exported(format, of),
    staleTime: 0,
  });
  async function copy() {
    if (data !== undefined && (await copyText(data))) toast('success', t('common.copied'));
    else toast('danger', t('common.notCopied'), t('common.notCopiedText'));
  }
  function save() {
    const url = URL.createObjectURL(new Blob([data ?? ''], { type: 'text/plain' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = FILES[format];
    link.click();
    URL.revokeObjectURL(url);
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('export.title')}
      footer={
        <>
          <Button disabled={data === undefined} onClick={save}>
            <Download aria-hidden className="size-4" />
            {t('common.download')}
          </Button>
          <Button tone="primary" disabled={data === undefined} onClick={() => void copy()}>
            <Copy aria-hidden className="size-4" />
            {t('common.copy')}
          </Button>
        </>
      }
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t('export.format')}>
          {(field) => (
            <Select
              {...field}
              value={format}
              onChange={(event) => setFormat(event.target.value as Format)}
            >
              {(Object.keys(FILES) as Format[]).map((one) => (
                <option key={one} value={one}>
                  {t(`formats.${one}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={t('export.of')}>
          {(field) => (
            <Select
              {...field}
              value={of}
              onChange={(event) => setOf(event.target.value as 'effective' | 'own')}
            >
              <option value="effective">{t('export.effective')}</option>
              <option value="own">{t('export.own')}</option>
            </Select>
          )}
        </Field>
      </div>
      {error ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Loading />
      ) : (
        <>
          <Json
            label={FILES[format]}
            value={data.length > SHOWN ? `${data.slice(0, SHOWN)}\n…` : data}
          />
          {data.length > SHOWN && <p className="text-ink-faint">{t('export.shortened')}</p>}
        </>
      )}
    </Dialog>
  );
}
