import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { announce, toast } from '../app/announce';
import { IconButton } from './button';

/** Puts a text into the clipboard; over plain HTTP to another host there is none. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => setDone(false), 2000);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    if (!(await copyText(text))) {
      toast('danger', t('common.notCopied'), t('common.notCopiedText'));
      return;
    }
    setDone(true);
    announce(t('common.copied'));
  };
  const Icon = done ? Check : Copy;
  return (
    <IconButton label={label} className="size-8" onClick={() => void copy()}>
      <Icon aria-hidden className="size-4" />
    </IconButton>
  );
}
