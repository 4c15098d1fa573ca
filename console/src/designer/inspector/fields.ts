// Fields: what each type of state can have, with what it is edited, and what it means. The forms are made of this
// table, and so is what a change of type keeps.

import { isDistributed, isObject, type State } from '../../definition/asl';
import type { Language } from './place';

export type Control =
  /** Text as it stands. */
  | { kind: 'text'; placeholder?: string; lines?: boolean; suggestions?: readonly string[] }
  /** A path of JSONPath; with `isNullable`, `null` is a value. */
  | { kind: 'path'; placeholder?: string; isNullable?: boolean }
  /** A number; in JSONata an expression, too, unless it is `isConstant`. */
  | { kind: 'number'; min: number; max?: number; placeholder?: string; isFraction?: boolean; isConstant?: boolean }
  | { kind: 'option'; options: readonly { value: string; words: string }[] }
  /** Any JSON; in JSONata an expression, too. */
  | { kind: 'json'; placeholder?: string }
  /** Text or, in a member `Name.$`, a path or an intrinsic function; in JSONata an expression, too. */
  | { kind: 'value' }
  /** The ARN of a state machine; written like a value. */
  | { kind: 'machine' }
  /** Texts, joined by commas. */
  | { kind: 'texts'; placeholder?: string }
  /** Names of errors. */
  | { kind: 'errors' }
  /** A state of the same flow. */
  | { kind: 'target' }
  /** `Next` or `End`. */
  | { kind: 'transition' }
  | { kind: 'resource' }
  /** An object with members of its own. */
  | { kind: 'group'; fields: readonly Field[] }
  /** A list of such objects. */
  | { kind: 'list'; noun: string; fields: readonly Field[]; first: Record<string, unknown>; tells?: 'delays' }
  /** The rules of a Choice. */
  | { kind: 'rules' }
  | { kind: 'branches' }
  | { kind: 'processor' };

export interface Field {
  /** The member. */
  name: string;
  /** The member in words, where its name does not say it. */
  words?: string;
  help: string;
  control: Control;
  /** The only language that has it. */
  only?: Language;
  /** Other members that say the same in another way: a state has one of them. */
  others?: readonly Field[];
  /** Whether it is on the form from the start; others are when they are there, or asked for. */
  isMain?: boolean;
  /** When it is of use. What is there is shown whether or not it is. */
  when?: (owner: Record<string, unknown>) => boolean;
}

export interface Section {
  title: string;
  fields: readonly Field[];
}

export const STATE_TYPES = ['Task', 'Pass', 'Choice', 'Wait', 'Parallel', 'Map', 'Succeed', 'Fail'] as const;
export type StateType = (typeof STATE_TYPES)[number];

const COMMENT: Field = { name: 'Comment', help: 'What it is there for; nothing reads it.', control: { kind: 'text', lines: true } };

export const QUERY_LANGUAGE: Field = {
  name: 'QueryLanguage',
  words: 'Query language',
  help: 'How its data is chosen and shaped. Left empty, that of the whole machine.',
  control: {
    kind: 'option',
    options: [
      { value: 'JSONPath', words: 'JSONPath' },
      { value: 'JSONata', words: 'JSONata' },
    ],
  },
};

const INPUT_PATH: Field = {
  name: 'InputPath',
  only: 'JSONPath',
  help: 'The part of the input that the state works with; null for none of it.',
  control: { kind: 'path', placeholder: '$', isNullable: true },
};
const OUTPUT_PATH: Field = {
  name: 'OutputPath',
  only: 'JSONPath',
  help: 'The part of what it has in the end that is its output; null for none of it.',
  control: { kind: 'path', placeholder: '$', isNullable: true },
};
const PARAMETERS: Field = {
  name: 'Parameters',
  only: 'JSONPath',
  help: 'What the work is given, in place of the input. Members whose names end in .$ hold a path or an intrinsic function.',
  control: { kind: 'json', placeholder: '{"order.$": "$.order"}' },
};
const ARGUMENTS: Field = {
  name: 'Arguments',
  only: 'JSONata',
  help: 'What the work is given. Texts in {% %} are computed.',
  control: { kind: 'json', placeholder: '{"order": "{% $states.input.order %}"}' },
};
const RESULT_SELECTOR: Field = {
  name: 'ResultSelector',
  only: 'JSONPath',
  help: 'What is made of the result, before ResultPath puts it anywhere.',
  control: { kind: 'json', placeholder: '{"id.$": "$.Id"}' },
};
const RESULT_PATH: Field = {
  name: 'ResultPath',
  only: 'JSONPath',
  help: 'Where in the input the result goes. $ puts it in place of the input; null drops it.',
  control: { kind: 'path', placeholder: '$', isNullable: true },
};
const OUTPUT: Field = {
  name: 'Output',
  only: 'JSONata',
  help: 'The output of the state. Without it, the result, or the input where there is none.',
  control: { kind: 'json', placeholder: '{"id": "{% $states.result.Id %}"}' },
};
const ASSIGN: Field = {
  name: 'Assign',
  help: 'Variables, which all states that follow can read.',
  control: { kind: 'json', placeholder: '{"total": 0}' },
};
const TRANSITION: Field = { name: 'Next', words: 'Goes on with', isMain: true, help: 'The state that comes next, or the end.', control: { kind: 'transition' } };

const path = (name: string, words: string, help: string): Field => ({ name, words, help, only: 'JSONPath', control: { kind: 'path', placeholder: '$.seconds' } });

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

const distributed = (owner: Record<string, unknown>): boolean => isDistributed(owner as State);

const ITEM_READER: Field = {
  name: 'ItemReader',
  help: 'Reads the items from S3 in place of the input.',
  when: distributed,
  control: {
    kind: 'group',
    fields: [
      {
        name: 'Resource',
        words: 'From',
        isMain: true,
        help: 'One object with many items in it, or all objects of a bucket.',
        control: {
          kind: 'option',
          options: [
            { value: 'arn:aws:states:::s3:getObject', words: 'One object' },
            { value: 'arn:aws:states:::s3:listObjectsV2', words: 'A list of objects' },
          ],
        },
      },
      { ...PARAMETERS, isMain: true, help: 'Bucket, and Key or Prefix.', control: { kind: 'json', placeholder: '{"Bucket": "orders", "Key": "today.csv"}' } },
      { ...ARGUMENTS, isMain: true, help: 'Bucket, and Key or Prefix.', control: { kind: 'json', placeholder: '{"Bucket": "orders", "Key": "today.csv"}' } },
      {
        name: 'ReaderConfig',
        words: 'How it is written',
        help: 'The form of what is read.',
        control: {
          kind: 'group',
          fields: [
            { name: 'InputType', words: 'Form', isMain: true, help: 'How items are written in the object.', control: options('CSV', 'JSON', 'JSONL', 'PARQUET', 'MANIFEST') },
            { name: 'Transformation', help: 'With LOAD_AND_FLATTEN, what is in the listed objects is read too.', control: options('NONE', 'LOAD_AND_FLATTEN') },
            { name: 'ManifestType', words: 'Manifest', help: 'What wrote the manifest.', when: is('InputType', 'MANIFEST'), control: options('ATHENA_DATA', 'S3_INVENTORY') },
            { name: 'CSVDelimiter', words: 'Delimiter', help: 'What is between two values; a comma.', when: is('InputType', 'CSV'), control: options('COMMA', 'PIPE', 'SEMICOLON', 'SPACE', 'TAB') },
            { name: 'CSVHeaderLocation', words: 'Names of columns', help: 'Whether the first row has them, or CSVHeaders.', when: is('InputType', 'CSV'), control: options('FIRST_ROW', 'GIVEN') },
            { name: 'CSVHeaders', words: 'Columns', help: 'Their names, joined by commas.', when: is('CSVHeaderLocation', 'GIVEN'), control: { kind: 'texts', placeholder: 'id, name' } },
            { name: 'ItemsPointer', words: 'Pointer to the items', help: 'Where in the JSON the array is, as in /data/rows.', when: is('InputType', 'JSON'), control: { kind: 'text', placeholder: '/items' } },
            {
              name: 'MaxItems',
              words: 'Items at most',
              help: 'It stops to read there.',
              control: { kind: 'number', min: 0, max: 100_000_000, placeholder: 'all' },
              others: [path('MaxItemsPath', 'Items at most, from a path', 'Where the input says how many items are read.')],
            },
          ],
        },
      },
    ],
  },
};

const ITEM_BATCHER: Field = {
  name: 'ItemBatcher',
  help: 'Gives each child execution several items.',
  when: distributed,
  control: {
    kind: 'group',
    fields: [
      {
        name: 'MaxItemsPerBatch',
        isMain: true,
        words: 'Items in a batch',
        help: 'At most.',
        control: { kind: 'number', min: 1, placeholder: 'no bound' },
        others: [path('MaxItemsPerBatchPath', 'Items in a batch, from a path', 'Where the input says how many.')],
      },
      {
        name: 'MaxInputBytesPerBatch',
        words: 'Bytes in a batch',
        help: 'At most; up to 262,144.',
        control: { kind: 'number', min: 1, max: 262_144, placeholder: 'no bound' },
        others: [path('MaxInputBytesPerBatchPath', 'Bytes in a batch, from a path', 'Where the input says how many.')],
      },
      { name: 'BatchInput', words: 'Given to each batch', help: 'An object beside the items.', control: { kind: 'json', placeholder: '{"run": 1}' } },
    ],
  },
};

const RESULT_WRITER: Field = {
  name: 'ResultWriter',
  help: 'Writes the results to S3 in place of the output.',
  when: distributed,
  control: {
    kind: 'group',
    fields: [
      { name: 'Resource', words: 'To', isMain: true, help: 'Where results go. Without it, only WriterConfig counts.', control: { kind: 'option', options: [{ value: 'arn:aws:states:::s3:putObject', words: 'Objects in S3' }] } },
      { ...PARAMETERS, isMain: true, help: 'Bucket and Prefix.', control: { kind: 'json', placeholder: '{"Bucket": "results", "Prefix": "orders"}' } },
      { ...ARGUMENTS, isMain: true, help: 'Bucket and Prefix.', control: { kind: 'json', placeholder: '{"Bucket": "results", "Prefix": "orders"}' } },
      {
        name: 'WriterConfig',
        words: 'How they are written',
        help: 'The form of the results.',
        control: {
          kind: 'group',
          fields: [
            { name: 'Transformation', isMain: true, help: 'NONE: with what is known of each child. COMPACT: outputs only. FLATTEN: arrays joined to one.', control: options('NONE', 'COMPACT', 'FLATTEN') },
            { name: 'OutputType', words: 'Form', isMain: true, help: 'One JSON array, or a line for each result.', control: options('JSON', 'JSONL') },
          ],
        },
      },
    ],
  },
};

function options(...values: string[]): Control {
  return { kind: 'option', options: values.map((value) => ({ value, words: value })) };
}

function is(member: string, value: string): (owner: Record<string, unknown>) => boolean {
  return (owner) => owner[member] === value;
}

/** The members of a Choice rule beside its test. */
export const RULE_FIELDS: readonly Field[] = [
  { name: 'Next', words: 'Goes on with', isMain: true, help: 'The state that comes next.', control: { kind: 'target' } },
  { ...OUTPUT, help: 'The output of the state, where this rule is the one that holds.' },
  { ...ASSIGN, help: 'Variables, where this rule is the one that holds.' },
  COMMENT,
];

const CONCURRENCY: Field = {
  name: 'MaxConcurrency',
  words: 'Iterations at a time',
  help: 'At most; 0 for as many as there can be.',
  control: { kind: 'number', min: 0, placeholder: '0' },
  others: [path('MaxConcurrencyPath', 'Iterations at a time, from a path', 'Where the input says how many.')],
};
const TOLERATED_COUNT: Field = {
  name: 'ToleratedFailureCount',
  words: 'Failures tolerated',
  help: 'More failed iterations fail the Map.',
  when: distributed,
  control: { kind: 'number', min: 0, placeholder: '0' },
  others: [path('ToleratedFailureCountPath', 'Failures tolerated, from a path', 'Where the input says how many.')],
};
const TOLERATED_PERCENTAGE: Field = {
  name: 'ToleratedFailurePercentage',
  words: 'Failures tolerated, %',
  help: 'A larger part of failed iterations fails the Map.',
  when: distributed,
  control: { kind: 'number', min: 0, max: 100, placeholder: '0', isFraction: true },
  others: [path('ToleratedFailurePercentagePath', 'Failures tolerated in %, from a path', 'Where the input says which part.')],
};

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

export const isStateType = (type: unknown): type is StateType => STATE_TYPES.includes(type as StateType);

/** The field itself and those that can stand in its place. */
export const formsOf = (field: Field): Field[] => [field, ...(field.others ?? [])];

/** The forms of a field that a language has. */
export const formsIn = (field: Field, language: Language): Field[] => formsOf(field).filter((form) => form.only === undefined || form.only === language);

/** Whether a field is on the form. */
export function isShown(field: Field, owner: Record<string, unknown>, language: Language): boolean {
  const forms = formsIn(field, language);
  if (forms.length === 0) return false;
  return forms.some((form) => owner[form.name] !== undefined) || (field.when?.(owner) ?? true);
}

/** The members that a form takes care of, in whatever language. */
export function membersOf(fields: readonly Field[]): string[] {
  return fields.flatMap(formsOf).flatMap(({ name, control }) => {
    if (control.kind === 'transition') return ['Next', 'End'];
    if (control.kind === 'processor') return ['ItemProcessor', 'Iterator'];
    return control.kind === 'value' || control.kind === 'machine' ? [name, `${name}.$`] : [name];
  });
}

/** The members of a state of that type. */
export const membersOfType = (type: StateType): string[] => ['Type', ...SECTIONS[type].flatMap(({ fields }) => membersOf(fields))];

export type Stranger = { member: string; value: unknown; /** Why no form shows it. */ why: 'other-language' | 'unknown' };

/** The members of an object that no form shows, which are left as they are. */
export function strangersOf(owner: Record<string, unknown>, fields: readonly Field[], language: Language, apart: readonly string[] = []): Stranger[] {
  const here = new Set([...apart, ...membersOf(fields.flatMap((field) => formsIn(field, language)))]);
  const anywhere = new Set(membersOf(fields));
  return Object.entries(owner)
    .filter(([member]) => !here.has(member))
    .map(([member, value]) => ({ member, value, why: anywhere.has(member) ? 'other-language' : 'unknown' }));
}

export const asObject = (value: unknown): Record<string, unknown> => (isObject(value) ? (value as Record<string, unknown>) : {});
