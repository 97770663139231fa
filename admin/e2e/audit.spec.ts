import fs from 'node:fs';

import { arn, type Installation } from './support/installation';
import { expect, test, type Page } from './support/test';

const ONE = arn('us-east-1', 'sonnet46team');
const TWO = arn('us-west-2', 'opus50coding');

/** Changes mappings as the page does. */
async function patch(page: Page, body: object): Promise<void> {
  const status = await page.evaluate(async (text) => {
    const headers = {
      'X-Requested-With': 'bedrock-profile-client',
      'Content-Type': 'application/json',
    };
    const { version } = (await (await fetch('/api/mappings?limit=1')).json()) as {
      version: string;
    };
    const response = await fetch('/api/mappings', {
      method: 'PATCH',
      headers: { ...headers, 'If-Match': `"${version}"` },
      body: text,
    });
    return response.status;
  }, JSON.stringify(body));
  expect(status).toBe(200);
}

const mappings = ({ file }: Installation) =>
  JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>;

test('says that nothing was changed yet', async ({ page, open }) => {
  await open({}, '/audit');
  await expect(page.getByRole('heading', { name: 'Nothing was changed yet' })).toBeVisible();
});

test('shows who changed what, and takes it back', async ({ page, open }) => {
  const install = await open({ mappings: { [ONE]: 'anthropic.claude-sonnet-4-6' } }, '/audit');
  await patch(page, {
    set: { [ONE]: 'anthropic.claude-sonnet-5', [TWO]: 'anthropic.claude-opus-5' },
  });
  await page.reload();
  const entry = page.getByRole('listitem').filter({ hasText: 'Mappings changed' }).first();
  await expect(entry).toContainText('loopback');
  await expect(entry).toContainText('2 keys');
  await entry.getByText('Changes').click();
  await expect(entry.locator('del')).toHaveText('anthropic.claude-sonnet-4-6');
  await expect(entry.locator('ins').first()).toBeVisible();
  await entry.getByRole('button', { name: /^Undo/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Undo this change?' });
  await expect(dialog.locator('ins')).toHaveText('anthropic.claude-sonnet-4-6');
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect(dialog).toBeHidden();
  await expect.poll(() => mappings(install)).toEqual({ [ONE]: 'anthropic.claude-sonnet-4-6' });
  await expect(page.getByText('Undone', { exact: true })).toBeVisible();
});

test('does not undo over what someone else has saved meanwhile, until one has seen it', async ({
  page,
  open,
}) => {
  const install = await open({ mappings: { [ONE]: 'anthropic.claude-sonnet-4-6' } }, '/audit');
  await patch(page, { set: { [ONE]: 'anthropic.claude-sonnet-5' } });
  await page.reload();
  await page.getByRole('button', { name: /^Undo/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Undo this change?' });
  await expect(dialog.getByRole('button', { name: 'Undo' })).not.toHaveAttribute('aria-disabled');
  fs.writeFileSync(
    install.file,
    JSON.stringify({ ...mappings(install), [TWO]: 'anthropic.claude-opus-5' }),
  );
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Someone else has saved meanwhile');
  expect(mappings(install)[ONE]).toBe('anthropic.claude-sonnet-5');
  await dialog.getByRole('button', { name: 'Undo all the same' }).click();
  await expect(dialog).toBeHidden();
  await expect
    .poll(() => mappings(install))
    .toEqual({ [ONE]: 'anthropic.claude-sonnet-4-6', [TWO]: 'anthropic.claude-opus-5' });
});

test('says why a change cannot be taken back', async ({ page, open }) => {
  await open({ mappings: {} }, '/audit');
  await patch(page, { set: { [ONE]: 'anthropic.claude-sonnet-4-6' } });
  await patch(page, { set: { [ONE]: 'anthropic.claude-sonnet-5' } });
  await page.reload();
  await page.getByRole('button', { name: /^Undo/ }).last().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect(dialog.getByRole('alert')).toBeVisible();
});

test('is undone with the keyboard alone', async ({ page, open }) => {
  const install = await open({ mappings: {} }, '/audit');
  await patch(page, { set: { [ONE]: 'anthropic.claude-sonnet-4-6' } });
  await page.reload();
  const undo = page.getByRole('button', { name: /^Undo/ });
  await undo.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(undo).toBeFocused();
  await page.keyboard.press('Enter');
  // Not before it has been checked what it would do.
  await expect(dialog.getByRole('button', { name: 'Undo' })).toBeEnabled();
  await dialog.getByRole('button', { name: 'Undo' }).focus();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  expect(mappings(install)).toEqual({});
});

test('gives long histories by pages', async ({ page, open }) => {
  await open({ mappings: {} }, '/audit');
  for (let at = 0; at < 27; at += 1) await patch(page, { set: { [`alias-${at}`]: ONE } });
  await page.reload();
  await expect(page.getByText('Page 1 of 2')).toBeVisible();
  await page.getByRole('button', { name: 'Older' }).click();
  await expect(page.getByText('Page 2 of 2')).toBeVisible();
  await expect(page.getByRole('button', { name: /^Undo/ })).toHaveCount(2);
});
