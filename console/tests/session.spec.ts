// Signing in, where the server has keys.

import { test as base, type Page } from '@playwright/test';

import { expectAccessible, expectNothingWrong } from './accessible';
import { expect, withServer, type Stepwell } from './server';

const SECRET = 'a-secret-of-the-tests-alone';
const KEYS = `
[keys.admin]
access_key_id = "AKIAADMIN"
secret_access_key = "${SECRET}"

[keys.reader]
access_key_id = "AKIAREADER"
secret_access_key = "${SECRET}"

[[keys.reader.statements]]
Effect = "Allow"
Action = ["states:List*", "states:Describe*"]
Resource = "*"
`;

const test = base.extend<object, { stepwell: Stepwell }>({
  stepwell: [async ({}, use) => withServer(KEYS, use), { scope: 'worker' }],
});

async function signIn(page: Page, accessKeyId: string, secret = SECRET): Promise<void> {
  await page.getByLabel('Access key id').fill(accessKeyId);
  await page.getByLabel('Secret access key').fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('whoever signs in is where they wanted to go', async ({ page, stepwell }) => {
  const asked = `${stepwell.url}/console/activities?q=part`;
  const refused: string[] = [];
  page.on('response', (response) => response.status() >= 400 && refused.push(response.url()));
  await page.goto(asked);
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await expectNothingWrong(page);
  // Nothing was asked that nobody may know.
  expect(refused).toEqual([]);

  await signIn(page, 'AKIAADMIN', 'not-the-secret-of-it');
  await expect(page.getByRole('alert')).toContainText('There is no such access key, or its secret is another.');
  await expect(page.getByLabel('Secret access key')).toHaveValue('');
  await signIn(page, 'AKIAADMIN');
  await expect(page.getByRole('heading', { name: 'Activities' })).toBeVisible();
  await expect(page).toHaveURL(asked);
  await expect(page.getByRole('status').filter({ hasText: 'Live' })).toBeVisible();
  await expect(page.locator('.account')).toContainText('admin');
  await expectAccessible(page);

  await page.reload();
  await expect(page.getByRole('heading', { name: 'Activities' })).toBeVisible();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await expect(page).toHaveURL(asked);
});

test('a session that is over is begun again above the page', async ({ page, stepwell }) => {
  await page.goto(`${stepwell.url}/console/activities`);
  await signIn(page, 'AKIAADMIN');
  await page.getByRole('button', { name: 'Create activity' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('written-before');
  await page.evaluate(() => fetch('/stepwell/session', { method: 'DELETE' }));
  await page.getByRole('dialog').getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Sign in again' })).toBeVisible();
  await expectNothingWrong(page);
  await signIn(page, 'AKIAADMIN');
  await expect(page.getByRole('heading', { name: 'Sign in again' })).toHaveCount(0);
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue('written-before');
  await page.getByRole('dialog').getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByRole('cell', { name: 'written-before', exact: true })).toBeVisible();
});

test('what a key may not do is said', async ({ page, stepwell }) => {
  await page.goto(`${stepwell.url}/console/activities`);
  await signIn(page, 'AKIAREADER');
  await page.getByRole('button', { name: 'Create activity' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('forbidden');
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(dialog.getByRole('alert')).toContainText('AccessDeniedException');
  await expect(dialog.getByRole('alert')).toContainText('states:CreateActivity');
});
