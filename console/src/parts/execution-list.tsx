// A list of executions, of any length: rows are drawn as they come onto the screen.

import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type ReactNode } from 'react';

import { nameOf } from '../api/arn';
import { millis, type ExecutionListItem } from '../api/types';
import { STATUSES } from '../app/router';
import { useNow } from './clock';
import { GridHead, type Column } from './grid-head';
import { Status, wordOf } from './status';
import { agoText, durationText, momentText } from './time';

const ROW = 38;
const REST: Column[] = ['Status', 'Started', 'Ended', { number: 'Took' }];
const COLUMNS: Column[] = ['Name', ...REST];
const COLUMNS_WITH_MACHINE: Column[] = ['Name', 'State machine', ...REST];

interface Props {
  items?: (ExecutionListItem & { error?: string })[];
  hasMore: boolean;
  isLoadingMore: boolean;
  onMore: () => void;
  empty: ReactNode;
  /** Whether each row says whose execution it is. */
  showMachine?: boolean;
}

export function ExecutionList({ items, hasMore, isLoadingMore, onMore, empty, showMachine }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const isAnyRunning = items?.some((item) => item.status === 'RUNNING') ?? false;
  const now = useNow(isAnyRunning);
  const virtual = useVirtualizer({
    count: items?.length ?? 0,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    getItemKey: (index) => items?.[index]?.executionArn ?? index,
    overscan: 10,
  });
  const rows = virtual.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && items && last >= items.length - 20) onMore();
  }, [hasMore, isLoadingMore, items, last, onMore]);

  if (!items) return <p className="none">Loading executions</p>;
  if (items.length === 0 && !hasMore) return empty;
  return (
    <>
      <div className={showMachine ? 'grid executions with-machine' : 'grid executions'} role="table" aria-label="Executions" aria-rowcount={hasMore ? -1 : items.length + 1} tabIndex={0} ref={frame}>
        <GridHead columns={showMachine ? COLUMNS_WITH_MACHINE : COLUMNS} />
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {rows.map(({ index, start, key }) => {
            const item = items[index];
            if (!item) return null;
            const started = millis(item.startDate);
            const stopped = item.stopDate === undefined ? undefined : millis(item.stopDate);
            return (
              <div key={key} className="grid-row" role="row" aria-rowindex={index + 2} style={{ transform: `translateY(${start}px)`, height: ROW }}>
                <span role="cell">
                  <Link to="/executions/$arn" params={{ arn: item.executionArn }} search={{}} title={item.name}>
                    {item.name}
                  </Link>
                  {(item.redriveCount ?? 0) > 0 && <small title="Redrives"> ↻{item.redriveCount}</small>}
                </span>
                {showMachine && (
                  <span role="cell">
                    <Link className="quiet" to="/machines/$arn" params={{ arn: item.stateMachineArn }} search={{}}>
                      {nameOf(item.stateMachineArn)}
                    </Link>
                  </span>
                )}
                <span role="cell">
                  <Status status={item.status} />
                  {item.error && <small className="soft"> {item.error}</small>}
                </span>
                <span role="cell" className="soft" title={agoText(started, Date.now())}>
                  {momentText(started)}
                </span>
                <span role="cell" className="soft">
                  {stopped === undefined ? '' : momentText(stopped)}
                </span>
                <span role="cell" className="number">
                  {durationText(Math.max((stopped ?? now) - started, 0))}
                </span>
              </div>
            );
          })}
        </div>
      </div>
      <p className="list-foot" role="status">
        {items.length.toLocaleString()} {hasMore ? 'so far' : items.length === 1 ? 'execution' : 'executions'}
        {isLoadingMore && ', loading more'}
      </p>
    </>
  );
}

type StatusName = (typeof STATUSES)[number];

export function StatusFilter({ status, onChange }: { status?: StatusName; onChange: (status: StatusName | undefined) => void }) {
  return (
    <div className="chips" role="radiogroup" aria-label="Status">
      {[undefined, ...STATUSES].map((option) => (
        <button key={option ?? 'any'} type="button" role="radio" aria-checked={status === option} onClick={() => onChange(option)}>
          {option ? wordOf(option) : 'All'}
        </button>
      ))}
    </div>
  );
}
