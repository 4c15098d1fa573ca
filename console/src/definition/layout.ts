// Layout: where the boxes of a graph are. Each line of states is laid out by itself, from the inside out, so that
// edges never leave the box that they belong to.

import dagre from '@dagrejs/dagre';

import type { Graph, GraphEdge, GraphNode } from './graph';
import { arrange } from './layered';

export type Direction = 'down' | 'right';

export interface Placed {
  id: string;
  /** The left upper corner, from that of the node it is inside of. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  nodes: Placed[];
  /** Points of edges, from the left upper corner of the scope they are in. */
  edges: Record<string, { points: { x: number; y: number }[]; scope?: string }>;
  width: number;
  height: number;
}

export const STATE = { width: 208, height: 56 };
const ROUND = 34;
const PLACE = { width: 168, height: 40 };
const HEADER = 40;
const FOOT = 14;
const SIDE = 14;
const LANE_GAP = 18;
/** A Map has its iterations' picker beside its name. */
const CONTAINER_WIDTH_MIN = 360;
/** Longer lines of states than that are more than the solver's recursion can take. */
const SOLVED_MAX = 250;
const LABEL = { width: 120, height: 18 };

interface Size {
  width: number;
  height: number;
}

export function layOut(graph: Graph, direction: Direction): Layout {
  const children = new Map<string | undefined, GraphNode[]>();
  for (const node of graph.nodes) {
    const siblings = children.get(node.parent) ?? [];
    siblings.push(node);
    children.set(node.parent, siblings);
  }
  const scopeOf = new Map(graph.nodes.map((node) => [node.id, node.parent]));
  const edges = new Map<string | undefined, GraphEdge[]>();
  for (const edge of graph.edges) {
    const scope = scopeOf.get(edge.from);
    const siblings = edges.get(scope) ?? [];
    siblings.push(edge);
    edges.set(scope, siblings);
  }
  const layout: Layout = { nodes: [], edges: {}, width: 0, height: 0 };

  const sizeOf = (node: GraphNode): Size => {
    if (node.kind === 'start' || node.kind === 'end') return { width: ROUND * 2, height: ROUND };
    if (node.kind === 'place') return PLACE;
    if (!node.isContainer) return STATE;
    return lanes(node);
  };

  const lanes = (node: GraphNode): Size => {
    const inner = (children.get(node.id) ?? []).filter((child) => child.kind === 'lane');
    let along = SIDE;
    let across = 0;
    const sizes = inner.map((lane) => scope(lane.id));
    const widthMin = node.type === 'Map' ? CONTAINER_WIDTH_MIN : STATE.width + 2 * SIDE;
    // Where the box must be wider than what is inside of it, that is in its middle.
    const first = sizes[0];
    if (direction === 'down' && inner.length === 1 && first) along = Math.max(SIDE, (widthMin - first.width) / 2);
    inner.forEach((lane, index) => {
      const size = sizes[index] ?? { width: 0, height: 0 };
      const at = direction === 'down' ? { x: along, y: HEADER } : { x: SIDE, y: HEADER + along - SIDE };
      layout.nodes.push({ id: lane.id, ...at, ...size });
      along += (direction === 'down' ? size.width : size.height) + LANE_GAP;
      across = Math.max(across, direction === 'down' ? size.height : size.width);
    });
    along -= LANE_GAP;
    return direction === 'down'
      ? { width: Math.max(along + SIDE, widthMin), height: HEADER + across + FOOT }
      : { width: Math.max(across + 2 * SIDE, widthMin), height: HEADER + along - SIDE + FOOT };
  };

  const scope = (parent: string | undefined): Size => {
    const inside = (children.get(parent) ?? []).filter((node) => node.kind !== 'lane');
    if (inside.length > SOLVED_MAX) return quick(parent, inside);
    const solver = new dagre.graphlib.Graph({ multigraph: true });
    solver.setGraph({
      rankdir: direction === 'down' ? 'TB' : 'LR',
      nodesep: 28,
      ranksep: 34,
      edgesep: 14,
      marginx: 6,
      marginy: 6,
    });
    solver.setDefaultEdgeLabel(() => ({}));
    for (const node of inside) solver.setNode(node.id, { ...sizeOf(node) });
    for (const edge of edges.get(parent) ?? []) {
      const label = edge.label ? { ...LABEL, labelpos: 'c' } : {};
      solver.setEdge(edge.from, edge.to, { ...label, weight: edge.kind === 'catch' ? 1 : 3 }, edge.id);
    }
    dagre.layout(solver);
    for (const node of inside) {
      const { x, y, width, height } = solver.node(node.id);
      layout.nodes.push({ id: node.id, x: x - width / 2, y: y - height / 2, width, height });
    }
    for (const { v, w, name } of solver.edges()) {
      const points = solver.edge({ v, w, name })?.points;
      if (name && points) layout.edges[name] = { points, scope: parent };
    }
    const { width = 0, height = 0 } = solver.graph();
    return { width: finite(width), height: finite(height) };
  };

  /** As if from top to bottom; for the other direction, boxes and edges trade places along the diagonal. */
  const quick = (parent: string | undefined, inside: GraphNode[]): Size => {
    const turned = direction === 'right';
    const sizes = new Map(inside.map((node) => [node.id, sizeOf(node)]));
    const turn = <Point extends { x: number; y: number }>({ x, y }: Point): { x: number; y: number } => (turned ? { x: y, y: x } : { x, y });
    const boxes = inside.map(({ id }) => {
      const { width, height } = sizes.get(id) ?? STATE;
      return turned ? { id, width: height, height: width } : { id, width, height };
    });
    const arranged = arrange(boxes, edges.get(parent) ?? []);
    for (const [id, place] of arranged.boxes) layout.nodes.push({ id, ...turn(place), ...(sizes.get(id) ?? STATE) });
    for (const [id, points] of arranged.points) layout.edges[id] = { points: points.map(turn), scope: parent };
    return turned ? { width: arranged.height, height: arranged.width } : { width: arranged.width, height: arranged.height };
  };

  Object.assign(layout, scope(undefined));
  return layout;
}

const finite = (size: number): number => (Number.isFinite(size) ? size : 0);
