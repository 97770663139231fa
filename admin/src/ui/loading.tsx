import { LoaderCircle } from 'lucide-react';
import { useTranslation } from 'react-i18next';

export function Loading({ text }: { text?: string }) {
  const { t } = useTranslation();
  return (
    <div
      role="status"
      className="flex flex-1 items-center justify-center gap-2 p-10 text-ink-faint"
    >
      <LoaderCircle aria-hidden className="size-5 animate-spin" />
      {text ?? t('common.loading')}
    </div>
  );
}
