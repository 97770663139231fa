import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../ui/empty';
import { Page } from '../../ui/page';

export default function View() {
  const { t } = useTranslation();
  return (
    <Page title={t('try.title')} intro={t('try.intro')}>
      <EmptyState title={t('try.title')} />
    </Page>
  );
}
