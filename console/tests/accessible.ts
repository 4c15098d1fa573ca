// What axe finds wrong on a page.

import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const MODES = [
  { mode: 'light', next: 'Dark mode' },
  { mode: 'dark', next: 'Light mode' },
] as const;

/** Nothing that axe finds wrong, in light and in dark. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const { mode, next } of MODES) {
    const change = page.getByRole('button', { name: next });
    await expect(change).toBeVisible();
    await expectNothingWrong(page, mode);
    await change.click();
  }
  await expect(page.getByRole('button', { name: MODES[0].next })).toBeVisible();
}

/** Nothing that axe finds wrong with the page as it is, once it is there. */
export async function expectNothingWrong(page: Page, mode = 'as it is'): Promise<void> {
  await settled(page);
  const { violations } = await new AxeBuilder({ page }).analyze();
  const told = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} at ${node.target}: ${node.failureSummary}`));
  expect(told, `${page.url()}, ${mode}`).toEqual([]);
}

/** The page is loaded, and nothing on it is on its way to look different. */
async function settled(page: Page): Promise<void> {
  await expect(page.locator('h1').first()).toBeVisible();
  await expect(page.locator('.loading, .loading-code')).toHaveCount(0);
  await page.evaluate(() => {
    const ending = document.getAnimations().filter((animation) => Number.isFinite(Number(animation.effect?.getComputedTiming().endTime)));
    return Promise.allSettled(ending.map((animation) => animation.finished));
  });
}
