import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../ui/empty';
import { Page } from '../../ui/page';

export default function View() {
  const { t } = useTranslation();
  return (
    <Page title={t('profiles.title')} intro={t('profiles.intro')}>
      <EmptyState title={t('profiles.title')} />
    </Page>
  );
}
