// The table of steps: all that the graph says, as a tree, with a timeline beside it.

import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState, type KeyboardEvent } from 'react';

import { findState } from '../../definition/asl';
import { workOf } from '../../definition/resource';
import type { Step } from '../../history/model';
import { buildRows, momentsOf, type Row } from '../../history/rows';
import { buildScale, type Scale } from '../../history/timeline';
import { useNow } from '../../parts/clock';
import { FilterField } from '../../parts/filter-field';
import { GridHead, type Column } from '../../parts/grid-head';
import { Chevron } from '../../parts/icons';
import { Status, toneOf, wordOf } from '../../parts/status';
import { durationText } from '../../parts/time';
import type { Seen } from './use-execution';

const ROW = 34;
const COLUMNS: Column[] = ['State', 'Status', 'Resource', { number: 'After' }, { number: 'Took' }, 'Timeline'];

interface Props {
  seen: Seen;
  selected?: Step;
  onSelect: (step: Step | undefined) => void;
  query: string;
  onQuery: (query: string) => void;
}

export function StepTable({ seen, selected, onSelect, query, onQuery }: Props) {
  const { model, definition } = seen;
  const [opened, setOpened] = useState<ReadonlyMap<string, boolean>>(new Map());
  const frame = useRef<HTMLDivElement>(null);
  const isRunning = model.status === 'RUNNING';
  const now = useNow(isRunning);
  const end = model.ended ?? Math.max(now, model.last);

  const rows = useMemo(() => {
    const part = query.toLowerCase();
    const fits = part === '' ? undefined : (step: Step) => `${step.name} ${step.type} ${wordOf(step.status)} ${step.error ?? ''}`.toLowerCase().includes(part);
    return buildRows(model.root, opened, fits);
  }, [model, opened, query]);
  const scale = useMemo(() => buildScale(momentsOf(model.steps, model.started, end)), [model, end]);
  const resources = useMemo(() => new Map<string, string>(), [definition]);
  const resourceOf = (name: string): string => {
    let text = resources.get(name);
    if (text === undefined) {
      const state = findState(definition, name);
      const work = state && workOf(state);
      text = work ? `${work.service}: ${work.action}` : '';
      resources.set(name, text);
    }
    return text;
  };

  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => frame.current, estimateSize: () => ROW, overscan: 12 });
  const toggle = (row: Row): void => setOpened(new Map(opened).set(row.key, !row.isOpen));

  const move = (event: KeyboardEvent): void => {
    const at = rows.findIndex((row) => row.kind === 'step' && row.step === selected);
    const row = rows[at];
    if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      if (row?.kind === 'step' && row.hasInside && row.isOpen !== (event.key === 'ArrowRight')) {
        event.preventDefault();
        toggle(row);
      }
      return;
    }
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    for (let next = at < 0 ? 0 : at + step; next >= 0 && next < rows.length; next += step) {
      const found = rows[next];
      if (found?.kind !== 'step') continue;
      onSelect(found.step);
      virtual.scrollToIndex(next);
      return;
    }
  };

  return (
    <div className="step-table">
      <div className="tools">
        <FilterField label="Filter by state, type, status or error" value={query} onChange={onQuery} />
        <small className="none">
          {model.steps.length.toLocaleString()} steps · {durationText(end - model.started)}
          {scale.folds.length > 0 && ` · idle time is folded`}
        </small>
      </div>
      <div className="grid" role="treegrid" aria-label="Steps" aria-rowcount={rows.length + 1} tabIndex={0} ref={frame} onKeyDown={move}>
        <GridHead columns={COLUMNS} />
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            if (!row) return null;
            const style = { transform: `translateY(${start}px)`, height: ROW };
            return row.kind === 'step' ? (
              <StepRow
                key={row.key}
                row={row}
                style={style}
                index={index}
                isSelected={row.step === selected}
                resource={resourceOf(row.step.name)}
                scale={scale}
                end={end}
                began={model.started}
                onSelect={onSelect}
                onToggle={toggle}
              />
            ) : (
              <LaneRow key={row.key} row={row} style={style} index={index} scale={scale} end={end} onToggle={toggle} />
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface RowProps<Kind extends Row['kind']> {
  row: Extract<Row, { kind: Kind }>;
  style: { transform: string; height: number };
  index: number;
  scale: Scale;
  end: number;
  onToggle: (row: Row) => void;
}

function StepRow({
  row,
  style,
  index,
  isSelected,
  resource,
  scale,
  end,
  began,
  onSelect,
  onToggle,
}: RowProps<'step'> & { isSelected: boolean; resource: string; began: number; onSelect: (step: Step) => void }) {
  const { step } = row;
  return (
    <div
      className={isSelected ? 'grid-row selected' : 'grid-row'}
      role="row"
      aria-rowindex={index + 2}
      aria-level={row.depth + 1}
      aria-selected={isSelected}
      aria-expanded={row.hasInside ? row.isOpen : undefined}
      style={style}
      onClick={() => onSelect(step)}
    >
      <span role="gridcell" className="tree" style={{ paddingInlineStart: 8 + row.depth * 16 }}>
        <Twist row={row} isThere={row.hasInside} onToggle={onToggle} name={step.name} />
        <button type="button" className="text-button strong" tabIndex={-1} title={step.name}>
          {step.name}
        </button>
      </span>
      <span role="gridcell">
        <Status status={step.status} />
      </span>
      <span role="gridcell" className="soft" title={resource || step.type}>
        {resource || step.type}
      </span>
      <span role="gridcell" className="number soft">
        {durationText(step.entered - began)}
      </span>
      <span role="gridcell" className="number">
        {durationText((step.ended ?? end) - step.entered)}
      </span>
      <span role="gridcell" className="timeline">
        <Bars step={step} scale={scale} end={end} />
      </span>
    </div>
  );
}

function LaneRow({ row, style, index, scale, end, onToggle }: RowProps<'lane'>) {
  const { lane } = row;
  const name = `${lane.kind === 'iteration' ? 'Iteration' : 'Branch'} ${lane.index}${(lane.parent?.attempts.length ?? 1) > 1 ? `, try ${lane.attempt}` : ''}`;
  return (
    <div className="grid-row lane" role="row" aria-rowindex={index + 2} aria-level={row.depth + 1} aria-expanded={row.isOpen} style={style} onClick={() => onToggle(row)}>
      <span role="gridcell" className="tree" style={{ paddingInlineStart: 8 + row.depth * 16 }}>
        <Twist row={row} isThere onToggle={onToggle} name={name} />
        {name}
      </span>
      <span role="gridcell">
        <Status status={lane.status} />
      </span>
      <span role="gridcell" />
      <span role="gridcell" />
      <span role="gridcell" className="number">
        {durationText((lane.ended ?? end) - lane.started)}
      </span>
      <span role="gridcell" className="timeline">
        <Bar from={lane.started} to={lane.ended ?? end} tone="lane" scale={scale} />
      </span>
    </div>
  );
}

function Twist({ row, isThere, onToggle, name }: { row: Row; isThere: boolean; onToggle: (row: Row) => void; name: string }) {
  if (!isThere) return <i className="twist" />;
  return (
    <button
      type="button"
      tabIndex={-1}
      className={row.isOpen ? 'twist open' : 'twist'}
      aria-label={`${row.isOpen ? 'Close' : 'Open'} ${name}`}
      onClick={(event) => {
        event.stopPropagation();
        onToggle(row);
      }}
    >
      <Chevron />
    </button>
  );
}

/** A step's tries, and the time between them; for others the visit itself. */
function Bars({ step, scale, end }: { step: Step; scale: Scale; end: number }) {
  const isTried = step.type === 'Task' && step.attempts.length > 0;
  return (
    <>
      <Bar from={step.entered} to={step.ended ?? end} tone={isTried ? 'idle-time' : toneOf(step.status)} scale={scale} />
      {isTried &&
        step.attempts.map((attempt) => (
          <Bar
            key={attempt.event}
            from={attempt.scheduled}
            to={attempt.ended ?? end}
            tone={toneOf(attempt.status)}
            scale={scale}
            title={`Try ${attempt.number}: ${wordOf(attempt.status)}, ${durationText((attempt.ended ?? end) - attempt.scheduled)}${attempt.error ? `, ${attempt.error}` : ''}`}
          />
        ))}
      {scale.folds
        .filter((fold) => fold.from < (step.ended ?? end) && fold.to > step.entered)
        .map((fold) => (
          <i key={fold.from} className="fold" style={{ left: `${fold.start * 100}%`, width: `${(fold.end - fold.start) * 100}%` }} title={`${durationText(fold.to - fold.from)} without a change`} />
        ))}
    </>
  );
}

function Bar({ from, to, tone, scale, title }: { from: number; to: number; tone: string; scale: Scale; title?: string }) {
  const left = scale.at(from);
  const width = Math.max(scale.at(to) - left, 0);
  return <i className={`bar ${tone}`} title={title} style={{ left: `${left * 100}%`, width: `max(${width * 100}%, 3px)` }} />;
}

