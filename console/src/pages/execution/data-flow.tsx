// The way of the data through a state: input, what the task was given, its result, output, variables.

import type { Definition, State } from '../../definition/asl';
import type { Step } from '../../history/model';
import { JsonView } from '../../json/json-view';

interface Props {
  step: Step;
  state?: State;
  definition?: Definition;
  isOpen: boolean;
}

interface Stage {
  name: string;
  text?: string;
  /** The members of the state that made this of the stage before. */
  by: string[];
}

export function DataFlow({ step, state, isOpen }: Props) {
  const stages = stagesOf(step, state);
  return (
    <ol className="flow">
      {stages.map((stage, index) => (
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
            {index > 0 && stage.text !== undefined && stage.text === stages[index - 1]?.text && <small> the same</small>}
          </h3>
          {index > 0 && stage.text !== undefined && stage.text === stages[index - 1]?.text ? null : (
            <JsonView text={stage.text} label={stage.name.toLowerCase()} empty={isOpen ? 'Not there yet' : 'None'} />
          )}
        </li>
      ))}
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

/** What the history has of the data's way, and what the definition says was done in between. */
export function stagesOf(step: Step, state: State | undefined): Stage[] {
  const has = (...members: string[]): string[] => members.filter((member) => state?.[member] !== undefined);
  const last = step.attempts.at(-1);
  const stages: Stage[] = [{ name: 'Input', text: step.input, by: [] }];
  const isTask = step.type === 'Task';
  if (isTask && last) {
    stages.push({ name: 'Task input', text: last.input, by: has('InputPath', 'Parameters', 'Arguments') });
    if (last.output !== undefined) stages.push({ name: 'Task result', text: last.output, by: [] });
  }
  const before = isTask ? [] : has('InputPath', 'Parameters', 'Arguments', 'Items', 'ItemsPath', 'ItemSelector', 'Result');
  stages.push({ name: 'Output', text: step.output, by: [...before, ...has('ResultSelector', 'ResultPath', 'OutputPath', 'Output', 'Assign')] });
  return stages;
}

const TEXT_MAX = 160;

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text && text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}
