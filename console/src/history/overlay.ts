// What a graph shows of an execution: for each state its status on the chosen iterations, and which edges were taken.

import { stateId, type Graph } from '../definition/graph';
import type { ExecutionModel, Lane, Step } from './model';

/** Which lane of a container is shown: by the id of the container's step, the index of the iteration. */
export type Chosen = ReadonlyMap<number, number>;

export interface Overlay {
  /** By the node's id: the visit that the graph shows, and how many there were on the chosen path. */
  shown: Map<string, { step: Step; visits: number; retries: number; status: string }>;
  taken: Set<string>;
}

/** The lanes of a container's last attempt that are on the screen: all branches, and one iteration. */
export function lanesShown(step: Step, chosen: Chosen): Lane[] {
  const attempt = Math.max(step.attempts.length, 1);
  const lanes = step.lanes.filter((lane) => lane.attempt === attempt);
  if (step.type !== 'Map') return lanes;
  const wanted = chosen.get(step.id);
  const lane = lanes.find((lane) => lane.index === wanted) ?? iterationToShow(lanes);
  return lane ? [lane] : [];
}

/** One that failed, or is under way, tells more than the first. */
export function iterationToShow(lanes: readonly Lane[]): Lane | undefined {
  return lanes.find((lane) => lane.status === 'failed') ?? lanes.find((lane) => lane.status === 'running') ?? lanes[0];
}

export function overlay(model: ExecutionModel, graph: Graph, chosen: Chosen): Overlay {
  const shown: Overlay['shown'] = new Map();
  const taken = new Set<string>();
  const edges = new Map<string, { next?: string; catch?: string }>();
  for (const edge of graph.edges) {
    const key = `${edge.from}→${edge.to}`;
    edges.set(key, { ...edges.get(key), [edge.kind === 'catch' ? 'catch' : 'next']: edge.id });
  }
  const take = (from: string, to: string, isCatch: boolean): void => {
    const found = edges.get(`${from}→${to}`);
    const id = isCatch ? (found?.catch ?? found?.next) : (found?.next ?? found?.catch);
    if (id) taken.add(id);
  };
  const walk = (lane: Lane): void => {
    lane.steps.forEach((step, index) => {
      const id = stateId(step.name);
      const known = shown.get(id);
      const retries = Math.max(step.attempts.filter((attempt) => attempt.number > 1).length, 0);
      shown.set(id, {
        step,
        visits: (known?.visits ?? 0) + 1,
        retries: (known?.retries ?? 0) + retries,
        status: step.status,
      });
      const next = lane.steps[index + 1];
      if (next) take(id, stateId(next.name), step.status === 'caught');
      for (const inner of lanesShown(step, chosen)) walk(inner);
    });
  };
  walk(model.root);
  const first = model.root.steps[0];
  if (first) take('start', stateId(first.name), false);
  const last = model.root.steps.at(-1);
  if (last && model.status === 'SUCCEEDED') take(stateId(last.name), 'end', false);
  return { shown, taken };
}

/** The way from the execution to a step, as iterations to choose so that it is on the screen. */
export function pathTo(step: Step): [number, number][] {
  const path: [number, number][] = [];
  for (let lane: Lane | undefined = step.lane; lane?.parent; lane = lane.parent.lane) {
    if (lane.kind === 'iteration') path.unshift([lane.parent.id, lane.index]);
  }
  return path;
}

export const readChosen = (text: string | undefined): Map<number, number> =>
  new Map(
    (text ?? '')
      .split(',')
      .map((part) => part.split(':').map(Number))
      .filter((pair): pair is [number, number] => pair.length === 2 && pair.every(Number.isFinite)),
  );

export const writeChosen = (chosen: Chosen): string | undefined =>
  chosen.size === 0 ? undefined : [...chosen].map(([step, index]) => `${step}:${index}`).join(',');
