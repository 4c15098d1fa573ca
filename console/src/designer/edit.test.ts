import { describe, expect, it } from 'vitest';

import { apply, type Edit } from './edit';

const HELLO = `{
  // Says hello
  "Comment": "Hello", /* to all */
  "StartAt": "A",
  "States": {
    "A": { "Type": "Pass", "Result": {}, "Next": "B" }, // first
    "B": {
      "Type": "Choice",
      "Choices": [
        // Only one
        {
          "Variable": "$.a",
          "IsPresent": true,
          "Next": "A"
        }
      ],
      "Default": "C"
    },
    "C": {
      "Type": "Succeed"
    }
  }
}
`;

const edited = (text: string, ...edits: Edit[]): string => apply(text, 'json', edits);

describe('an edit of JSON text', () => {
  it('writes a value where it is', () => {
    expect(edited(HELLO, { kind: 'set', path: ['Comment'], value: 'Bye' })).toBe(HELLO.replace('"Hello"', '"Bye"'));
  });

  it('renames a state with all that leads to it', () => {
    const text = edited(HELLO, { kind: 'rename', path: ['States', 'A'], to: 'First "one"' });
    expect(text).toBe(HELLO.replace('"StartAt": "A"', '"StartAt": "First \\"one\\""').replace('"Next": "A"', '"Next": "First \\"one\\""').replace('"A": {', '"First \\"one\\"": {'));
  });

  it('writes only what differs', () => {
    const B = { Type: 'Choice', Choices: [{ Variable: '$.b', IsPresent: true, Next: 'A' }], Default: 'C' };
    expect(edited(HELLO, { kind: 'set', path: ['States', 'B'], value: B })).toBe(HELLO.replace('$.a', '$.b'));
  });

  it('puts a member in the line of the others, and before where the state leads', () => {
    const text = edited(HELLO, { kind: 'set', path: ['States', 'A', 'Comment'], value: 'Hm' });
    expect(text).toBe(HELLO.replace('"Result": {},', '"Result": {}, "Comment": "Hm",'));
  });

  it('puts a member on a line of its own where the others are', () => {
    const text = edited(HELLO, { kind: 'insert', into: ['States'], key: 'D', value: { Type: 'Fail' } });
    expect(text).toBe(HELLO.replace('"Succeed"\n    }\n', '"Succeed"\n    },\n    "D": {\n      "Type": "Fail"\n    }\n'));
    const after = edited(HELLO, { kind: 'insert', into: ['States'], key: 'D', index: 1, value: { Type: 'Fail' } });
    expect(after).toBe(HELLO.replace('// first\n', '// first\n    "D": {\n      "Type": "Fail"\n    },\n'));
  });

  it('takes a member out, and leaves comments', () => {
    expect(edited(HELLO, { kind: 'remove', path: ['Comment'] })).toBe(HELLO.replace('"Comment": "Hello", /* to all */', '/* to all */'));
    expect(edited(HELLO, { kind: 'remove', path: ['States', 'C'] })).toBe(HELLO.replace(',\n    "C": {\n      "Type": "Succeed"\n    }', ''));
    expect(edited(HELLO, { kind: 'remove', path: ['States', 'A', 'Next'] })).toBe(HELLO.replace(', "Next": "B"', ''));
    expect(edited(HELLO, { kind: 'remove', path: ['States', 'A', 'Type'] })).toBe(HELLO.replace('"Type": "Pass", ', ''));
  });

  it('takes the last item out', () => {
    const text = edited('{\n  "Catch": [\n    {"Next": "A"}\n  ]\n}', { kind: 'remove', path: ['Catch', 0] });
    expect(text).toBe('{\n  "Catch": []\n}');
  });

  it('makes what is between', () => {
    const text = edited('{\n\t"A": 1\n}', { kind: 'set', path: ['B', 'C', 0, 'D'], value: true });
    expect(text).toBe('{\n\t"A": 1,\n\t"B": {\n\t\t"C": [\n\t\t\t{\n\t\t\t\t"D": true\n\t\t\t}\n\t\t]\n\t}\n}');
  });

  it('keeps text in one line, and line ends as they are', () => {
    expect(edited('{"A":{"B":1}}', { kind: 'set', path: ['A', 'C'], value: { D: [1, 2] } })).toBe('{"A":{"B":1, "C":{"D":[1,2]}}}');
    expect(edited('{\r\n  "A": 1\r\n}', { kind: 'set', path: ['B'], value: { C: 1 } })).toBe('{\r\n  "A": 1,\r\n  "B": {\r\n    "C": 1\r\n  }\r\n}');
  });

  it('takes a member elsewhere with its comments', () => {
    const text = edited(HELLO, { kind: 'move', path: ['States', 'B', 'Choices', 0], into: ['States', 'C'], key: 'Rule' });
    expect(text).toContain('"Rule": {\n        "Variable": "$.a",');
    expect(text).toContain('// Only one');
  });

  it('leaves a text that is no JSON as it is', () => {
    expect(edited('{', { kind: 'set', path: ['A'], value: 1 })).toBe('{');
  });
});
