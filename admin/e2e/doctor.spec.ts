import { REPORT } from './support/doctor';
import type { Setting } from './support/installation';
import { expect, test } from './support/test';

const setting = (): Setting => ({
  router: { doctor: { run: () => Promise.resolve(REPORT as never) } },
});

test('runs the checks, the worst first, with what to do', async ({ page, open }) => {
  await open(setting(), '/doctor');
  await expect(page.getByRole('heading', { name: 'The checks have not run yet' })).toBeVisible();
  await page.getByRole('button', { name: 'Run the checks' }).click();
  await expect(page.getByText('1 failure, 1 warning')).toBeVisible();
  const headings = await page
    .getByRole('main')
    .getByRole('heading', { level: 2 })
    .allTextContents();
  expect(headings).toEqual([
    'Access to models',
    'Legacy and end of life',
    'Package and binary',
    'LibreChat',
  ]);
  await expect(page.getByText('Ask for access in the console of Bedrock.')).toBeVisible();
  await page.getByText('4 models').click();
  await expect(page.getByText('meta.llama3-1-8b-instruct-v1:0')).toBeVisible();
});

test('copies the report as JSON', async ({ page, open, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(setting(), '/doctor');
  await page.getByRole('button', { name: 'Run the checks' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Copy as JSON' }).click();
  await expect(page.getByText('Copied').first()).toBeVisible();
  expect(JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))).toEqual(REPORT);
});

test('keeps its report when one comes back', async ({ page, open }) => {
  await open(setting(), '/doctor');
  await page.getByRole('button', { name: 'Run the checks' }).click();
  await expect(page.getByText('1 failure, 1 warning')).toBeVisible();
  await page.getByRole('link', { name: 'Audit' }).click();
  await page.getByRole('link', { name: 'Doctor' }).click();
  await expect(page.getByText('1 failure, 1 warning')).toBeVisible();
});

test('is told apart in German', async ({ page, open }) => {
  await page.addInitScript(() => localStorage.setItem('bedrock-profile-client.language', 'de'));
  await open(setting(), '/doctor');
  await page.getByRole('button', { name: 'Prüfungen starten' }).click();
  await expect(page.getByText('1 Fehler, 1 Warnung')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Zugriff auf Modelle' })).toBeVisible();
});

test('says so where it is switched off', async ({ page, open }) => {
  await open({ router: { doctor: false } }, '/doctor');
  await page.getByRole('button', { name: 'Run the checks' }).click();
  await expect(page.getByRole('alert')).toContainText('The doctor is switched off here.');
});

test('runs the real checks against AWS', async ({ page, open }) => {
  await open({ mappings: {} }, '/doctor');
  await page.getByRole('button', { name: 'Run the checks' }).click();
  await expect(page.getByRole('heading', { name: 'Package and binary' })).toBeVisible({
    timeout: 40_000,
  });
  await expect(page.getByRole('heading', { name: 'Credentials' })).toBeVisible();
});
