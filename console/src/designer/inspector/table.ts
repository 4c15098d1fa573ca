// Table: the fields of each type of state, with what they are edited and what they mean. The forms are made of it, and so is
// what a change of type keeps.

import { ARGUMENTS, ASSIGN, COMMENT, INPUT_PATH, OUTPUT, OUTPUT_PATH, PARAMETERS, QUERY_LANGUAGE, RESULT_PATH, RESULT_SELECTOR, TRANSITION, path } from './data-fields';
import { membersOf, type Field, type Section, type StateType } from './fields';
import { CONCURRENCY, ITEM_BATCHER, ITEM_READER, RESULT_WRITER, TOLERATED_COUNT, TOLERATED_PERCENTAGE, distributed } from './map-fields';

const TIMEOUT: Field = {
  name: 'TimeoutSeconds',
  words: 'Timeout, seconds',
  help: 'After how long the task fails with States.Timeout.',
  control: { kind: 'number', min: 1, placeholder: 'none' },
  others: [path('TimeoutSecondsPath', 'Timeout from a path', 'Where the input says after how many seconds the task fails.')],
};
const HEARTBEAT: Field = {
  name: 'HeartbeatSeconds',
  words: 'Heartbeat, seconds',
  help: 'How long a worker may be silent. Shorter than the timeout.',
  control: { kind: 'number', min: 1, placeholder: 'none' },
  others: [path('HeartbeatSecondsPath', 'Heartbeat from a path', 'Where the input says how many seconds a worker may be silent.')],
};
const CREDENTIALS: Field = {
  name: 'Credentials',
  help: 'The role that does the work, in place of that of the machine.',
  control: { kind: 'group', fields: [{ name: 'RoleArn', words: 'Role', isMain: true, help: 'Its ARN, or where it is found.', control: { kind: 'value' } }] },
};

const ERROR_EQUALS: Field = { name: 'ErrorEquals', words: 'Errors', isMain: true, help: 'Which errors it means. States.ALL stands alone, and last.', control: { kind: 'errors' } };

const RETRY: Field = {
  name: 'Retry',
  help: 'The first retrier that means the error tries again. Each counts for itself.',
  control: {
    kind: 'list',
    noun: 'retrier',
    tells: 'delays',
    first: { ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2 },
    fields: [
      ERROR_EQUALS,
      { name: 'IntervalSeconds', isMain: true, words: 'First delay, seconds', help: 'Before it is tried again for the first time.', control: { kind: 'number', min: 1, placeholder: '1', isConstant: true } },
      { name: 'MaxAttempts', isMain: true, words: 'Tries again', help: 'How often at most; 0 for never.', control: { kind: 'number', min: 0, max: 99_999_999, placeholder: '3', isConstant: true } },
      { name: 'BackoffRate', isMain: true, words: 'Back-off rate', help: 'What each delay is multiplied by.', control: { kind: 'number', min: 1, placeholder: '2.0', isFraction: true, isConstant: true } },
      { name: 'MaxDelaySeconds', words: 'Longest delay, seconds', help: 'No delay is longer.', control: { kind: 'number', min: 1, max: 31_622_400, placeholder: 'none', isConstant: true } },
      {
        name: 'JitterStrategy',
        words: 'Jitter',
        help: 'With FULL, a delay is drawn between nothing and what it would be.',
        control: { kind: 'option', options: [{ value: 'FULL', words: 'FULL' }, { value: 'NONE', words: 'NONE' }] },
      },
      COMMENT,
    ],
  },
};
const CATCH: Field = {
  name: 'Catch',
  help: 'Where it goes on after an error, once nothing tries again.',
  control: {
    kind: 'list',
    noun: 'catcher',
    first: { ErrorEquals: ['States.ALL'], Next: '' },
    fields: [
      ERROR_EQUALS,
      { name: 'Next', words: 'Goes on with', isMain: true, help: 'The state that comes next.', control: { kind: 'target' } },
      { ...RESULT_PATH, help: 'Where in the input the error goes: an object with Error and Cause.' },
      { ...OUTPUT, help: 'The output of the state after the error; $states.errorOutput has Error and Cause.' },
      ASSIGN,
      COMMENT,
    ],
  },
};

/** The members of a Choice rule beside its test. */
export const RULE_FIELDS: readonly Field[] = [
  { name: 'Next', words: 'Goes on with', isMain: true, help: 'The state that comes next.', control: { kind: 'target' } },
  { ...OUTPUT, help: 'The output of the state, where this rule is the one that holds.' },
  { ...ASSIGN, help: 'Variables, where this rule is the one that holds.' },
  COMMENT,
];

const FAILURES: Section = { title: 'Failures', fields: [RETRY, CATCH] };
const ENDING: Section = { title: 'Next', fields: [TRANSITION] };
const NOTES: Section = { title: 'About it', fields: [COMMENT, QUERY_LANGUAGE] };

/** Sections of fields, by the type of the state. What it is called and its type are apart. */
export const SECTIONS: Record<StateType, readonly Section[]> = {
  Task: [
    { title: 'Work', fields: [{ name: 'Resource', isMain: true, help: 'What does the work.', control: { kind: 'resource' } }] },
    { title: 'Input', fields: [INPUT_PATH, PARAMETERS, ARGUMENTS] },
    { title: 'Output', fields: [RESULT_SELECTOR, RESULT_PATH, OUTPUT_PATH, OUTPUT, ASSIGN] },
    ENDING,
    FAILURES,
    { title: 'Bounds and rights', fields: [TIMEOUT, HEARTBEAT, CREDENTIALS] },
    NOTES,
  ],
  Pass: [
    {
      title: 'Data',
      fields: [
        INPUT_PATH,
        { ...PARAMETERS, help: 'What it makes of its input. Members whose names end in .$ hold a path or an intrinsic function.' },
        { name: 'Result', only: 'JSONPath', help: 'What it gives in place of its input, as it stands: nothing in it is computed.', control: { kind: 'json', placeholder: '{"greeting": "hello"}' } },
        RESULT_PATH,
        OUTPUT_PATH,
        { ...OUTPUT, help: 'The output of the state. Without it, the input.' },
        ASSIGN,
      ],
    },
    ENDING,
    NOTES,
  ],
  Choice: [
    { title: 'Rules', fields: [{ name: 'Choices', words: 'Tests, in this order', isMain: true, help: 'The first rule that holds decides.', control: { kind: 'rules' } }, { name: 'Default', words: 'Otherwise', isMain: true, help: 'Where it goes on when no rule holds. Without it, that fails the execution.', control: { kind: 'target' } }] },
    { title: 'Data', fields: [INPUT_PATH, OUTPUT_PATH, OUTPUT, { ...ASSIGN, help: 'Variables, where no rule holds.' }] },
    NOTES,
  ],
  Wait: [
    {
      title: 'Wait',
      fields: [
        {
          name: 'Seconds',
          isMain: true,
          help: 'How long it waits.',
          control: { kind: 'number', min: 0, placeholder: '60' },
          others: [
            { name: 'Timestamp', words: 'Until a time', help: 'Until when, as in 2030-01-31T09:00:00Z.', control: { kind: 'text', placeholder: '2030-01-31T09:00:00Z' } },
            { name: 'SecondsPath', words: 'Seconds from a path', help: 'Where the input says how many seconds.', only: 'JSONPath', control: { kind: 'path', placeholder: '$.seconds' } },
            { name: 'TimestampPath', words: 'A time from a path', help: 'Where the input says until when.', only: 'JSONPath', control: { kind: 'path', placeholder: '$.until' } },
          ],
        },
      ],
    },
    { title: 'Data', fields: [INPUT_PATH, OUTPUT_PATH, OUTPUT, ASSIGN] },
    ENDING,
    NOTES,
  ],
  Succeed: [{ title: 'Data', fields: [INPUT_PATH, OUTPUT_PATH, OUTPUT] }, NOTES],
  Fail: [
    {
      title: 'Failure',
      fields: [
        {
          name: 'Error',
          isMain: true,
          help: 'The name of the error.',
          control: { kind: 'text', placeholder: 'OrderRefused' },
          others: [{ name: 'ErrorPath', words: 'Error from a path', help: 'Where the input names it; intrinsic functions, too.', only: 'JSONPath', control: { kind: 'path', placeholder: '$.error' } }],
        },
        {
          name: 'Cause',
          isMain: true,
          help: 'What went wrong, in words.',
          control: { kind: 'text', lines: true, placeholder: 'The order is too large.' },
          others: [{ name: 'CausePath', words: 'Cause from a path', help: 'Where the input says it; intrinsic functions, too.', only: 'JSONPath', control: { kind: 'path', placeholder: '$.cause' } }],
        },
      ],
    },
    NOTES,
  ],
  Parallel: [
    { title: 'Branches', fields: [{ name: 'Branches', words: 'At the same time', isMain: true, help: 'They run at the same time, each with the same input. The result is an array of their outputs.', control: { kind: 'branches' } }] },
    { title: 'Input', fields: [INPUT_PATH, PARAMETERS, ARGUMENTS] },
    { title: 'Output', fields: [RESULT_SELECTOR, RESULT_PATH, OUTPUT_PATH, OUTPUT, ASSIGN] },
    ENDING,
    FAILURES,
    NOTES,
  ],
  Map: [
    {
      title: 'Items',
      fields: [
        INPUT_PATH,
        { name: 'ItemsPath', words: 'Items', isMain: true, only: 'JSONPath', help: 'Where the array is in the input.', control: { kind: 'path', placeholder: '$' } },
        { name: 'Items', isMain: true, only: 'JSONata', help: 'The array, or what computes it.', control: { kind: 'json', placeholder: '{% $states.input.items %}' } },
        { name: 'ItemSelector', help: 'What an iteration is given, in place of the item.', control: { kind: 'json', placeholder: '{"item.$": "$$.Map.Item.Value"}' } },
        { ...PARAMETERS, help: 'The older name of ItemSelector.', when: () => false },
        ITEM_READER,
        ITEM_BATCHER,
      ],
    },
    { title: 'Iterations', fields: [{ name: 'ItemProcessor', words: 'How they run', isMain: true, help: 'Inline in this execution, or distributed over child executions.', control: { kind: 'processor' } }, CONCURRENCY, TOLERATED_COUNT, TOLERATED_PERCENTAGE, { name: 'Label', help: 'Part of the names of its child executions.', when: distributed, control: { kind: 'text' } }] },
    { title: 'Output', fields: [RESULT_WRITER, RESULT_SELECTOR, RESULT_PATH, OUTPUT_PATH, OUTPUT, ASSIGN] },
    ENDING,
    FAILURES,
    NOTES,
  ],
};

/** What a whole machine can have, beside its states. */
export const MACHINE_FIELDS: readonly Field[] = [
  { name: 'Comment', isMain: true, help: 'What the workflow is there for.', control: { kind: 'text', lines: true } },
  { name: 'StartAt', words: 'Begins with', isMain: true, help: 'The first state.', control: { kind: 'target' } },
  { ...QUERY_LANGUAGE, isMain: true, help: 'How data is chosen and shaped, unless a state says otherwise. JSONPath where it is left empty.' },
  { name: 'TimeoutSeconds', words: 'Timeout, seconds', help: 'After how long an execution is ended.', control: { kind: 'number', min: 1, placeholder: 'none', isConstant: true } },
  { name: 'Version', help: 'The version of the language: 1.0.', control: { kind: 'text', placeholder: '1.0' } },
];

/** The members of a state of that type. */
export const membersOfType = (type: StateType): string[] => ['Type', ...SECTIONS[type].flatMap(({ fields }) => membersOf(fields))];
