// Code: JSON to read or to write, with folding, search, and findings in the margin. Loaded when it is first needed.

import { json, jsonParseLinter } from '@codemirror/lang-json';
import { closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { linter, lintGutter, lintKeymap, type Diagnostic } from '@codemirror/lint';
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
  '.cm-foldPlaceholder': { backgroundColor: 'var(--tint)', border: 'none', color: 'var(--ink-soft)', padding: '0 6px' },
});

export interface CodeProps {
  value: string;
  /** Without it, the text is only read. */
  onChange?: (value: string) => void;
  label: string;
  /** More findings than that it is no JSON. */
  findings?: (text: string) => Diagnostic[] | Promise<Diagnostic[]>;
  /** Where to look: an offset, which is shown when it changes. */
  reveal?: number;
}

export function Code({ value, onChange, label, findings, reveal }: CodeProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const changed = useRef(onChange);
  changed.current = onChange;
  const found = useRef(findings);
  found.current = findings;
  const isReadOnly = onChange === undefined;

  useEffect(() => {
    if (!place.current) return;
    const extensions: Extension[] = [
      json(),
      syntaxHighlighting(look),
      theme,
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': label }),
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
        EditorView.contentAttributes.of({ 'aria-readonly': 'true', tabindex: '0' }),
      );
    } else {
      extensions.push(
        lineNumbers(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        history(),
        indentOnInput(),
        closeBrackets(),
        // Tab indents; Escape and then Tab leaves, as in every code editor.
        keymap.of([
          ...closeBracketsKeymap,
          ...defaultKeymap,
          ...searchKeymap,
          ...historyKeymap,
          ...foldKeymap,
          ...lintKeymap,
          indentWithTab,
        ]),
        lintGutter(),
        linter(jsonParseLinter()),
        linter(async (view) => (await found.current?.(view.state.doc.toString())) ?? [], { delay: 400 }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) changed.current?.(update.state.doc.toString());
        }),
      );
    }
    const created = new EditorView({ parent: place.current, state: EditorState.create({ doc: value, extensions }) });
    view.current = created;
    return () => created.destroy();
    // The text is kept in step below, so that what is being written is not lost.
  }, [isReadOnly, label]);

  useEffect(() => {
    const shown = view.current;
    if (!shown || shown.state.doc.toString() === value) return;
    shown.dispatch({ changes: { from: 0, to: shown.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const shown = view.current;
    if (!shown || reveal === undefined) return;
    const at = Math.min(reveal, shown.state.doc.length);
    shown.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
  }, [reveal]);

  return <div className={isReadOnly ? 'code read' : 'code'} ref={place} />;
}
