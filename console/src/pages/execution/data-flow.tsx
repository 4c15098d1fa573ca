// The way of the data through a state: input, each stage, output, variables.

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';

import { call } from '../../api/client';
import type { State } from '../../definition/asl';
import type { Step } from '../../history/model';
import { stagesOf, stagesRequest, type TestAnswer } from '../../history/stages';
import { JsonView } from '../../json/json-view';
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
    <ol className="flow">
      {stages.map((stage, index) => {
        const isSame = index > 0 && stage.text !== undefined && stage.text === stages[index - 1]?.text;
        return (
          <li key={stage.name}>
            {stage.by.length > 0 && (
              <div className="flow-by">
                {stage.by.map((member) => (
                  <span key={member}>
                    <code>{member}</code> <small>{valueText(state?.[member])}</small>
                  </span>
                ))}
              </div>
            )}
            <h3>
              {stage.name}
              {isSame && <small> the same</small>}
            </h3>
            {!isSame && <JsonView text={stage.text} label={stage.name.toLowerCase()} empty={isOpen ? 'Not there yet' : 'None'} />}
          </li>
        );
      })}
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
    </ol>
  );
}

const TEXT_MAX = 160;

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text && text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}
