// Lays graphs out beside the page, so that it goes on answering.

import type { Graph } from './graph';
import { layOut, type Direction } from './layout';

interface Task {
  number: number;
  graph: Graph;
  direction: Direction;
}

self.addEventListener('message', ({ data }: MessageEvent<Task>) => {
  try {
    self.postMessage({ number: data.number, layout: layOut(data.graph, data.direction) });
  } catch (error) {
    self.postMessage({ number: data.number, error: String(error) });
  }
});
