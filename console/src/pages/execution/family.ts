// Family: the executions that an execution was started by, and those that it started.

import { detailsOf, type Execution, type HistoryEvent } from '../../api/types';

const PARENT_KEY = 'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID';
const INPUT_MAX = 300_000;

/** By AWS's convention, a child's input says who started it. */
export function parentOf(execution: Execution): string | undefined {
  const { input } = execution;
  if (!input || input.length > INPUT_MAX || !input.includes(PARENT_KEY)) return undefined;
  try {
    const parent: unknown = JSON.parse(input)[PARENT_KEY];
    return typeof parent === 'string' ? parent : undefined;
  } catch {
    return undefined;
  }
}

const started = new WeakMap<readonly HistoryEvent[], string[]>();

/** Executions that tasks of this one started and that are known by their ARN. */
export function childrenOf(events: readonly HistoryEvent[]): string[] {
  const known = started.get(events);
  if (known) return known;
  const arns = new Set<string>();
  for (const event of events) {
    if (event.type !== 'TaskSubmitted' && event.type !== 'TaskSucceeded') continue;
    const { resourceType, resource, output } = detailsOf(event);
    if (resourceType !== 'states' || !resource?.startsWith('startExecution') || !output) continue;
    const arn = /"ExecutionArn"\s*:\s*"([^"]+)"/.exec(output)?.[1];
    if (arn) arns.add(arn);
  }
  const children = [...arns];
  started.set(events, children);
  return children;
}
