// What a test of a state asks for, from what somebody wrote into the panel.

import { describe, expect, it } from 'vitest';

import type { Definition, State } from '../../definition/asl';
import { stagesOfTest } from '../../history/stages';
import { abilitiesOf, newTrial, requestOf, type Trial } from './request';

const LAMBDA = 'arn:aws:states:::lambda:invoke';

function asked(state: State, part: Partial<Trial> = {}, isAlone = false): Record<string, unknown> {
  const definition: Definition = { QueryLanguage: 'JSONata', StartAt: 'A', States: { A: state } };
  return requestOf(definition, ['States', 'A'], state, { ...newTrial(state), ...part }, isAlone);
}

describe('a test', () => {
  it('is of the state in its machine, or of it alone', () => {
    const pass: State = { Type: 'Pass', End: true };
    expect(asked(pass)).toEqual({ definition: '{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}', stateName: 'A', input: '{}', inspectionLevel: 'DEBUG' });
    expect(asked(pass, {}, true)).toEqual({ definition: '{"QueryLanguage":"JSONata","Type":"Pass","End":true}', input: '{}', inspectionLevel: 'DEBUG' });
  });

  it('does the work of a task with a role, or mocks it', () => {
    const task: State = { Type: 'Task', Resource: LAMBDA, Retry: [{ ErrorEquals: ['States.ALL'] }] };
    expect(asked(task)).toHaveProperty('roleArn');
    expect(asked(task, { mock: 'result', result: '{"StatusCode": 200}', context: '{"a": 1}' })).toMatchObject({
      mock: { result: '{"StatusCode": 200}', fieldValidationMode: 'STRICT' },
      context: '{"a": 1}',
    });
    const failed = asked(task, { mock: 'error', error: 'Busy', cause: 'Too much', validation: 'NONE', retries: '2' });
    expect(failed).toMatchObject({ mock: { errorOutput: { error: 'Busy', cause: 'Too much' }, fieldValidationMode: 'NONE' }, stateConfiguration: { retrierRetryCount: 2 } });
    expect(failed).not.toHaveProperty('roleArn');
  });

  it('can be mocked only where there is work to do', () => {
    expect(abilitiesOf({ Type: 'Choice' })).toMatchObject({ canMock: false, mustMock: false });
    expect(abilitiesOf({ Type: 'Task', Resource: `${LAMBDA}.waitForTaskToken` })).toMatchObject({ canMock: true, mustMock: true });
    expect(abilitiesOf({ Type: 'Task', Resource: 'arn:aws:states:us-east-1:000000000000:activity:a' }).mustMock).toBe(true);
    expect(abilitiesOf({ Type: 'Map' }).mustMock).toBe(true);
    expect(asked({ Type: 'Pass' }, { mock: 'result' })).not.toHaveProperty('mock');
  });

  it('of a Map or a Parallel begins with a mock that fits', () => {
    expect(asked({ Type: 'Map', ItemProcessor: {} })).toHaveProperty('mock.result', '[]');
    const parallel: State = { Type: 'Parallel', Branches: [{ States: { B: { Type: 'Map', ItemProcessor: { States: { C: { Type: 'Pass' } } } } } }, {}] };
    expect(asked(parallel)).toHaveProperty('mock.result', '[{},{}]');
    expect(abilitiesOf(parallel).inner).toEqual(['B', 'C']);
    expect(asked(parallel, { mock: 'error', causedBy: 'C' })).toHaveProperty('stateConfiguration.errorCausedByState', 'C');
    expect(asked({ Type: 'Map', ItemReader: {} }, { failures: '3', readerData: 'a\n1' })).toHaveProperty('stateConfiguration', { mapIterationFailureCount: 3, mapItemReaderData: 'a\n1' });
  });

  it('shows requests of HTTP tasks alone, and secrets only when asked to', () => {
    const http: State = { Type: 'Task', Resource: 'arn:aws:states:::http:invoke' };
    expect(asked(http, { level: 'TRACE', revealSecrets: true })).toMatchObject({ inspectionLevel: 'TRACE', revealSecrets: true });
    expect(asked(http, { revealSecrets: true })).not.toHaveProperty('revealSecrets');
    expect(asked(http, { level: 'TRACE', revealSecrets: true, mock: 'result' })).not.toHaveProperty('revealSecrets');
    expect(asked({ Type: 'Task', Resource: LAMBDA }, { level: 'TRACE' })).toHaveProperty('inspectionLevel', 'DEBUG');
  });

  it('waits for what is written to be whole', () => {
    const task: State = { Type: 'Task', Resource: LAMBDA, Retry: [{}] };
    for (const part of [{ input: '{' }, { input: '' }, { variables: 'x' }, { mock: 'result', result: '' }, { mock: 'result', context: '{' }, { mock: 'error', retries: '1.5' }] as Partial<Trial>[]) {
      expect(asked(task, part), JSON.stringify(part)).toHaveProperty('blocked');
    }
    expect(asked({ Type: 'Map' }, { mock: 'none' })).toHaveProperty('blocked');
    expect(asked(task, { context: '{', mock: 'none' })).not.toHaveProperty('blocked');
  });
});

it('shows the stages that members of the state made', () => {
  const answer = { output: '{"b":2}', inspectionData: { input: '{}', afterInputPath: '{}', afterParameters: '{"a":1}', result: '{"b":2}', afterResultPath: '{"b":2}', errorDetails: {} } };
  const stages = stagesOfTest({ Type: 'Task', Parameters: {}, OutputPath: '$' }, '{"x":0}', answer);
  expect(stages).toEqual([
    { name: 'Input', text: '{"x":0}', by: [] },
    { name: 'After Parameters', text: '{"a":1}', by: ['Parameters'] },
    { name: 'Result', text: '{"b":2}', by: [] },
    { name: 'Output', text: '{"b":2}', by: ['OutputPath'] },
  ]);
  expect(stagesOfTest({ Type: 'Fail' }, '{}', { error: 'E' })).toHaveLength(1);
});
