import { expect, it } from 'vitest';

import { buildGraph, stateId } from '../definition/graph';
import { layOut } from '../definition/layout';
import { boxOf, firstView, isWhole } from './first-view';

const FRAME = { width: 1000, height: 600 };

it('a graph that can be read as a whole is in the middle', () => {
  const small = { width: 300, height: 500 };
  expect(isWhole(small, FRAME)).toBe(true);
  expect(firstView(small, FRAME, undefined)).toEqual({ x: 350, y: 50, zoom: 1 });
});

it('a tall graph begins at its top, as large as it is', () => {
  const tall = { width: 500, height: 4000 };
  expect(isWhole(tall, FRAME)).toBe(false);
  expect(firstView(tall, FRAME, { x: 200, y: 0, width: 70, height: 34 })).toEqual({ x: 250, y: 28, zoom: 1 });
});

it('what matters in a tall graph is in the middle of the frame, and its end at the end', () => {
  const tall = { width: 500, height: 4000 };
  expect(firstView(tall, FRAME, { x: 0, y: 2000, width: 200, height: 50 }).y).toBe(300 - 2025);
  expect(firstView(tall, FRAME, { x: 0, y: 3950, width: 200, height: 50 }).y).toBe(600 - 28 - 4000);
});

it('what is large in both directions is still readable', () => {
  const large = { width: 5000, height: 4000 };
  expect(firstView(large, FRAME, { x: 2400, y: 0, width: 200, height: 50 })).toEqual({ x: 500 - 2500 * 0.75, y: 28, zoom: 0.75 });
});

it('a box inside of others is found', () => {
  const inner = { StartAt: 'In', States: { In: { Type: 'Pass', End: true } } };
  const graph = buildGraph({ StartAt: 'Map', States: { Map: { Type: 'Map', ItemProcessor: inner, End: true } } });
  const layout = layOut(graph, 'down');
  const around = boxOf(graph, layout, stateId('Map'));
  const box = boxOf(graph, layout, stateId('In'));
  if (!around || !box) throw new Error('they are there');
  expect(box.x).toBeGreaterThan(around.x);
  expect(box.y + box.height).toBeLessThan(around.y + around.height);
  expect(boxOf(graph, layout, 'nowhere')).toBeUndefined();
});
