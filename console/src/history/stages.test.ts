import { expect, it } from 'vitest';

import type { Execution, HistoryEvent } from '../api/types';
import { buildModel } from './model';
import { stagesOf, stagesRequest, variablesAt } from './stages';

const EXECUTION = { executionArn: 'arn:e', stateMachineArn: 'arn:m', name: 'e', status: 'SUCCEEDED', startDate: 1, input: '{"n":1}' } as Execution;

const event = (id: number, previousEventId: number, type: string, details: object = {}): HistoryEvent => ({
  id,
  previousEventId,
  type,
  timestamp: 1 + id / 100,
  xEventDetails: details,
});

const MODEL = buildModel([
  event(1, 0, 'ExecutionStarted', { input: '{"n":1}' }),
  event(2, 0, 'PassStateEntered', { name: 'First', input: '{"n":1}' }),
  event(3, 2, 'PassStateExited', { name: 'First', output: '{"n":1}', assignedVariables: { who: '"Ada"' } }),
  event(4, 3, 'TaskStateEntered', { name: 'Call', input: '{"n":1}' }),
  event(5, 4, 'TaskScheduled', { resource: 'invoke', resourceType: 'lambda', parameters: '{"Payload":1}' }),
  event(6, 5, 'TaskStarted', {}),
  event(7, 6, 'TaskSucceeded', { output: '{"Payload":2}' }),
  event(8, 7, 'TaskStateExited', { name: 'Call', output: '{"n":1,"r":2}' }),
  event(9, 8, 'ExecutionSucceeded', {}),
]);
const STATE = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Parameters: { 'Payload.$': '$.n' }, ResultSelector: { 'r.$': '$.Payload' }, ResultPath: '$.r' };
const [first, call] = MODEL.steps;

it('tests a visit with the result that its task had, and does nothing again', () => {
  const request = call && stagesRequest(call, STATE, { QueryLanguage: 'JSONPath' }, EXECUTION, undefined);
  expect(request).toMatchObject({
    input: '{"n":1}',
    inspectionLevel: 'DEBUG',
    variables: '{"who":"Ada"}',
    mock: { result: '{"Payload":2}' },
  });
  expect(JSON.parse(String(request?.definition))).toMatchObject({ QueryLanguage: 'JSONPath', Type: 'Task' });
});

it('has nothing to test where a state shapes nothing', () => {
  expect(first && stagesRequest(first, { Type: 'Pass' }, {}, EXECUTION, undefined)).toBeUndefined();
});

it('knows the variables that were assigned before', () => {
  expect(first && variablesAt(first)).toEqual({});
  expect(call && variablesAt(call)).toEqual({ who: 'Ada' });
});

it('shows the stages that a test told, and only those that the state has', () => {
  const tested = { inspectionData: { afterInputPath: '{"n":1}', afterParameters: '{"Payload":1}', result: '{"Payload":2}', afterResultSelector: '{"r":2}', afterResultPath: '{}' } };
  const names = call && stagesOf(call, STATE, tested).map((stage) => stage.name);
  expect(names).toEqual(['Input', 'After Parameters', 'Result', 'After ResultSelector', 'After ResultPath', 'Output']);
});

it('shows what the history has without a test', () => {
  const stages = call && stagesOf(call, STATE);
  expect(stages?.map(({ name, text }) => [name, text])).toEqual([
    ['Input', '{"n":1}'],
    ['Task input', '{"Payload":1}'],
    ['Task result', '{"Payload":2}'],
    ['Output', '{"n":1,"r":2}'],
  ]);
});
