// What went wrong, first of all: the error, its cause, and the step in which it began.

import { useState } from 'react';

import type { Step } from '../../history/model';
import { pretty } from '../../json/json-view';
import { CopyButton } from '../../parts/copy';
import { StatusMark, wordOf } from '../../parts/status';
import type { Seen } from './use-execution';

const SHORT = 320;

export function Failure({ seen, onStep }: { seen: Seen; onStep: (step: Step) => void }) {
  const { model, execution } = seen;
  const [isWhole, setWhole] = useState(false);
  const place = model.failure;
  if (!place) return null;
  const isAbort = model.status === 'ABORTED';
  const cause = causeText(place.cause ?? execution.cause);
  const error = place.error ?? execution.error;
  const where = place.step;
  return (
    <section className={isAbort ? 'failure card aborted' : 'failure card'} aria-label="What went wrong">
      <StatusMark tone={isAbort ? 'idle' : 'bad'} />
      <div>
        <h2>
          {error ?? wordOf(model.status)}
          {where && (
            <>
              {' '}
              <small>in</small>{' '}
              <button type="button" className="text-button" onClick={() => onStep(where)}>
                {where.name}
                {where.lane.kind === 'iteration' && ` (iteration ${where.lane.index})`}
              </button>
            </>
          )}
        </h2>
        {cause && (
          <pre tabIndex={0} aria-label="Cause">
            {isWhole || cause.length <= SHORT ? cause : `${cause.slice(0, SHORT)}…`}
          </pre>
        )}
        {cause && cause.length > SHORT && (
          <button type="button" className="text-button" onClick={() => setWhole(!isWhole)}>
            {isWhole ? 'Show less' : 'Show all'}
          </button>
        )}
      </div>
      {cause && <CopyButton text={cause} label="Copy the cause" />}
    </section>
  );
}

/** A function's error is JSON whose message says it all; a trace is worth its lines. */
export function causeText(cause: string | undefined): string | undefined {
  if (!cause?.startsWith('{')) return cause;
  try {
    const { errorMessage, errorType, stackTrace, trace } = JSON.parse(cause) as Record<string, unknown>;
    if (typeof errorMessage !== 'string') return pretty(cause);
    const lines = Array.isArray(stackTrace) ? stackTrace : Array.isArray(trace) ? trace : [];
    const head = typeof errorType === 'string' ? `${errorType}: ${errorMessage}` : errorMessage;
    return [head, ...lines.map((line) => String(line).trimEnd())].join('\n');
  } catch {
    return cause;
  }
}
