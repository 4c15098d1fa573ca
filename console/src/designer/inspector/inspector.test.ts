// The pure parts of the inspector: which fields a state has, what becomes of it, and what edits that takes.

import { describe, expect, it } from 'vitest';

import type { ChoiceRule, Definition, State } from '../../definition/asl';
import { CATALOG } from '../catalog';
import { apply, applied } from '../edit';
import { change, moved, withMember } from './change';
import { formsIn, isShown, STATE_TYPES, strangersOf, type Field, type StateType } from './fields';
import { patternsOf, RESOURCES, targetOf, withPattern } from './integrations';
import { findingsAt, languageOf, locationOf, membersNamed, nameFault } from './place';
import { isComputed, readJson, readNumber, readPath, readTexts, withValue } from './readings';
import { delaysOf, delaysText } from './retry-delays';
import { retyped } from './retype';
import { comparisonOf, operandFrom, operatorOf, OPERATORS, reshaped, testMembers, withInner, withOperand, withOperator } from './rules';
import { MACHINE_FIELDS, membersOfType, SECTIONS } from './table';

const fieldsOf = (type: StateType): Field[] => SECTIONS[type].flatMap(({ fields }) => fields);
const shownIn = (state: State, language: 'JSONPath' | 'JSONata'): string[] =>
  fieldsOf(state.Type as StateType)
    .filter((field) => isShown(field, state, language))
    .map(({ name }) => name);

describe('fields', () => {
  it('are those of the language for each type of state', () => {
    const common = ['Type', 'Comment', 'QueryLanguage'];
    const paths = ['InputPath', 'OutputPath', 'Output'];
    const after = ['Next', 'End', 'Assign', ...paths];
    const work = ['ResultSelector', 'ResultPath', 'Retry', 'Catch'];
    const expected: Record<StateType, string[]> = {
      Pass: [...common, ...after, 'Parameters', 'Result', 'ResultPath'],
      Task: [...common, ...after, ...work, 'Resource', 'Parameters', 'Arguments', 'Credentials', 'TimeoutSeconds', 'TimeoutSecondsPath', 'HeartbeatSeconds', 'HeartbeatSecondsPath'],
      Choice: [...common, ...paths, 'Assign', 'Choices', 'Default'],
      Wait: [...common, ...after, 'Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'],
      Succeed: [...common, ...paths],
      Fail: [...common, 'Error', 'ErrorPath', 'Cause', 'CausePath'],
      Parallel: [...common, ...after, ...work, 'Branches', 'Parameters', 'Arguments'],
      Map: [
        ...[...common, ...after, ...work, 'ItemProcessor', 'Iterator', 'Items', 'ItemsPath', 'ItemSelector', 'Parameters', 'MaxConcurrency', 'MaxConcurrencyPath'],
        ...['ItemReader', 'ItemBatcher', 'ResultWriter', 'Label', 'ToleratedFailureCount', 'ToleratedFailureCountPath'],
        ...['ToleratedFailurePercentage', 'ToleratedFailurePercentagePath'],
      ],
    };
    for (const type of STATE_TYPES) expect(membersOfType(type).sort(), type).toEqual(expected[type].sort());
  });

  it('are chosen by the language', () => {
    const state = { Type: 'Task' };
    expect(shownIn(state, 'JSONPath')).toContain('Parameters');
    expect(shownIn(state, 'JSONPath')).not.toContain('Arguments');
    expect(shownIn(state, 'JSONata')).toContain('Output');
    expect(shownIn(state, 'JSONata')).not.toContain('ResultPath');
    const [wait] = fieldsOf('Wait') as [Field];
    expect(formsIn(wait, 'JSONPath').map(({ name }) => name)).toEqual(['Seconds', 'Timestamp', 'SecondsPath', 'TimestampPath']);
    expect(formsIn(wait, 'JSONata').map(({ name }) => name)).toEqual(['Seconds', 'Timestamp']);
  });

  it('of a Distributed Map alone are hidden from others, unless they are there', () => {
    const inline = { Type: 'Map', ItemProcessor: {} };
    expect(shownIn(inline, 'JSONPath')).not.toContain('ItemReader');
    expect(shownIn({ ...inline, ItemReader: {} }, 'JSONPath')).toContain('ItemReader');
    expect(shownIn({ ...inline, ToleratedFailureCountPath: '$.n' }, 'JSONPath')).toContain('ToleratedFailureCount');
    expect(shownIn({ Type: 'Map', ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' } } }, 'JSONPath')).toContain('ItemBatcher');
  });

  it('leave what they do not know, and say what belongs to the other language', () => {
    const owner = { Type: 'Task', Resource: 'a', Colour: 'red', Output: 1, End: true, TimeoutSecondsPath: '$.t' };
    expect(strangersOf(owner, fieldsOf('Task'), 'JSONPath', ['Type'])).toEqual([
      { member: 'Colour', value: 'red', why: 'unknown' },
      { member: 'Output', value: 1, why: 'other-language' },
    ]);
    const twin = strangersOf({ Type: 'Wait', SecondsPath: '$.t', End: true }, fieldsOf('Wait'), 'JSONata', ['Type']);
    expect(twin).toEqual([{ member: 'SecondsPath', value: '$.t', why: 'other-language' }]);
    expect(strangersOf({ Comment: '', States: {}, StartAt: 'A' }, MACHINE_FIELDS, 'JSONPath', ['States'])).toEqual([]);
  });
});

describe('edits', () => {
  const at = ['States', 'A'];
  const before = { Type: 'Wait', Seconds: 5, Retry: [{ ErrorEquals: ['a'] }, { ErrorEquals: ['b'] }, { ErrorEquals: ['c'] }], End: true };

  it('of one member touch nothing else', () => {
    expect(change(at, before, { ...before, Comment: 'x' })).toEqual([{ kind: 'set', path: [...at, 'Comment'], value: 'x' }]);
    expect(change(at, before, { ...before, Seconds: 6 })).toEqual([{ kind: 'set', path: [...at, 'Seconds'], value: 6 }]);
    expect(change(at, before, before)).toEqual([]);
  });

  it('of a field that is emptied remove it', () => {
    expect(change(at, before, withMember(before, 'Seconds', undefined))).toEqual([{ kind: 'remove', path: [...at, 'Seconds'] }]);
  });

  it('of a field said in another way put it in the place of the other', () => {
    const { Seconds: _, ...rest } = before;
    expect(change(at, before, { ...rest, SecondsPath: '$.n' })).toEqual([{ kind: 'replace', path: [...at, 'Seconds'], key: 'SecondsPath', value: '$.n' }]);
    const next = applied({ States: { A: before } } as Definition, change(at, before, { ...rest, SecondsPath: '$.n' }));
    expect(Object.keys(next.States?.A ?? {})).toEqual(['Type', 'SecondsPath', 'Retry', 'End']);
  });

  it('of lists move, and go deep', () => {
    const list = (retry: unknown[]): unknown => ({ ...before, Retry: retry });
    const [a, b, c] = before.Retry;
    expect(change(at, before, list(moved(before.Retry, 0, 2)))).toEqual([{ kind: 'move', path: [...at, 'Retry', 0], into: [...at, 'Retry'], index: 2 }]);
    expect(change(at, before, list(moved(before.Retry, 2, 1)))).toHaveLength(1);
    const deep = applied({ States: { A: before } } as Definition, change(at, before, list([a, { ...b, MaxAttempts: 2 }, c])));
    expect(deep.States?.A?.Retry?.[1]).toEqual({ ErrorEquals: ['b'], MaxAttempts: 2 });
  });

  it('keep the comments of YAML', () => {
    const text = 'StartAt: A\nStates:\n  # the first\n  A:\n    Type: Wait # waits\n    Seconds: 5\n    End: true\n';
    const state = { Type: 'Wait', Seconds: 5, End: true };
    const { Seconds: _, ...rest } = state;
    expect(apply(text, 'yaml', change(at, state, { ...rest, Timestamp: '2030-01-01T00:00:00Z' }))).toBe(text.replace('Seconds: 5', 'Timestamp: 2030-01-01T00:00:00Z'));
  });

  const random = (seed: number): (() => number) => () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  const anything = (next: () => number, depth: number): unknown => {
    const kind = Math.floor(next() * (depth > 3 ? 4 : 6));
    if (kind < 4) return [1, 'a', true, null][kind];
    const size = Math.floor(next() * 4);
    if (kind === 4) return Array.from({ length: size }, () => anything(next, depth + 1));
    return Object.fromEntries(Array.from({ length: size }, () => ['abcdef'.charAt(Math.floor(next() * 6)), anything(next, depth + 1)]));
  };

  it('lead from anything to anything', () => {
    for (let seed = 1; seed < 400; seed++) {
      const next = random(seed);
      const [one, other] = [{ x: anything(next, 0) }, { x: anything(next, 0) }];
      const root = { States: { A: one } } as unknown as Definition;
      expect(applied(root, change(at, one, other)), `${seed}`).toEqual({ States: { A: other } });
    }
  });
});

describe('another type', () => {
  const definition: Definition = { StartAt: 'A', States: { A: { Type: 'Pass' }, 'Each item': { Type: 'Pass' } } };

  it('keeps what both have, and what neither knows', () => {
    const task: State = { Type: 'Task', Comment: 'c', Resource: 'r', ResultPath: '$.x', InputPath: '$.y', Colour: 1, Retry: [], Next: 'B' };
    expect(retyped(definition, task, 'Pass')).toEqual({ Type: 'Pass', Comment: 'c', ResultPath: '$.x', InputPath: '$.y', Colour: 1, Next: 'B' });
    expect(retyped(definition, task, 'Task')).toBe(task);
    expect(retyped(definition, { ...task, Type: 'Odd' }, 'Succeed')).toMatchObject({ Type: 'Succeed', Resource: 'r' });
  });

  it('leads where the state led', () => {
    expect(retyped(definition, { Type: 'Pass', Next: 'B' }, 'Choice')).toEqual({ Type: 'Choice', Choices: [], Default: 'B' });
    expect(retyped(definition, { Type: 'Choice', Choices: [{ Next: 'C' }] }, 'Wait')).toEqual({ Type: 'Wait', Seconds: 1, Next: 'C' });
    expect(retyped(definition, { Type: 'Choice', Choices: [], Default: 'D' }, 'Pass')).toEqual({ Type: 'Pass', Next: 'D' });
    expect(retyped(definition, { Type: 'Succeed' }, 'Pass')).toEqual({ Type: 'Pass', End: true });
    expect(retyped(definition, { Type: 'Pass', End: true }, 'Fail')).toEqual({ Type: 'Fail', Error: 'Failed' });
  });

  it('gets what it can not be without, under names that are free', () => {
    const map = retyped(definition, { Type: 'Pass', End: true }, 'Map');
    expect(map.ItemProcessor?.StartAt).toBe('Each item (1)');
    expect(retyped(definition, { Type: 'Pass', End: true }, 'Parallel').Branches).toHaveLength(2);
  });
});

describe('texts of fields', () => {
  it('are numbers in their bounds, or expressions', () => {
    expect(readNumber(' 7 ', { min: 1 }, false)).toEqual({ value: 7, text: '7' });
    expect(readNumber('', { min: 1 }, false)).toEqual({ value: undefined, text: '' });
    expect(readNumber('{% 1 + 1 %}', { min: 1 }, true)).toEqual({ value: '{% 1 + 1 %}', text: '{% 1 + 1 %}' });
    for (const text of ['{% 1 %}', '0', '1.5', 'x', 'NaN', '11']) expect(readNumber(text, { min: 1, max: 10 }, false), text).toHaveProperty('fault');
    expect(readNumber('1.5', { min: 1, isFraction: true }, false)).toHaveProperty('value', 1.5);
  });

  it('are paths, of which null is one', () => {
    expect(readPath(' $.a ')).toEqual({ value: '$.a', text: '$.a' });
    expect(readPath('null', true)).toEqual({ value: null, text: 'null' });
    expect(readPath('null')).toHaveProperty('value', 'null');
  });

  it('are JSON, lists of words, expressions', () => {
    expect(readJson('{"a":1}', 'JSONPath')).toHaveProperty('value', { a: 1 });
    expect(readJson('{% $x %}', 'JSONata')).toHaveProperty('value', '{% $x %}');
    expect(readJson('{% $x %}', 'JSONPath')).toHaveProperty('fault');
    expect(readTexts('a, b,,')).toEqual({ value: ['a', 'b'], text: 'a, b' });
  });

  it('are put where they are computed', () => {
    expect(isComputed('States.UUID()')).toBe(true);
    expect(isComputed('Stateless')).toBe(false);
    expect(withValue({ Name: 'a', Other: 1 }, 'Name', '$.name', 'JSONPath')).toEqual({ 'Name.$': '$.name', Other: 1 });
    expect(Object.keys(withValue({ 'Name.$': '$.a', Other: 1 }, 'Name', 'b', 'JSONPath'))).toEqual(['Name', 'Other']);
    expect(withValue({}, 'Name', '{% $name %}', 'JSONata')).toEqual({ Name: '{% $name %}' });
    expect(withValue({ Name: 'a' }, 'Name', ' ', 'JSONata')).toEqual({});
    expect(withValue({ Count: 1 }, 'Count', '2', 'JSONPath')).toEqual({ Count: 2 });
  });
});

describe('rules', () => {
  const rule: ChoiceRule = { Variable: '$.a', NumericGreaterThan: 3, Next: 'B', Comment: 'c', Colour: 1 };

  it('know all 39 comparisons of the language', () => {
    const names = OPERATORS.flatMap(({ operators }) => operators.flatMap(({ name, hasPath }) => (hasPath ? [name, `${name}Path`] : [name])));
    expect(names).toHaveLength(39);
    for (const name of names) expect(operatorOf(name), name).toBeDefined();
    expect(operatorOf('IsNullPath')).toBeUndefined();
    expect(operatorOf('StringMatchesPath')).toBeUndefined();
  });

  it('are told apart from what else is there', () => {
    expect(testMembers(rule)).toEqual(['Variable', 'NumericGreaterThan']);
    expect(comparisonOf(rule)).toMatchObject({ variable: '$.a', operand: 3, isPath: false });
    expect(comparisonOf({ Variable: '$.a', Next: 'B' })).toBeUndefined();
  });

  it('are joined and taken apart again', () => {
    const all = reshaped(rule, 'And');
    expect(all).toEqual({ And: [{ Variable: '$.a', NumericGreaterThan: 3 }], Next: 'B', Comment: 'c', Colour: 1 });
    expect(reshaped(all, 'compare')).toEqual(rule);
    expect(reshaped(all, 'Or')).toMatchObject({ Or: all.And });
    expect(reshaped(reshaped(all, 'Not'), 'And')).toEqual(all);
    expect(reshaped({ Next: 'B' }, 'Not')).toEqual({ Not: { Variable: '$', IsPresent: true }, Next: 'B' });
    expect(reshaped({ And: [], Next: 'B' }, 'compare')).toHaveProperty('IsPresent', true);
    expect(withInner({ Not: { IsNull: true } }, [{ IsNull: false }])).toEqual({ Not: { IsNull: false } });
  });

  it('compare in another way, with what is right for it', () => {
    const by = (name: string, isPath = false): ChoiceRule => withOperator(rule, operatorOf(name)?.operator as never, isPath);
    expect(by('NumericLessThan')).toEqual({ Variable: '$.a', NumericLessThan: 3, Next: 'B', Comment: 'c', Colour: 1 });
    expect(by('StringEquals')).toHaveProperty('StringEquals', '3');
    expect(by('IsNull')).toHaveProperty('IsNull', true);
    expect(by('NumericEquals', true)).toHaveProperty('NumericEqualsPath', '$');
    expect(by('IsNull', true)).toHaveProperty('IsNull', true);
    expect(withOperand(by('NumericEquals', true), '$.b')).toHaveProperty('NumericEqualsPath', '$.b');
    expect(operandFrom('x', 'number')).toBeUndefined();
    expect(operandFrom('7.5', 'number')).toBe(7.5);
  });
});

describe('delays', () => {
  it('grow, up to the longest', () => {
    expect(delaysOf({})).toEqual({ seconds: [1, 2, 4], tries: 3, total: 7, isJittered: false });
    expect(delaysOf({ IntervalSeconds: 5, MaxAttempts: 4, BackoffRate: 3, MaxDelaySeconds: 20 }).seconds).toEqual([5, 15, 20, 20]);
    expect(delaysOf({ MaxAttempts: 99_999_999, BackoffRate: 1 }).seconds).toHaveLength(8);
  });

  it('are told', () => {
    expect(delaysText(delaysOf({ MaxAttempts: 0 }))).toBe('It is never tried again.');
    expect(delaysText(delaysOf({ MaxAttempts: 1 }))).toBe('Tried again once: after 1 s.');
    expect(delaysText(delaysOf({ IntervalSeconds: 30, JitterStrategy: 'FULL' }))).toBe('Tried again 3 times: after up to 30 s, 1 min, 2 min; 3.5 min in all.');
  });
});

describe('resources', () => {
  it.each([
    ['arn:aws:states:::lambda:invoke.waitForTaskToken', 'service', 'lambda:invoke', '.waitForTaskToken'],
    ['arn:aws:states:::states:startExecution.sync:2', 'service', 'states:startExecution', '.sync:2'],
    ['arn:aws:states:::aws-sdk:s3:getObject', 'sdk', 'aws-sdk:s3:getObject', ''],
    ['arn:aws:lambda:us-east-1:000000000000:function:f', 'function', 'arn:aws:lambda:us-east-1:000000000000:function:f', ''],
    ['nothing', 'other', 'nothing', ''],
  ])('%s', (resource, kind, name, pattern) => expect(targetOf(resource)).toEqual({ kind, name, pattern }));

  it('are called in the ways that they can be', () => {
    expect(patternsOf(targetOf('arn:aws:states:::states:startExecution'))).toEqual(['', '.sync', '.sync:2', '.waitForTaskToken']);
    expect(patternsOf(targetOf('arn:aws:states:::dynamodb:getItem.sync'))).toEqual(['', '.sync']);
    expect(withPattern('arn:aws:states:::states:startExecution.sync:2', '.waitForTaskToken')).toBe('arn:aws:states:::states:startExecution.waitForTaskToken');
  });

  it('in the catalog are called in ways that there are', () => {
    for (const { resource = '' } of CATALOG) {
      const target = targetOf(resource);
      if (target.kind === 'service') expect(RESOURCES).toContain(withPattern(resource, ''));
      if (target.pattern !== '') expect(patternsOf({ ...target, pattern: '' }), resource).toContain(target.pattern);
    }
  });
});

describe('places', () => {
  const path = ['States', 'P', 'Branches', 0, 'States', 'A'];

  it('are found by what findings call them', () => {
    const finding = (location: string) => ({ severity: 'ERROR' as const, code: 'X', message: '', location });
    const diagnostics = ['/States/P/Branches[0]/States/A/Next', '/States/P/Branches[0]/States/A', '/States/P/Branches[0]/States/Also/Next'].map(finding);
    expect(locationOf(path)).toBe('/States/P/Branches[0]/States/A');
    expect(findingsAt(diagnostics, path, true)).toHaveLength(2);
    expect(findingsAt(diagnostics, path, false)).toHaveLength(1);
  });

  it('are named by findings about their owner', () => {
    expect(membersNamed('These fields are required: [States, StartAt]')).toEqual(['States', 'StartAt']);
    expect(membersNamed("Field 'Colour' is not supported")).toEqual(['Colour']);
    expect(membersNamed("The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported")).toEqual(['InputPath']);
  });

  it('have a language and names that differ', () => {
    const definition: Definition = { QueryLanguage: 'JSONata', States: { A: { Type: 'Pass' }, B: { Type: 'Pass' } } };
    expect(languageOf(definition, { Type: 'Pass' })).toBe('JSONata');
    expect(languageOf({}, { Type: 'Pass', QueryLanguage: 'JSONata' })).toBe('JSONata');
    expect(nameFault(definition, ['States', 'A'], 'B')).toMatch(/Another state/);
    expect(nameFault(definition, ['States', 'A'], 'A')).toBeUndefined();
    expect(nameFault(definition, ['States', 'A'], ' ')).toMatch(/needs a name/);
    expect(nameFault(definition, ['States', 'A'], 'x'.repeat(81))).toMatch(/80/);
  });
});
