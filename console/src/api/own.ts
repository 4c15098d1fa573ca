// What AWS's API has no operation for: the answers below `/stepwell/`.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';

import { ask } from './client';
import type { ExecutionListItem } from './types';

export interface MachineCounts {
  stateMachineArn: string;
  running: number;
  failed: number;
}

/** How many run, and how many failed in the last day, for the machines on the screen. */
export const countsQuery = (arns: string[]) =>
  queryOptions({
    queryKey: ['counts', arns],
    queryFn: async ({ signal }) => {
      const answer = await ask<{ counts: MachineCounts[]; countedMax: number }>('counts', { stateMachineArns: arns.join(',') }, signal);
      return { ...answer, byArn: new Map(answer.counts.map((counts) => [counts.stateMachineArn, counts])) };
    },
    enabled: arns.length > 0,
    placeholderData: keepPreviousData,
  });

export interface SearchFilter {
  name?: string;
  stateMachineArn?: string;
  status?: string;
  since?: number;
  until?: number;
  error?: string;
}

export type FoundExecution = ExecutionListItem & { error?: string };

export const searchQuery = (filter: SearchFilter) =>
  infiniteQueryOptions({
    queryKey: ['search', filter],
    queryFn: ({ pageParam, signal }) =>
      ask<{ executions: FoundExecution[]; nextToken?: string }>('executions', { ...filter, nextToken: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextToken,
    placeholderData: keepPreviousData,
  });

/** Without a token, whoever looks may not answer. */
export type Waiting = { state: string; event: number } & (
  | { kind: 'timer'; until: number }
  | { kind: 'retry'; until: number }
  | { kind: 'callback'; token?: string }
  | { kind: 'activity'; token?: string; activityArn: string; taken: boolean; worker?: string }
  | { kind: 'job' | 'call' | 'queue'; resource: string }
);

/** What the open states of an execution wait for. */
export const waitingQuery = (executionArn: string, isOpen: boolean) =>
  queryOptions({
    queryKey: ['execution', executionArn, 'waiting'],
    queryFn: async ({ signal }) => (await ask<{ waiting: Waiting[] }>('waiting', { executionArn }, signal)).waiting,
    enabled: isOpen,
  });

export interface ActivityQueue {
  waitingTasks: number;
  waitingWorkers: (string | null)[];
}

/** Polled: who waits for an activity is no part of any execution's history. */
export const activityQueueQuery = (activityArn: string) =>
  queryOptions({
    queryKey: ['activities', activityArn, 'queue'],
    queryFn: ({ signal }) => ask<ActivityQueue>('activity', { activityArn }, signal),
    refetchInterval: 3000,
  });

/** What a local function printed lately, or in one call. */
export const logsQuery = (functionName: string | undefined, requestId: string | undefined) =>
  queryOptions({
    queryKey: ['logs', functionName, requestId],
    queryFn: async ({ signal }) => (await ask<{ logs: { worker: string; text: string }[] }>('logs', { functionName, requestId }, signal)).logs,
    enabled: functionName !== undefined,
    retry: false,
  });

/** The execution that waits for this one. */
export const familyQuery = (executionArn: string, isExpress: boolean) =>
  queryOptions({
    queryKey: ['family', executionArn],
    queryFn: ({ signal }) => ask<{ parentExecutionArn?: string }>('family', { executionArn }, signal),
    enabled: !isExpress,
    staleTime: Number.POSITIVE_INFINITY,
  });
