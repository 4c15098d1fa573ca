// Stages: what became of a state's data, one below the other, with the members that made each of the one before.

import type { ReactNode } from 'react';

import type { State } from '../definition/asl';
import type { Stage } from '../history/stages';
import { JsonView } from '../json/json-view';

interface Props {
  stages: readonly Stage[];
  state?: State;
  /** What is said where a stage has no data. */
  empty: string;
  children?: ReactNode;
}

export function Stages({ stages, state, empty, children }: Props) {
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
            {!isSame && <JsonView text={stage.text} label={stage.name.toLowerCase()} empty={empty} />}
          </li>
        );
      })}
      {children}
    </ol>
  );
}

const TEXT_MAX = 160;

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text && text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}
