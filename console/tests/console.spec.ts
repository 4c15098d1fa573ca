// The console over the real binary, in a real browser.

import type { Locator, Page } from '@playwright/test';

import { expectAccessible } from './accessible';
import { expect, test } from './server';

const APPROVAL = (activity: string) => ({
  StartAt: 'Look',
  States: {
    Look: { Type: 'Pass', Result: { looked: true }, ResultPath: '$.look', Next: 'Ask' },
    Ask: { Type: 'Task', Resource: activity, Catch: [{ ErrorEquals: ['No'], Next: 'Refused' }], Next: 'Each' },
    Each: {
      Type: 'Map',
      ItemsPath: '$.items',
      ItemProcessor: {
        StartAt: 'Right?',
        States: {
          'Right?': { Type: 'Choice', Choices: [{ Variable: '$', NumericGreaterThan: 2, Next: 'Wrong' }], Default: 'Fine' },
          Fine: { Type: 'Pass', End: true },
          Wrong: { Type: 'Fail', Error: 'TooLarge', Cause: 'More than two' },
        },
      },
      End: true,
    },
    Refused: { Type: 'Fail', Error: 'Refused' },
  },
});

const FAILING = 'arn:aws:states:us-east-1:000000000000:execution:approval:failing';

let activity: string;

test.beforeAll(async ({ stepwell }) => {
  activity = (await stepwell.call<{ activityArn: string }>('CreateActivity', { name: 'ask' })).activityArn;
  await stepwell.create('approval', APPROVAL(activity));
  await stepwell.create('hello', { StartAt: 'A', States: { A: { Type: 'Pass', End: true } } });
  await stepwell.create('quick', { StartAt: 'Only', States: { Only: { Type: 'Pass', End: true } } }, 'EXPRESS');
  await stepwell.start('approval', 'failing', { items: [] });
  const { taskToken } = await stepwell.call<{ taskToken: string }>('GetActivityTask', { activityArn: activity });
  await stepwell.call('SendTaskSuccess', { taskToken, output: '{"items": [1, 9, 2]}' });
});

test('a state machine is created, started and deleted', async ({ page, stepwell }) => {
  await page.goto(stepwell.url);
  await expect(page).toHaveURL(/\/console\/machines$/);
  await page.getByRole('link', { name: 'Create state machine' }).click();
  await expect(page.getByText('Nothing is wrong with it.')).toBeVisible();
  await page.getByRole('textbox', { name: 'Name' }).fill('made-here');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'made-here' })).toBeVisible();

  await page.getByRole('button', { name: 'Start execution' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('aws stepfunctions start-execution')).toBeVisible();
  await dialog.getByRole('textbox', { name: 'Name' }).fill('first');
  await dialog.getByRole('button', { name: 'Start execution' }).click();
  await expect(page.getByRole('heading', { name: 'first' })).toBeVisible();
  await expect(page.getByText('Succeeded').first()).toBeVisible();

  await page.goto(stepwell.machine('made-here'));
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete state machine' }).click();
  await expect(page).toHaveURL(/\/console\/machines$/);
  await expect(page.getByRole('link', { name: 'made-here' })).toHaveCount(0);
});

test('what a definition lacks is said beside it', async ({ page, stepwell }) => {
  await page.goto(stepwell.machine('hello').concat('/edit?view=code'));
  const editor = page.getByRole('textbox', { name: 'Definition' });
  await editor.click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText('{"StartAt": "B", "States": {"A": {"Type": "Pass", "End": true}}}');
  await expect(page.getByLabel('Findings').getByText('MISSING_TRANSITION_TARGET').first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Save', exact: true })).toBeDisabled();
});

test('a task is answered, and what follows shows at once', async ({ page, stepwell }) => {
  const arn = await stepwell.start('approval', 'answered', { items: [1, 2] });
  await page.goto(stepwell.execution(arn));
  const waiting = page.getByLabel('What it waits for');
  await expect(waiting).toContainText('waits for a worker of the activity ask');

  const polled = await stepwell.call<{ taskToken: string }>('GetActivityTask', { activityArn: activity, workerName: 'Ada' });
  await expect(waiting).toContainText('is being worked on by Ada', { timeout: 2000 });
  expect(await waiting.locator('code').first().textContent()).toBe(polled.taskToken);

  await waiting.getByRole('button', { name: 'Succeed' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Output of the task' }).click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText('{"items": [1, 2]}');
  await dialog.getByRole('button', { name: 'Send result' }).click();
  await expect(page.locator('.summary').getByText('Succeeded')).toBeVisible();
  await expect(page.getByLabel('Each, Map, Succeeded')).toBeVisible();
});

test('a failure is told first and leads to its step, in its iteration', async ({ page, stepwell }) => {
  await page.goto(stepwell.execution(FAILING));
  const failure = page.getByLabel('What went wrong');
  await expect(failure).toContainText('TooLarge');
  await failure.getByRole('button', { name: 'Wrong (iteration 1)' }).click();
  const panel = page.getByRole('complementary', { name: 'State Wrong' });
  await expect(panel).toContainText('More than two');
  await expect(page).toHaveURL(/step=\d+/);
  await expect(page.getByLabel('Iteration of Each')).toHaveValue('1');

  // What is on the screen is in the address.
  await page.reload();
  await expect(panel).toContainText('More than two');
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
});

test('the table says what the graph says, by keyboard', async ({ page, stepwell }) => {
  const arn = await stepwell.start('approval', 'by-keyboard', { items: [1] });
  await page.goto(stepwell.execution(arn, '?view=table'));
  const table = page.getByRole('treegrid', { name: 'Steps' });
  await table.focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('complementary', { name: 'State Look' })).toBeVisible();
  await table.focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('complementary', { name: 'State Ask' })).toBeVisible();
  await expect(table.getByRole('row', { selected: true })).toContainText('Ask');
});

test('the graph is walked with the arrow keys', async ({ page, stepwell }) => {
  const arn = await stepwell.start('hello', 'walked');
  await page.goto(stepwell.execution(arn));
  await page.getByLabel('A, Pass, Succeeded').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: 'State A' })).toBeVisible();

  await page.goto(stepwell.execution(FAILING));
  await page.getByLabel('Look, Pass, Succeeded').focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('complementary', { name: 'State Ask' })).toBeVisible();
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('complementary', { name: 'State Look' })).toBeVisible();
});

test('Express executions are found and shown', async ({ page, stepwell }) => {
  await stepwell.start('quick', 'express-one', { a: 1 });
  await page.goto(stepwell.machine('quick'));
  await page.getByRole('link', { name: 'express-one' }).click();
  await expect(page.getByLabel('Only, Pass, Succeeded')).toBeVisible();
});

test('executions are found by a part of their name, and by their error', async ({ page, stepwell }) => {
  await stepwell.start('hello', 'needle-in-hay');
  await page.goto(`${stepwell.url}/console/executions`);
  await expect(page.getByRole('heading', { name: 'Executions' })).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.type('needle');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/q=needle/);
  await expect(page.getByRole('link', { name: 'needle-in-hay' })).toBeVisible();
  await page.goto(`${stepwell.url}/console/executions?error=toolarge`);
  await expect(page.getByRole('link', { name: 'failing' })).toBeVisible();
});

test('executions are found by their time and their state machine', async ({ page, stepwell }) => {
  await stepwell.start('hello', 'just-now');
  const found = page.getByRole('link', { name: 'just-now' });
  await page.goto(`${stepwell.url}/console/executions?since=1h`);
  await expect(found).toBeVisible();
  await page.getByLabel('Time', { exact: true }).selectOption('between …');
  await expect(page).toHaveURL(/since=\d{4}-\d{2}-\d{2}T/);
  await expect(found).toBeVisible();
  await page.getByLabel('Until').fill('2020-01-01T00:00');
  await expect(page.getByText('No execution fits the filters.')).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('Until')).toHaveValue('2020-01-01T00:00');

  await page.goto(`${stepwell.url}/console/executions?q=just`);
  await expect(found).toBeVisible();
  await page.getByLabel('State machine', { exact: true }).selectOption('quick');
  await expect(found).toHaveCount(0);
  await page.getByLabel('State machine', { exact: true }).selectOption('hello');
  await expect(found).toBeVisible();
  await page.getByRole('radio', { name: 'Failed' }).click();
  await expect(page).toHaveURL(/status=FAILED/);
  await expect(found).toHaveCount(0);
});

test('the order of events is in the address', async ({ page, stepwell }) => {
  await page.goto(stepwell.execution(FAILING, '?view=events'));
  const first = page.getByRole('table', { name: 'Events' }).getByRole('row').nth(1);
  await expect(first).toContainText('ExecutionStarted');
  await page.getByRole('button', { name: 'Oldest first' }).click();
  await expect(page).toHaveURL(/order=newest/);
  await page.reload();
  await expect(first).toContainText('ExecutionFailed');
});

test('activities show who waits', async ({ page, stepwell }) => {
  await page.goto(`${stepwell.url}/console/activities`);
  await expect(page.getByRole('cell', { name: 'ask', exact: true })).toBeVisible();
});

test('25,000 events and a thousand states stay smooth', async ({ page, stepwell }) => {
  test.slow();
  const items = Array.from({ length: 6000 }, (_, index) => index);
  await stepwell.create('wide', {
    StartAt: 'All',
    States: { All: { Type: 'Map', ItemProcessor: { StartAt: 'One', States: { One: { Type: 'Pass', End: true } } }, End: true } },
  });
  const arn = await stepwell.start('wide', 'many', items);
  const began = Date.now();
  await page.goto(stepwell.execution(arn, '?view=events'));
  await expect(page.getByText(/of 24,\d+ events/)).toBeVisible({ timeout: 30_000 });
  const grid = page.getByRole('table', { name: 'Events' });
  const scrolled = await grid.evaluate(async (element) => {
    const frames: number[] = [];
    let last = performance.now();
    for (let step = 1; step <= 40; step++) {
      element.scrollTop = (element.scrollHeight / 40) * step;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      frames.push(performance.now() - last);
      last = performance.now();
    }
    return frames.sort((a, b) => a - b)[Math.floor(frames.length / 2)] ?? 0;
  });
  expect(await grid.getByRole('row').count()).toBeLessThan(120);
  console.log(`25,000 events: shown after ${Date.now() - began} ms, ${scrolled.toFixed(0)} ms a frame`);

  const States = Object.fromEntries(
    Array.from({ length: 1000 }, (_, index) => [`S${index}`, { Type: 'Pass', ...(index < 999 ? { Next: `S${index + 1}` } : { End: true }) }]),
  );
  await stepwell.create('long', { StartAt: 'S0', States });
  await page.goto(stepwell.machine('long', '?tab=definition'));
  await expect(page.getByRole('group', { name: 'Graph of long' }).locator('.react-flow__node').first()).toBeVisible({ timeout: 20_000 });
});

test.describe('nothing that axe finds wrong', () => {
  const machine = '/console/machines/arn:aws:states:us-east-1:000000000000:stateMachine:approval';
  const execution = `/console/executions/${FAILING}`;
  /** A page, where it is, and what it is about. */
  const pages: [string, string, (page: Page) => Locator][] = [
    ['state machines', '/console/machines', (page) => page.getByRole('link', { name: 'approval' })],
    ['a state machine', machine, (page) => page.getByRole('link', { name: 'failing' })],
    ['a definition', `${machine}?tab=definition`, (page) => page.getByRole('textbox', { name: 'Definition of approval' })],
    ['versions', `${machine}?tab=versions`, (page) => page.getByRole('button', { name: 'Publish a version' })],
    ['settings', `${machine}?tab=settings`, (page) => page.getByRole('region', { name: 'Tags' })],
    ['the designer', '/console/new-machine?state=Hello', (page) => page.getByRole('textbox', { name: 'Name of the state' })],
    ['the code', '/console/new-machine?view=code', (page) => page.getByRole('textbox', { name: 'Definition' })],
    ['executions', '/console/executions', (page) => page.getByRole('link', { name: 'failing' })],
    ['activities', '/console/activities', (page) => page.getByRole('cell', { name: 'ask', exact: true })],
    ['a graph with a step', `${execution}?state=Ask`, (page) => page.getByRole('complementary', { name: 'State Ask' })],
    ['a table', `${execution}?view=table`, (page) => page.getByRole('treegrid', { name: 'Steps' })],
    ['events', `${execution}?view=events`, (page) => page.getByRole('table', { name: 'Events' })],
    ['input and output', `${execution}?view=data`, (page) => page.getByRole('heading', { name: 'Output' })],
    ['nothing', '/console/nowhere', (page) => page.getByRole('heading', { level: 1 })],
  ];
  for (const [name, path, about] of pages) {
    test(name, async ({ page, stepwell }) => {
      await page.goto(`${stepwell.url}${path}`);
      await expect(about(page).first()).toBeVisible();
      await expectAccessible(page);
    });
  }

  test('a definition whose code view is still being loaded', async ({ page, stepwell }) => {
    let load = (): void => undefined;
    const isWanted = new Promise<void>((resolve) => (load = resolve));
    await page.route(/\/assets\/code-/, async (route) => {
      await isWanted;
      await route.continue();
    });
    await page.goto(`${stepwell.url}${machine}?tab=definition`);
    await expect(page.getByText('"StartAt": "Look"')).toBeVisible();
    await expectAccessible(page);
    load();
    await expect(page.getByRole('textbox', { name: 'Definition of approval' })).toBeVisible();
  });
});

test('a Map Run shows how far it is, and leads to its children', async ({ page, stepwell }) => {
  const Small = { Type: 'Choice', Choices: [{ Variable: '$', NumericGreaterThan: 2, Next: 'Wrong' }], Default: 'Fine' };
  const Wrong = { Type: 'Fail', Error: 'TooLarge' };
  const ItemProcessor = { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, StartAt: 'Small', States: { Small, Wrong, Fine: { Type: 'Pass', End: true } } };
  await stepwell.create('spread', { StartAt: 'All', States: { All: { Type: 'Map', Label: 'All', ToleratedFailureCount: 1, ItemProcessor, End: true } } });
  const arn = await stepwell.start('spread', 'spread-out', [1, 2, 3]);
  await page.goto(stepwell.execution(arn));
  await expect(page.locator('.summary').getByText('Succeeded')).toBeVisible();
  await page.getByRole('link', { name: 'Map Run' }).click();
  await expect(page.getByRole('heading', { name: 'Map Run' })).toBeVisible();
  await expect(page.locator('.progress').first()).toContainText('Succeeded 2');
  await expectAccessible(page);
  await page.getByRole('radio', { name: 'Failed' }).click();
  await page.getByRole('table', { name: 'Executions' }).getByRole('link').first().click();
  await expect(page.getByLabel('Wrong, Fail, Failed')).toBeVisible();
  await expect(page.getByLabel('All, Map')).toHaveCount(0);
});
