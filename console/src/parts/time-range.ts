// Ranges of time, as addresses have them: a span that ends now, or moments that stay.

const MINUTE = 60_000;

/** Spans by the name that addresses have for them, in words, and as milliseconds. */
export const SPANS: readonly [string, string, number][] = [
  ['15m', 'last 15 minutes', 15 * MINUTE],
  ['1h', 'last hour', 60 * MINUTE],
  ['24h', 'last 24 hours', 1440 * MINUTE],
  ['7d', 'last 7 days', 7 * 1440 * MINUTE],
];

export interface TimeRange {
  /** The name of a span, or the first moment. */
  since?: string;
  /** The last moment. */
  until?: string;
}

/** The moments in milliseconds. A span's first is rounded, so that it does not change with every look. */
export function momentsOf({ since, until }: TimeRange, now = Date.now()): { since?: number; until?: number } {
  const span = SPANS.find(([name]) => name === since)?.[2];
  return {
    since: span === undefined ? momentOf(since) : Math.floor((now - span) / MINUTE) * MINUTE,
    until: momentOf(until),
  };
}

function momentOf(text: string | undefined): number | undefined {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

/** A moment as addresses have it, the same wherever they are read: to the minute, in UTC. */
export const writeMoment = (at: number): string => `${new Date(at).toISOString().slice(0, 16)}Z`;

/** A moment as a field for it takes it, in the time of whoever reads it. */
export function fieldText(moment: string | undefined): string {
  const at = momentOf(moment);
  if (at === undefined) return '';
  return new Date(at - new Date(at).getTimezoneOffset() * MINUTE).toISOString().slice(0, 16);
}
