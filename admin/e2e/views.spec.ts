// Every view as people see it: at the width of a phone and of a desk, in both themes. With SCREENSHOTS the
// same run writes docs/screenshots.

import fs from 'node:fs';
import path from 'node:path';

import { REPORT } from './support/doctor';
import { arn, demoSetting, type Setting } from './support/installation';
import {
  accessible,
  discover,
  expect,
  fits,
  test,
  THEMES,
  WIDTHS,
  type Page,
} from './support/test';

const FOLDER = path.join(import.meta.dirname, '..', '..', 'docs', 'screenshots');
/** Few pictures: each view at a desk in one theme, and on a phone in the other. */
const PICTURES: Record<string, string> = { desk: 'light', phone: 'dark' };

const setting = (): Setting => {
  const demo = demoSetting();
  return {
    ...demo,
    router: { ...demo.router, doctor: { run: () => Promise.resolve(REPORT as never) } },
  };
};

async function picture(page: Page, name: string): Promise<void> {
  if (!process.env.SCREENSHOTS) return;
  const session = await page.context().newCDPSession(page);
  const clip = await page.evaluate(() => ({
    x: window.scrollX,
    y: window.scrollY,
    width: window.innerWidth,
    height: window.innerHeight,
    scale: 1,
  }));
  const { data } = await session.send('Page.captureScreenshot', {
    format: 'webp',
    quality: 80,
    clip,
  });
  await session.detach();
  fs.mkdirSync(FOLDER, { recursive: true });
  fs.writeFileSync(path.join(FOLDER, `${name}.webp`), Buffer.from(data, 'base64'));
}

/** Looks at the page as it is now, in each width and theme. */
async function each(page: Page, name: string, top?: () => Promise<void>): Promise<void> {
  for (const [width, size] of Object.entries(WIDTHS)) {
    await page.setViewportSize(size);
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await top?.();
      await accessible(page, `${name} ${width} ${theme}`);
      await fits(page, `${name} ${width} ${theme}`);
      if (PICTURES[width] === theme) await picture(page, `${name}-${width}`);
    }
  }
}

test('Profiles', async ({ page, open }) => {
  await open(setting(), '/profiles');
  await discover(page, ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1']);
  await page.reload();
  await expect(page.getByText('Support desk').first()).toBeVisible();
  await each(page, 'profiles');
});

test('Models', async ({ page, open }) => {
  await open(setting(), '/models');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByText(/claude/i).first()).toBeVisible();
  await each(page, 'models');
});

test('Try', async ({ page, open }) => {
  await open(setting(), '/try');
  await page.getByLabel('Profile', { exact: true }).fill(arn('us-west-2', 'opus50coding'));
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Compare with a second profile' }).click();
  await page.getByLabel('Second profile').fill(arn('us-east-1', 'supportbot01'));
  await page.keyboard.press('Escape');
  await page
    .getByLabel('Prompt', { exact: true })
    .fill('What is an application inference profile?');
  await page.getByText('More options').click();
  await page.getByLabel('Temperature').fill('0.7');
  await page.getByLabel('Thinking budget').fill('4096');
  await page.getByText('More options').click();
  await page.getByRole('button', { name: 'Send to both' }).click();
  await expect(page.locator('[data-status=done]')).toHaveCount(2);
  await each(page, 'try', () => page.evaluate(() => window.scrollTo(0, 330)));
});

test('Live', async ({ page, open }) => {
  test.setTimeout(120_000);
  await open(setting(), '/live?range=30d&follow=no');
  await expect(page.locator('svg.recharts-surface')).toHaveCount(6);
  await each(page, 'live', async () => {
    // Charts follow the width.
    const width = page.viewportSize()?.width ?? 0;
    await page.waitForFunction(
      (most) => (document.querySelector('svg.recharts-surface')?.clientWidth ?? most) < most,
      width,
    );
  });
  await page.locator('summary').first().click();
  await accessible(page, 'live with a table');
});

test('Doctor', async ({ page, open }) => {
  await open(setting(), '/doctor');
  await page.getByRole('button', { name: 'Run the checks' }).click();
  await expect(page.getByText('1 failure, 1 warning')).toBeVisible();
  await each(page, 'doctor');
});

test('Audit', async ({ page, open }) => {
  await open(setting(), '/audit');
  await page.evaluate(
    async (id) => {
      const headers = {
        'X-Requested-With': 'bedrock-profile-client',
        'Content-Type': 'application/json',
      };
      for (const value of ['anthropic.claude-sonnet-5', 'anthropic.claude-sonnet-5-5']) {
        const { version } = (await (await fetch('/api/mappings?limit=1')).json()) as {
          version: string;
        };
        await fetch('/api/mappings', {
          method: 'PATCH',
          headers: { ...headers, 'If-Match': `"${version}"` },
          body: JSON.stringify({ set: { [id]: value, 'team-b.claude': id } }),
        });
      }
    },
    arn('us-east-1', 'sonnet46team'),
  );
  await page.reload();
  await page.locator('summary').first().click();
  await expect(page.locator('del').first()).toBeVisible();
  await each(page, 'audit');
  await page.getByRole('button', { name: /^Undo/ }).first().click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await accessible(page, 'undo');
});
