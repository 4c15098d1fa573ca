// Live: what changes on the server is asked for again.
//
// One connection for all of the page, which names what is on the screen. What the server sends says which executions
// and state machines changed, never how; queries that show them are asked again.

import type { QueryClient } from '@tanstack/react-query';

interface Changes {
  /** ARNs of executions that went on. */
  executions?: string[];
  /** ARNs of state machines whose executions went on. */
  machines?: string[];
  /** More changed than is told. */
  all?: boolean;
}

type Listener = (isLive: boolean) => void;

const RETRY_MILLIS = 2_000;
const listeners = new Set<Listener>();
let isLive = false;

export const isConnected = (): boolean => isLive;

export function onConnection(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(live: boolean): void {
  if (isLive === live) return;
  isLive = live;
  for (const listener of listeners) listener(live);
}

/** Keeps a connection while the page can be seen. */
export function listenForChanges(client: QueryClient): void {
  let source: EventSource | undefined;

  const open = (): void => {
    if (source || document.hidden) return;
    source = new EventSource('/stepwell/changes');
    source.addEventListener('open', () => {
      // What happened while nobody listened is not told.
      tell(true);
      void client.invalidateQueries({ refetchType: 'active' });
    });
    source.addEventListener('changes', (event) => apply(client, JSON.parse((event as MessageEvent<string>).data)));
    source.addEventListener('error', () => {
      tell(false);
      source?.close();
      source = undefined;
      setTimeout(open, RETRY_MILLIS);
    });
  };

  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) return open();
    source?.close();
    source = undefined;
    tell(false);
  });
  open();
}

/** Has what shows the changed asked again. */
export function apply(client: QueryClient, changes: Changes): void {
  if (changes.all) {
    void client.invalidateQueries({ refetchType: 'active' });
    return;
  }
  const executions = new Set(changes.executions);
  const machines = new Set(changes.machines);
  void client.invalidateQueries({
    refetchType: 'active',
    predicate: ({ queryKey: [kind, arn, part] }) => {
      switch (kind) {
        case 'execution':
          return executions.has(String(arn)) && part !== 'machine';
        case 'executions':
          return machines.has(String(arn).split(':').slice(0, 7).join(':'));
        case 'search':
        case 'counts':
          return machines.size > 0;
        case 'machines':
        case 'machine':
        case 'activities':
        case 'map-run':
          return false;
        default:
          return false;
      }
    },
  });
}
