// States that people meet.

import { arn, demoSetting, type Installation } from './support/installation';
import { accessible, expect, fits, test, THEMES, WIDTHS, type Page } from './support/test';

const VIEWS = ['profiles', 'models', 'try', 'live', 'doctor', 'audit'];
const ONE = arn('us-east-1', 'sonnet46team');

async function write(page: Page, prompt: string): Promise<void> {
  await page.getByLabel('Profile', { exact: true }).fill(ONE);
  await page.keyboard.press('Escape');
  await page.getByLabel('Prompt', { exact: true }).fill(prompt);
}

const go = async (page: Page, { url }: Installation, view: string) => {
  await page.goto(`${url}/${view}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByText('Loading…')).toHaveCount(0);
};

test('nothing is configured yet', async ({ page, open }) => {
  const install = await open({ mappings: {} });
  await expect(page.getByRole('heading', { name: 'No profiles yet' })).toBeVisible();
  for (const name of ['Discover', 'Add profile', 'Import'])
    await expect(page.getByRole('button', { name }).last()).toBeEnabled();
  for (const view of VIEWS) {
    await go(page, install, view);
    await accessible(page, `nothing configured: ${view}`);
  }
});

test('AWS is away', async ({ page, open }) => {
  await open(
    {
      mappings: { [ONE]: 'anthropic.claude-sonnet-4-6' },
      awsAway: true,
      client: { maxAttempts: 1 },
    },
    '/try',
  );
  await write(page, 'Is anybody there?');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await accessible(page, 'AWS away');
  // What needs no AWS works.
  await page.getByRole('button', { name: 'Explain without sending' }).click();
  await expect(page.getByText('anthropic.claude-sonnet-4-6').first()).toBeVisible();
});

test('one has no permission', async ({ page, open }) => {
  const setting = demoSetting();
  const install = await open(
    {
      ...setting,
      router: {
        ...setting.router,
        authorize: (_: unknown, { access }: { access: string }) =>
          access === 'read' ? 'reader' : false,
      },
    },
    '/try',
  );
  await write(page, 'May I?');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('You do not have permission');
  await expect(page.getByLabel('Prompt', { exact: true })).toHaveValue('May I?');
  await go(page, install, 'profiles');
});

test('one may see nothing but the page', async ({ page, open }) => {
  const install = await open({
    router: {
      authorize: (_: unknown, { operation }: { operation: string }) => operation === 'page',
    },
  });
  for (const view of ['profiles', 'audit', 'live']) {
    await go(page, install, view);
    await expect(page.getByText('You do not have permission').first()).toBeVisible();
    await accessible(page, `no permission: ${view}`);
  }
});

test('the session is over, and nothing is lost', async ({ page, open, context }) => {
  const install = await open(demoSetting(), '/try');
  await write(page, 'Typed before the session was over');
  await context.clearCookies();
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'The session is over' });
  await expect(dialog).toBeVisible();
  await accessible(page, 'session over');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeVisible();
  const other = await context.newPage();
  await other.goto(install.entry());
  await other.close();
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByLabel('Prompt', { exact: true })).toHaveValue(
    'Typed before the session was over',
  );
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.locator('[data-status=done]')).toBeVisible();
});

test('the server cannot be reached', async ({ page, open }) => {
  await open(demoSetting(), '/try');
  await write(page, 'Hello?');
  await page.route('**/api/**', (route) => route.abort('connectionrefused'));
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByRole('alert').first()).toContainText('The server cannot be reached');
  await expect(page.getByLabel('Prompt', { exact: true })).toHaveValue('Hello?');
});

const LONG =
  `Abteilung für ${'Donaudampfschifffahrts'.repeat(6)} und ${'weitere Angelegenheiten '.repeat(3)}`.slice(
    0,
    200,
  );
const NAMES = {
  [arn('us-east-1', 'verylong0001')]: { model: 'anthropic.claude-sonnet-4-6', label: LONG },
  [arn('us-east-1', 'righttoleft1')]: {
    model: 'anthropic.claude-sonnet-4-6',
    label: 'צוות המחקר (בודק: GPT-5 / Claude)',
  },
  [arn('us-east-1', 'righttoleft2')]: {
    model: 'anthropic.claude-sonnet-4-6',
    label: 'فريق الدعم الفني – الشرق الأوسط',
  },
  [`${'a-very-long-alias.'.repeat(12)}end`]: arn('us-east-1', 'sonnet46team'),
  '<img src=x onerror=alert(1)>': arn('us-east-1', 'sonnet46team'),
};

test('names are very long, or written from right to left', async ({ page, open }) => {
  const install = await open({ mappings: NAMES });
  for (const [width, size] of Object.entries(WIDTHS)) {
    await page.setViewportSize(size);
    for (const view of ['profiles', 'try', 'audit']) {
      await go(page, install, view);
      await fits(page, `${view} ${width}`);
      await accessible(page, `names: ${view} ${width}`);
    }
  }
});

test('the page is written from right to left', async ({ page, open }) => {
  const install = await open(demoSetting());
  for (const [width, size] of Object.entries(WIDTHS)) {
    await page.setViewportSize(size);
    for (const view of VIEWS) {
      await go(page, install, view);
      await page.evaluate(() => {
        document.documentElement.dir = 'rtl';
      });
      await fits(page, `right to left: ${view} ${width}`);
    }
  }
});

test('the language is German', async ({ page, open }) => {
  await page.addInitScript(() => localStorage.setItem('bedrock-profile-client.language', 'de'));
  const install = await open(demoSetting());
  const titles = ['Profile', 'Modelle', 'Testen', 'Live', 'Diagnose', 'Protokoll'];
  for (const [width, size] of Object.entries(WIDTHS)) {
    await page.setViewportSize(size);
    for (const [at, view] of VIEWS.entries()) {
      await page.goto(`${install.url}/${view}`);
      await expect(page.getByRole('heading', { level: 1, name: titles[at] ?? '' })).toBeVisible();
      await expect(page.locator('html')).toHaveAttribute('lang', 'de');
      await fits(page, `German: ${view} ${width}`);
      if (width === 'phone') await accessible(page, `German: ${view}`);
    }
  }
});

test('one changes theme and language, and finds them again', async ({ page, open }) => {
  await open(demoSetting());
  for (const theme of THEMES) {
    await page.getByRole('button', { name: 'Preferences' }).last().click();
    await page.getByRole('menuitemradio', { name: theme === 'dark' ? 'Dark' : 'Light' }).click();
    await page.keyboard.press('Escape');
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
  }
  await page.getByRole('button', { name: 'Preferences' }).last().click();
  await page.getByRole('menuitemradio', { name: 'Deutsch' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Profile' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'Profile' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('one goes through the views with the keyboard alone', async ({ page, open }) => {
  await open(demoSetting());
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  await expect(skip).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  for (const name of ['Models', 'Try', 'Live', 'Doctor', 'Audit', 'Profiles']) {
    await page.getByRole('link', { name, exact: true }).last().focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { level: 1, name })).toBeFocused();
    await expect(page).toHaveTitle(new RegExp(`^${name}`));
  }
});
