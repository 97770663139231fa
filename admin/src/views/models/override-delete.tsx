import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Conflict } from '../../mappings/review';
import { Button } from '../../ui/button';
import { DiffList } from '../../ui/diff';
import { Dialog } from '../../ui/dialog';
import { Problem } from '../../ui/problem';
import { useOverridesSave, type OverridesBody } from './overrides-data';

/** Deletes what the operator says of a model. */
export default function OverrideDelete({
  id,
  base,
  onClose,
}: {
  id: string;
  base: OverridesBody;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const [opened] = useState(base);
  const saving = useOverridesSave(opened, onClose);
  const remove = () =>
    saving.save((stored) =>
      Object.fromEntries(Object.entries(stored).filter(([key]) => key !== id)),
    );
  const now = (saving.conflict?.now.stored ?? saving.stored)[id];
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('overrides.deleteTitle')}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button
            tone="danger"
            disabled={saving.conflict !== undefined}
            isBusy={saving.isSaving}
            onClick={remove}
          >
            {t('common.delete')}
          </Button>
        </>
      }
    >
      {saving.conflict && <Conflict error={saving.conflict.error} onAccept={saving.accept} />}
      {saving.error && <Problem error={saving.error} />}
      {now === undefined ? (
        <p>{t('diff.nothing')}</p>
      ) : (
        <DiffList changes={[{ key: id, before: now }]} />
      )}
    </Dialog>
  );
}
