// Notices: what an action led to, shown for a while.

import { useSyncExternalStore } from 'react';

import { ApiError } from '../api/client';
import { Close } from './icons';

interface Notice {
  id: number;
  kind: 'done' | 'failed';
  text: string;
}

const MILLIS = 6000;
let notices: Notice[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

const dismiss = (id: number): void => set(notices.filter((notice) => notice.id !== id));

export function notify(text: string, kind: Notice['kind'] = 'done'): void {
  const id = ++last;
  set([...notices, { id, kind, text }].slice(-4));
  if (kind === 'done') setTimeout(() => dismiss(id), MILLIS);
}

export const notifyFailure = (error: unknown): void => notify(errorText(error), 'failed');

export function errorText(error: unknown): string {
  if (error instanceof ApiError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

export function Notices() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => notices,
  );
  return (
    <div className="notices" role="status" aria-live="polite">
      {shown.map((notice) => (
        <div key={notice.id} className={`notice ${notice.kind}`}>
          <span>{notice.text}</span>
          <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => dismiss(notice.id)}>
            <Close />
          </button>
        </div>
      ))}
    </div>
  );
}
