// The layout of a graph, from the worker; small ones at once, so that nothing flickers.

import { useEffect, useMemo, useState } from 'react';

import type { Graph } from './graph';
import { layOut, type Direction, type Layout } from './layout';

const SMALL = 40;

interface Answer {
  number: number;
  layout?: Layout;
  error?: string;
}

let worker: Worker | undefined;
let last = 0;
const waiting = new Map<number, (answer: Answer) => void>();

function ask(graph: Graph, direction: Direction, told: (answer: Answer) => void): () => void {
  if (!worker) {
    worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
      waiting.get(data.number)?.(data);
      waiting.delete(data.number);
    });
  }
  const number = ++last;
  waiting.set(number, told);
  worker.postMessage({ number, graph, direction });
  return () => waiting.delete(number);
}

/** Undefined until it is known. */
export function useLayout(graph: Graph, direction: Direction): Layout | undefined {
  const isSmall = graph.nodes.length <= SMALL;
  const small = useMemo(() => (isSmall ? layOut(graph, direction) : undefined), [graph, direction, isSmall]);
  const [large, setLarge] = useState<{ graph: Graph; direction: Direction; layout: Layout }>();
  useEffect(() => {
    if (isSmall) return;
    const forget = ask(graph, direction, ({ layout, error }) => {
      if (layout) setLarge({ graph, direction, layout });
      else throw new Error(`the graph was not laid out: ${error}`);
    });
    return () => void forget();
  }, [graph, direction, isSmall]);
  if (isSmall) return small;
  return large?.graph === graph && large.direction === direction ? large.layout : undefined;
}
