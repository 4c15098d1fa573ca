// The graph as one designs on it: with empty places where something lacks, and what each box and edge is in the definition.

import { isObject, processorOf, type Catcher, type ChoiceRule, type Definition, type State } from '../definition/asl';
import { ruleText } from '../definition/choice';
import { buildGraph, stateId, type EdgeKind, type Graph, type GraphNode } from '../definition/graph';
import { leadsOn, placeFirst, type Place } from './actions';
import { valueAt, type Path } from './edit';
import { referencesIn, statesOf } from './references';

/** What is done with a state that is put somewhere: it goes between, or begins a new branch. */
export type Spot = { kind: 'between'; place: Place } | { kind: 'branch'; of: Path };

export interface Design {
  graph: Graph;
  /** By the id of an edge or of an empty place. */
  spots: Map<string, Spot>;
  /** By the id of a state's box. */
  paths: Map<string, Path>;
}

export function buildDesign(definition: Definition): Design {
  const graph = buildGraph(definition);
  const design: Design = { graph, spots: new Map(), paths: new Map() };
  for (const { name, path } of statesOf(definition)) if (!design.paths.has(stateId(name))) design.paths.set(stateId(name), path);
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  if (!nodes.has('start')) graph.nodes.unshift(box('start', 'start', undefined, 'Start'));
  flow(design, nodes, definition, [], undefined);
  return design;
}

function flow(design: Design, nodes: Map<string, GraphNode>, definition: Definition, path: Path, lane: string | undefined): void {
  const found = valueAt(definition, [...path, 'States']);
  const states = isObject(found) ? (found as Record<string, State>) : {};
  const isThere = (name: unknown): name is string => typeof name === 'string' && isObject(states[name]);
  const first = valueAt(definition, [...path, 'StartAt']);
  if (Object.keys(states).length === 0) empty(design, lane, `${lane ?? 'start'}:first`, 'First state', { kind: 'between', place: placeFirst(path) }, lane === undefined ? 'start' : undefined);
  else if (typeof first !== 'string' && lane === undefined) empty(design, lane, 'start:first', 'First state', { kind: 'between', place: placeFirst(path) }, 'start');

  for (const { path: reference, from, to } of referencesIn(definition, path)) {
    const target = isThere(to) ? stateId(to) : `missing:${lane ?? ''}:${to}`;
    const id = `${from === undefined ? 'start' : stateId(from)}→${target}:${reference.includes('Catch') && reference.at(-3) === 'Catch' ? 'catch' : 'next'}`;
    const spot = design.spots.get(id);
    if (spot?.kind === 'between') design.spots.set(id, { kind: 'between', place: [...spot.place, reference] });
    else design.spots.set(id, { kind: 'between', place: [reference] });
  }

  for (const [name, state] of Object.entries(states)) {
    const own = [...path, 'States', name];
    const id = stateId(name);
    // Of two states of a name only the first is shown.
    if (!isObject(state) || design.paths.get(id)?.join('\0') !== own.join('\0')) continue;
    loose(design, id, lane, state, own);
    inside(design, nodes, definition, id, state, own);
  }
}

/** Where a state leads nowhere yet. */
function loose(design: Design, id: string, lane: string | undefined, state: State, path: Path): void {
  const place = (key: string, what: string, reference: Path, kind: EdgeKind, label?: string): void =>
    empty(design, lane, `${id}:${key}`, what, { kind: 'between', place: [reference] }, id, kind, label);
  if (state.Type === 'Choice') {
    const rules = Array.isArray(state.Choices) ? state.Choices : [];
    rules.forEach((rule: ChoiceRule, index) => {
      if (isObject(rule) && typeof rule.Next !== 'string') place(`rule${index}`, 'Where this rule leads', [...path, 'Choices', index, 'Next'], 'choice', ruleText(rule));
    });
    if (typeof state.Default !== 'string') place('default', 'Otherwise', [...path, 'Default'], 'default', 'Default');
  } else if (leadsOn(state.Type) && typeof state.Next !== 'string' && state.End !== true) {
    place('next', 'Next state', [...path, 'Next'], 'next');
  } else if (state.End === true && leadsOn(state.Type)) {
    design.spots.set(`${id}→end:next`, { kind: 'between', place: [[...path, 'Next']] });
  }
  const catchers = Array.isArray(state.Catch) ? state.Catch : [];
  catchers.forEach((catcher: Catcher, index) => {
    if (isObject(catcher) && typeof catcher.Next !== 'string') place(`catch${index}`, 'When this is caught', [...path, 'Catch', index, 'Next'], 'catch', (Array.isArray(catcher.ErrorEquals) ? catcher.ErrorEquals : []).join(', '));
  });
}

function inside(design: Design, nodes: Map<string, GraphNode>, definition: Definition, id: string, state: State, path: Path): void {
  const shown = nodes.get(id);
  if (state.Type === 'Parallel') {
    const branches: unknown[] = Array.isArray(state.Branches) ? state.Branches : [];
    const known = branches.flatMap((branch, index) => (isObject(branch) ? [index] : []));
    known.forEach((index, lane) => flow(design, nodes, definition, [...path, 'Branches', index], `${id}/${lane}`));
    if (known.length === 0 && shown) emptyInside(design, shown, 'First branch', { kind: 'branch', of: path });
  } else if (state.Type === 'Map') {
    const processor = isObject(state.ItemProcessor) || !isObject(state.Iterator) ? 'ItemProcessor' : 'Iterator';
    if (processorOf(state)) flow(design, nodes, definition, [...path, processor], `${id}/0`);
    else if (shown) emptyInside(design, shown, 'For each item', { kind: 'between', place: placeFirst([...path, processor]) });
  }
}

function emptyInside(design: Design, node: GraphNode, what: string, spot: Spot): void {
  node.isContainer = true;
  const lane = `${node.id}/0`;
  design.graph.nodes.push(box(lane, 'lane', node.id));
  empty(design, lane, `${lane}:first`, what, spot);
}

function empty(design: Design, lane: string | undefined, key: string, what: string, spot: Spot, from?: string, kind: EdgeKind = 'next', label?: string): void {
  const id = `place:${key}`;
  design.graph.nodes.push(box(id, 'place', lane, what));
  design.spots.set(id, spot);
  if (from !== undefined) design.graph.edges.push({ id: `${from}→${id}:${kind}`, from, to: id, kind, label });
}

const box = (id: string, kind: GraphNode['kind'], parent: string | undefined, name?: string): GraphNode => ({
  id,
  kind,
  name,
  parent,
  isContainer: false,
  isDistributed: false,
  retriers: 0,
  catchers: 0,
});
