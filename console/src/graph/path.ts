// Lines through points, with round corners.

interface Point {
  x: number;
  y: number;
}

const RADIUS = 10;
const round = (value: number): string => value.toFixed(1);

export function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let path = `M${round(first.x)} ${round(first.y)}`;
  rest.forEach((point, index) => {
    const before = points[index] as Point;
    const after = rest[index + 1];
    if (!after) {
      path += `L${round(point.x)} ${round(point.y)}`;
      return;
    }
    const into = toward(point, before);
    const out = toward(point, after);
    path += `L${round(into.x)} ${round(into.y)}Q${round(point.x)} ${round(point.y)} ${round(out.x)} ${round(out.y)}`;
  });
  return path;
}

function toward(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const part = Math.min(RADIUS, length / 2) / length;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

/** The point half way along, or at another part of the way. */
export function middleOf(points: readonly Point[], part = 0.5): Point {
  const lengths = points.slice(1).map((point, index) => Math.hypot(point.x - (points[index]?.x ?? 0), point.y - (points[index]?.y ?? 0)));
  let left = lengths.reduce((sum, length) => sum + length, 0) * part;
  for (const [index, length] of lengths.entries()) {
    const from = points[index];
    const to = points[index + 1];
    if (from && to && left <= length) {
      const along = length === 0 ? 0 : left / length;
      return { x: from.x + (to.x - from.x) * along, y: from.y + (to.y - from.y) * along };
    }
    left -= length;
  }
  return points[0] ?? { x: 0, y: 0 };
}
