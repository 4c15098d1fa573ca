// Moves: where a key leads in what stands in rows.

/** Where a key leads; nowhere at the edges. */
export function nextOf(key: string, at: number, count: number, columns: number): number {
  const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  const step = steps[key];
  return step === undefined ? -1 : at + step;
}
