// Texts: what the definition was, is, and was again: one history for what is written and for what is designed.

import type { Format } from './edit';

export interface Version {
  text: string;
  format: Format;
  /** What led to it, as in `Add Pass`. */
  label: string;
  /** When it was written by hand, in milliseconds; letters written one after the other are one step. */
  typedAt?: number;
}

export interface Texts {
  past: readonly Version[];
  now: Version;
  future: readonly Version[];
}

const PAUSE_MILLIS = 1000;
const STEPS_MAX = 500;

export const begin = (text: string, format: Format): Texts => ({ past: [], now: { text, format, label: '' }, future: [] });

export function write(texts: Texts, next: Version): Texts {
  const { past, now } = texts;
  if (next.text === now.text && next.format === now.format) return texts;
  const goesOn = next.typedAt !== undefined && now.typedAt !== undefined && next.format === now.format && next.typedAt - now.typedAt < PAUSE_MILLIS;
  return { past: goesOn ? past : [...past, now].slice(-STEPS_MAX), now: next, future: [] };
}

export function undo({ past, now, future }: Texts): Texts {
  const before = past.at(-1);
  return before ? { past: past.slice(0, -1), now: ended(before), future: [now, ...future] } : { past, now, future };
}

export function redo({ past, now, future }: Texts): Texts {
  const [next, ...rest] = future;
  return next ? { past: [...past, now], now: ended(next), future: rest } : { past, now, future };
}

/** What is written after a step back is a step of its own. */
const ended = ({ typedAt: _, ...version }: Version): Version => version;
