// Tests of the page. Each of them also holds that no request leaves the page's origin, that the Content
// Security Policy is never violated, and that nothing throws.

import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';

import { installation, type Installation, type Setting } from './installation';

interface Fixtures {
  /** Starts what stands behind the page, and opens the page; both end with the test. */
  open: (setting?: Setting, at?: string) => Promise<Installation>;
  watched: Watched;
}

interface Watched {
  /** What a test provokes, so that it is no failure. */
  expects: (text: RegExp) => void;
}

const ALWAYS = [
  // The browser writes each answer that is an error to the console; what the page makes of it is tested.
  /Failed to load resource/,
];

export const test = base.extend<Fixtures>({
  watched: [
    async ({ page }, use) => {
      const problems: string[] = [];
      const expected = [...ALWAYS];
      page.on('pageerror', (error) => problems.push(`thrown: ${error.stack ?? error.message}`));
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type()))
          problems.push(`console: ${message.text()}`);
      });
      const origins = new Set<string>();
      page.on('request', (request) => {
        const { origin, protocol } = new URL(request.url());
        if (protocol.startsWith('http') || protocol.startsWith('ws')) origins.add(origin);
      });
      await page.addInitScript(() => {
        document.addEventListener(
          'securitypolicyviolation',
          ({ violatedDirective, blockedURI, sample, sourceFile }) => {
            console.error(`CSP: ${violatedDirective} ${blockedURI} ${sample} ${sourceFile}`);
          },
        );
      });
      await use({ expects: (text) => expected.push(text) });
      const pageOrigins = [...origins].filter((origin) => !origin.startsWith('http://127.0.0.1:'));
      expect(pageOrigins, 'requests to another origin').toEqual([]);
      expect(origins.size, `origins: ${[...origins].join(' ')}`).toBeLessThanOrEqual(1);
      expect(problems.filter((text) => !expected.some((one) => one.test(text)))).toEqual([]);
    },
    { auto: true },
  ],
  open: async ({ page }, use) => {
    const started: Installation[] = [];
    await use(async (setting, at) => {
      const one = await installation(setting);
      started.push(one);
      await page.goto(one.entry());
      if (at !== undefined) await page.goto(`${one.url}${at}`);
      await expect(page.getByRole('main')).toBeVisible();
      return one;
    });
    await page.close();
    for (const one of started) await one.close();
  },
});

export { expect };
export type { Page };

export const WIDTHS = { phone: { width: 390, height: 844 }, desk: { width: 1440, height: 900 } };
export const THEMES = ['light', 'dark'] as const;

/** Fails where axe finds something on the page as it is now. */
export async function accessible(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  const found = violations.map(({ id, help, nodes }) => ({
    where,
    id,
    help,
    nodes: nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary}`),
  }));
  expect(found).toEqual([]);
}

/** Whether nothing is wider than the window: no one should have to scroll sideways to read. */
export async function fits(page: Page, where: string): Promise<void> {
  const wide = await page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    return scrollWidth > clientWidth ? `${scrollWidth} > ${clientWidth}` : '';
  });
  expect(wide, `${where}: scrolls sideways`).toBe('');
}

/** Discovers as the page does. */
export async function discover(page: Page, regions: string[]): Promise<void> {
  await page.evaluate(async (wanted) => {
    const response = await fetch('/api/discovery', {
      method: 'POST',
      headers: { 'X-Requested-With': 'bedrock-profile-client', 'Content-Type': 'application/json' },
      body: JSON.stringify({ regions: wanted }),
    });
    await response.text();
  }, regions);
}
