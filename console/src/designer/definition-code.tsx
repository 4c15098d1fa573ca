// The definition as code: JSON or YAML, with completion and with what is wrong at its place.

import { autocompletion, completionKeymap, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete';
import { json } from '@codemirror/lang-json';
import { yaml } from '@codemirror/lang-yaml';
import type { Diagnostic as Mark } from '@codemirror/lint';
import { Prec, type Extension } from '@codemirror/state';
import { keymap } from '@codemirror/view';
import { useDeferredValue, useMemo, useRef } from 'react';

import type { Diagnostic } from '../api/types';
import { Code } from '../json/code';
import { cursorAt, suggest } from './complete';
import { stateAt, valueAt, type Format, type Path } from './edit';
import { pathOfLocation, placesIn, problemsIn, stateOfPath } from './locations';
import type { Workflow } from './use-workflow';

interface DefinitionCodeProps {
  workflow: Workflow;
  findings: Diagnostic[];
  /** What is shown of it, when that changes. */
  shown?: Path;
  /** The cursor is in this state now. */
  onState: (state: Path) => void;
}

export default function DefinitionCode({ workflow, findings, shown, onState }: DefinitionCodeProps) {
  const { text, format, definition } = workflow;
  const latest = useRef(workflow);
  latest.current = workflow;
  const language = useMemo<Extension>(() => {
    const complete = (context: CompletionContext): CompletionResult | null => completions(context, format, latest.current.definition);
    return [format === 'json' ? json() : yaml(), autocompletion({ override: [complete], icons: false }), Prec.high(keymap.of(completionKeymap))];
  }, [format]);
  // What is being written goes before what is said of it.
  const settled = useDeferredValue(text);
  const places = useMemo(() => placesIn(settled, format), [settled, format]);
  const marks = useMemo<Mark[]>(() => {
    const problems = problemsIn(settled, format);
    if (problems.length > 0) return problems.map((problem) => ({ ...problem, severity: 'error' }));
    return findings.map((finding) => {
      const path = pathOfLocation(definition, finding.location ?? '');
      const place = (finding.location === undefined ? lineOf(settled, finding.message) : undefined) ?? places(path) ?? { from: 0, to: 0 };
      // A whole object is marked at its name alone.
      const value = valueAt(definition, path);
      const to = typeof value === 'object' && value !== null ? Math.min(place.to, place.from + String(path.at(-1) ?? '{').length + 2) : place.to;
      return { from: place.from, to, severity: finding.severity === 'ERROR' ? 'error' : 'warning', message: `${finding.code}: ${finding.message}` };
    });
  }, [settled, format, findings, definition, places]);
  const reveal = useMemo(() => (shown ? places(shown)?.from : undefined), [shown]);
  const follow = (offset: number): void => {
    const state = stateOfPath(cursorAt(latest.current.text, format, offset)?.path ?? []);
    if (state && stateAt(definition, state)) onState(state);
  };
  return (
    <div className="definition-code">
      <Code key={format} value={text} onChange={workflow.type} label="Definition" language={language} marks={marks} isHistoryElsewhere onCursor={follow} reveal={reveal} />
    </div>
  );
}

/** Where the server's parser stopped: it says so by line and column. */
function lineOf(text: string, message: string): { from: number; to: number } | undefined {
  const [, line, column] = /line: (\d+), column: (\d+)/.exec(message) ?? [];
  if (line === undefined) return undefined;
  const before = text.split('\n').slice(0, Number(line) - 1).join('\n').length;
  const from = Math.min(text.length, before + (Number(line) > 1 ? 1 : 0) + Math.max(0, Number(column) - 1));
  return { from: Math.max(0, from - 1), to: from };
}

function completions(context: CompletionContext, format: Format, definition: Workflow['definition']): CompletionResult | null {
  const text = context.state.doc.toString();
  const cursor = cursorAt(text, format, context.pos);
  if (!cursor) return null;
  const suggestions = suggest(definition, cursor);
  if (suggestions.length === 0 || (!context.explicit && cursor.from === context.pos && !cursor.isQuoted && cursor.isName)) return null;
  const behind = text.slice(cursor.to);
  return {
    from: cursor.from,
    to: cursor.to,
    options: suggestions.map(({ label, detail }) => ({ label, detail, type: cursor.isName ? 'property' : 'constant', apply: written(label, format, cursor.isName, cursor.isQuoted, behind) })),
    validFor: /^[\w.:-]*$/,
  };
}

function written(label: string, format: Format, isName: boolean, isQuoted: boolean, behind: string): string {
  if (format === 'yaml') return isName ? `${label}: ` : isQuoted || /^[\w.:/-]+(?: [\w.:/-]+)*$/.test(label) ? label : JSON.stringify(label);
  const inner = JSON.stringify(label).slice(1, -1);
  const isClosed = behind.startsWith('"');
  const hasColon = /^"?\s*:/.test(behind);
  if (isQuoted) return isClosed || hasColon ? inner : `${inner}"${isName ? ': ' : ''}`;
  return `"${inner}"${isName && !hasColon ? ': ' : ''}`;
}
