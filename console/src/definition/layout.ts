// Layout: where the boxes of a graph are. Each line of states is laid out by itself, from the inside out, so that
// edges never leave the box that they belong to.

import dagre from '@dagrejs/dagre';

import type { Graph, GraphEdge, GraphNode } from './graph';

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
const HEADER = 40;
const FOOT = 14;
const SIDE = 14;
const LANE_GAP = 18;
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
    if (!node.isContainer) return STATE;
    return lanes(node);
  };

  const lanes = (node: GraphNode): Size => {
    const inner = (children.get(node.id) ?? []).filter((child) => child.kind === 'lane');
    let along = SIDE;
    let across = 0;
    const sizes = inner.map((lane) => scope(lane.id));
    inner.forEach((lane, index) => {
      const size = sizes[index] ?? { width: 0, height: 0 };
      const at = direction === 'down' ? { x: along, y: HEADER } : { x: SIDE, y: HEADER + along - SIDE };
      layout.nodes.push({ id: lane.id, ...at, ...size });
      along += (direction === 'down' ? size.width : size.height) + LANE_GAP;
      across = Math.max(across, direction === 'down' ? size.height : size.width);
    });
    along -= LANE_GAP;
    return direction === 'down'
      ? { width: Math.max(along + SIDE, STATE.width + 2 * SIDE), height: HEADER + across + FOOT }
      : { width: Math.max(across, STATE.width) + 2 * SIDE, height: HEADER + along - SIDE + FOOT };
  };

  const scope = (parent: string | undefined): Size => {
    const inside = (children.get(parent) ?? []).filter((node) => node.kind !== 'lane');
    const solver = new dagre.graphlib.Graph({ multigraph: true });
    solver.setGraph({
      rankdir: direction === 'down' ? 'TB' : 'LR',
      nodesep: 28,
      ranksep: 34,
      edgesep: 14,
      marginx: 6,
      marginy: 6,
      ranker: inside.length > 300 ? 'longest-path' : 'network-simplex',
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

  Object.assign(layout, scope(undefined));
  return layout;
}

const finite = (size: number): number => (Number.isFinite(size) ? size : 0);
