// Definition → graph: states as boxes, what follows what as edges. Whatever is unfinished or wrong in a definition is
// left out or pointed at nothing; nothing here fails.

import { innerOf, isDistributed, isObject, type Definition, type State } from './asl';
import { ruleText } from './choice';
import { workOf, type Work } from './resource';

export type NodeKind = 'start' | 'end' | 'state' | 'lane' | 'missing' | 'place';

export interface GraphNode {
  id: string;
  kind: NodeKind;
  /** The state's name, for states; what is missing, for empty places. */
  name?: string;
  type?: string;
  work?: Work;
  comment?: string;
  /** The node that it is inside of. */
  parent?: string;
  /** Whether it has states inside. */
  isContainer: boolean;
  isDistributed: boolean;
  retriers: number;
  catchers: number;
}

export type EdgeKind = 'next' | 'choice' | 'default' | 'catch';

export interface GraphEdge {
  id: string;
  from: string;
  to: string;
  kind: EdgeKind;
  label?: string;
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

export const stateId = (name: string): string => `state:${name}`;

const DEPTH_MAX = 64;

export function buildGraph(definition: Definition): Graph {
  const graph: Graph = { nodes: [], edges: [] };
  scope(graph, definition, undefined, 0);
  const ids = new Set<string>();
  graph.nodes = graph.nodes.filter((node) => !ids.has(node.id) && ids.add(node.id));
  return graph;
}

function scope(graph: Graph, definition: Definition, parent: string | undefined, depth: number): void {
  if (depth > DEPTH_MAX || !isObject(definition.States)) return;
  const states = definition.States as Record<string, State>;
  const isRoot = parent === undefined;
  const edges = new Map<string, GraphEdge>();
  const missing = new Set<string>();
  const target = (name: string): string => {
    if (isObject(states[name])) return stateId(name);
    missing.add(name);
    return `missing:${parent ?? ''}:${name}`;
  };
  const add = (from: string, to: string, kind: EdgeKind, label?: string): void => {
    const id = `${from}→${to}:${kind === 'catch' ? 'catch' : 'next'}`;
    const same = edges.get(id);
    if (same) same.label = [same.label, label].filter(Boolean).join(' or ') || undefined;
    else edges.set(id, { id, from, to, kind, label });
  };

  if (isRoot) {
    graph.nodes.push(plain('start', 'start'));
    if (typeof definition.StartAt === 'string') add('start', target(definition.StartAt), 'next');
  }
  let hasEnd = false;
  for (const [name, state] of Object.entries(states)) {
    if (!isObject(state)) continue;
    const id = stateId(name);
    graph.nodes.push(box(id, name, state, parent));
    if (state.Type === 'Choice') {
      for (const rule of array(state.Choices)) {
        if (isObject(rule) && typeof rule.Next === 'string') add(id, target(rule.Next), 'choice', ruleText(rule));
      }
      if (typeof state.Default === 'string') add(id, target(state.Default), 'default', 'Default');
    } else if (typeof state.Next === 'string') {
      add(id, target(state.Next), 'next');
    } else if (isRoot && (state.End === true || state.Type === 'Succeed' || state.Type === 'Fail')) {
      hasEnd = true;
      add(id, 'end', 'next');
    }
    for (const catcher of array(state.Catch)) {
      if (!isObject(catcher) || typeof catcher.Next !== 'string') continue;
      add(id, target(catcher.Next), 'catch', array(catcher.ErrorEquals).map(shortError).join(', '));
    }
    inside(graph, id, state, depth);
  }
  if (isRoot && hasEnd) graph.nodes.push(plain('end', 'end'));
  for (const name of missing) {
    graph.nodes.push({ ...plain(`missing:${parent ?? ''}:${name}`, 'missing'), name, parent });
  }
  graph.edges.push(...edges.values());
}

/** Branches become lanes, which are boxes without a border; what a Map does is its only lane. */
function inside(graph: Graph, id: string, state: State, depth: number): void {
  const lanes = innerOf(state);
  lanes.forEach((lane, index) => {
    const laneId = `${id}/${index}`;
    graph.nodes.push({ ...plain(laneId, 'lane'), parent: id });
    scope(graph, lane, laneId, depth + 1);
  });
}

function box(id: string, name: string, state: State, parent: string | undefined): GraphNode {
  return {
    id,
    kind: 'state',
    name,
    type: typeof state.Type === 'string' ? state.Type : undefined,
    work: workOf(state),
    comment: typeof state.Comment === 'string' ? state.Comment : undefined,
    parent,
    isContainer: innerOf(state).length > 0,
    isDistributed: isDistributed(state),
    retriers: array(state.Retry).length,
    catchers: array(state.Catch).length,
  };
}

function plain(id: string, kind: NodeKind): GraphNode {
  return { id, kind, isContainer: false, isDistributed: false, retriers: 0, catchers: 0 };
}

const array = <T>(value: T[] | undefined): T[] => (Array.isArray(value) ? value : []);

const shortError = (name: unknown): string => (name === 'States.ALL' ? 'any error' : String(name));
