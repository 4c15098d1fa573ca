// Map fields: what only a Map has, most of it only a Distributed Map.

import { isDistributed, type State } from '../../definition/asl';
import { ARGUMENTS, PARAMETERS, path } from './data-fields';
import type { Control, Field } from './fields';

export const distributed = (owner: Record<string, unknown>): boolean => isDistributed(owner as State);

export const ITEM_READER: Field = {
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

export const ITEM_BATCHER: Field = {
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

export const RESULT_WRITER: Field = {
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

export const CONCURRENCY: Field = {
  name: 'MaxConcurrency',
  words: 'Iterations at a time',
  help: 'At most; 0 for as many as there can be.',
  control: { kind: 'number', min: 0, placeholder: '0' },
  others: [path('MaxConcurrencyPath', 'Iterations at a time, from a path', 'Where the input says how many.')],
};
export const TOLERATED_COUNT: Field = {
  name: 'ToleratedFailureCount',
  words: 'Failures tolerated',
  help: 'More failed iterations fail the Map.',
  when: distributed,
  control: { kind: 'number', min: 0, placeholder: '0' },
  others: [path('ToleratedFailureCountPath', 'Failures tolerated, from a path', 'Where the input says how many.')],
};
export const TOLERATED_PERCENTAGE: Field = {
  name: 'ToleratedFailurePercentage',
  words: 'Failures tolerated, %',
  help: 'A larger part of failed iterations fails the Map.',
  when: distributed,
  control: { kind: 'number', min: 0, max: 100, placeholder: '0', isFraction: true },
  others: [path('ToleratedFailurePercentagePath', 'Failures tolerated in %, from a path', 'Where the input says which part.')],
};
