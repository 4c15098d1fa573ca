import { expect, it } from 'vitest';

import { Gathered } from './live';

const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:order';
const EXECUTION = 'arn:aws:states:us-east-1:000000000000:execution:order:one';

it.each([
  [['execution', EXECUTION], true],
  [['execution', EXECUTION, 'history'], true],
  [['execution', EXECUTION, 'machine'], false],
  [['execution', `${EXECUTION}-two`], false],
  [['executions', MACHINE, {}], true],
  [['executions', `${MACHINE}:7`, {}], true],
  [['executions', `${MACHINE}s`, {}], false],
  [['search', {}], true],
  [['counts', []], true],
  [['machine', MACHINE], false],
  [['findings', 'x'], false],
])('%j is asked again: %s', (queryKey, expected) => {
  const changed = new Gathered();
  expect(changed.isEmpty).toBe(true);
  changed.add({ executions: [EXECUTION], machines: [MACHINE] });
  expect(changed.isEmpty).toBe(false);
  expect(changed.concerns({ queryKey })).toBe(expected);
});

it('asks all that changes by itself when more changed than is told', () => {
  const changed = new Gathered();
  changed.add({ all: true });
  expect(changed.concerns({ queryKey: ['machines'] })).toBe(true);
  expect(changed.concerns({ queryKey: ['execution', 'x', 'machine'] })).toBe(false);
});
