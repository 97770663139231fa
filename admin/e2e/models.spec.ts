import { demoSetting } from './support/installation';
import { expect, test } from './support/test';

test('lists the catalog, and says of each fact where it is known from', async ({ page, open }) => {
  await open(demoSetting(), '/models');
  await page.getByRole('searchbox').fill('claude-opus-5');
  await page.getByRole('button', { name: 'anthropic.claude-opus-5', exact: true }).click();
  await expect(page.getByRole('dialog').getByText('Catalog').first()).toBeVisible();
});

test('compares two models', async ({ page, open }) => {
  await open(demoSetting(), '/models?tab=compare&a=anthropic.claude-opus-5&b=amazon.nova-pro-v1:0');
  await expect(page.getByText(/facts differ/)).toBeVisible();
  await expect(page.getByRole('region', { name: 'Compare' }).getByRole('row').nth(2)).toBeVisible();
});
