// Data fields: how data gets into a state and out of it, and what more every state can have.

import type { Field } from './fields';

export const COMMENT: Field = { name: 'Comment', help: 'What it is there for; nothing reads it.', control: { kind: 'text', lines: true } };

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

export const INPUT_PATH: Field = {
  name: 'InputPath',
  only: 'JSONPath',
  help: 'The part of the input that the state works with; null for none of it.',
  control: { kind: 'path', placeholder: '$', isNullable: true },
};
export const OUTPUT_PATH: Field = {
  name: 'OutputPath',
  only: 'JSONPath',
  help: 'The part of what it has in the end that is its output; null for none of it.',
  control: { kind: 'path', placeholder: '$', isNullable: true },
};
export const PARAMETERS: Field = {
  name: 'Parameters',
  only: 'JSONPath',
  help: 'What the work is given, in place of the input. Members whose names end in .$ hold a path or an intrinsic function.',
  control: { kind: 'json', placeholder: '{"order.$": "$.order"}' },
};
export const ARGUMENTS: Field = {
  name: 'Arguments',
  only: 'JSONata',
  help: 'What the work is given. Texts in {% %} are computed.',
  control: { kind: 'json', placeholder: '{"order": "{% $states.input.order %}"}' },
};
export const RESULT_SELECTOR: Field = {
  name: 'ResultSelector',
  only: 'JSONPath',
  help: 'What is made of the result, before ResultPath puts it anywhere.',
  control: { kind: 'json', placeholder: '{"id.$": "$.Id"}' },
};
export const RESULT_PATH: Field = {
  name: 'ResultPath',
  only: 'JSONPath',
  help: 'Where in the input the result goes. $ puts it in place of the input; null drops it.',
  control: { kind: 'path', placeholder: '$', isNullable: true },
};
export const OUTPUT: Field = {
  name: 'Output',
  only: 'JSONata',
  help: 'The output of the state. Without it, the result, or the input where there is none.',
  control: { kind: 'json', placeholder: '{"id": "{% $states.result.Id %}"}' },
};
export const ASSIGN: Field = {
  name: 'Assign',
  help: 'Variables, which all states that follow can read.',
  control: { kind: 'json', placeholder: '{"total": 0}' },
};
export const TRANSITION: Field = { name: 'Next', words: 'Goes on with', isMain: true, help: 'The state that comes next, or the end.', control: { kind: 'transition' } };

export const path = (name: string, words: string, help: string): Field => ({ name, words, help, only: 'JSONPath', control: { kind: 'path', placeholder: '$.seconds' } });
