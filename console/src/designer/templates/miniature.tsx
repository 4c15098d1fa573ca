// Miniature: a definition's graph, small and only to look at.

import { useMemo } from 'react';

import type { Definition } from '../../definition/asl';
import { buildGraph } from '../../definition/graph';
import { layOut } from '../../definition/layout';
import { pathOf } from '../../graph/path';

const MARGIN = 8;
const NAME_CHARACTERS_MAX = 19;

export function Miniature({ definition, withNames = false }: { definition: Definition; withNames?: boolean }) {
  const { boxes, lines, width, height } = useMemo(() => drawn(definition), [definition]);
  return (
    <svg className="miniature" viewBox={`${-MARGIN} ${-MARGIN} ${width + 2 * MARGIN} ${height + 2 * MARGIN}`} aria-hidden="true">
      {boxes.map(({ id, className, x, y, width, height, name, isContainer }) => (
        <g key={id} className={className}>
          <rect x={x} y={y} width={width} height={height} rx={className === 'round' ? height / 2 : 9} />
          {withNames && name !== undefined && (
            <text x={isContainer ? x + 14 : x + width / 2} y={isContainer ? y + 26 : y + height / 2 + 6} textAnchor={isContainer ? 'start' : 'middle'}>
              {name.length > NAME_CHARACTERS_MAX ? `${name.slice(0, NAME_CHARACTERS_MAX - 1)}…` : name}
            </text>
          )}
        </g>
      ))}
      {lines.map(({ id, path, className }) => (
        <path key={id} d={path} className={className} />
      ))}
    </svg>
  );
}

interface Box {
  id: string;
  className: string;
  x: number;
  y: number;
  width: number;
  height: number;
  name?: string;
  isContainer: boolean;
}

function drawn(definition: Definition): { boxes: Box[]; lines: { id: string; path: string; className: string }[]; width: number; height: number } {
  const graph = buildGraph(definition);
  const layout = layOut(graph, 'down');
  const placed = new Map(layout.nodes.map((node) => [node.id, node]));
  const corner = new Map<string | undefined, { x: number; y: number }>([[undefined, { x: 0, y: 0 }]]);
  const boxes: Box[] = [];
  for (const node of graph.nodes) {
    const place = placed.get(node.id);
    if (!place) continue;
    const around = corner.get(node.parent) ?? { x: 0, y: 0 };
    const at = { x: around.x + place.x, y: around.y + place.y };
    corner.set(node.id, at);
    if (node.kind === 'lane') continue;
    const className = node.kind === 'state' ? `type-${node.type?.toLowerCase()}${node.isContainer ? ' container' : ''}` : 'round';
    boxes.push({ id: node.id, className, ...at, width: place.width, height: place.height, name: node.kind === 'state' ? node.name : undefined, isContainer: node.isContainer });
  }
  const lines = graph.edges.flatMap((edge) => {
    const line = layout.edges[edge.id];
    if (!line) return [];
    const offset = corner.get(line.scope) ?? { x: 0, y: 0 };
    return [{ id: edge.id, className: edge.kind, path: pathOf(line.points.map(({ x, y }) => ({ x: x + offset.x, y: y + offset.y }))) }];
  });
  return { boxes, lines, width: layout.width, height: layout.height };
}
