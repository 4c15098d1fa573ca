// All events of an execution, filterable, however many there are.

import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';

import { detailsOf, millis, type HistoryEvent } from '../../api/types';
import type { Step } from '../../history/model';
import { JsonView } from '../../json/json-view';
import { FilterField } from '../../parts/filter-field';
import { GridHead, type Column } from '../../parts/grid-head';
import { Chevron } from '../../parts/icons';
import { durationText } from '../../parts/time';
import type { Seen } from './use-execution';

const ROW = 34;
const COLUMNS: Column[] = [{ number: 'Event' }, 'Type', 'State', 'Says', { number: 'After' }];

interface Props {
  seen: Seen;
  onSelect: (step: Step | undefined) => void;
  query: string;
  onQuery: (query: string) => void;
  isNewestFirst: boolean;
  onOrder: (isNewestFirst: boolean) => void;
}

export function EventTable({ seen, onSelect, query, onQuery, isNewestFirst, onOrder }: Props) {
  const { events, model } = seen;
  const frame = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const shown = useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const found = words.length === 0 ? [...events] : events.filter((event) => fits(event, model.ownerOf.get(event.id), words));
    return isNewestFirst ? found.reverse() : found;
  }, [events, model, query, isNewestFirst]);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    getItemKey: (index) => shown[index]?.id ?? index,
    overscan: 12,
  });
  const toggle = (id: number): void => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  return (
    <div className="event-table">
      <div className="tools">
        <FilterField label="Filter by type, state, error or number" value={query} onChange={onQuery} />
        <small className="none">
          {shown.length.toLocaleString()} of {events.length.toLocaleString()} events
        </small>
        <button type="button" className="text-button" aria-pressed={isNewestFirst} onClick={() => onOrder(!isNewestFirst)}>
          {isNewestFirst ? 'Newest first' : 'Oldest first'}
        </button>
      </div>
      <div className="grid" role="table" aria-label="Events" aria-rowcount={shown.length + 1} tabIndex={0} ref={frame}>
        <GridHead columns={COLUMNS} />
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => {
            const event = shown[item.index];
            if (!event) return null;
            const step = model.ownerOf.get(event.id);
            const isOpen = open.has(event.id);
            return (
              <div key={item.key} className="event-row" data-index={item.index} ref={virtual.measureElement} style={{ transform: `translateY(${item.start}px)` }}>
                <div className={`grid-row${toneOf(event.type)}`} role="row" aria-rowindex={item.index + 2} onClick={() => toggle(event.id)}>
                  <span role="cell" className="number">
                    <button type="button" className={isOpen ? 'twist open' : 'twist'} aria-expanded={isOpen} aria-label={`Event ${event.id}`}>
                      <Chevron />
                    </button>
                    <code>{event.id}</code>
                  </span>
                  <span role="cell">{event.type}</span>
                  <span role="cell">
                    {step && (
                      <button
                        type="button"
                        className="text-button"
                        onClick={(click) => {
                          click.stopPropagation();
                          onSelect(step);
                        }}
                      >
                        {step.name}
                      </button>
                    )}
                  </span>
                  <span role="cell" className="soft">
                    {said(event)}
                  </span>
                  <span role="cell" className="number soft" title={new Date(millis(event.timestamp)).toISOString()}>
                    {durationText(millis(event.timestamp) - model.started)}
                  </span>
                </div>
                {isOpen && (
                  <div className="event-whole">
                    <JsonView text={JSON.stringify(event)} label={`event ${event.id}`} />
                  </div>
                )}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function fits(event: HistoryEvent, step: Step | undefined, words: string[]): boolean {
  const { error = '', resource = '' } = detailsOf(event);
  const text = `${event.id} ${event.type} ${step?.name ?? ''} ${error} ${resource}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function said(event: HistoryEvent): string {
  const details = detailsOf(event);
  const { error, cause, resource, output, input, parameters, index, length } = details;
  if (error !== undefined) return cause ? `${error}: ${cause}` : error;
  if (index !== undefined) return `iteration ${index}`;
  if (length !== undefined) return `${length} items`;
  return cut(resource ? `${resource} ${parameters ?? input ?? output ?? ''}` : (output ?? input ?? ''));
}

const cut = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

function toneOf(type: string): string {
  if (/Failed|TimedOut/.test(type)) return ' bad';
  return /Aborted/.test(type) ? ' idle' : '';
}
