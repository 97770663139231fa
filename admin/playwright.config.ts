import { defineConfig } from '@playwright/test';

/** The page in Debian's Chromium: `npm run test:page` says where it is. */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'e2e/results',
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  workers: 2,
  timeout: 180_000,
  expect: { timeout: 20_000 },
  reporter: [[process.env.CI ? 'dot' : 'list']],
  projects: [
    { name: 'views', testIgnore: /speed/ },
    // What is timed has the machine for itself.
    { name: 'speed', testMatch: /speed/, dependencies: ['views'], workers: 1 },
  ],
  use: {
    browserName: 'chromium',
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    trace: 'off',
    launchOptions: {
      ...(process.env.CHROMIUM && { executablePath: process.env.CHROMIUM }),
      // Containers have a small /dev/shm, and in most of them no sandbox can be made.
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'],
    },
  },
});
