// The time, for what counts up or down on the screen.

import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
let now = Date.now();
let ticking: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  ticking ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || ticking === undefined) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

const nothing = (): (() => void) => () => {};

/** What time it is, to the second; standing still while nothing on the screen needs it. */
export function useNow(isNeeded = true): number {
  return useSyncExternalStore(isNeeded ? subscribe : nothing, () => now);
}
