// What pages ask the server for, and under which names the answers are kept.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';

import { call } from './client';
import { fetchHistory } from './history';
import type {
  Activity,
  AliasDescription,
  Execution,
  ExecutionListItem,
  Machine,
  MachineAlias,
  MachineListItem,
  MachineVersion,
  MapRun,
  MapRunListItem,
  Tag,
} from './types';

const PAGE = 1000;
const LIST_PAGES_MAX = 20;

/** All of a list that comes in pages, up to a bound that no screen goes beyond. */
async function all<Item>(operation: string, member: string, input: object, signal?: AbortSignal): Promise<Item[]> {
  const items: Item[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < LIST_PAGES_MAX; page++) {
    const answer = await call<Record<string, unknown>>(operation, { maxResults: PAGE, ...input, nextToken }, signal);
    items.push(...((answer[member] as Item[] | undefined) ?? []));
    nextToken = answer.nextToken as string | undefined;
    if (!nextToken) break;
  }
  return items;
}

export const machinesQuery = () =>
  queryOptions({
    queryKey: ['machines'],
    queryFn: ({ signal }) => all<MachineListItem>('ListStateMachines', 'stateMachines', {}, signal),
  });

export const machineQuery = (arn: string) =>
  queryOptions({
    queryKey: ['machine', arn],
    queryFn: ({ signal }) => call<Machine>('DescribeStateMachine', { stateMachineArn: arn }, signal),
  });

export const versionsQuery = (arn: string) =>
  queryOptions({
    queryKey: ['machine', arn, 'versions'],
    queryFn: ({ signal }) =>
      all<MachineVersion>('ListStateMachineVersions', 'stateMachineVersions', { stateMachineArn: arn }, signal),
  });

export const aliasesQuery = (arn: string) =>
  queryOptions({
    queryKey: ['machine', arn, 'aliases'],
    queryFn: ({ signal }) =>
      all<MachineAlias>('ListStateMachineAliases', 'stateMachineAliases', { stateMachineArn: arn }, signal),
  });

/** A version, which never changes. */
export const versionQuery = (machineArn: string, versionArn: string) =>
  queryOptions({
    queryKey: ['machine', machineArn, 'version', versionArn],
    queryFn: ({ signal }) => call<Machine>('DescribeStateMachine', { stateMachineArn: versionArn }, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const aliasQuery = (machineArn: string, aliasArn: string) =>
  queryOptions({
    queryKey: ['machine', machineArn, 'alias', aliasArn],
    queryFn: ({ signal }) => call<AliasDescription>('DescribeStateMachineAlias', { stateMachineAliasArn: aliasArn }, signal),
  });

/** The tags of a state machine or an activity, in the order of their keys. */
export const tagsQuery = (arn: string) =>
  queryOptions({
    queryKey: ['tags', arn],
    queryFn: async ({ signal }) => {
      const { tags = [] } = await call<{ tags?: Tag[] }>('ListTagsForResource', { resourceArn: arn }, signal);
      return tags.sort((a, b) => a.key.localeCompare(b.key));
    },
  });

export interface ExecutionFilter {
  stateMachineArn?: string;
  mapRunArn?: string;
  statusFilter?: string;
}

interface ExecutionPage {
  executions: ExecutionListItem[];
  nextToken?: string;
}

/** Executions of a state machine (or one of its versions or aliases) or of a Map Run, newest first. */
export const executionsQuery = (filter: ExecutionFilter) =>
  infiniteQueryOptions({
    queryKey: ['executions', filter.stateMachineArn ?? filter.mapRunArn, filter],
    queryFn: ({ pageParam, signal }) =>
      call<ExecutionPage>('ListExecutions', { ...filter, maxResults: 200, nextToken: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextToken,
    placeholderData: keepPreviousData,
  });

export const executionQuery = (arn: string) =>
  queryOptions({
    queryKey: ['execution', arn],
    queryFn: ({ signal }) => call<Execution>('DescribeExecution', { executionArn: arn }, signal),
  });

/** The state machine as the execution runs it. */
export const executionMachineQuery = (arn: string) =>
  queryOptions({
    queryKey: ['execution', arn, 'machine'],
    queryFn: ({ signal }) => call<Machine>('DescribeStateMachineForExecution', { executionArn: arn }, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** An execution's whole history. Asked again, it only fetches what is new. */
export const historyQuery = (arn: string, isExpress: boolean) =>
  queryOptions({
    queryKey: ['execution', arn, 'history'],
    queryFn: ({ client, queryKey, signal }) =>
      fetchHistory(arn, isExpress, client.getQueryData(queryKey), signal, (part) => client.setQueryData(queryKey, part)),
    structuralSharing: false,
  });

export const mapRunsQuery = (executionArn: string) =>
  queryOptions({
    queryKey: ['execution', executionArn, 'map-runs'],
    queryFn: ({ signal }) => all<MapRunListItem>('ListMapRuns', 'mapRuns', { executionArn }, signal),
  });

export const mapRunQuery = (arn: string) =>
  queryOptions({
    queryKey: ['map-run', arn],
    queryFn: ({ signal }) => call<MapRun>('DescribeMapRun', { mapRunArn: arn }, signal),
  });

export const activitiesQuery = () =>
  queryOptions({
    queryKey: ['activities'],
    queryFn: ({ signal }) => all<Activity>('ListActivities', 'activities', {}, signal),
  });
