// The way of the data through a state: input, each stage, output, variables.

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';

import { call } from '../../api/client';
import type { State } from '../../definition/asl';
import type { Step } from '../../history/model';
import { stagesOf, stagesRequest, type TestAnswer } from '../../history/stages';
import { JsonView } from '../../json/json-view';
import { Stages } from '../../parts/stages';
import type { Seen } from './use-execution';

interface Props {
  seen: Seen;
  step: Step;
  state?: State;
}

export function DataFlow({ seen, step, state }: Props) {
  const { execution, machine, definition } = seen;
  const request = useMemo(() => state && stagesRequest(step, state, definition, execution, machine), [step, state, definition, execution, machine]);
  const { data: tested } = useQuery({
    queryKey: ['stages', execution.executionArn, step.id, step.output],
    queryFn: ({ signal }) => call<TestAnswer>('TestState', request ?? {}, signal),
    enabled: request !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    // Without it, what the history has is shown.
    retry: false,
  });
  const stages = stagesOf(step, state, tested);
  const isOpen = step.ended === undefined;
  return (
    <Stages stages={stages} state={state} empty={isOpen ? 'Not there yet' : 'None'}>
      {step.assigned && Object.keys(step.assigned).length > 0 && (
        <li>
          <h3>Variables assigned</h3>
          {Object.entries(step.assigned).map(([name, value]) => (
            <div key={name} className="variable">
              <code>${name}</code>
              <JsonView text={value} label={name} />
            </div>
          ))}
        </li>
      )}
    </Stages>
  );
}
