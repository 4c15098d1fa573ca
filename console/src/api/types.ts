// What the API's answers look like, as far as the console reads them.

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';
export type MachineType = 'STANDARD' | 'EXPRESS';

/** Seconds since 1970, with milliseconds behind the point. */
export type Timestamp = number;

export interface MachineListItem {
  stateMachineArn: string;
  name: string;
  type: MachineType;
  creationDate: Timestamp;
}

export interface Machine {
  stateMachineArn: string;
  name: string;
  status?: 'ACTIVE' | 'DELETING';
  definition: string;
  roleArn: string;
  type: MachineType;
  creationDate: Timestamp;
  revisionId?: string;
  description?: string;
  label?: string;
  loggingConfiguration?: Logging;
  tracingConfiguration?: { enabled?: boolean };
  encryptionConfiguration?: { type: 'AWS_OWNED_KEY' | 'CUSTOMER_MANAGED_KMS_KEY'; kmsKeyId?: string; kmsDataKeyReusePeriodSeconds?: number };
}

export type LogLevel = 'OFF' | 'FATAL' | 'ERROR' | 'ALL';

export interface Logging {
  level?: LogLevel;
  includeExecutionData?: boolean;
  destinations?: { cloudWatchLogsLogGroup?: { logGroupArn?: string } }[];
}

export interface ExecutionListItem {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: ExecutionStatus;
  startDate: Timestamp;
  stopDate?: Timestamp;
  mapRunArn?: string;
  itemCount?: number;
  stateMachineVersionArn?: string;
  stateMachineAliasArn?: string;
  redriveCount?: number;
}

export interface Execution extends ExecutionListItem {
  input?: string;
  output?: string;
  error?: string;
  cause?: string;
  redriveDate?: Timestamp;
  redriveStatus?: 'REDRIVABLE' | 'NOT_REDRIVABLE' | 'REDRIVABLE_BY_MAP_RUN';
  redriveStatusReason?: string;
  traceHeader?: string;
}

/** A member of an event that tells what happened; which ones are there depends on the type. */
export interface EventDetails {
  name?: string;
  index?: number;
  length?: number;
  input?: string;
  output?: string;
  error?: string;
  cause?: string;
  resource?: string;
  resourceType?: string;
  region?: string;
  parameters?: string;
  timeoutInSeconds?: number;
  heartbeatInSeconds?: number;
  workerName?: string;
  assignedVariables?: Record<string, string>;
  location?: string;
  state?: string;
  redriveCount?: number;
  mapRunArn?: string;
  roleArn?: string;
  stateMachineVersionArn?: string;
  stateMachineAliasArn?: string;
}

export interface HistoryEvent {
  timestamp: Timestamp;
  type: string;
  id: number;
  previousEventId?: number;
  [details: string]: unknown;
}

export interface MachineVersion {
  stateMachineVersionArn: string;
  creationDate: Timestamp;
}

export interface MachineAlias {
  stateMachineAliasArn: string;
  creationDate: Timestamp;
}

/** How many percent of the starts a version gets. */
export interface Route {
  stateMachineVersionArn: string;
  weight: number;
}

export interface AliasDescription {
  stateMachineAliasArn: string;
  name: string;
  description?: string;
  routingConfiguration: Route[];
}

export interface Tag {
  key: string;
  value: string;
}

export interface Activity {
  activityArn: string;
  name: string;
  creationDate: Timestamp;
}

export interface Diagnostic {
  severity: 'ERROR' | 'WARNING';
  code: string;
  message: string;
  location?: string;
}

export interface Counts {
  total: number;
  pending: number;
  running: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
  resultsWritten: number;
  failuresNotRedrivable?: number;
  pendingRedrive?: number;
}

export interface MapRun {
  mapRunArn: string;
  executionArn: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  startDate: Timestamp;
  stopDate?: Timestamp;
  maxConcurrency: number;
  toleratedFailurePercentage: number;
  toleratedFailureCount: number;
  itemCounts: Counts;
  executionCounts: Counts;
  redriveCount?: number;
}

export interface MapRunListItem {
  executionArn: string;
  mapRunArn: string;
  stateMachineArn: string;
  startDate: Timestamp;
  stopDate?: Timestamp;
}

/** The details of an event, whatever their member is called. */
export function detailsOf(event: HistoryEvent): EventDetails {
  for (const key in event) {
    if (key.endsWith('EventDetails')) return (event[key] ?? {}) as EventDetails;
  }
  return {};
}

export const millis = (at: Timestamp): number => Math.round(at * 1000);
