// JSON on the screen: short values as they are, others in the code view, very long ones cut until asked for.

import { lazy, Suspense, useMemo, useState } from 'react';

import { CopyButton } from '../parts/copy';

const Code = lazy(() => import('./code').then(({ Code }) => ({ default: Code })));

const SHORT = 400;
const LONG = 200_000;
/** How much of a text is shown before the code view is there: more than fits on a screen. */
const AHEAD = 10_000;

/** Indents JSON; what is none is shown as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

export function JsonView({ text, label, empty = 'nothing' }: { text: string | undefined; label: string; empty?: string }) {
  const [isWhole, setWhole] = useState(false);
  const shown = useMemo(() => {
    if (text === undefined) return undefined;
    const indented = pretty(text);
    return indented.length > LONG && !isWhole ? `${indented.slice(0, LONG)}\n…` : indented;
  }, [text, isWhole]);
  if (shown === undefined || text === undefined) return <p className="none">{empty}</p>;
  return (
    <div className="json">
      <CopyButton text={pretty(text)} label={`Copy ${label}`} />
      {shown.length <= SHORT ? (
        <Plain text={shown} label={label} />
      ) : (
        <CodeView value={shown} label={label} />
      )}
      {shown.length < pretty(text).length && (
        <button type="button" className="text-button" onClick={() => setWhole(true)}>
          Show all {Math.round(text.length / 1000)} kB
        </button>
      )}
    </div>
  );
}

/** Code to read; as plain text until the code view is loaded. */
export function CodeView({ value, label, reveal }: { value: string; label: string; reveal?: number }) {
  return (
    <Suspense fallback={<Plain text={value.slice(0, AHEAD)} label={label} />}>
      <Code value={value} label={label} reveal={reveal} />
    </Suspense>
  );
}

/** Can be focused, so that it is scrolled by keyboard, also where only what is around it scrolls. */
const Plain = ({ text, label }: { text: string; label: string }) => (
  <pre tabIndex={0} aria-label={label}>
    {text}
  </pre>
);

export function JsonEditor(props: { value: string; onChange: (value: string) => void; label: string }) {
  return (
    <Suspense fallback={<div className="code loading-code">Loading the editor</div>}>
      <Code {...props} />
    </Suspense>
  );
}
