// JSON on the screen: short values as they are, others in the code view, very long ones cut until asked for.

import { lazy, Suspense, useMemo, useState } from 'react';

import { CopyButton } from '../parts/copy';

const Code = lazy(() => import('./code').then(({ Code }) => ({ default: Code })));

const SHORT = 400;
const LONG = 200_000;

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
        <pre tabIndex={0} aria-label={label}>
          {shown}
        </pre>
      ) : (
        <Suspense fallback={<pre>{shown.slice(0, SHORT)}</pre>}>
          <Code value={shown} label={label} />
        </Suspense>
      )}
      {shown.length < pretty(text).length && (
        <button type="button" className="text-button" onClick={() => setWhole(true)}>
          Show all {Math.round(text.length / 1000)} kB
        </button>
      )}
    </div>
  );
}

export function JsonEditor(props: { value: string; onChange: (value: string) => void; label: string }) {
  return (
    <Suspense fallback={<div className="code loading-code">Loading the editor</div>}>
      <Code {...props} />
    </Suspense>
  );
}
