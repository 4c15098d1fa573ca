// Code: JSON to read or to write, with folding, search, and findings in the margin. Loaded when it is first needed.

import { json, jsonParseLinter } from '@codemirror/lang-json';
import { closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { linter, lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';

const look = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--code-key)' },
  { tag: tags.string, color: 'var(--code-string)' },
  { tag: tags.number, color: 'var(--code-number)' },
  { tag: [tags.bool, tags.null], color: 'var(--code-word)' },
  { tag: tags.punctuation, color: 'var(--ink-soft)' },
]);

const theme = EditorView.theme({
  '&': { fontSize: '13px', backgroundColor: 'transparent', color: 'var(--ink)' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-1px' },
  '.cm-content': { fontFamily: 'var(--mono)', caretColor: 'var(--ink)', padding: '8px 0' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--ink-soft)', border: 'none' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--tint-faint)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection': { backgroundColor: 'var(--selection) !important' },
  '.cm-panels': { backgroundColor: 'var(--surface)', color: 'var(--ink)', borderColor: 'var(--line)' },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', color: 'var(--ink)', borderColor: 'var(--line)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '2px 8px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--selection)', color: 'var(--ink)' },
  '.cm-completionDetail': { color: 'var(--ink-soft)' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--tint)', border: 'none', color: 'var(--ink-soft)', padding: '0 6px' },
});

export interface CodeProps {
  value: string;
  /** Without it, the text is only read. */
  onChange?: (value: string) => void;
  label: string;
  /** What is wrong with it; without, that it is no JSON. */
  marks?: readonly Diagnostic[];
  /** The language and what else belongs to it, in place of JSON. Must stay the same one. */
  language?: Extension;
  /** Whether somebody else remembers what it was, and steps back. */
  isHistoryElsewhere?: boolean;
  /** Where the cursor is, when somebody moves it. */
  onCursor?: (offset: number) => void;
  /** Where to look: an offset, which is shown when it changes. */
  reveal?: number;
}

export function Code({ value, onChange, label, marks, language, isHistoryElsewhere = false, onCursor, reveal }: CodeProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const changed = useRef(onChange);
  changed.current = onChange;
  const moved = useRef(onCursor);
  moved.current = onCursor;
  const isReadOnly = onChange === undefined;
  const isMarked = marks !== undefined;

  useEffect(() => {
    if (!place.current) return;
    const extensions: Extension[] = [
      language ?? json(),
      syntaxHighlighting(look),
      theme,
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
      drawSelection(),
      bracketMatching(),
      foldGutter(),
      search({ top: true }),
      highlightSelectionMatches(),
    ];
    if (isReadOnly) {
      extensions.push(
        keymap.of([...defaultKeymap, ...searchKeymap, ...foldKeymap]),
        EditorState.readOnly.of(true),
        EditorView.contentAttributes.of({ 'aria-readonly': 'true' }),
      );
    } else {
      extensions.push(
        lineNumbers(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        isHistoryElsewhere ? [] : [history(), keymap.of(historyKeymap)],
        indentOnInput(),
        closeBrackets(),
        // Tab indents; Escape and then Tab leaves, as in every code editor.
        keymap.of([
          ...closeBracketsKeymap,
          ...defaultKeymap,
          ...searchKeymap,
          ...foldKeymap,
          ...lintKeymap,
          indentWithTab,
        ]),
        lintGutter(),
        isMarked ? [] : linter(jsonParseLinter()),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) changed.current?.(update.state.doc.toString());
          if (update.selectionSet && update.view.hasFocus) moved.current?.(update.state.selection.main.head);
        }),
      );
    }
    const created = new EditorView({ parent: place.current, state: EditorState.create({ doc: value, extensions }) });
    view.current = created;
    return () => created.destroy();
    // The text is kept in step below, so that what is being written is not lost.
  }, [isReadOnly, label, language, isHistoryElsewhere, isMarked]);

  useEffect(() => {
    const shown = view.current;
    if (!shown || shown.state.doc.toString() === value) return;
    shown.dispatch({ changes: changeBetween(shown.state.doc.toString(), value) });
  }, [value]);

  useEffect(() => {
    const shown = view.current;
    if (!shown || !marks) return;
    const end = shown.state.doc.length;
    const inside = marks.map((mark) => ({ ...mark, from: Math.min(mark.from, end), to: Math.min(mark.to, end) }));
    shown.dispatch(setDiagnostics(shown.state, inside));
  }, [marks, language]);

  useEffect(() => {
    const shown = view.current;
    if (!shown || reveal === undefined) return;
    const at = Math.min(reveal, shown.state.doc.length);
    shown.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
  }, [reveal]);

  return <div className={isReadOnly ? 'code read' : 'code'} ref={place} />;
}

/** Only what differs, so that the cursor and what is folded stay. */
function changeBetween(before: string, after: string): { from: number; to: number; insert: string } {
  let from = 0;
  while (from < before.length && from < after.length && before[from] === after[from]) from++;
  let same = 0;
  while (same < before.length - from && same < after.length - from && before.at(-1 - same) === after.at(-1 - same)) same++;
  return { from, to: before.length - same, insert: after.slice(from, after.length - same) };
}
