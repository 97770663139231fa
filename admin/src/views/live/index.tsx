import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../ui/empty';
import { Page } from '../../ui/page';

export default function View() {
  const { t } = useTranslation();
  return (
    <Page title={t('live.title')} intro={t('live.intro')}>
      <EmptyState title={t('live.title')} />
    </Page>
  );
}
