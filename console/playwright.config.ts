import { defineConfig } from '@playwright/test';

// Debian's Chromium; another one by its path.
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

export default defineConfig({
  testDir: 'tests',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  workers: 1,
  reporter: 'line',
  outputDir: 'dist/.browser',
  use: {
    viewport: { width: 1440, height: 900 },
    launchOptions: { executablePath, args: ['--no-sandbox'] },
    contextOptions: { reducedMotion: 'reduce' },
    trace: 'off',
  },
});
