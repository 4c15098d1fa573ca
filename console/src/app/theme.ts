// Light or dark: as chosen, or as the system has it.

import { applyMode, Mode } from '@cloudscape-design/global-styles';
import { useSyncExternalStore } from 'react';

const KEY = 'stepwell.mode';
const listeners = new Set<() => void>();
const system = matchMedia('(prefers-color-scheme: dark)');

const isDark = (): boolean => {
  const chosen = localStorage.getItem(KEY);
  return chosen === null ? system.matches : chosen === 'dark';
};

/** Shows light or dark as chosen, or as the system has it. */
export function showMode(): void {
  applyMode(isDark() ? Mode.Dark : Mode.Light);
  for (const listener of listeners) listener();
}

system.addEventListener('change', showMode);

export function chooseMode(dark: boolean): void {
  localStorage.setItem(KEY, dark ? 'dark' : 'light');
  showMode();
}

export function useDark(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, isDark);
}
