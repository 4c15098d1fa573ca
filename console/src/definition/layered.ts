// A layout for lines of very many states: one pass without recursion, plain but quick, however long the line is.

import type { GraphEdge } from './graph';

export interface Box {
  id: string;
  width: number;
  height: number;
}

export interface Arranged {
  boxes: Map<string, { x: number; y: number }>;
  points: Map<string, { x: number; y: number }[]>;
  width: number;
  height: number;
}

const MARGIN = 6;
const RANK_GAP = 44;
const BOX_GAP = 28;
const LANE = 12;
const SWEEPS = 4;

/** Arranges boxes in rows, each below those that lead to it; edges back up are led round the side. */
export function arrange(boxes: readonly Box[], edges: readonly GraphEdge[]): Arranged {
  const known = new Map(boxes.map((box) => [box.id, box]));
  const inside = edges.filter((edge) => known.has(edge.from) && known.has(edge.to));
  const back = backEdges(boxes, inside);
  const forward = inside.filter((edge) => !back.has(edge.id) && edge.from !== edge.to);
  const rows = inRows(boxes, forward);
  order(rows, forward);

  const rowWidths = rows.map((row) => row.reduce((sum, id) => sum + (known.get(id)?.width ?? 0) + BOX_GAP, -BOX_GAP));
  const width = Math.max(...rowWidths, 0);
  const placed: Arranged['boxes'] = new Map();
  const rankOf = new Map<string, number>();
  let y = MARGIN;
  rows.forEach((row, rank) => {
    let x = MARGIN + (width - (rowWidths[rank] ?? 0)) / 2;
    let height = 0;
    for (const id of row) {
      const box = known.get(id) as Box;
      placed.set(id, { x, y });
      rankOf.set(id, rank);
      x += box.width + BOX_GAP;
      height = Math.max(height, box.height);
    }
    y += height + RANK_GAP;
  });

  let lanes = 0;
  const points: Arranged['points'] = new Map();
  for (const edge of inside) {
    const from = placed.get(edge.from) as { x: number; y: number };
    const to = placed.get(edge.to) as { x: number; y: number };
    const source = known.get(edge.from) as Box;
    const target = known.get(edge.to) as Box;
    const start = { x: from.x + source.width / 2, y: from.y + source.height };
    const end = { x: to.x + target.width / 2, y: to.y };
    if ((rankOf.get(edge.to) ?? 0) - (rankOf.get(edge.from) ?? 0) === 1) {
      points.set(edge.id, [start, end]);
      continue;
    }
    const side = MARGIN + width + LANE * (1 + (lanes++ % 12));
    points.set(edge.id, [start, { x: start.x, y: start.y + RANK_GAP / 3 }, { x: side, y: start.y + RANK_GAP / 3 }, { x: side, y: end.y - RANK_GAP / 3 }, { x: end.x, y: end.y - RANK_GAP / 3 }, end]);
  }
  return { boxes: placed, points, width: width + 2 * MARGIN + (lanes > 0 ? LANE * 13 : 0), height: Math.max(y - RANK_GAP, 0) + MARGIN };
}

/** Edges that lead back to where one came from. */
function backEdges(boxes: readonly Box[], edges: readonly GraphEdge[]): Set<string> {
  const out = outgoing(edges);
  const state = new Map<string, 'open' | 'done'>();
  const back = new Set<string>();
  for (const { id } of boxes) {
    if (state.has(id)) continue;
    const path: { id: string; next: number }[] = [{ id, next: 0 }];
    state.set(id, 'open');
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const edge = out.get(top.id)?.[top.next++];
      if (!edge) {
        state.set(top.id, 'done');
        path.pop();
      } else if (state.get(edge.to) === 'open') {
        back.add(edge.id);
      } else if (!state.has(edge.to)) {
        state.set(edge.to, 'open');
        path.push({ id: edge.to, next: 0 });
      }
    }
  }
  return back;
}

function inRows(boxes: readonly Box[], edges: readonly GraphEdge[]): string[][] {
  const out = outgoing(edges);
  const open = new Map(boxes.map((box) => [box.id, 0]));
  for (const edge of edges) open.set(edge.to, (open.get(edge.to) ?? 0) + 1);
  const rank = new Map<string, number>();
  const ready = boxes.filter((box) => open.get(box.id) === 0).map((box) => box.id);
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    const own = rank.get(id) ?? 0;
    rank.set(id, own);
    for (const { to } of out.get(id) ?? []) {
      rank.set(to, Math.max(rank.get(to) ?? 0, own + 1));
      const left = (open.get(to) ?? 1) - 1;
      open.set(to, left);
      if (left === 0) ready.push(to);
    }
  }
  const rows: string[][] = [];
  for (const { id } of boxes) {
    const own = rank.get(id) ?? 0;
    (rows[own] ??= []).push(id);
  }
  return Array.from(rows, (row) => row ?? []);
}

/** Moves boxes of a row to where their neighbours above are. */
function order(rows: string[][], edges: readonly GraphEdge[]): void {
  const into = new Map<string, string[]>();
  const from = new Map<string, string[]>();
  for (const edge of edges) {
    into.set(edge.to, [...(into.get(edge.to) ?? []), edge.from]);
    from.set(edge.from, [...(from.get(edge.from) ?? []), edge.to]);
  }
  const place = new Map<string, number>();
  const remember = (row: string[]): void => row.forEach((id, index) => place.set(id, index / row.length));
  rows.forEach(remember);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const neighbours = sweep % 2 === 0 ? into : from;
    for (const row of sweep % 2 === 0 ? rows : [...rows].reverse()) {
      const wish = new Map(
        row.map((id) => {
          const beside = neighbours.get(id) ?? [];
          const sum = beside.reduce((sum, other) => sum + (place.get(other) ?? 0), 0);
          return [id, beside.length > 0 ? sum / beside.length : (place.get(id) ?? 0)];
        }),
      );
      row.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0));
      remember(row);
    }
  }
}

function outgoing(edges: readonly GraphEdge[]): Map<string, GraphEdge[]> {
  const out = new Map<string, GraphEdge[]>();
  for (const edge of edges) {
    const known = out.get(edge.from);
    if (known) known.push(edge);
    else out.set(edge.from, [edge]);
  }
  return out;
}
