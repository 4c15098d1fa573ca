// Rows of the table of steps: the tree of steps, branches and iterations, as far as it is open, from top to bottom.

import type { Lane, Step } from './model';

export type Row =
  | { kind: 'step'; key: string; depth: number; step: Step; hasInside: boolean; isOpen: boolean }
  | { kind: 'lane'; key: string; depth: number; lane: Lane; isOpen: boolean };

/** What was opened or closed by hand, by the row's key; all else is as it is by itself. */
export type Opened = ReadonlyMap<string, boolean>;

/** More iterations than that are closed until asked for. */
const LANES_OPEN_MAX = 12;

export function buildRows(root: Lane, opened: Opened, fits?: (step: Step) => boolean): Row[] {
  const rows: Row[] = [];
  const walk = (lane: Lane, depth: number): void => {
    for (const step of lane.steps) {
      const isFound = !fits || fits(step);
      if (!fits || isFound || hasInside(step, fits)) addStep(step, depth, isFound);
    }
  };
  const addStep = (step: Step, depth: number, isFound: boolean): void => {
    const key = `s${step.id}`;
    const inside = step.lanes.length > 0;
    const isOpen = inside && (opened.get(key) ?? true);
    rows.push({ kind: 'step', key, depth, step, hasInside: inside, isOpen });
    if (!isOpen) return;
    const lanes = fits && !isFound ? step.lanes.filter((lane) => lane.steps.some((inner) => fits(inner) || hasInside(inner, fits))) : step.lanes;
    const many = lanes.length > LANES_OPEN_MAX;
    lanes.forEach((lane) => {
      const laneKey = `l${step.id}.${lane.attempt}.${lane.index}`;
      const isLaneOpen = opened.get(laneKey) ?? (fits !== undefined || !many || lane.status === 'failed');
      rows.push({ kind: 'lane', key: laneKey, depth: depth + 1, lane, isOpen: isLaneOpen });
      if (isLaneOpen) walk(lane, depth + 2);
    });
  };
  walk(root, 0);
  return rows;
}

function hasInside(step: Step, fits: (step: Step) => boolean): boolean {
  return step.lanes.some((lane) => lane.steps.some((inner) => fits(inner) || hasInside(inner, fits)));
}

/** Every moment at which something began or ended, for the scale of the timeline. */
export function momentsOf(steps: readonly Step[], from: number, to: number): number[] {
  const moments = [from, to];
  for (const step of steps) {
    moments.push(step.entered);
    if (step.ended !== undefined) moments.push(step.ended);
    for (const attempt of step.attempts) {
      moments.push(attempt.scheduled);
      if (attempt.ended !== undefined) moments.push(attempt.ended);
    }
  }
  return moments;
}
