import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../ui/empty';
import { Page } from '../../ui/page';

export default function View() {
  const { t } = useTranslation();
  return (
    <Page title={t('models.title')} intro={t('models.intro')}>
      <EmptyState title={t('models.title')} />
    </Page>
  );
}
