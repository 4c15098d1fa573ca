// The workflow that is edited: its texts, what the last one that could be read says, and what changes it.

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import type { Definition } from '../definition/asl';
import { apply, readDefinition, type Edit, type Format } from './edit';
import { begin, redo, undo, write, type Texts } from './texts';
import { toYaml } from './yaml-text';

export interface Workflow {
  text: string;
  format: Format;
  /** As the text says, or as it said when it could be read. */
  definition: Definition;
  isReadable: boolean;
  /** The definition as JSON: as it is written, or, for YAML, in the form in which it was JSON before. */
  json: string;
  edit: (edits: readonly Edit[], label: string) => void;
  type: (text: string) => void;
  /** Takes a whole new text, as one step. */
  replace: (text: string, label: string, format?: Format) => void;
  convert: (format: Format) => void;
  undo?: { label: string; act: () => void };
  redo?: { label: string; act: () => void };
}

export function useWorkflow(first: string): Workflow {
  const [texts, setTexts] = useState<Texts>(() => begin(first, 'json'));
  const { text, format } = texts.now;
  // The last text of either format, so that converting back and forth loses no comment.
  const last = useRef<Record<Format, string>>({ json: first, yaml: '' });
  last.current[format] = text;

  const read = useMemo(() => readDefinition(text, format), [text, format]);
  const readable = useRef<Definition>({});
  // Spaces and comments change nothing that would have to be drawn again.
  if (read && !isAlike(read, readable.current)) readable.current = read;
  const definition = readable.current;
  const json = useMemo(() => (format === 'json' ? text : read ? written(read, 'json', last.current.json) : ''), [text, format, read]);

  const edit = useCallback((edits: readonly Edit[], label: string) => {
    if (edits.length === 0) return;
    setTexts((texts) => write(texts, { ...texts.now, text: apply(texts.now.text, texts.now.format, edits), label, typedAt: undefined }));
  }, []);
  const type = useCallback((text: string) => setTexts((texts) => write(texts, { ...texts.now, text, label: 'Write', typedAt: Date.now() })), []);
  const replace = useCallback(
    (text: string, label: string, format?: Format) => setTexts((texts) => write(texts, { text, format: format ?? texts.now.format, label })),
    [],
  );
  const convert = useCallback((format: Format) => {
    setTexts((texts) => {
      const read = readDefinition(texts.now.text, texts.now.format);
      if (!read || texts.now.format === format) return texts;
      return write(texts, { text: written(read, format, last.current[format]), format, label: `Show as ${format === 'json' ? 'JSON' : 'YAML'}` });
    });
  }, []);
  const before = texts.past.length > 0 ? texts.now.label : undefined;
  const after = texts.future[0]?.label;
  return {
    text,
    format,
    definition,
    isReadable: read !== undefined,
    json,
    edit,
    type,
    replace,
    convert,
    undo: useMemo(() => (before === undefined ? undefined : { label: before, act: () => setTexts(undo) }), [before]),
    redo: useMemo(() => (after === undefined ? undefined : { label: after, act: () => setTexts(redo) }), [after]),
  };
}

/** The same, in the same order. */
const isAlike = (one: Definition, other: Definition): boolean => JSON.stringify(one) === JSON.stringify(other);

/** A definition in a format: as it was last written there, changed where it says something else now. */
function written(definition: Definition, format: Format, last: string): string {
  if (last !== '' && readDefinition(last, format)) return apply(last, format, [{ kind: 'set', path: [], value: definition }]);
  return format === 'json' ? JSON.stringify(definition, null, 2) : toYaml(definition);
}

/** Ctrl+Z and Ctrl+Y, but where a field has a history of its own. */
export function useHistoryKeys({ undo, redo }: Pick<Workflow, 'undo' | 'redo'>): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.defaultPrevented) return;
      const target = event.target as HTMLElement;
      if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest('dialog, [role="dialog"]')) return;
      const inCode = target.closest('.code');
      if (inCode && !inCode.closest('.definition-code')) return;
      const key = event.key.toLowerCase();
      const step = key === 'z' && !event.shiftKey ? undo : key === 'y' || (key === 'z' && event.shiftKey) ? redo : undefined;
      if (key !== 'z' && key !== 'y') return;
      event.preventDefault();
      step?.act();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [undo, redo]);
}
