// Makes the pictures of docs/console-guide.md: the order example, as somebody sees it who tries it.

import { test as base, type Page } from '@playwright/test';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { expect, ROOT, withServer, type Stepwell } from './server';

const EXAMPLE = join(ROOT, 'examples/order');
const PICTURES = join(ROOT, 'docs/pictures');
const BYTES_MAX = 150_000;

const test = base.extend<object, { stepwell: Stepwell }>({
  stepwell: [async ({}, use) => withServer('', use, ['--functions', join(EXAMPLE, 'functions')]), { scope: 'worker' }],
});

async function picture(page: Page, name: string): Promise<void> {
  await expect(page.locator('.loading')).toHaveCount(0);
  await page.evaluate(() => document.fonts.ready);
  // Where the pointer was, something may still be lit.
  await page.mouse.move(640, 2);
  await page.waitForTimeout(400);
  const path = join(PICTURES, `${name}.png`);
  await page.screenshot({ path });
  expect(statSync(path).size, name).toBeLessThan(BYTES_MAX);
}

test('the pictures of the guide', async ({ page, stepwell }) => {
  const definition = JSON.parse(readFileSync(join(EXAMPLE, 'order.asl.json'), 'utf8')) as object;
  const order = JSON.parse(readFileSync(join(EXAMPLE, 'input.json'), 'utf8')) as { items: object[] };
  const machine = await stepwell.create('Order', definition);
  const version = await stepwell.call<{ stateMachineVersionArn: string }>('PublishStateMachineVersion', { stateMachineArn: machine, description: 'As it went live' });
  const later = JSON.stringify({ ...definition, TimeoutSeconds: 3600 });
  const next = await stepwell.call<{ stateMachineVersionArn: string }>('UpdateStateMachine', { stateMachineArn: machine, definition: later, publish: true, versionDescription: 'An order takes an hour at most' });
  await stepwell.call('CreateStateMachineAlias', {
    name: 'live',
    description: 'What customers order from',
    routingConfiguration: [
      { stateMachineVersionArn: version.stateMachineVersionArn, weight: 90 },
      { stateMachineVersionArn: next.stateMachineVersionArn, weight: 10 },
    ],
  });
  const run = async (number: number, items: object[]): Promise<string> => {
    const executionArn = await stepwell.start('Order', `order-${number}`, { orderId: `o-${number}`, items });
    await expect.poll(async () => (await stepwell.call<{ status: string }>('DescribeExecution', { executionArn })).status).not.toBe('RUNNING');
    return executionArn;
  };
  // One after the other: the first also starts the functions.
  for (let number = 1001; number < 1005; number++) await run(number, order.items);
  const failing = await run(1005, [{ sku: 'pot', quantity: 0, price: 19.9 }]);
  const good = await run(1006, order.items);

  await page.goto(stepwell.machine('Order'));
  await expect(page.getByRole('link', { name: 'order-1006' })).toBeVisible();
  await picture(page, 'state-machine');

  await page.goto(stepwell.execution(good));
  await page.getByLabel('ChargePayment, Task').click();
  await expect(page.getByRole('complementary').locator('.json').first()).toBeVisible();
  await picture(page, 'execution');

  await page.goto(stepwell.execution(good, '?view=table'));
  await expect(page.getByRole('treegrid').getByText('SendConfirmation')).toBeVisible();
  await picture(page, 'table');

  await page.goto(stepwell.machine('Order', '?tab=versions'));
  await expect(page.getByText('90 %')).toBeVisible();
  await page.getByRole('button', { name: 'Edit alias live' }).click();
  await picture(page, 'alias');

  await page.goto(stepwell.machine('Order').concat('/edit'));
  await page.getByLabel('ChargePayment, Task').click();
  await picture(page, 'designer');

  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(stepwell.execution(failing));
  await expect(page.getByLabel('What went wrong')).toContainText('quantity must be at least 1');
  await picture(page, 'failure');

});
