import { expect, it } from 'vitest';

import { isExpressArn, machineArnOf, nameOf, withoutLabel } from './arn';

const SCOPE = 'arn:aws:states:us-east-1:000000000000';

it.each([
  [`${SCOPE}:stateMachine:order`, 'order'],
  [`${SCOPE}:execution:order:one`, 'one'],
  [`${SCOPE}:express:order:one:3f2a`, 'one'],
  [`${SCOPE}:activity:review`, 'review'],
  ['order', 'order'],
])('%s is called %s', (arn, name) => expect(nameOf(arn)).toBe(name));

it('knows whose execution it is, children of Distributed Maps included', () => {
  expect(machineArnOf(`${SCOPE}:execution:order:one`)).toBe(`${SCOPE}:stateMachine:order`);
  expect(machineArnOf(`${SCOPE}:execution:order/All:3f2a`)).toBe(`${SCOPE}:stateMachine:order`);
  expect(withoutLabel(`${SCOPE}:stateMachine:order/All`)).toBe(`${SCOPE}:stateMachine:order`);
  expect(isExpressArn(`${SCOPE}:express:order:one:3f2a`)).toBe(true);
});
