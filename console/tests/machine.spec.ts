// A state machine's page: what of it can be changed there.

import { expectAccessible, expectNothingWrong } from './accessible';
import { expect, test } from './server';

const PASS = { StartAt: 'A', States: { A: { Type: 'Pass', End: true } } };

test('versions are published, started and deleted', async ({ page, stepwell }) => {
  test.slow();
  await stepwell.create('numbered', PASS);
  await page.goto(stepwell.machine('numbered', '?tab=versions'));
  const dialog = page.getByRole('dialog');
  for (const [number, description] of [[1, 'As it began'], [2, 'The same again']] as const) {
    await page.getByRole('button', { name: 'Publish a version' }).click();
    await dialog.getByRole('textbox', { name: 'Description' }).fill(description);
    await expect(dialog.getByText('publish-state-machine-version')).toContainText(`--description '${description}'`);
    await dialog.getByRole('button', { name: 'Publish' }).click();
    // The same revision is published once: a second version needs a change.
    await expect(page.getByRole('row', { name: `Version ${number}` })).toContainText(description);
    await stepwell.call('UpdateStateMachine', { stateMachineArn: stepwell.arn('numbered'), definition: JSON.stringify({ ...PASS, Comment: `${number}` }) });
    await page.reload();
  }

  await page.getByRole('button', { name: 'Start version 1' }).click();
  await dialog.getByRole('textbox', { name: 'Name' }).fill('of-version-1');
  await dialog.getByRole('button', { name: 'Start execution' }).click();
  await expect(page.getByRole('heading', { name: 'of-version-1' })).toBeVisible();
  await expect(page.locator('.summary')).toContainText('Version1');

  await page.goto(stepwell.machine('numbered', '?tab=versions'));
  await page.getByRole('button', { name: 'Delete version 2' }).click();
  await dialog.getByRole('button', { name: 'Delete version' }).click();
  await expect(page.getByRole('link', { name: 'Version 2' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Version 1' }).click();
  await expect(page.getByRole('link', { name: 'of-version-1' })).toBeVisible();
});

test('an alias divides its starts between two versions', async ({ page, stepwell }) => {
  test.slow();
  const machine = await stepwell.create('divided', PASS);
  for (const Comment of ['one', 'two']) {
    await stepwell.call('UpdateStateMachine', { stateMachineArn: machine, definition: JSON.stringify({ ...PASS, Comment }), publish: true });
  }
  await page.goto(stepwell.machine('divided', '?tab=versions'));
  await page.getByRole('button', { name: 'Create an alias' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('7');
  await expect(dialog.getByText('not digits alone')).toBeVisible();
  await dialog.getByRole('textbox', { name: 'Name' }).fill('live');
  await dialog.getByLabel('Leads to').selectOption('Version 2');
  await dialog.getByLabel('And to').selectOption('Version 1');
  await dialog.getByLabel('Share of version 2 in percent').fill('10');
  await expect(dialog.getByText('create-state-machine-alias')).toContainText('"weight":90');
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  const row = page.getByRole('row', { name: 'live' });
  await expect(row).toContainText('Version 210 %');
  await expect(row).toContainText('Version 190 %');

  await page.getByRole('button', { name: 'Edit alias live' }).click();
  await expect(dialog.getByLabel('Share of version 2 in percent')).toHaveValue('10');
  await dialog.getByRole('textbox', { name: 'Description' }).fill('All of it');
  await dialog.getByLabel('And to').selectOption('no other');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('All of it');
  await expect(row).not.toContainText('%');

  // Why it can't be done is said by the server.
  await page.getByRole('button', { name: 'Delete version 2' }).click();
  await dialog.getByRole('button', { name: 'Delete version' }).click();
  await expect(dialog.getByRole('alert')).toContainText('ConflictException');
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  await page.getByRole('button', { name: 'Start alias live' }).click();
  await dialog.getByRole('button', { name: 'Start execution' }).click();
  await expect(page.locator('.summary')).toContainText('Aliaslive');
  await page.goBack();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Delete alias live' }).click();
  await dialog.getByRole('button', { name: 'Delete alias' }).click();
  await expect(page.getByText('There is none. An alias leads')).toBeVisible();
});

test('settings are changed, and the rest stays as it is', async ({ page, stepwell }) => {
  const machine = await stepwell.create('settled', PASS);
  await page.goto(stepwell.machine('settled', '?tab=settings'));
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: 'Edit tracing' }).click();
  await dialog.getByText('Trace executions with X-Ray').click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('region', { name: 'Tracing' })).toContainText('on');

  await page.getByRole('button', { name: 'Edit logging' }).click();
  await dialog.getByLabel('What is logged').selectOption('ALL');
  await expect(dialog.getByText('--logging-configuration')).toContainText('/aws/vendedlogs/states/settled:*');
  await expectNothingWrong(page);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('region', { name: 'Logging' })).toContainText('All events');

  await page.getByRole('button', { name: 'Edit role' }).click();
  await dialog.getByRole('textbox', { name: 'ARN of the role' }).fill('arn:aws:iam::000000000000:role/other');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('region', { name: 'Role' })).toContainText('role/other');
  const now = await stepwell.call<object>('DescribeStateMachine', { stateMachineArn: machine });
  expect(now).toMatchObject({
    definition: JSON.stringify(PASS),
    roleArn: 'arn:aws:iam::000000000000:role/other',
    tracingConfiguration: { enabled: true },
    loggingConfiguration: { level: 'ALL', includeExecutionData: false },
  });
});

test('tags are added, changed and removed', async ({ page, stepwell }) => {
  await stepwell.create('tagged', PASS);
  await page.goto(stepwell.machine('tagged', '?tab=settings'));
  const tags = page.getByRole('region', { name: 'Tags' });
  const dialog = page.getByRole('dialog');
  await tags.getByRole('button', { name: 'Add a tag' }).click();
  await dialog.getByRole('textbox', { name: 'Key' }).fill('team');
  await dialog.getByRole('textbox', { name: 'Value' }).fill('blue');
  await dialog.getByRole('button', { name: 'Add' }).click();
  await expect(tags.getByRole('row', { name: 'team' })).toContainText('blue');
  await tags.getByRole('button', { name: 'Change the tag team' }).click();
  await dialog.getByRole('textbox', { name: 'Value' }).fill('green');
  await dialog.getByRole('button', { name: 'Change' }).click();
  await expect(tags.getByRole('row', { name: 'team' })).toContainText('green');
  await expectAccessible(page);
  await tags.getByRole('button', { name: 'Remove the tag team' }).click();
  await dialog.getByRole('button', { name: 'Remove tag' }).click();
  await expect(tags.getByText('There is none.')).toBeVisible();
});

test('an activity is created and deleted', async ({ page, stepwell }) => {
  await page.goto(`${stepwell.url}/console/activities`);
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: 'Create activity' }).click();
  await dialog.getByRole('textbox', { name: 'Name' }).fill('short-lived');
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByRole('cell', { name: 'short-lived', exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Delete short-lived' }).click();
  await expect(dialog.getByText('delete-activity')).toBeVisible();
  await dialog.getByRole('button', { name: 'Delete activity' }).click();
  await expect(page.getByRole('cell', { name: 'short-lived', exact: true })).toHaveCount(0);
});

test('the chosen state of a definition is in the address', async ({ page, stepwell }) => {
  await stepwell.create('shown', PASS);
  await page.goto(stepwell.machine('shown', '?tab=definition'));
  await page.getByLabel('A, Pass').click();
  await expect(page).toHaveURL(/state=A/);
  await page.reload();
  await expect(page.locator('.react-flow__node.selected')).toContainText('A');
});
