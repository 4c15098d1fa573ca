// `npm run measure`: how the console does where there is much of something. Prints a table; docs/console.md has one.

import { defineConfig } from '@playwright/test';

import base from '../playwright.config';

export default defineConfig(base, { testDir: '.', testMatch: 'measure.ts', timeout: 300_000, outputDir: '../dist/.measure' });
