import { describe, expect, it } from 'vitest';

import { buildGraph } from '../../definition/graph';
import { nextOf } from './moves';
import { found, TEMPLATES } from './templates';

describe('templates', () => {
  it('have names of their own and say what they are about', () => {
    expect(new Set(TEMPLATES.map(({ id }) => id)).size).toBe(TEMPLATES.length);
    expect(new Set(TEMPLATES.map(({ name }) => name)).size).toBe(TEMPLATES.length);
    for (const { about, definition } of TEMPLATES) {
      expect(about).toMatch(/\.$/);
      expect(definition.Comment).toBeDefined();
    }
  });

  it.each(TEMPLATES.map((template) => [template.id, template] as const))('%s leads from its start to its ends', (_, { definition }) => {
    const graph = buildGraph(definition);
    expect(graph.nodes.filter(({ kind }) => kind === 'missing')).toEqual([]);
    expect(graph.nodes.some(({ kind }) => kind === 'end')).toBe(true);
    const led = new Set(graph.edges.map(({ to }) => to));
    for (const node of graph.nodes) if (node.kind === 'state' && node.parent === undefined) expect(led, node.name).toContain(node.id);
  });

  it('are found by all words of what is looked for', () => {
    expect(found(TEMPLATES, '')).toHaveLength(TEMPLATES.length);
    expect(found(TEMPLATES, 'SAGA').map(({ id }) => id)).toEqual(['saga']);
    expect(found(TEMPLATES, 'retry http').map(({ id }) => id)).toEqual(['http']);
    expect(found(TEMPLATES, 'nothing of this')).toEqual([]);
  });

  it('are gone through with the arrow keys', () => {
    expect(nextOf('ArrowDown', 1, 12, 4)).toBe(5);
    expect(nextOf('ArrowLeft', 1, 12, 4)).toBe(0);
    expect(nextOf('End', 1, 12, 4)).toBe(11);
    expect(nextOf('x', 1, 12, 4)).toBe(-1);
  });
});
