// Histories: fetched whole once, then only what was added.

import { ask, call } from './client';
import type { HistoryEvent } from './types';

const PAGE = 1000;
/** What is new is mostly little: a first page that is small, and large ones where it was not enough. */
const PAGE_OF_NEWS = 50;

interface HistoryPage {
  events: HistoryEvent[];
  nextToken?: string;
}

/**
 * The events of an execution in their order: those known already, and what came since.
 *
 * A long history that is fetched for the first time is given in growing parts before it is there whole.
 */
export async function fetchHistory(
  executionArn: string,
  isExpress: boolean,
  known: readonly HistoryEvent[] | undefined,
  signal?: AbortSignal,
  onPart?: (events: HistoryEvent[]) => void,
): Promise<HistoryEvent[]> {
  const page = (reverseOrder: boolean, nextToken: string | undefined): Promise<HistoryPage> =>
    isExpress
      ? ask('history', { executionArn, nextToken }, signal)
      : call('GetExecutionHistory', { executionArn, maxResults: reverseOrder && !nextToken ? PAGE_OF_NEWS : PAGE, reverseOrder, nextToken }, signal);

  const last = known?.at(-1)?.id ?? 0;
  // AWS's operation cannot begin in the middle, but it can begin at the end.
  const fromTheEnd = last > 0 && !isExpress;
  const fetched: HistoryEvent[] = [];
  let pages = 0;
  let nextToken: string | undefined;
  do {
    const answer = await page(fromTheEnd, nextToken);
    fetched.push(...answer.events);
    nextToken = answer.nextToken;
    pages += 1;
    // After 1, 2, 4, 8 pages: each part costs as much as all before it.
    if (!fromTheEnd && nextToken && (pages & (pages - 1)) === 0) onPart?.([...fetched]);
    if (fromTheEnd && (answer.events.at(-1)?.id ?? 0) <= last) break;
  } while (nextToken);
  if (!fromTheEnd) return fetched;
  const added = fetched.filter((event) => event.id > last).reverse();
  return added.length === 0 ? (known as HistoryEvent[]) : [...(known ?? []), ...added];
}
