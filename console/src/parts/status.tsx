// Status: a mark, a word and a colour, never the colour alone.

export type Tone = 'ok' | 'run' | 'bad' | 'warn' | 'idle';

const TONES: Record<string, [Tone, string]> = {
  RUNNING: ['run', 'Running'],
  SUCCEEDED: ['ok', 'Succeeded'],
  FAILED: ['bad', 'Failed'],
  TIMED_OUT: ['bad', 'Timed out'],
  ABORTED: ['idle', 'Aborted'],
  PENDING_REDRIVE: ['warn', 'Pending redrive'],
  ACTIVE: ['ok', 'Active'],
  DELETING: ['warn', 'Deleting'],
  CAUGHT_ERROR: ['warn', 'Caught'],
  RETRIABLE: ['warn', 'Would be tried again'],
  running: ['run', 'Running'],
  retrying: ['warn', 'Retrying'],
  succeeded: ['ok', 'Succeeded'],
  caught: ['warn', 'Caught'],
  failed: ['bad', 'Failed'],
  'timed-out': ['bad', 'Timed out'],
  aborted: ['idle', 'Aborted'],
  scheduled: ['run', 'Scheduled'],
  waiting: ['run', 'Waiting'],
};

export const toneOf = (status: string): Tone => TONES[status]?.[0] ?? 'idle';
export const wordOf = (status: string): string => TONES[status]?.[1] ?? status;

const PATHS: Record<Tone, string> = {
  ok: 'm4.5 8.25 2.25 2.25 4.75-5',
  run: 'M8 4.500V8l2.25 1.5',
  bad: 'm5.5 5.5 5 5m0-5-5 5',
  warn: 'M8 4.500v4m0 2.500v.010',
  idle: 'M5 8h6',
};

export function StatusMark({ tone }: { tone: Tone }) {
  return (
    <svg className={`status-mark ${tone}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <circle cx="8" cy="8" r="6.75" />
      <path d={PATHS[tone]} />
    </svg>
  );
}

export function Status({ status }: { status: string }) {
  const tone = toneOf(status);
  return (
    <span className={`status ${tone}`}>
      <StatusMark tone={tone} />
      {wordOf(status)}
    </span>
  );
}
