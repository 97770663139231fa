import fs from 'node:fs';

import { arn, demoSetting, type Installation } from './support/installation';
import { discover, expect, test, type Page } from './support/test';

const SONNET = arn('us-east-1', 'sonnet46team');
const LLAMA = arn('us-east-1', 'llama4inhous');

const mappings = ({ file }: Installation) =>
  JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>;

const row = (page: Page, name: string | RegExp) => page.getByRole('row').filter({ hasText: name });

test('finds, filters and sorts profiles', async ({ page, open }) => {
  await open(demoSetting());
  await expect(row(page, 'Support desk')).toBeVisible();
  await page.getByRole('searchbox').fill('opus-5');
  await expect(row(page, 'Support desk')).toHaveCount(0);
  await expect(row(page, 'Coding')).toBeVisible();
  await page.getByRole('searchbox').fill('');
  await page.getByRole('button', { name: 'Model' }).first().click();
  await expect(page).toHaveURL(/sort=/);
});

test('adds a profile, and shows what will change before it does', async ({ page, open }) => {
  const install = await open({ mappings: {} });
  await page.getByRole('button', { name: 'Add profile' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Key').fill('team-x.sonnet');
  await dialog.getByLabel('Profiles to call').fill(SONNET);
  await dialog.getByLabel('Label').fill('Team X');
  await expect(dialog.getByText('1 added')).toBeVisible();
  expect(mappings(install)).toEqual({});
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  expect(mappings(install)).toEqual({ 'team-x.sonnet': { profiles: [SONNET], label: 'Team X' } });
  await expect(row(page, 'Team X')).toBeVisible();
});

test('says while one types what would be wrong, and does not save it', async ({ page, open }) => {
  const install = await open({ mappings: {} });
  await page.getByRole('button', { name: 'Add profile' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Key').fill('team-x.sonnet');
  await dialog.getByLabel('Profiles to call').fill('arn:aws:bedrock:nowhere');
  await expect(dialog.getByText('Error:').first()).toBeAttached();
  await expect(dialog.getByRole('button', { name: 'Save' })).toBeDisabled();
  expect(mappings(install)).toEqual({});
});

test('edits and deletes a mapping', async ({ page, open }) => {
  const install = await open({
    mappings: { [SONNET]: { model: 'anthropic.claude-sonnet-4-6', label: 'Old' } },
  });
  await page.getByRole('button', { name: 'Old' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('dialog').getByLabel('Label').fill('New');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await expect(row(page, 'New')).toBeVisible();
  expect(mappings(install)).toEqual({
    [SONNET]: { model: 'anthropic.claude-sonnet-4-6', label: 'New' },
  });
  await page.getByRole('button', { name: 'New', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect.poll(() => mappings(install)).toEqual({});
});

test('loses nothing where someone else has saved meanwhile', async ({ page, open }) => {
  const install = await open({
    mappings: { [SONNET]: { model: 'anthropic.claude-sonnet-4-6', label: 'Old' } },
  });
  await page.getByRole('button', { name: 'Old' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Edit' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Label').fill('Mine');
  await expect(dialog.getByText('1 changed')).toBeVisible();
  fs.writeFileSync(
    install.file,
    JSON.stringify({ ...mappings(install), [LLAMA]: 'meta.llama4-maverick-17b-instruct-v1:0' }),
  );
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText('Someone else has saved meanwhile')).toBeVisible();
  await expect(dialog.getByLabel('Label')).toHaveValue('Mine');
  await dialog.getByRole('button', { name: 'Apply my change to the new version' }).click();
  const save = dialog.getByRole('button', { name: 'Save' });
  await expect(save).toBeEnabled();
  await save.click();
  await expect(dialog).toBeHidden();
  expect(mappings(install)).toEqual({
    [SONNET]: { model: 'anthropic.claude-sonnet-4-6', label: 'Mine' },
    [LLAMA]: 'meta.llama4-maverick-17b-instruct-v1:0',
  });
});

test('imports what LibreChat has, after a look at it', async ({ page, open }) => {
  const install = await open({ mappings: {} });
  await page.getByRole('button', { name: 'Import' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog
    .getByLabel('Text', { exact: true })
    .fill(`BEDROCK_INFERENCE_PROFILE_MAPPINGS='{"imported.sonnet":"${SONNET}"}'`);
  await expect(dialog.getByText('1 added')).toBeVisible();
  await dialog.getByRole('button', { name: 'Import' }).click();
  await expect(dialog).toBeHidden();
  expect(mappings(install)).toEqual({ 'imported.sonnet': SONNET });
});

test('copies all of it as .env and as librechat.yaml', async ({ page, open, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open({ mappings: { 'team.sonnet': SONNET } });
  await page.getByRole('button', { name: 'Export' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('region', { name: 'bedrock.env' })).toContainText(
    'BEDROCK_INFERENCE_PROFILE_MAPPINGS',
  );
  await dialog.getByRole('button', { name: 'Copy' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('team.sonnet');
  await dialog.getByLabel('Format').selectOption('librechat');
  await expect(dialog.getByRole('region', { name: 'librechat.yaml' })).toContainText('team.sonnet');
});

test('discovers profiles, and maps them in bulk', async ({ page, open }) => {
  const install = await open({ mappings: {} });
  await page.getByRole('button', { name: 'Discover' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Discover', exact: true }).click();
  await expect(dialog.getByText(/profiles were found/)).toBeVisible();
  await dialog.getByLabel('Select all').check();
  await dialog.getByRole('button', { name: /^Review \d+ mappings$/ }).click();
  await expect(dialog.getByText(/\d+ added/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Save mappings' }).click();
  await expect(dialog).toBeHidden();
  expect(Object.keys(mappings(install)).length).toBeGreaterThan(3);
});

test('shows where a mapping and AWS disagree', async ({ page, open }) => {
  await open(demoSetting());
  await discover(page, ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1']);
  await page.getByRole('button', { name: 'Disagreeing' }).click();
  await expect(row(page, 'Nova Lite').getByText('Disagrees with AWS')).toBeVisible();
});

test('adds a profile with the keyboard alone', async ({ page, open }) => {
  const install = await open({ mappings: { [SONNET]: 'anthropic.claude-sonnet-4-6' } });
  const add = page.getByRole('button', { name: 'Add profile' }).first();
  await expect(add).toBeEnabled();
  await add.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('Key')).toBeFocused();
  await page.keyboard.type('typed.alias');
  await page.keyboard.press('Tab');
  await page.keyboard.type(SONNET);
  await expect(dialog.getByText('1 added')).toBeVisible();
  // What was typed last may still be checked.
  await expect(dialog.getByRole('button', { name: 'Save' })).toBeEnabled();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  expect(mappings(install)).toMatchObject({ 'typed.alias': SONNET });
  await expect(add).toBeFocused();
});
