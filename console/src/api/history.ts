// Histories: fetched whole once, then only what was added.

import { ask, call } from './client';
import type { HistoryEvent } from './types';

const PAGE = 1000;

interface HistoryPage {
  events: HistoryEvent[];
  nextToken?: string;
}

/** The events of an execution in their order: those known already, and what came since. */
export async function fetchHistory(
  executionArn: string,
  isExpress: boolean,
  known: readonly HistoryEvent[] | undefined,
  signal?: AbortSignal,
): Promise<HistoryEvent[]> {
  const page = (reverseOrder: boolean, nextToken: string | undefined): Promise<HistoryPage> =>
    isExpress
      ? ask('history', { executionArn, nextToken }, signal)
      : call('GetExecutionHistory', { executionArn, maxResults: PAGE, reverseOrder, nextToken }, signal);

  const last = known?.at(-1)?.id ?? 0;
  // AWS's operation cannot begin in the middle, but it can begin at the end.
  const fromTheEnd = last > 0 && !isExpress;
  const fetched: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await page(fromTheEnd, nextToken);
    fetched.push(...answer.events);
    nextToken = answer.nextToken;
    if (fromTheEnd && (answer.events.at(-1)?.id ?? 0) <= last) break;
  } while (nextToken);
  if (!fromTheEnd) return fetched;
  const added = fetched.filter((event) => event.id > last).reverse();
  return added.length === 0 ? (known as HistoryEvent[]) : [...(known ?? []), ...added];
}
