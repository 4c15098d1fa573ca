import { expect, it } from 'vitest';

import { cliLine } from './cli';

it('writes what a shell takes as it is', () => {
  const input = { stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:order', name: undefined, input: `{"who": "O'Neil"}` };
  expect(cliLine('StartExecution', input, 'http://127.0.0.1:8083')).toBe(
    `aws stepfunctions start-execution --endpoint-url http://127.0.0.1:8083 --state-machine-arn arn:aws:states:us-east-1:000000000000:stateMachine:order --input '{"who": "O'\\''Neil"}'`,
  );
});

it('says what is empty, as a description that goes', () => {
  expect(cliLine('UpdateX', { description: '' }, 'h')).toBe("aws stepfunctions update-x --endpoint-url h --description ''");
});

it('says the output of a task as the AWS CLI wants it', () => {
  expect(cliLine('SendTaskSuccess', { taskToken: 't', output: '1' }, 'h')).toBe('aws stepfunctions send-task-success --endpoint-url h --task-token t --task-output 1');
});

it('writes flags and structures', () => {
  expect(cliLine('ListX', { reverseOrder: true, publish: false, tags: [{ key: 'a' }] }, 'h')).toBe(
    `aws stepfunctions list-x --endpoint-url h --reverse-order --no-publish --tags '[{"key":"a"}]'`,
  );
});
