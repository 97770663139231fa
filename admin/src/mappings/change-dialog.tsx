import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useSaving, type Change } from '../api/mappings';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { Review } from './review';

interface ChangeDialogProps {
  title: string;
  text?: ReactNode;
  change: Change;
  saveLabel: string;
  isDanger?: boolean;
  onClose: () => void;
  onSaved?: () => void;
}

/** Shows what a change does, and makes it. */
export default function ChangeDialog({
  title,
  text,
  change,
  saveLabel,
  isDanger = false,
  onClose,
  onSaved,
}: ChangeDialogProps) {
  const { t } = useTranslation();
  const [same] = useState(change);
  const saving = useSaving(same, undefined, () => {
    onSaved?.();
    onClose();
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button
            tone={isDanger ? 'danger' : 'primary'}
            disabled={!saving.canSave}
            isBusy={saving.isSaving}
            onClick={saving.save}
          >
            {saveLabel}
          </Button>
        </>
      }
    >
      {text}
      <Review saving={saving} />
    </Dialog>
  );
}
