// `npm run pictures`: the pictures of docs/console-guide.md.

import { defineConfig } from '@playwright/test';

import base from '../playwright.config';

export default defineConfig(base, {
  testDir: '.',
  testMatch: 'pictures.ts',
  outputDir: '../dist/.pictures',
  use: { ...base.use, viewport: { width: 1280, height: 720 }, colorScheme: 'light', locale: 'en-GB' },
});
