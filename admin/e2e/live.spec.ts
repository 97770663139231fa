import { demoSetting } from './support/installation';
import { expect, test } from './support/test';

const CHARTS = ['Calls', 'Cost', 'Errors', 'Throttled', 'Time to first token', 'Tokens per second'];

test('shows each chart with a table behind it', async ({ page, open }) => {
  await open(demoSetting(), '/live');
  for (const name of CHARTS) {
    const panel = page.getByRole('region', { name, exact: true });
    await expect(panel.locator('svg.recharts-surface')).toBeVisible();
    await panel.locator('summary').click();
    const table = panel.getByRole('table');
    await expect(table.getByRole('row')).not.toHaveCount(1);
    await expect(table.getByRole('columnheader', { name: 'Support desk' })).toBeVisible();
  }
});

test('looks back from an hour to 90 days', async ({ page, open }) => {
  await open(demoSetting(), '/live');
  for (const [name, least, most] of [
    ['The last hour', 60, 61],
    ['The last 24 hours', 24, 25],
    ['The last 7 days', 168, 169],
    ['The last 30 days', 30, 31],
    ['The last 90 days', 90, 91],
  ] as const) {
    await page.getByRole('radio', { name }).check({ force: true });
    const panel = page.getByRole('region', { name: 'Calls', exact: true });
    if (!(await panel.getByRole('table').isVisible())) await panel.locator('summary').click();
    await expect
      .poll(async () => (await panel.getByRole('row').count()) - 1)
      .toBeGreaterThanOrEqual(least);
    expect((await panel.getByRole('row').count()) - 1).toBeLessThanOrEqual(most);
  }
  await expect(page).toHaveURL(/range=90d/);
});

test('tells cost apart by profile, team and user, and never makes up a price', async ({
  page,
  open,
}) => {
  await open(demoSetting(), '/live?range=30d');
  const panel = page.getByRole('region', { name: 'Cost', exact: true });
  await expect(panel.getByText(/prices of [\d,]+ calls are not known/)).toBeVisible();
  await panel.locator('summary').click();
  const table = panel.getByRole('table');
  const column = await table
    .getByRole('columnheader')
    .allTextContents()
    .then((names) => names.indexOf('batch-gpt-oss'));
  const cells = table.locator(`tbody tr > :nth-child(${column + 1})`);
  await expect(cells.nth(1)).toHaveText('Unknown');
  await panel.getByLabel('By').selectOption('Team');
  await expect(table.getByRole('columnheader', { name: 'engineering' })).toBeVisible();
  await panel.getByLabel('By').selectOption('User');
  await expect(table.getByRole('columnheader', { name: 'ada' })).toBeVisible();
});

test('shows budgets, also those whose sum is not known', async ({ page, open }) => {
  await open(demoSetting(), '/live');
  const budgets = page.getByRole('region', { name: 'Budgets' });
  await expect(budgets.getByRole('progressbar', { name: 'Support in a month' })).toHaveAttribute(
    'aria-valuenow',
    '85',
  );
  await expect(budgets.getByText('For each by itself; there is no sum.')).toBeVisible();
  await expect(budgets.getByText(/\(122%\)/)).toBeVisible();
});

test('says what to switch on where nothing is counted', async ({ page, open }) => {
  await open({ router: { metrics: false, cost: false } }, '/live');
  await expect(page.getByRole('heading', { name: 'Nothing is counted yet' })).toBeVisible();
});

test('loads what draws charts with this view alone', async ({ page, open }) => {
  const files: string[] = [];
  page.on('response', (response) => files.push(new URL(response.url()).pathname));
  await open(demoSetting(), '/audit');
  expect(files.filter((name) => /chart/i.test(name))).toEqual([]);
  await page.getByRole('link', { name: 'Live' }).click();
  await expect(page.locator('svg.recharts-surface').first()).toBeVisible();
  expect(files.filter((name) => /chart.*\.js$/i.test(name))).not.toEqual([]);
});

test('chooses a range with the keyboard alone', async ({ page, open }) => {
  await open(demoSetting(), '/live');
  await page.getByRole('radio', { name: 'The last 24 hours' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page).toHaveURL(/range=7d/);
});
