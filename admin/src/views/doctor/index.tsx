import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../ui/empty';
import { Page } from '../../ui/page';

export default function View() {
  const { t } = useTranslation();
  return (
    <Page title={t('doctor.title')} intro={t('doctor.intro')}>
      <EmptyState title={t('doctor.title')} />
    </Page>
  );
}
