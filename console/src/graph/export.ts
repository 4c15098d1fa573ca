// The graph as a picture: an SVG that stands by itself, or a PNG of it.

import type { Graph } from '../definition/graph';
import type { Layout } from '../definition/layout';
import { toneOf, wordOf } from '../parts/status';
import type { NodeState } from './graph-view';
import { middleOf, pathOf } from './path';

const COLOURS: Record<string, { line: string; fill: string }> = {
  ok: { line: '#2e7d4f', fill: '#eaf6ee' },
  run: { line: '#1f63c4', fill: '#e9f1fc' },
  bad: { line: '#b3261e', fill: '#fdeceb' },
  warn: { line: '#96600a', fill: '#fdf3e0' },
  idle: { line: '#6b7875', fill: '#f0f3f2' },
  plain: { line: '#8b9b96', fill: '#ffffff' },
};

const MARGIN = 24;
const SCALE = 2;
const PIXELS_MAX = 12_000;

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

const cut = (text: string, characters: number): string => (text.length > characters ? `${text.slice(0, characters - 1)}…` : text);

/** The picture's text. */
export function graphSvg(graph: Graph, layout: Layout, states: Map<string, NodeState> | undefined, taken: Set<string> | undefined): string {
  const placed = new Map(layout.nodes.map((node) => [node.id, node]));
  const corner = new Map<string | undefined, { x: number; y: number }>([[undefined, { x: MARGIN, y: MARGIN }]]);
  const boxes: string[] = [];
  for (const node of graph.nodes) {
    const place = placed.get(node.id);
    if (!place) continue;
    const around = corner.get(node.parent) ?? { x: 0, y: 0 };
    const x = around.x + place.x;
    const y = around.y + place.y;
    corner.set(node.id, { x, y });
    if (node.kind === 'lane') continue;
    const state = states?.get(node.id);
    const { line, fill } = COLOURS[state ? toneOf(state.status) : 'plain'] ?? { line: '', fill: '' };
    const round = node.kind === 'state' ? 8 : place.height / 2;
    const dash = node.isContainer ? ' stroke-dasharray="5 4"' : '';
    boxes.push(`<rect x="${x}" y="${y}" width="${place.width}" height="${place.height}" rx="${round}" fill="${fill}" stroke="${line}" stroke-width="1.5"${dash}/>`);
    if (node.kind !== 'state') {
      const text = node.kind === 'missing' ? `${node.name}?` : node.kind === 'start' ? 'Start' : 'End';
      boxes.push(`<text x="${x + place.width / 2}" y="${y + place.height / 2 + 4}" text-anchor="middle" font-size="12">${escaped(text)}</text>`);
      continue;
    }
    const small = [node.work ? `${node.work.service}: ${node.work.action}` : node.type, state && wordOf(state.status)].filter(Boolean).join(' · ');
    boxes.push(`<text x="${x + 14}" y="${y + 22}" font-size="11" fill="#52615d">${escaped(cut(small, 34))}</text>`);
    boxes.push(`<text x="${x + 14}" y="${y + 40}" font-size="14" font-weight="600">${escaped(cut(node.name ?? '', 24))}</text>`);
  }
  const lines = graph.edges.flatMap((edge) => {
    const line = layout.edges[edge.id];
    if (!line) return [];
    const offset = corner.get(line.scope) ?? { x: MARGIN, y: MARGIN };
    const points = line.points.map((point) => ({ x: point.x + offset.x, y: point.y + offset.y }));
    const middle = middleOf(points);
    const colour = taken?.has(edge.id) ? '#2e7d4f' : '#8b9b96';
    const dash = edge.kind === 'catch' ? ' stroke-dasharray="4 4"' : '';
    const path = `<path d="${pathOf(points)}" fill="none" stroke="${colour}" stroke-width="1.5"${dash} marker-end="url(#tip)"/>`;
    const label = edge.label
      ? `<text x="${middle.x}" y="${middle.y + 4}" text-anchor="middle" font-size="11" fill="#52615d" stroke="#fff" stroke-width="4" paint-order="stroke">${escaped(cut(edge.label, 40))}</text>`
      : '';
    return [path + label];
  });
  const width = Math.ceil(layout.width + 2 * MARGIN);
  const height = Math.ceil(layout.height + 2 * MARGIN);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Inter, system-ui, sans-serif" fill="#16211f">`,
    '<defs><marker id="tip" viewBox="0 0 10 10" refX="8.5" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M1 1 9 5 1 9z" fill="#8b9b96"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    // Containers come first, so that edges and what is inside stay above them.
    ...boxes,
    ...lines,
    '</svg>',
  ].join('\n');
}

export async function exportGraph(
  graph: Graph,
  layout: Layout,
  states: Map<string, NodeState> | undefined,
  taken: Set<string> | undefined,
  name: string,
  form: 'svg' | 'png',
): Promise<void> {
  const svg = graphSvg(graph, layout, states, taken);
  const blob = new Blob([svg], { type: 'image/svg+xml' });
  download(form === 'svg' ? blob : await png(blob, layout), `${name}.${form}`);
}

async function png(svg: Blob, layout: Layout): Promise<Blob> {
  const image = new Image();
  const url = URL.createObjectURL(svg);
  try {
    image.src = url;
    await image.decode();
    const scale = Math.min(SCALE, PIXELS_MAX / Math.max(layout.width, layout.height, 1));
    const canvas = document.createElement('canvas');
    canvas.width = image.width * scale;
    canvas.height = image.height * scale;
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the picture is too large'))), 'image/png');
    });
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Gives the browser a file to keep. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
