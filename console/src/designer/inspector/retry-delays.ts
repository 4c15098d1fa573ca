// Retry delays: after how many seconds a retrier tries again.

import type { Retrier } from '../../definition/asl';

export interface Delays {
  /** Seconds before each try again, the first ones. */
  seconds: number[];
  /** How often it tries again at most. */
  tries: number;
  /** Of all tries together. */
  total: number;
  /** Whether each delay is drawn between nothing and that. */
  isJittered: boolean;
}

const SHOWN = 8;
const SUMMED_MAX = 10_000;

/** Delays by the language's rule: the interval, times the rate for each further try, up to the longest delay. */
export function delaysOf(retrier: Retrier): Delays {
  const interval = numberOr(retrier.IntervalSeconds, 1);
  const tries = Math.max(0, Math.floor(numberOr(retrier.MaxAttempts, 3)));
  const rate = Math.max(1, numberOr(retrier.BackoffRate, 2));
  const longest = numberOr(retrier.MaxDelaySeconds, Number.POSITIVE_INFINITY);
  const seconds: number[] = [];
  let total = 0;
  for (let tried = 0; tried < Math.min(tries, SUMMED_MAX); tried++) {
    const delay = Math.min(longest, interval * rate ** tried);
    if (tried < SHOWN) seconds.push(delay);
    total += delay;
  }
  return { seconds, tries, total, isJittered: retrier.JitterStrategy === 'FULL' };
}

const numberOr = (value: unknown, other: number): number => (typeof value === 'number' && Number.isFinite(value) ? value : other);

/** Delays in words. */
export function delaysText(delays: Delays): string {
  if (delays.tries === 0) return 'It is never tried again.';
  const shown = delays.seconds.map(secondsText).join(', ');
  const more = delays.tries > delays.seconds.length ? ', …' : '';
  const times = delays.tries === 1 ? 'once' : `${delays.tries.toLocaleString('en')} times`;
  const after = delays.isJittered ? 'after up to' : 'after';
  const all = delays.tries > 1 ? `; ${secondsText(delays.total)} in all` : '';
  return `Tried again ${times}: ${after} ${shown}${more}${all}.`;
}

function secondsText(seconds: number): string {
  if (seconds < 60) return `${rounded(seconds)} s`;
  if (seconds < 3600) return `${rounded(seconds / 60)} min`;
  if (seconds < 86_400) return `${rounded(seconds / 3600)} h`;
  return `${rounded(seconds / 86_400)} days`;
}

const rounded = (value: number): string => (value >= 1e6 ? value.toExponential(1) : String(Math.round(value * 10) / 10));
