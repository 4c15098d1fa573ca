import { describe, expect, it } from 'vitest';

import { begin, redo, undo, write, type Texts } from './texts';

const typed = (texts: Texts, text: string, typedAt: number): Texts => write(texts, { text, format: 'json', label: 'Write', typedAt });
const designed = (texts: Texts, text: string): Texts => write(texts, { text, format: 'json', label: 'Add' });

describe('the history of texts', () => {
  it('goes back over what was written and designed, and forth again', () => {
    const last = designed(typed(designed(begin('a', 'json'), 'b'), 'c', 0), 'd');
    const back = [last, undo(last), undo(undo(last)), undo(undo(undo(last)))];
    expect(back.map(({ now }) => now.text)).toEqual(['d', 'c', 'b', 'a']);
    expect(undo(back[3] as Texts).now.text).toBe('a');
    expect(redo(redo(redo(back[3] as Texts))).now.text).toBe('d');
  });

  it('takes letters written one after the other as one step', () => {
    const texts = typed(typed(typed(begin('', 'json'), 'a', 0), 'ab', 900), 'abc', 2500);
    expect(undo(texts).now.text).toBe('ab');
    expect(undo(undo(texts)).now.text).toBe('');
  });

  it('forgets what was undone when something else is written', () => {
    expect(redo(designed(undo(designed(begin('a', 'json'), 'b')), 'c')).now.text).toBe('c');
    expect(typed(undo(typed(typed(begin('', 'json'), 'a', 0), 'ab', 5000)), 'ac', 5001).past).toHaveLength(2);
  });

  it('does not grow where nothing changes', () => {
    const texts = begin('a', 'json');
    expect(designed(texts, 'a')).toBe(texts);
  });
});
