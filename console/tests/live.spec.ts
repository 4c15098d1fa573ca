// Live: what happens elsewhere is on the screen within a second.

import type { Locator, Page } from '@playwright/test';

import { expect, test } from './server';

const WITHIN_MILLIS = 1000;
const ROUNDS = 5;

const WAITING = { StartAt: 'Hold', States: { Hold: { Type: 'Wait', Seconds: 3600, End: true } } };

/** How long it takes from the answer to a call until something is seen. */
async function delay(act: () => Promise<unknown>, seen: Locator): Promise<number> {
  await act();
  const began = performance.now();
  await expect(seen).toBeVisible({ timeout: WITHIN_MILLIS });
  return performance.now() - began;
}

async function expectLive(page: Page): Promise<void> {
  await expect(page.getByRole('status').filter({ hasText: 'Live' })).toBeVisible();
}

const tell = (what: string, delays: number[]): void => console.log(`${what}: ${delays.map((millis) => `${Math.round(millis)} ms`).join(', ')}`);

test.beforeAll(async ({ stepwell }) => {
  await stepwell.create('watched', WAITING);
});

test('the end of an execution is on its page', async ({ page, stepwell }) => {
  const delays: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const executionArn = await stepwell.start('watched', `stopped-${round}`);
    await page.goto(stepwell.execution(executionArn));
    await expect(page.locator('.summary').getByText('Running', { exact: true })).toBeVisible();
    await expectLive(page);
    delays.push(await delay(() => stepwell.call('StopExecution', { executionArn, error: 'Enough' }), page.locator('.summary').getByText('Aborted')));
    await expect(page.getByLabel('What went wrong')).toContainText('Enough');
  }
  tell('the end of an execution, on its page', delays);
});

test('a start is in the lists', async ({ page, stepwell }) => {
  for (const [name, url] of [['its state machine', stepwell.machine('watched')], ['all executions', `${stepwell.url}/console/executions`]] as const) {
    await page.goto(url);
    await expect(page.getByRole('link', { name: 'stopped-0' })).toBeVisible();
    await expectLive(page);
    const delays: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const started = `${name.replaceAll(' ', '-')}-${round}`;
      delays.push(await delay(() => stepwell.start('watched', started), page.getByRole('link', { name: started })));
    }
    tell(`a start, in the list of ${name}`, delays);
  }
});
