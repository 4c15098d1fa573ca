// Where the graph begins on the screen: whole where it can be read so, else as wide as it is, at the state that matters.

import type { Graph } from '../definition/graph';
import type { Layout } from '../definition/layout';

export interface View {
  x: number;
  y: number;
  zoom: number;
}

interface Size {
  width: number;
  height: number;
}

interface Box extends Size {
  x: number;
  y: number;
}

/** Names of states are smaller than ten pixels below it. */
const READABLE = 0.75;
const PADDING = 28;

/** Whether all of a graph can be read at once. */
export function isWhole(layout: Size, frame: Size): boolean {
  return wholeZoom(layout, frame) >= READABLE;
}

const wholeZoom = (layout: Size, frame: Size): number =>
  Math.min((frame.width - 2 * PADDING) / layout.width, (frame.height - 2 * PADDING) / layout.height, 1);

/** The first view of a graph in a frame; of one that can't be read as a whole, that of a box. */
export function firstView(layout: Size, frame: Size, box: Box | undefined): View {
  const whole = wholeZoom(layout, frame);
  // What is long in one direction is shown as wide as it is in the other.
  const across = Math.max((frame.width - 2 * PADDING) / layout.width, (frame.height - 2 * PADDING) / layout.height);
  const zoom = whole >= READABLE ? whole : Math.min(Math.max(across, READABLE), 1);
  return {
    x: offset(layout.width * zoom, frame.width, box && (box.x + box.width / 2) * zoom),
    y: offset(layout.height * zoom, frame.height, box && (box.y + box.height / 2) * zoom),
    zoom,
  };
}

/** What is shorter than the frame is in its middle; of what is longer, that point is, as far as there is more of it. */
function offset(length: number, frame: number, point = 0): number {
  if (length + 2 * PADDING <= frame) return (frame - length) / 2;
  return Math.min(Math.max(frame / 2 - point, frame - PADDING - length), PADDING);
}

/** Where a node's box is, from the left upper corner of the whole graph. */
export function boxOf(graph: Graph, layout: Layout, id: string): Box | undefined {
  const placed = new Map(layout.nodes.map((node) => [node.id, node]));
  const parents = new Map(graph.nodes.map((node) => [node.id, node.parent]));
  const own = placed.get(id);
  if (!own) return undefined;
  const box = { x: own.x, y: own.y, width: own.width, height: own.height };
  for (let around = parents.get(id); around !== undefined; around = parents.get(around)) {
    box.x += placed.get(around)?.x ?? 0;
    box.y += placed.get(around)?.y ?? 0;
  }
  return box;
}
