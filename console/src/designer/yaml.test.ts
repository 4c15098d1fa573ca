import { describe, expect, it } from 'vitest';

import { apply, type Edit } from './edit';

const HELLO = `# Says hello
Comment: "Hello" # to all
StartAt: A
States:
  A: # first
    Type: Pass
    Result: {a: 1, b: [1, 2]}
    Next: B

  # Which way?
  B:
    Type: Choice
    Choices:
      # Only one
      - Variable: $.a # path
        IsPresent: true
        Next: A
      - Next: A
        Variable: $.b
        IsNull: true
    Default: C
  C:
    Type: Fail
    Cause: |
      Two
      lines
`;

const edited = (text: string, ...edits: Edit[]): string => apply(text, 'yaml', edits);

describe('an edit of YAML text', () => {
  it.each<[string, Edit, string, string]>([
    ['writes a value in its quotes', { kind: 'set', path: ['Comment'], value: 'Bye "all"' }, '"Hello"', '"Bye \\"all\\""'],
    ['writes a number that is a text', { kind: 'set', path: ['StartAt'], value: '12' }, 'StartAt: A', 'StartAt: "12"'],
    ['writes into a line', { kind: 'set', path: ['States', 'A', 'Result', 'c'], value: { d: 1 } }, 'b: [1, 2]}', 'b: [1, 2], c: {d: 1}}'],
    ['takes out of a line', { kind: 'remove', path: ['States', 'A', 'Result', 'a'] }, '{a: 1, ', '{'],
    ['puts a member before where the state leads', { kind: 'set', path: ['States', 'A', 'Comment'], value: 'Hm' }, '2]}\n', '2]}\n    Comment: Hm\n'],
    ['puts an item in', { kind: 'insert', into: ['States', 'B', 'Choices'], index: 1, value: { Next: 'C', Variable: '$' } }, '        Next: A\n      -', '        Next: A\n      - Next: C\n        Variable: $\n      -'],
    ['takes an item out', { kind: 'remove', path: ['States', 'B', 'Choices', 1] }, '      - Next: A\n        Variable: $.b\n        IsNull: true\n', ''],
    ['takes the first member of an item out', { kind: 'remove', path: ['States', 'B', 'Choices', 1, 'Next'] }, '- Next: A\n        Variable', '- Variable'],
    ['takes a member out and leaves its comment', { kind: 'remove', path: ['Comment'] }, 'Comment: "Hello" # to all', '# to all'],
    ['takes a text of lines out', { kind: 'remove', path: ['States', 'C', 'Cause'] }, '    Cause: |\n      Two\n      lines\n', ''],
    ['puts a state at the end', { kind: 'insert', into: ['States'], key: 'D', value: { Type: 'Succeed' } }, '      lines\n', '      lines\n  D:\n    Type: Succeed\n'],
    ['replaces a member', { kind: 'replace', path: ['States', 'A', 'Next'], key: 'End', value: true }, 'Next: B\n\n', 'End: true\n\n'],
    ['writes lines', { kind: 'set', path: ['States', 'C', 'Cause'], value: 'Three\nnew\nlines\n' }, 'Two\n      lines', 'Three\n      new\n      lines'],
  ])('%s', (_, edit, from, to) => {
    expect(HELLO).toContain(from);
    expect(edited(HELLO, edit)).toBe(HELLO.replace(from, to));
  });

  it('renames a state with all that leads to it', () => {
    const text = edited(HELLO, { kind: 'rename', path: ['States', 'A'], to: 'First: one' });
    expect(text).toBe(HELLO.replace('StartAt: A', 'StartAt: "First: one"').replace('  A: #', '  "First: one": #').replaceAll('Next: A', 'Next: "First: one"'));
  });

  it('takes an item elsewhere with its comments', () => {
    const text = edited(HELLO, { kind: 'move', path: ['States', 'B', 'Choices', 0], into: ['States', 'B', 'Choices'], index: 1 });
    expect(text).toBe(
      HELLO.replace('      - Variable: $.a # path\n        IsPresent: true\n        Next: A\n', '').replace('IsNull: true\n', 'IsNull: true\n      - Variable: $.a # path\n        IsPresent: true\n        Next: A\n'),
    );
  });

  it('takes a state elsewhere with its comments', () => {
    const text = edited(HELLO, { kind: 'set', path: ['States', 'A', 'Inner'], value: {} }, { kind: 'move', path: ['States', 'B'], into: ['States', 'A', 'Inner'] });
    expect(text).toContain('      B:\n        Type: Choice\n        Choices:\n          # Only one\n          - Variable: $.a # path\n');
    expect(text).toContain('# Which way?');
  });

  it('writes behind an alias into a copy', () => {
    const text = edited('a: &x # the first\n  b: 1\nc: *x\n', { kind: 'set', path: ['c', 'b'], value: 2 });
    expect(text).toBe('a: &x # the first\n  b: 1\nc:\n  b: 2\n');
  });

  it('fills what is empty', () => {
    expect(edited('a: {} # none\nb: 1\n', { kind: 'set', path: ['a', 'x', 'y'], value: 2 })).toBe('a:\n  x:\n    y: 2 # none\nb: 1\n');
    expect(edited('a: []\n', { kind: 'insert', into: ['a'], value: { b: 1, c: [2] } })).toBe('a:\n  - b: 1\n    c:\n      - 2\n');
  });
});
