// Draft: what somebody writes into a field, which reaches the definition when they pause or leave it.

import { useEffect, useRef, useState } from 'react';

/** What a text is worth, and how that would be written; or why it is worth nothing. */
export type Reading = { value: unknown; text: string } | { fault: string };

export interface Draft {
  text: string;
  fault?: string;
  write: (text: string) => void;
  /** Takes what is written now. */
  settle: () => void;
}

const PAUSE_MILLIS = 500;

/** `pauses` is false where nothing is taken before the field is left. */
export function useDraft(text: string, read: (text: string) => Reading, take: (value: unknown) => void, pauses = true): Draft {
  const [draft, setDraft] = useState<string>();
  const taken = useRef<string>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const reading = draft === undefined ? undefined : read(draft);
  const fault = reading && 'fault' in reading ? reading.fault : undefined;

  const flush = (): void => {
    clearTimeout(timer.current);
    if (draft === undefined || !reading || 'fault' in reading || reading.text === text || reading.text === taken.current) return;
    taken.current = reading.text;
    take(reading.value);
  };
  const latest = useRef(flush);
  latest.current = flush;
  useEffect(() => () => latest.current(), []);

  // A change that comes from elsewhere goes before the draft; one that the draft led to does not.
  useEffect(() => {
    if (draft === undefined) {
      taken.current = undefined;
      return;
    }
    const own = reading && 'text' in reading ? reading.text : undefined;
    if (text !== own && taken.current !== undefined && text !== taken.current) setDraft(undefined);
  }, [text]);

  return {
    text: draft ?? text,
    fault,
    write: (next) => {
      setDraft(next);
      clearTimeout(timer.current);
      if (pauses) timer.current = setTimeout(() => latest.current(), PAUSE_MILLIS);
    },
    settle: () => {
      flush();
      if (fault === undefined) {
        setDraft(undefined);
        taken.current = undefined;
      }
    },
  };
}
