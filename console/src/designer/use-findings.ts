// What the server finds wrong with a definition, a moment after its last change.

import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { call } from '../api/client';
import type { Diagnostic, MachineType } from '../api/types';

const PAUSE_MILLIS = 500;
const NONE: Diagnostic[] = [];

/** `definition` is JSON. Until the server has answered, its answer before stands. */
export function useFindings(definition: string, type: MachineType): Diagnostic[] {
  const [settled, setSettled] = useState(definition);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(definition), PAUSE_MILLIS);
    return () => clearTimeout(timer);
  }, [definition]);
  const { data } = useQuery({
    queryKey: ['findings', type, settled],
    queryFn: ({ signal }) => call<{ diagnostics: Diagnostic[] }>('ValidateStateMachineDefinition', { definition: settled, type, severity: 'WARNING' }, signal),
    enabled: settled !== '',
    gcTime: 10_000,
    placeholderData: (before) => before,
  });
  return data?.diagnostics ?? NONE;
}
