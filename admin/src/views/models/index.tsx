import { useQuery } from '@tanstack/react-query';
import { Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { lazily } from '../../app/lazy';
import { catalogQuery } from '../../api/facts';
import { useQueryState } from '../../app/search';
import { Loading } from '../../ui/loading';
import { Page } from '../../ui/page';
import { Tabs } from '../../ui/tabs';
import { Catalog } from './catalog';

const Compare = lazily(() => import('./compare'));
const Overrides = lazily(() => import('./overrides'));
const ModelDetails = lazily(() => import('./details'));

const TABS = ['catalog', 'compare', 'overrides'] as const;

export default function Models() {
  const { t } = useTranslation();
  const [parameters, change] = useQueryState();
  const tab = TABS.find((one) => one === parameters.get('tab')) ?? 'catalog';
  const id = parameters.get('id');
  const { data: models } = useQuery(catalogQuery);
  return (
    <Page title={t('models.title')} intro={t('models.intro')} isTall={tab === 'catalog'}>
      <Tabs
        label={t('models.parts')}
        now={tab}
        tabs={TABS.map((one) => ({
          id: one,
          href: one === 'catalog' ? '/models' : `/models?tab=${one}`,
          label: t(`models.tabs.${one}`),
        }))}
      />
      {tab === 'catalog' && <Catalog parameters={parameters} change={change} />}
      <Suspense fallback={<Loading />}>
        {tab === 'compare' && <Compare parameters={parameters} change={change} />}
        {tab === 'overrides' && <Overrides parameters={parameters} change={change} />}
      </Suspense>
      <Suspense fallback={null}>
        {id !== null && <ModelDetails id={id} onClose={() => change({ id: null })} />}
      </Suspense>
      <datalist id="models">
        {models?.map(({ model }) => (
          <option key={model} value={model} />
        ))}
      </datalist>
    </Page>
  );
}
