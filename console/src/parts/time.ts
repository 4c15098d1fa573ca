// Times and durations in words.

const DAY = 86_400_000;

const sameDay = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const sameYear = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' });
const anyDay = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });

/** A moment as short as it can be told apart from others. */
export function momentText(at: number, now = Date.now()): string {
  const then = new Date(at);
  const today = new Date(now);
  if (then.toDateString() === today.toDateString()) return sameDay.format(then);
  return then.getFullYear() === today.getFullYear() ? sameYear.format(then) : anyDay.format(then);
}

/** How long something took: three digits at most. */
export function durationText(millis: number): string {
  if (millis < 0) return '0 ms';
  if (millis < 1000) return `${Math.round(millis)} ms`;
  const seconds = millis / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(millis / DAY)} d ${hours % 24} h`;
}

/** How long ago something was, roughly. */
export function agoText(at: number, now: number): string {
  const passed = now - at;
  if (passed < 5_000) return 'just now';
  if (passed < 60_000) return `${Math.floor(passed / 1000)} s ago`;
  if (passed < 3_600_000) return `${Math.floor(passed / 60_000)} min ago`;
  if (passed < DAY) return `${Math.floor(passed / 3_600_000)} h ago`;
  return `${Math.floor(passed / DAY)} d ago`;
}
