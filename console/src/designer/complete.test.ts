import { describe, expect, it } from 'vitest';

import type { Definition } from '../definition/asl';
import { cursorAt, suggest } from './complete';
import type { Format } from './edit';

const DEFINITION: Definition = {
  StartAt: 'A',
  States: {
    A: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', Catch: [{ ErrorEquals: [], Next: 'B' }], Next: 'B' },
    B: { Type: 'Map', ItemProcessor: { StartAt: 'C', States: { C: { Type: 'Pass' } } }, End: true },
  },
};

const at = (marked: string, format: Format) => cursorAt(marked.replace('|', ''), format, marked.indexOf('|'));

describe('the cursor', () => {
  it.each([
    ['{"States": {"A": {"Ty|"}}}', { path: ['States', 'A'], isName: true, isQuoted: true }],
    ['{"States": {"A": {"Type": "Ta|"}}}', { path: ['States', 'A', 'Type'], isName: false, isQuoted: true }],
    ['{"States": {"A": {"Type": "Task", |}}}', { path: ['States', 'A'], isName: true, isQuoted: false }],
    ['{"States": {"A": {"Next": |}}}', { path: ['States', 'A', 'Next'], isName: false, isQuoted: false }],
    ['{"States": {"A": {"Catch": [{"ErrorEquals": ["S|"]}]}}}', { path: ['States', 'A', 'Catch', 0, 'ErrorEquals', 0], isName: false, isQuoted: true }],
  ])('in JSON: %s', (text, expected) => {
    expect(at(text, 'json')).toMatchObject(expected);
  });

  it.each([
    ['Sta|', { path: [], isName: true }],
    ['States:\n  A:\n    Ty|', { path: ['States', 'A'], isName: true }],
    ['States:\n  A: # first\n    Type: Ta|', { path: ['States', 'A', 'Type'], isName: false }],
    ['States:\n  A:\n    Type: Task\n    Next: |', { path: ['States', 'A', 'Next'], isName: false }],
    ['States:\n  "a: b":\n    Catch:\n      - ErrorEquals:\n          - S|', { path: ['States', 'a: b', 'Catch', 0, 'ErrorEquals', 0], isName: false }],
    ['States:\n  A:\n    Catch:\n    - Next: B\n    - Ne|', { path: ['States', 'A', 'Catch', 1], isName: true }],
    ['States:\n  A:\n    Catch:\n    - ErrorEquals: []\n      Next: |', { path: ['States', 'A', 'Catch', 0, 'Next'], isName: false }],
    ['States:\n  P:\n    Branches:\n      - StartAt: X\n        States:\n          X:\n            Type: |', { path: ['States', 'P', 'Branches', 0, 'States', 'X', 'Type'], isName: false }],
    ['States:\n  A:\n    Type: Task\n    Retry:\n    - MaxAttempts: 1\n    Ne|', { path: ['States', 'A'], isName: true }],
  ])('in YAML: %s', (text, expected) => {
    expect(at(text, 'yaml')).toMatchObject(expected);
  });
});

describe('what is suggested', () => {
  const labels = (path: (string | number)[], isName: boolean): string[] => suggest(DEFINITION, { path, isName }).map(({ label }) => label);

  it('are the members that a state of the type may still have', () => {
    expect(labels(['States', 'A'], true)).toEqual(expect.arrayContaining(['Retry', 'Parameters', 'HeartbeatSeconds']));
    expect(labels(['States', 'A'], true)).not.toEqual(expect.arrayContaining(['Type']));
    expect(labels(['States', 'A'], true)).not.toContain('Arguments');
    expect(labels(['States', 'A', 'Catch', 0], true)).toContain('ResultPath');
    expect(labels(['States', 'A', 'Parameters'], true)).toEqual(['QueueUrl', 'MessageBody']);
  });

  it('are the names of the states of the same flow', () => {
    expect(labels(['States', 'A', 'Next'], false)).toEqual(['B']);
    expect(labels(['States', 'A', 'Catch', 0, 'Next'], false)).toEqual(['B']);
    expect(labels(['States', 'B', 'ItemProcessor', 'StartAt'], false)).toEqual(['C']);
    expect(labels(['States', 'B', 'ItemProcessor', 'States', 'C', 'Next'], false)).toEqual([]);
  });

  it('are what the language and the type of the state have at that place', () => {
    const definition: Definition = { StartAt: 'M', States: { M: { Type: 'Map', QueryLanguage: 'JSONata' }, T: { Type: 'Task' } } };
    const labels = (inside: (string | number)[], isName: boolean): string[] => suggest(definition, { path: ['States', ...inside], isName }).map(({ label }) => label);
    expect(labels(['M', 'ItemReader'], true)).toEqual(['Resource', 'Arguments', 'ReaderConfig']);
    expect(labels(['M', 'ItemReader', 'Resource'], false)).toEqual(['arn:aws:states:::s3:getObject', 'arn:aws:states:::s3:listObjectsV2']);
    expect(labels(['M', 'ItemReader', 'ReaderConfig', 'Transformation'], false)).toEqual(['NONE', 'LOAD_AND_FLATTEN']);
    expect(labels(['M', 'ResultWriter', 'WriterConfig', 'Transformation'], false)).toEqual(['NONE', 'COMPACT', 'FLATTEN']);
    expect(labels(['M', 'ItemBatcher'], true)).toEqual(['MaxItemsPerBatch', 'MaxInputBytesPerBatch', 'BatchInput']);
    expect(labels(['M', 'Catch', 0], true)).toEqual(['ErrorEquals', 'Next', 'Output', 'Assign', 'Comment']);
    expect(labels(['T', 'Credentials'], true)).toEqual(['RoleArn', 'RoleArn.$']);
    expect(labels(['T', 'ItemReader'], true)).toEqual([]);
  });

  it('are types, resources and errors', () => {
    expect(labels(['States', 'A', 'Type'], false)).toHaveLength(8);
    expect(labels(['States', 'A', 'Resource'], false)).toContain('arn:aws:states:::lambda:invoke');
    expect(labels(['States', 'A', 'Catch', 0, 'ErrorEquals', 0], false)).toContain('States.Timeout');
  });
});
