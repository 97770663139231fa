import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../ui/empty';
import { Page } from '../../ui/page';

export default function View() {
  const { t } = useTranslation();
  return (
    <Page title={t('audit.title')} intro={t('audit.intro')}>
      <EmptyState title={t('audit.title')} />
    </Page>
  );
}
