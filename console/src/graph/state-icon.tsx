// A mark for each type of state, in our own hand.

import type { ReactNode } from 'react';

const PATHS: Record<string, ReactNode> = {
  Task: <path d="M4 3.5h8a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1Zm1.5 4.5 1.75 1.750L10.75 6.25" />,
  Lambda: <path d="M4.5 13 8 6.500M5 3h1.500L11.5 13" />,
  HTTP: <path d="M2.5 8h11M8 2.500c3.5 3.25 3.5 7.75 0 11-3.5-3.25-3.5-7.75 0-11ZM8 2.500a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11Z" />,
  Activity: <path d="M5.5 6.500a2.5 2.5 0 1 0 5 0 2.5 2.5 0 0 0-5 0ZM3 13.500c.75-2.5 2.5-3.75 5-3.750s4.25 1.25 5 3.75" />,
  'Step Functions': <path d="M2.5 4.500H6V7h4V4.500h3.500M6 7v3h4V7M8 10v3" />,
  Pass: <path d="M2.5 8h10M9 4.5 12.5 8 9 11.5" />,
  Choice: <path d="m8 2.5 5.5 5.500L8 13.5 2.5 8zM8 6v2.500m0 1.750v.01" />,
  Wait: <path d="M8 2.500a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM8 5v3l2 1.5" />,
  Succeed: <path d="M8 2.500a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM5.5 8.250l1.75 1.750L10.75 6" />,
  Fail: <path d="M8 2.500a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM6 6l4 4m0-4-4 4" />,
  Parallel: <path d="M2.5 8h2.500m0-4.500v9M5 3.500h8.500M5 8h8.500M5 12.500h8.5" />,
  Map: <path d="M4.5 2.500h9v7h-9zM2.5 5v8.500h9" />,
};

export function StateIcon({ type, service }: { type?: string; service?: string }) {
  const path = (service && PATHS[service]) ?? PATHS[type ?? ''] ?? PATHS.Task;
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      {path}
    </svg>
  );
}
