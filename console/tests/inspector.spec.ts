// The inspector over the real binary: what its forms make of a definition, tests of a state, templates.

import type { Locator, Page } from '@playwright/test';

import type { Definition } from '../src/definition/asl';
import { TEMPLATES } from '../src/designer/templates/templates';
import { expectAccessible, expectNothingWrong } from './accessible';
import { expect, test, type Stepwell } from './server';

const EVERY: Definition = {
  StartAt: 'Charge',
  States: {
    Charge: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Parameters: { FunctionName: 'charge' }, Next: 'Large?' },
    'Large?': { Type: 'Choice', Choices: [{ Variable: '$.total', NumericGreaterThan: 100, Next: 'Both' }], Default: 'Hold' },
    Hold: { Type: 'Wait', Seconds: 5, Next: 'Both' },
    Both: { Type: 'Parallel', Branches: [{ StartAt: 'Pay', States: { Pay: { Type: 'Pass', End: true } } }], Next: 'Each' },
    Each: { Type: 'Map', ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'One', States: { One: { Type: 'Pass', End: true } } }, Next: 'Done' },
    Done: { Type: 'Succeed' },
    Refuse: { Type: 'Fail', Error: 'Refused' },
  },
};
// All but what is refused: a state that nothing leads to.
const WHOLE: Definition = { ...EVERY, States: { ...EVERY.States, Charge: { ...EVERY.States?.Charge, Catch: [{ ErrorEquals: ['Declined'], Next: 'Refuse' }] } } };

let count = 0;

/** The editor of a machine of that definition. */
async function opened(page: Page, stepwell: Stepwell, definition: object = WHOLE): Promise<void> {
  const name = `inspected-${++count}`;
  await stepwell.create(name, definition);
  await page.goto(`${stepwell.machine(name)}/edit`);
}

/** Chooses a state on the graph; by keyboard, for one that is below what is seen of the graph moves under the mouse. */
async function inspect(page: Page, name: string): Promise<Locator> {
  await page.locator(`.react-flow__node[data-id="state:${name}"]`).press('Enter');
  const inspector = page.locator('.inspector');
  await expect(inspector.getByRole('textbox', { name: 'Name of the state' })).toHaveValue(name);
  return inspector;
}

/** What would be saved now. */
async function written(page: Page): Promise<Definition> {
  const line = await page.getByRole('button', { name: /Copy the AWS CLI command: (Update|Create)StateMachine/ }).getAttribute('title');
  const text = /--definition '((?:[^']|'\\'')*)'/.exec(line ?? '')?.[1] ?? '{}';
  return JSON.parse(text.replaceAll(`'\\''`, `'`)) as Definition;
}

const stateNow = (page: Page, name: string) => expect.poll(async () => (await written(page)).States?.[name]);

async function writeJson(page: Page, editor: Locator, value: unknown): Promise<void> {
  await editor.click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(typeof value === 'string' ? value : JSON.stringify(value));
}

test.describe('the form of', () => {
  test('a Task', async ({ page, stepwell }) => {
    await opened(page, stepwell);
    const form = await inspect(page, 'Charge');
    await form.getByLabel('FunctionName').fill('charge-card');
    await form.getByLabel('How it is called').selectOption('.waitForTaskToken');
    await form.getByRole('region', { name: 'Output' }).getByRole('button', { name: 'Add ResultPath' }).click();
    await form.getByRole('textbox', { name: 'ResultPath' }).fill('$.charge');
    await form.getByRole('button', { name: 'Add Timeout' }).click();
    await form.getByRole('textbox', { name: 'Timeout, seconds' }).fill('60');
    await form.getByRole('button', { name: 'Add ResultSelector' }).click();
    await writeJson(page, form.getByRole('textbox', { name: 'ResultSelector' }), { 'id.$': '$.Payload.id' });
    await form.getByRole('region', { name: 'Next' }).getByLabel('Goes on with').selectOption('Hold');
    await stateNow(page, 'Charge').toEqual({
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Parameters: { FunctionName: 'charge-card' },
      ResultPath: '$.charge',
      TimeoutSeconds: 60,
      ResultSelector: { 'id.$': '$.Payload.id' },
      Catch: [{ ErrorEquals: ['Declined'], Next: 'Refuse' }],
      Next: 'Hold',
    });

    // What is emptied goes; another way to say it takes its place.
    await form.getByRole('textbox', { name: 'ResultPath' }).fill('');
    await form.getByLabel('How Timeout, seconds is given').selectOption('TimeoutSecondsPath');
    await form.getByLabel('Timeout from a path').fill('$.seconds');
    await stateNow(page, 'Charge').not.toHaveProperty('ResultPath');
    await stateNow(page, 'Charge').toHaveProperty('TimeoutSecondsPath', '$.seconds');
    await stateNow(page, 'Charge').not.toHaveProperty('TimeoutSeconds');
  });

  test('a Task says how it tries again, and what it catches', async ({ page, stepwell }) => {
    await opened(page, stepwell);
    const form = await inspect(page, 'Charge');
    await form.getByRole('button', { name: 'Add Retry' }).click();
    const retrier = form.getByRole('listitem', { name: 'retrier 1' });
    await expect(retrier).toContainText('after 1 s, 2 s, 4 s; 7 s in all');
    await retrier.getByLabel('First delay, seconds').fill('5');
    await retrier.getByLabel('Back-off rate').fill('3');
    await expect(retrier).toContainText('after 5 s, 15 s, 45 s; 1.1 min in all');
    await form.getByRole('button', { name: 'Add a retrier' }).click();
    // What means every error stays last.
    await expect(form.getByRole('listitem', { name: 'retrier 2' })).toContainText('States.ALL');
    const first = form.getByRole('listitem', { name: 'retrier 1' });
    await first.getByLabel('Add an error').fill('Busy');
    await page.keyboard.press('Enter');
    await first.getByRole('button', { name: 'Remove States.TaskFailed' }).click();
    await stateNow(page, 'Charge').toHaveProperty('Retry', [
      { ErrorEquals: ['Busy'], IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2 },
      { ErrorEquals: ['States.ALL'], IntervalSeconds: 5, MaxAttempts: 3, BackoffRate: 3 },
    ]);
    await form.getByRole('button', { name: 'Move retrier 1 down' }).click();
    await stateNow(page, 'Charge').toHaveProperty('Retry[1].ErrorEquals', ['Busy']);
    // A finding stands at the field that it is about.
    await expect(form.getByRole('listitem', { name: 'retrier 1' }).locator('.field-findings').first()).toContainText('States.ALL');

    const catcher = form.getByRole('listitem', { name: 'catcher 1' });
    await catcher.getByRole('button', { name: 'Add ResultPath' }).click();
    await catcher.getByRole('textbox', { name: 'ResultPath' }).fill('$.error');
    await catcher.getByLabel('Goes on with').selectOption('Hold');
    await stateNow(page, 'Charge').toHaveProperty('Catch', [{ ErrorEquals: ['Declined'], Next: 'Hold', ResultPath: '$.error' }]);
    await form.getByRole('button', { name: 'Remove catcher 1' }).click();
    await stateNow(page, 'Charge').not.toHaveProperty('Catch');
  });

  test('a Choice', async ({ page, stepwell }) => {
    await opened(page, stepwell);
    const form = await inspect(page, 'Large?');
    const rule = form.getByRole('listitem', { name: 'rule 1' });
    await rule.getByLabel('How it tests').selectOption('And');
    await rule.getByRole('button', { name: 'Add a test' }).click();
    const second = rule.getByRole('group', { name: 'Test' }).nth(1);
    await second.getByLabel('How it tests').selectOption('Not');
    const inner = second.getByRole('group', { name: 'Test' });
    await inner.getByLabel('Variable').fill('$.country');
    await inner.getByLabel('Comparison').selectOption('StringEquals');
    await inner.getByLabel('Compared with').fill('DE');
    await expect(rule.getByRole('button', { expanded: true }).first()).toContainText('$.total > 100 and not ($.country = "DE")');
    await stateNow(page, 'Large?').toHaveProperty('Choices', [
      { And: [{ Variable: '$.total', NumericGreaterThan: 100 }, { Not: { Variable: '$.country', StringEquals: 'DE' } }], Next: 'Both' },
    ]);

    await form.getByRole('button', { name: 'Add a rule' }).click();
    const added = form.getByRole('listitem', { name: 'rule 2' });
    await added.getByLabel('Variable').fill('$.limit');
    await added.getByLabel('Comparison').selectOption('NumericLessThanEquals');
    await added.getByLabel('a path').check();
    await added.getByLabel('Compared with what this path finds').fill('$.total');
    await added.getByLabel('Goes on with').selectOption('Done');
    await form.getByRole('button', { name: 'Move rule 2 up' }).click();
    await form.getByLabel('Otherwise').selectOption('Each');
    await stateNow(page, 'Large?').toHaveProperty('Choices[0]', { Variable: '$.limit', NumericLessThanEqualsPath: '$.total', Next: 'Done' });
    await stateNow(page, 'Large?').toHaveProperty('Default', 'Each');
  });

  test('a Choice of JSONata', async ({ page, stepwell }) => {
    await opened(page, stepwell, {
      QueryLanguage: 'JSONata',
      StartAt: 'A',
      States: { A: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.a %}', Next: 'B' }], Default: 'B' }, B: { Type: 'Pass', End: true } },
    });
    const form = await inspect(page, 'A');
    await form.getByLabel('Condition').fill('{% $states.input.total > %}');
    await expect(form.locator('.field-findings')).toContainText('Unexpected end of expression');
    await form.getByLabel('Condition').fill('{% $states.input.total > 7 %}');
    await expect(form.locator('.field-findings')).toHaveCount(0);
    await form.getByRole('button', { name: 'Add Output' }).last().click();
    await stateNow(page, 'A').toHaveProperty('Choices[0].Condition', '{% $states.input.total > 7 %}');
  });

  test('a Wait, in all of its four ways', async ({ page, stepwell }) => {
    await opened(page, stepwell);
    const form = await inspect(page, 'Hold');
    await form.getByLabel('Seconds', { exact: true }).fill('-1');
    await expect(form.getByText('Not less than 0.')).toBeVisible();
    await form.getByLabel('Seconds', { exact: true }).fill('9');
    await stateNow(page, 'Hold').toEqual({ Type: 'Wait', Seconds: 9, Next: 'Both' });
    for (const [member, label, value] of [
      ['Timestamp', 'Until a time', '2030-01-01T00:00:00Z'],
      ['SecondsPath', 'Seconds from a path', '$.seconds'],
      ['TimestampPath', 'A time from a path', '$.until'],
    ] as const) {
      await form.getByLabel('How Seconds is given').selectOption(member);
      await form.getByLabel(label).fill(value);
      await stateNow(page, 'Hold').toEqual({ Type: 'Wait', [member]: value, Next: 'Both' });
    }
  });

  test('a Pass, and a type that changes', async ({ page, stepwell }) => {
    await opened(page, stepwell);
    const form = await inspect(page, 'Pay');
    await form.getByRole('button', { name: 'Add Result', exact: true }).click();
    await writeJson(page, form.getByRole('textbox', { name: 'Result', exact: true }), '{"paid": tru');
    await expect(form.locator('.cm-lint-marker-error').first()).toBeVisible();
    await writeJson(page, form.getByRole('textbox', { name: 'Result', exact: true }), { paid: true });
    const pay = async () => (await written(page)).States?.Both?.Branches?.[0]?.States?.Pay;
    await expect.poll(pay).toEqual({ Type: 'Pass', Result: { paid: true }, End: true });
    await form.getByRole('button', { name: 'Add Comment' }).click();
    await form.getByRole('textbox', { name: 'Comment' }).fill('Pays');
    await form.getByLabel('Type of the state').selectOption('Succeed');
    await expect.poll(pay).toEqual({ Type: 'Succeed', Comment: 'Pays' });
  });

  test('a Parallel and a Map', async ({ page, stepwell }) => {
    await opened(page, stepwell);
    let form = await inspect(page, 'Both');
    await form.getByRole('button', { name: 'Add a branch' }).click();
    await form.getByRole('button', { name: 'Move branch 2 up' }).click();
    await stateNow(page, 'Both').toHaveProperty('Branches[1].StartAt', 'Pay');
    await form.getByRole('button', { name: 'Remove branch 1' }).click();
    await stateNow(page, 'Both').toEqual(WHOLE.States?.Both);

    form = await inspect(page, 'Each');
    await form.getByRole('textbox', { name: 'Items', exact: true }).fill('$.items');
    await form.getByLabel('Mode').selectOption('DISTRIBUTED');
    await form.getByRole('button', { name: 'Add ItemBatcher' }).click();
    await form.getByRole('textbox', { name: 'Items in a batch' }).fill('10');
    await form.getByRole('button', { name: 'Add Failures tolerated, %' }).click();
    await form.getByRole('textbox', { name: 'Failures tolerated, %' }).fill('12.5');
    await stateNow(page, 'Each').toMatchObject({
      ItemsPath: '$.items',
      ItemBatcher: { MaxItemsPerBatch: 10 },
      ToleratedFailurePercentage: 12.5,
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
    });
    await form.getByRole('button', { name: 'Remove ItemBatcher' }).click();
    await stateNow(page, 'Each').not.toHaveProperty('ItemBatcher');
  });

  test('a Succeed and a Fail', async ({ page, stepwell }) => {
    await opened(page, stepwell);
    let form = await inspect(page, 'Done');
    await form.getByRole('button', { name: 'Add OutputPath' }).click();
    await form.getByRole('textbox', { name: 'OutputPath' }).fill('null');
    await stateNow(page, 'Done').toEqual({ Type: 'Succeed', OutputPath: null });
    form = await inspect(page, 'Refuse');
    await form.getByLabel('Cause', { exact: true }).fill('Too much');
    await form.getByLabel('How Error is given').selectOption('ErrorPath');
    await form.getByLabel('Error from a path').fill('$.error');
    await stateNow(page, 'Refuse').toEqual({ Type: 'Fail', Cause: 'Too much', ErrorPath: '$.error' });
  });

  test('a workflow, and a name that changes', async ({ page, stepwell }) => {
    await opened(page, stepwell);
    const form = await inspect(page, 'Hold');
    const name = form.getByRole('textbox', { name: 'Name of the state' });
    await name.fill('Both');
    await expect(form.getByText('Another state of the machine is called that.')).toBeVisible();
    await name.fill('Wait a bit');
    await name.press('Enter');
    await expect(name).toBeFocused();
    await stateNow(page, 'Large?').toHaveProperty('Default', 'Wait a bit');
    await stateNow(page, 'Wait a bit').toHaveProperty('Seconds', 5);
  });
});

test('what is being written is saved with the rest', async ({ page, stepwell }) => {
  await opened(page, stepwell);
  const form = await inspect(page, 'Hold');
  await form.getByRole('button', { name: 'Add Comment' }).press('Enter');
  // The field that was asked for is the one to write in.
  await expect(form.getByRole('textbox', { name: 'Comment' })).toBeFocused();
  await page.keyboard.type('Holds it');
  await page.keyboard.press('ControlOrMeta+s');
  await expect(page.getByText('is saved')).toBeVisible();
  const { definition } = await stepwell.call<{ definition: string }>('DescribeStateMachine', { stateMachineArn: stepwell.arn(`inspected-${count}`) });
  expect(JSON.parse(definition)).toHaveProperty('States.Hold.Comment', 'Holds it');
});

test('a Task is shown which activities and state machines there are', async ({ page, stepwell }) => {
  const { activityArn } = await stepwell.call<{ activityArn: string }>('CreateActivity', { name: 'review' });
  await stepwell.create('nested-one', { StartAt: 'A', States: { A: { Type: 'Pass', End: true } } });
  await opened(page, stepwell);
  const form = await inspect(page, 'Charge');
  const resource = form.getByRole('combobox', { name: 'Resource' });
  const offered = async (field: Locator) => {
    const list = await field.getAttribute('list');
    return page.locator(`[id="${list}"] option`).evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value));
  };
  await expect.poll(() => offered(resource)).toContain(activityArn);
  await resource.fill(activityArn);
  await expect(form.getByLabel('Activity')).toHaveValue(activityArn);
  await expect(form.getByText('Waits for a worker')).toBeVisible();
  await resource.fill('arn:aws:states:::states:startExecution');
  await form.getByLabel('How it is called').selectOption('.sync:2');
  const machine = form.getByRole('combobox', { name: 'State machine', exact: true });
  await expect.poll(() => offered(machine)).toContain(stepwell.arn('nested-one'));
  await machine.fill('$.machine');
  await stateNow(page, 'Charge').toMatchObject({ Resource: 'arn:aws:states:::states:startExecution.sync:2', Parameters: { 'StateMachineArn.$': '$.machine' } });
});

test('a form leaves the comments of YAML and members that it does not know', async ({ page, stepwell }) => {
  await page.goto(`${stepwell.url}/console/new-machine?view=code`);
  await page.getByRole('combobox', { name: 'Written in' }).selectOption('yaml');
  await page.getByRole('textbox', { name: 'Definition' }).click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText('StartAt: A\nStates:\n  # waits\n  A:\n    Type: Wait # a while\n    Seconds: 5 # five\n    Colour: red\n    End: true\n');
  await page.getByRole('tab', { name: 'Design' }).click();
  const form = await inspect(page, 'A');
  await expect(form.getByRole('list', { name: 'Other members' })).toContainText('Colour "red"');
  await expect(form.locator('.field-findings').first()).toContainText("Field 'Colour' is not supported");
  await form.getByLabel('Seconds', { exact: true }).fill('7');
  await form.getByLabel('Seconds', { exact: true }).press('Enter');
  await page.getByRole('tab', { name: 'Code' }).click();
  const lines = page.locator('.definition-code .cm-line');
  await expect(lines.filter({ hasText: 'Seconds' })).toHaveText('    Seconds: 7 # five');
  await expect(lines.filter({ hasText: '# waits' })).toHaveCount(1);
  await expect(lines.filter({ hasText: 'Colour' })).toHaveText('    Colour: red');
});

test.describe('a state is tested', () => {
  test('with a mock of its result, and of an error', async ({ page, stepwell }) => {
    await opened(page, stepwell);
    const form = await inspect(page, 'Charge');
    await form.getByRole('region', { name: 'Output' }).getByRole('button', { name: 'Add ResultPath' }).click();
    await form.getByRole('textbox', { name: 'ResultPath' }).fill('$.charge');
    await form.getByRole('tab', { name: 'Test state' }).click();
    const panel = form.getByRole('tabpanel');
    await writeJson(page, panel.getByRole('textbox', { name: 'Input of the test' }), { order: 7 });
    await panel.getByRole('radio', { name: 'Mock a result' }).click();
    await writeJson(page, panel.getByRole('textbox', { name: 'Result of the test' }), { StatusCode: 200, Payload: 'ok' });
    await panel.getByRole('button', { name: 'Run the test' }).click();
    const answer = panel.getByRole('region', { name: 'Result of the test' });
    await expect(answer).toContainText('Succeeded');
    await expect(answer).toContainText('ThenLarge?');
    await expect(answer.getByRole('heading', { name: 'After Parameters' })).toBeVisible();
    await expect(answer.getByLabel('after resultpath', { exact: true })).toContainText('"charge"');
    expect(await panel.getByRole('button', { name: /TestState/ }).getAttribute('title')).toContain('test-state');

    await panel.getByRole('radio', { name: 'Mock an error' }).click();
    await panel.getByRole('textbox', { name: 'Error', exact: true }).fill('Declined');
    await panel.getByRole('textbox', { name: 'Cause', exact: true }).fill('No funds');
    await panel.getByRole('button', { name: 'Run the test' }).click();
    await expect(answer).toContainText('Caught');
    await expect(answer).toContainText('ThenRefuse');
    await expect(answer).toContainText('No funds');
    await expectAccessible(page);
  });

  test('that needs none, with variables', async ({ page, stepwell }) => {
    await opened(page, stepwell, { StartAt: 'A', States: { A: { Type: 'Choice', Choices: [{ Variable: '$total', NumericGreaterThan: 5, Next: 'B' }], Default: 'C' }, B: { Type: 'Succeed' }, C: { Type: 'Succeed' } } });
    const form = await inspect(page, 'A');
    await form.getByRole('tab', { name: 'Test state' }).click();
    const panel = form.getByRole('tabpanel');
    await expect(panel.getByRole('radio', { name: 'Mock a result' })).toHaveCount(0);
    await panel.getByText('Variables and what happened before').click();
    await writeJson(page, panel.getByRole('textbox', { name: 'Variables of the test' }), { total: 6 });
    await panel.getByRole('button', { name: 'Run the test' }).click();
    await expect(panel.getByRole('region', { name: 'Result of the test' })).toContainText('ThenB');
  });
});

test.describe('templates', () => {
  test('are looked through by keyboard, and begin a workflow that runs', async ({ page, stepwell }) => {
    await page.goto(`${stepwell.url}/console/new-machine`);
    await page.getByRole('button', { name: 'Start from a template' }).press('Enter');
    const dialog = page.getByRole('dialog');
    await expectNothingWrong(page);
    await dialog.getByRole('radio', { name: 'One step' }).focus();
    await page.keyboard.press('ArrowRight');
    await expect(dialog.getByRole('radio', { name: 'Choose a way' })).toBeFocused();
    await expect(dialog.getByRole('region', { name: 'Choose a way' })).toContainText('Rules look at the input');
    await dialog.getByRole('searchbox', { name: 'Find a template' }).fill('express');
    await expect(dialog.getByRole('radio')).toHaveCount(1);
    await dialog.getByRole('radio', { name: 'Answer a request' }).focus();
    await page.keyboard.press('Enter');
    await expect(dialog).toHaveCount(0);
    await expect(page.getByRole('combobox', { name: 'Type', exact: true })).toHaveValue('EXPRESS');
    await expect(page.getByText('Nothing is wrong with it.')).toBeVisible();

    // What was there before comes back.
    await page.getByRole('button', { name: 'Undo: Start from Answer a request' }).click();
    await expect.poll(async () => Object.keys((await written(page)).States ?? {})).toEqual(['Hello']);
    await page.getByRole('button', { name: /^Redo/ }).click();

    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('from-template');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'from-template' })).toBeVisible();
    const stateMachineArn = stepwell.arn('from-template');
    expect(await stepwell.call('StartSyncExecution', { stateMachineArn, input: '{"items": []}' })).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('are right by the server, and run where nothing else is needed', async ({ stepwell }) => {
    for (const { id, definition, type, needs, input } of TEMPLATES) {
      const asked = { definition: JSON.stringify(definition), type, severity: 'WARNING' };
      const { diagnostics } = await stepwell.call<{ diagnostics: unknown[] }>('ValidateStateMachineDefinition', asked);
      expect(diagnostics, id).toEqual([]);
      const stateMachineArn = await stepwell.create(`template-${id}`, definition, type);
      if (needs !== undefined) continue;
      const start = { stateMachineArn, input: JSON.stringify(input) };
      if (type === 'EXPRESS') {
        expect(await stepwell.call('StartSyncExecution', start), id).toMatchObject({ status: 'SUCCEEDED' });
        continue;
      }
      const { executionArn } = await stepwell.call<{ executionArn: string }>('StartExecution', start);
      await expect.poll(async () => (await stepwell.call<{ status: string }>('DescribeExecution', { executionArn })).status, { message: id }).toBe('SUCCEEDED');
    }
  });
});

test('nothing that axe finds wrong in the forms', async ({ page, stepwell }) => {
  test.slow();
  await opened(page, stepwell);
  for (const name of Object.keys(WHOLE.States ?? {})) {
    const form = await inspect(page, name);
    // Whatever is added is no longer offered, and what it is made of may be.
    const adds = form.getByRole('group', { name: 'More fields' }).getByRole('button');
    for (let left = await adds.count(); left > 0; left = await adds.count()) await adds.first().click();
    await expectNothingWrong(page);
  }
  await expectAccessible(page);
});
