// The designer over the real binary: by mouse, by keyboard, and beside the code.

import type { Page } from '@playwright/test';

import { insertFirst } from '../src/designer/actions';
import { CATALOG } from '../src/designer/catalog';
import { applied } from '../src/designer/edit';
import { expectAccessible } from './accessible';
import { expect, test } from './server';

const option = (page: Page, name: string) => page.getByRole('listbox', { name: 'States and integrations' }).getByRole('option').filter({ has: page.getByText(name, { exact: true }) });
const place = (page: Page, name: string) => page.getByLabel(`Empty place: ${name}`);
const box = (page: Page, name: string) => page.locator(`.react-flow__node[data-id="state:${name}"]`);

/** Shows the code, until what is checked of it holds. */
async function expectCode(page: Page, check: (code: string) => void): Promise<void> {
  await page.getByRole('tab', { name: 'Code' }).click();
  const lines = page.locator('.definition-code .cm-line');
  await expect(async () => check((await lines.allTextContents()).join('\n'))).toPass({ timeout: 15_000 });
}

async function writeCode(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Definition' }).click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(text);
}

test('a workflow is built by mouse, saved, and runs', async ({ page, stepwell }) => {
  await page.goto(`${stepwell.url}/console/new-machine`);
  await expect(page.getByText('Nothing is wrong with it.')).toBeVisible();
  await option(page, 'Choice').dragTo(page.getByLabel('Put a state here').last());
  await expect(box(page, 'Choice')).toBeFocused();
  await expect(page.getByLabel('Findings')).toContainText('These fields are required');
  await option(page, 'Fail').dragTo(place(page, 'Where this rule leads'));
  await expect(box(page, 'Fail')).toBeFocused();
  await option(page, 'Parallel').dragTo(place(page, 'Otherwise'));
  await expect(box(page, 'Parallel')).toBeFocused();
  await option(page, 'Pass').dragTo(place(page, 'First state').first());
  await expect(box(page, 'Pass')).toBeFocused();
  await option(page, 'Succeed').dragTo(place(page, 'First state'));
  await expect(box(page, 'Succeed')).toBeFocused();
  // A state is put after another by its lower half, and before it by its upper one.
  await option(page, 'Wait').dragTo(box(page, 'Hello'), { targetPosition: { x: 100, y: 8 } });
  await expect(page.getByText('Nothing is wrong with it.')).toBeVisible();
  await expect(page.getByRole('toolbar', { name: 'Actions of Wait' })).toBeVisible();
  await expectAccessible(page);

  // And is taken elsewhere.
  await box(page, 'Wait').dragTo(box(page, 'Pass'), { targetPosition: { x: 80, y: 36 } });
  await expect(page.getByText('Nothing is wrong with it.')).toBeVisible();

  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('by-mouse');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'by-mouse' })).toBeVisible();
  const { definition } = await stepwell.call<{ definition: string }>('DescribeStateMachine', {
    stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:by-mouse',
  });
  expect(JSON.parse(definition)).toEqual({
    Comment: 'Says hello',
    StartAt: 'Hello',
    States: {
      Hello: { Type: 'Pass', Result: { greeting: 'Hello, world' }, Next: 'Choice' },
      Choice: { Type: 'Choice', Choices: [{ Variable: '$.value', IsPresent: true, Next: 'Fail' }], Default: 'Parallel' },
      Fail: { Type: 'Fail', Error: 'Failed', Cause: 'What went wrong' },
      Parallel: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'Pass', States: { Pass: { Type: 'Pass', Next: 'Wait' }, Wait: { Type: 'Wait', Seconds: 5, End: true } } },
          { StartAt: 'Succeed', States: { Succeed: { Type: 'Succeed' } } },
        ],
        End: true,
      },
    },
  });
  const arn = await stepwell.start('by-mouse', 'run');
  await page.goto(stepwell.execution(arn));
  await expect(page.locator('.summary').getByText('Succeeded')).toBeVisible({ timeout: 20_000 });
});

test('the canvas stays where it is under what is carried', async ({ page, stepwell }) => {
  let answer = (): void => undefined;
  const isWanted = new Promise<void>((resolve) => (answer = resolve));
  await page.goto(`${stepwell.url}/console/new-machine`);
  await expect(page.getByText('Nothing is wrong with it.')).toBeVisible();
  await page.route(`${stepwell.url}/`, async (route) => {
    if (/Validate/.test(route.request().headers()['x-amz-target'] ?? '')) await isWanted;
    await route.continue();
  });
  await page.getByLabel('Hello, Pass').focus();
  await page.keyboard.press('a');
  await page.keyboard.type('parallel');
  await page.keyboard.press('Enter');
  await expect(box(page, 'Parallel')).toBeFocused();
  await option(page, 'Pass').hover();
  await page.mouse.down();
  const before = await box(page, 'Parallel').boundingBox();
  // What is wrong takes room from the canvas.
  answer();
  await expect(page.getByLabel('Findings')).toContainText('These fields are required');
  expect(await box(page, 'Parallel').boundingBox()).toEqual(before);
  await page.mouse.up();
  await expect.poll(() => box(page, 'Parallel').boundingBox()).not.toEqual(before);
});

test('a workflow is built by keyboard alone, saved, and runs', async ({ page, stepwell }) => {
  await page.goto(`${stepwell.url}/console/new-machine`);
  await page.getByLabel('Hello, Pass').focus();
  await page.keyboard.press('a');
  await expect(page.getByLabel('Find a state or an integration')).toBeFocused();
  await page.keyboard.type('choice');
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Choice, Choice')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  const first = page.locator('.react-flow__node-place:focus');
  await expect(first).toBeVisible();
  await page.keyboard.press('Enter');
  await page.keyboard.type('succeed');
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Succeed, Succeed')).toBeFocused();
  await page.keyboard.press('b');
  await page.keyboard.type('pass');
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Pass, Pass')).toBeFocused();
  await page.keyboard.press('d');
  await expect(page.locator('.react-flow__node-state')).toHaveCount(5);
  await page.keyboard.press('Delete');
  await expect(page.locator('.react-flow__node-state')).toHaveCount(4);

  // What is left empty is filled from the toolbar's other end: the palette says where it goes.
  await page.locator('.react-flow__node-place').focus();
  await page.keyboard.press('a');
  await page.keyboard.type('fail');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Nothing is wrong with it.')).toBeVisible();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('by-keyboard');
  await page.keyboard.press('ControlOrMeta+s');
  await expect(page.getByRole('heading', { name: 'by-keyboard' })).toBeVisible();
  const arn = await stepwell.start('by-keyboard', 'run', { value: 1 });
  await page.goto(stepwell.execution(arn));
  await expect(page.locator('.summary').getByText(/Succeeded|Failed/)).toBeVisible();
});

test('YAML keeps its comments when the workflow is designed, and undo gives each text back', async ({ page, stepwell }) => {
  await stepwell.create('commented', { StartAt: 'A', States: { A: { Type: 'Pass', End: true } } });
  await page.goto(stepwell.machine('commented').concat('/edit?view=code'));
  await page.getByLabel('Written in').selectOption('yaml');
  const text = 'StartAt: A # the first\nStates:\n  # Does nothing\n  A:\n    Type: Pass\n    End: true # for now';
  await writeCode(page, text);
  await expect(page.getByText('Nothing is wrong with it.')).toBeVisible();
  await page.getByRole('tab', { name: 'Design' }).click();
  await page.getByLabel('A, Pass').focus();
  await page.keyboard.press('a');
  await page.keyboard.type('wait');
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Wait, Wait')).toBeFocused();
  const withWait =
    'StartAt: A # the first\nStates:\n  # Does nothing\n  A:\n    Type: Pass\n    Next: Wait # for now\n  Wait:\n    Type: Wait\n    Seconds: 5\n    End: true';
  await expectCode(page, (code) => expect(code).toBe(withWait));
  await page.getByRole('tab', { name: 'Design' }).click();
  await page.keyboard.press('ControlOrMeta+z');
  await expect(page.getByLabel('Wait, Wait')).toHaveCount(0);
  await expectCode(page, (code) => expect(code).toBe(text));
  await page.keyboard.press('ControlOrMeta+y');
  await expectCode(page, (code) => expect(code).toContain('Next: Wait # for now'));

  // There and back again.
  await page.getByLabel('Written in').selectOption('json');
  await expectCode(page, (code) => expect(code).toContain('"Seconds": 5'));
  await page.getByLabel('Written in').selectOption('yaml');
  await expectCode(page, (code) => expect(code).toContain('# Does nothing'));

  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page).toHaveURL(/tab=definition/);
  const { definition } = await stepwell.call<{ definition: string }>('DescribeStateMachine', {
    stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:commented',
  });
  expect(JSON.parse(definition)).toEqual({ StartAt: 'A', States: { A: { Type: 'Pass', Next: 'Wait' }, Wait: { Type: 'Wait', Seconds: 5, End: true } } });
});

test('code is completed, and what is wrong is marked where it is', async ({ page, stepwell }) => {
  await page.goto(`${stepwell.url}/console/new-machine?view=code`);
  await writeCode(page, '{"StartAt": "First", "States": {"First": {"Type": "Pass", "Next": "Gone"}, "Last": {"Type": "Succeed"}}}');
  await expect(page.locator('.cm-lintRange-error').filter({ hasText: 'Next' })).toBeVisible();
  await page.getByRole('textbox', { name: 'Definition' }).click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText('{"StartAt": "First", "States": {"First": {"Type": "Pass", "Next": "');
  await page.keyboard.press('Control+Space');
  await expect(page.locator('.cm-tooltip-autocomplete')).toContainText('Last');
  await page.keyboard.press('Escape');
});

test('everything in the palette is something that the server takes', async ({ stepwell }) => {
  // What has an empty place lacks what is put there.
  const unfinished = new Set(['Choice', 'Parallel', 'Map', 'Distributed Map']);
  for (const QueryLanguage of ['JSONPath', 'JSONata'] as const) {
    for (const item of CATALOG) {
      const definition = applied({ QueryLanguage }, insertFirst({ QueryLanguage }, [], item.name, item.make(QueryLanguage === 'JSONata')));
      const answer = await stepwell.call<{ diagnostics: { message: string; severity: string }[] }>('ValidateStateMachineDefinition', { definition: JSON.stringify(definition), severity: 'WARNING' });
      const told = answer.diagnostics.filter(({ message }) => !unfinished.has(item.id) || !/required|empty/.test(message));
      expect(told, `${item.id} in ${QueryLanguage}`).toEqual([]);
    }
  }
});

test('a workflow begins with a template', async ({ page, stepwell }) => {
  await page.goto(`${stepwell.url}/console/new-machine`);
  await page.getByRole('button', { name: 'Start from a template' }).click();
  const dialog = page.getByRole('dialog', { name: 'Start from a template' });
  await dialog.getByRole('radio', { name: /Choose a way/ }).click();
  await dialog.getByRole('button', { name: 'Start from it' }).click();
  await expect(page.locator('.react-flow__node-state[aria-label*="Choice"]').first()).toBeVisible();
  await expect(page.getByText('Nothing is wrong with it.')).toBeVisible();
  await page.keyboard.press('ControlOrMeta+z');
  await expect(page.getByLabel('Hello, Pass')).toBeVisible();
});

test('what the inspector changes is in the code, and a renamed state stays chosen', async ({ page, stepwell }) => {
  await page.goto(`${stepwell.url}/console/new-machine?state=Hello`);
  const name = page.getByRole('textbox', { name: 'Name of the state' });
  await expect(name).toBeVisible();
  await box(page, 'Hello').focus();
  await page.keyboard.press('F2');
  await expect(name).toBeFocused();
  await page.keyboard.type('Good day');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/state=Good/);
  await expect(page.getByLabel('Good day, Pass')).toBeVisible();
  await expectCode(page, (code) => expect(code).toContain('"StartAt": "Good day"'));
});

test('a state is copied from one workflow and pasted into another', async ({ page, stepwell }) => {
  const Inner = { StartAt: 'Hello', States: { Hello: { Type: 'Pass', End: true } } };
  await stepwell.create('source', { StartAt: 'Each', States: { Each: { Type: 'Map', ItemProcessor: Inner, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Sorry' }], End: true }, Sorry: { Type: 'Fail' } } });
  await page.goto(stepwell.machine('source').concat('/edit?state=Each'));
  await page.getByLabel('Each, Map').focus();
  await page.keyboard.press('ControlOrMeta+c');
  await page.goto(`${stepwell.url}/console/new-machine`);
  await page.getByLabel('Hello, Pass').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('ControlOrMeta+v');
  await expect(page.getByLabel('Each, Map')).toBeFocused();
  await expectCode(page, (code) => {
    const { States } = JSON.parse(code) as { States: Record<string, unknown> };
    expect(States).toMatchObject({
      Hello: { Type: 'Pass', Next: 'Each' },
      Each: { Type: 'Map', ItemProcessor: { StartAt: 'Hello (1)', States: { 'Hello (1)': { Type: 'Pass', End: true } } }, Catch: [{ ErrorEquals: ['States.ALL'] }], End: true },
    });
    expect(States.Each).not.toHaveProperty('Catch.0.Next');
  });
});

test('what somebody else saves meanwhile is told', async ({ page, stepwell }) => {
  const stateMachineArn = await stepwell.create('shared', { StartAt: 'A', States: { A: { Type: 'Pass', End: true } } });
  await page.goto(stepwell.machine('shared').concat('/edit'));
  await expect(page.getByLabel('A, Pass')).toBeVisible();
  await stepwell.call('UpdateStateMachine', { stateMachineArn, definition: JSON.stringify({ StartAt: 'B', States: { B: { Type: 'Pass', End: true } } }) });
  await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
  await expect(page.getByText('It was saved by somebody else')).toBeVisible();
  await expect(page.getByLabel('A, Pass')).toBeVisible();
});

test('the state that the cursor is in is chosen', async ({ page, stepwell }) => {
  await page.goto(`${stepwell.url}/console/new-machine?view=code`);
  await page.locator('.cm-line').filter({ hasText: 'greeting' }).click();
  await expect(page).toHaveURL(/state=Hello/);
  await expect(page.locator('.react-flow__node.selected')).toHaveAttribute('data-id', 'state:Hello');
});

test('what is not saved is not left by accident', async ({ page, stepwell }) => {
  await page.goto(`${stepwell.url}/console/new-machine`);
  await page.getByLabel('Hello, Pass').focus();
  await page.keyboard.press('d');
  await expect(page.getByText('Not saved')).toBeVisible();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Activities' }).click();
  const dialog = page.getByRole('dialog', { name: 'Leave without saving?' });
  await dialog.getByRole('button', { name: 'Stay' }).click();
  await expect(page).toHaveURL(/new-machine/);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Activities' }).click();
  await dialog.getByRole('button', { name: 'Leave' }).click();
  await expect(page).toHaveURL(/activities/);
});
