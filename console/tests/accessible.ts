// What axe finds wrong on a page.

import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** Nothing that axe finds wrong, in light and in dark. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const mode of ['Dark mode', 'Light mode']) {
    await expectNothingWrong(page);
    await page.getByRole('button', { name: mode }).click();
  }
}

/** Nothing that axe finds wrong with the page as it is. */
export async function expectNothingWrong(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`);
  expect(told).toEqual([]);
}
