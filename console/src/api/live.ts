// Live: what changes on the server is asked for again.
//
// One connection for all of the page. What the server sends says which executions and state machines changed, never
// how; queries on the screen that show them are asked again, one round after the other, so that an execution that
// changes all the time is shown as it was a moment ago and not asked about without end.

import type { Query, QueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

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
/** The pause between two rounds: a round is as long as its slowest answer besides. */
const PAUSE_MILLIS = 250;

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

/** What a page shows; without either, lists of all state machines. */
export interface Subject {
  executionArn?: string;
  stateMachineArn?: string;
}

let subject: Subject = {};
let reopen: (() => void) | undefined;

/** Has the server tell of an execution or a state machine while a page shows it. */
export function useLive({ executionArn, stateMachineArn }: Subject): void {
  useEffect(() => {
    subject = { executionArn, stateMachineArn };
    reopen?.();
    return () => {
      subject = {};
      reopen?.();
    };
  }, [executionArn, stateMachineArn]);
}

/** Keeps a connection while the page can be seen, until what it returns is called. */
export function listenForChanges(client: QueryClient): () => void {
  const rounds = new Rounds(client);
  let source: EventSource | undefined;
  let soon: ReturnType<typeof setTimeout> | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;

  const open = (): void => {
    if (source || document.hidden) return;
    const parameters = new URLSearchParams(Object.entries(subject).filter(([, arn]) => arn !== undefined));
    const opened = new EventSource(`/stepwell/changes?${parameters}`);
    source = opened;
    opened.addEventListener('open', () => {
      tell(true);
      // What happened while nobody listened is not told.
      void client.invalidateQueries({ refetchType: 'active', predicate: isLiveQuery }, { cancelRefetch: false });
    });
    opened.addEventListener('changes', (event) => rounds.take(JSON.parse((event as MessageEvent<string>).data)));
    opened.addEventListener('error', () => {
      opened.close();
      if (source !== opened) return;
      tell(false);
      source = undefined;
      again = setTimeout(open, RETRY_MILLIS);
    });
  };

  const close = (): void => {
    clearTimeout(again);
    source?.close();
    source = undefined;
  };

  reopen = () => {
    clearTimeout(soon);
    // A page that goes is followed by the next one at once.
    soon = setTimeout(() => {
      close();
      open();
    });
  };

  const look = (): void => {
    if (!document.hidden) return open();
    close();
    tell(false);
  };
  document.addEventListener('visibilitychange', look);
  reopen();
  return () => {
    document.removeEventListener('visibilitychange', look);
    clearTimeout(soon);
    reopen = undefined;
    close();
    tell(false);
  };
}

const isLiveQuery = (query: Query): boolean => {
  const all = new Gathered();
  all.add({ all: true });
  return all.concerns(query);
};

/** Gathers changes while a round is under way, and makes the next one of them. */
class Rounds {
  private gathered = new Gathered();
  private isUnderWay = false;

  constructor(private readonly client: QueryClient) {}

  take(changes: Changes): void {
    this.gathered.add(changes);
    if (!this.isUnderWay) void this.go();
  }

  private async go(): Promise<void> {
    this.isUnderWay = true;
    while (!this.gathered.isEmpty) {
      const changed = this.gathered;
      this.gathered = new Gathered();
      await this.client
        .invalidateQueries({ refetchType: 'active', predicate: (query) => changed.concerns(query) })
        .catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLIS));
    }
    this.isUnderWay = false;
  }
}

/** What changed since the last round. */
export class Gathered {
  private readonly executions = new Set<string>();
  private readonly machines = new Set<string>();
  private isAll = false;

  add({ executions = [], machines = [], all = false }: Changes): void {
    for (const arn of executions) this.executions.add(arn);
    for (const arn of machines) this.machines.add(arn);
    this.isAll ||= all;
  }

  get isEmpty(): boolean {
    return !this.isAll && this.executions.size === 0 && this.machines.size === 0;
  }

  /** Whether what a query shows may have changed. */
  concerns({ queryKey: [kind, arn, part] }: Pick<Query, 'queryKey'>): boolean {
    switch (kind) {
      case 'execution':
        return part !== 'machine' && (this.isAll || this.executions.has(String(arn)));
      case 'executions':
        // Versions, aliases and Map Runs have more behind the state machine's ARN, or a label.
        return this.isAll || this.machines.has(String(arn).split(':').slice(0, 7).join(':').split('/')[0] ?? '');
      case 'search':
      case 'counts':
        return this.isAll || this.machines.size > 0;
      case 'machines':
      case 'machine':
      case 'activities':
      case 'map-run':
        return this.isAll;
      default:
        return false;
    }
  }
}
