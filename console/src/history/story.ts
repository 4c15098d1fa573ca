// Stories as histories: what the engine's own tests expect, read as events. For tests alone.

import type { EventDetails, HistoryEvent } from '../api/types';

const LINE = /^\s*(\d+)\s*<\s*(\d+)\s+([A-Za-z]+)\s*(.*)$/;
const STEP_SECONDS = 0.01;

/** The events of an `expected.txt`, a hundredth of a second apart. */
export function storyHistory(text: string): HistoryEvent[] {
  const events: HistoryEvent[] = [];
  for (const line of text.split('\n')) {
    const found = LINE.exec(line);
    if (!found) continue;
    const [, id = '', previous = '', type = '', rest = ''] = found;
    events.push({
      id: Number(id),
      previousEventId: Number(previous),
      type,
      timestamp: 1_700_000_000 + Number(id) * STEP_SECONDS,
      storyEventDetails: details(type, rest.trim()),
    });
  }
  return events;
}

function details(type: string, rest: string): EventDetails {
  if (type.startsWith('MapIteration')) {
    const found = /^(.*)\[(\d+)\]/.exec(rest);
    return { name: found?.[1] ?? '', index: Number(found?.[2] ?? 0) };
  }
  if (type.endsWith('StateEntered') || type.endsWith('StateExited')) {
    const [name = '', payload = ''] = split(rest);
    return type.endsWith('Entered') ? { name, input: payload } : { name, output: payload };
  }
  if (type.endsWith('Scheduled')) {
    const [resource = '', input = ''] = split(rest);
    return { resource, input };
  }
  if (type === 'MapStateStarted') return { length: Number(rest) };
  if (type === 'EvaluationFailed') {
    return { error: 'States.QueryEvaluationError', location: rest };
  }
  if (/Failed|TimedOut|Aborted/.test(type)) {
    const colon = rest.indexOf(': ');
    if (rest === '') return {};
    return colon < 0 ? { error: rest } : { error: rest.slice(0, colon), cause: rest.slice(colon + 2) };
  }
  return { output: rest };
}

function split(rest: string): [string, string] {
  const gap = rest.search(/\s{2,}/);
  return gap < 0 ? [rest, ''] : [rest.slice(0, gap), rest.slice(gap).trim()];
}
