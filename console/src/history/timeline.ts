// Timeline: where moments are on a line that folds the time in which nothing happens.
//
// A workflow that waits for three days would be one bar, and all else invisible. Stretches between two moments that are
// far longer than all others together are drawn short, and said to be.

export interface Fold {
  from: number;
  to: number;
  /** Where it is drawn, as parts of the whole line. */
  start: number;
  end: number;
}

export interface Scale {
  /** Where a moment is, from 0 to 1. */
  at(moment: number): number;
  folds: Fold[];
  from: number;
  to: number;
}

/** A stretch is folded when it is longer than this many times all that is not folded. */
const FOLD_FROM = 2;
const FOLD_MILLIS_MIN = 1000;
/** How much of the line a folded stretch takes. */
const FOLDED = 0.04;

export function buildScale(moments: readonly number[]): Scale {
  const sorted = [...new Set(moments)].sort((a, b) => a - b);
  const from = sorted[0] ?? 0;
  const to = Math.max(sorted.at(-1) ?? 1, from + 1);
  const stretches = sorted.slice(1).map((end, index) => ({ from: sorted[index] as number, to: end }));
  const longest = [...stretches].sort((a, b) => b.to - b.from - (a.to - a.from));
  let open = to - from;
  const folded = new Set<{ from: number; to: number }>();
  for (const stretch of longest) {
    const length = stretch.to - stretch.from;
    const rest = open - length;
    if (length < FOLD_MILLIS_MIN || rest <= 0 || length < FOLD_FROM * rest) break;
    folded.add(stretch);
    open = rest;
  }
  const room = 1 - folded.size * FOLDED;
  if (folded.size === 0 || room <= 0.2) {
    return { from, to, folds: [], at: (moment) => clamp((moment - from) / (to - from)) };
  }
  const folds: Fold[] = [];
  let past = 0;
  for (const stretch of stretches.filter((stretch) => folded.has(stretch))) {
    const start = ((stretch.from - from - past) / open) * room + folds.length * FOLDED;
    folds.push({ ...stretch, start, end: start + FOLDED });
    past += stretch.to - stretch.from;
  }
  const at = (moment: number): number => {
    let before = 0;
    for (const [index, fold] of folds.entries()) {
      if (moment <= fold.from) return clamp(((moment - from - before) / open) * room + index * FOLDED);
      if (moment < fold.to) return fold.start + ((moment - fold.from) / (fold.to - fold.from)) * FOLDED;
      before += fold.to - fold.from;
    }
    return clamp(((moment - from - before) / open) * room + folds.length * FOLDED);
  };
  return { from, to, folds, at };
}

const clamp = (part: number): number => Math.min(1, Math.max(0, part));
