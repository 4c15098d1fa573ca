// Stages: what became of a state's data on its way, found out by testing the state with what is known of the visit.
//
// The history has what went in, what the task was given and gave back, and what came out. What is between is made by
// the state's own expressions, which a test evaluates again: with the task's result as a mock, so that nothing is done.

import type { Execution, Machine } from '../api/types';
import type { Definition, State } from '../definition/asl';
import type { Lane, Step } from './model';

export interface Stage {
  name: string;
  text?: string;
  /** The members of the state that made this of the stage before. */
  by: string[];
}

export interface TestAnswer {
  status?: string;
  output?: string;
  error?: string;
  cause?: string;
  nextState?: string;
  inspectionData?: Record<string, unknown>;
}

const BYTES_MAX = 256_000;
const SHAPING = ['InputPath', 'Parameters', 'Arguments', 'ItemsPath', 'Items', 'ItemSelector', 'ResultSelector', 'ResultPath', 'OutputPath', 'Output', 'Assign', 'Result'];

/** The request that tests a visit again; none where that would tell nothing more, or might do something. */
export function stagesRequest(step: Step, state: State, definition: Definition | undefined, execution: Execution, machine: Machine | undefined): Record<string, unknown> | undefined {
  const isOver = step.status === 'succeeded' || step.status === 'caught';
  if (!isOver || step.input === undefined || !SHAPING.some((member) => state[member] !== undefined)) return undefined;
  const mock = mockOf(step);
  if (mock === undefined && (step.type === 'Task' || step.type === 'Parallel' || step.type === 'Map')) return undefined;
  const variables = JSON.stringify(variablesAt(step));
  if (step.input.length + (mock?.bytes ?? 0) + variables.length > BYTES_MAX) return undefined;
  return {
    definition: JSON.stringify({ ...(definition?.QueryLanguage ? { QueryLanguage: definition.QueryLanguage } : {}), ...state }),
    input: step.input,
    inspectionLevel: 'DEBUG',
    ...(variables === '{}' ? {} : { variables }),
    ...(mock ? { mock: { ...mock.mock, fieldValidationMode: 'NONE' }, context: JSON.stringify(contextOf(step, execution, machine)) } : {}),
  };
}

interface Mock {
  mock: { result?: string; errorOutput?: { error?: string; cause?: string } };
  bytes: number;
}

function mockOf(step: Step): Mock | undefined {
  const attempt = step.attempts.at(-1);
  if (step.type === 'Task') {
    if (attempt?.output !== undefined) return { mock: { result: attempt.output }, bytes: attempt.output.length };
    if (attempt?.error === undefined) return undefined;
    return { mock: { errorOutput: { error: attempt.error, cause: attempt.cause } }, bytes: attempt.cause?.length ?? 0 };
  }
  if (step.type !== 'Parallel' && step.type !== 'Map') return undefined;
  if (step.status === 'caught' || step.mapRunArn !== undefined) return undefined;
  const lanes = step.lanes.filter((lane) => lane.attempt === step.attempts.length).sort((a, b) => a.index - b.index);
  const outputs = lanes.map((lane) => lane.steps.at(-1)?.output);
  if (outputs.some((output) => output === undefined)) return undefined;
  const result = `[${outputs.join(',')}]`;
  return { mock: { result }, bytes: result.length };
}

/** The variables that a visit found: what was assigned before it, in its own line and in those around it. */
export function variablesAt(step: Step): Record<string, unknown> {
  const lines: [Lane, Step][] = [];
  for (let inner: Step | undefined = step; inner; inner = inner.lane.parent) lines.unshift([inner.lane, inner]);
  const variables: Record<string, unknown> = {};
  for (const [lane, until] of lines) {
    for (const before of lane.steps) {
      if (before === until) break;
      for (const [name, text] of Object.entries(before.assigned ?? {})) {
        try {
          variables[name] = JSON.parse(text);
        } catch {
          variables[name] = text;
        }
      }
    }
  }
  return variables;
}

function contextOf(step: Step, execution: Execution, machine: Machine | undefined): object {
  const item = step.lane.kind === 'iteration' ? { Map: { Item: { Index: step.lane.index } } } : {};
  return {
    Execution: {
      Id: execution.executionArn,
      Input: parsed(execution.input),
      Name: execution.name,
      RoleArn: machine?.roleArn,
      StartTime: new Date(execution.startDate * 1000).toISOString(),
      RedriveCount: execution.redriveCount ?? 0,
    },
    State: { Name: step.name, EnteredTime: new Date(step.entered).toISOString(), RetryCount: Math.max(step.attempts.length - 1, 0) },
    StateMachine: { Id: execution.stateMachineArn, Name: machine?.name },
    ...item,
  };
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

const TESTED: [string, string, string[]][] = [
  ['afterInputPath', 'After InputPath', ['InputPath']],
  ['afterItemsPointer', 'After ItemsPointer', ['ItemReader']],
  ['afterItemsPath', 'Items', ['ItemsPath', 'Items']],
  ['afterItemSelector', 'After ItemSelector', ['ItemSelector']],
  ['afterItemBatcher', 'Batches', ['ItemBatcher']],
  ['afterParameters', 'After Parameters', ['Parameters']],
  ['afterArguments', 'Arguments', ['Arguments']],
  ['result', 'Result', []],
  ['afterResultSelector', 'After ResultSelector', ['ResultSelector']],
  ['afterResultPath', 'After ResultPath', ['ResultPath']],
];

/** The stages, from the history and, where there is one, from a test. Stages that change nothing are left out. */
export function stagesOf(step: Step, state: State | undefined, tested?: TestAnswer): Stage[] {
  const has = (members: string[]): string[] => membersIn(state, members);
  const stages: Stage[] = [{ name: 'Input', text: step.input, by: [] }];
  const attempt = step.attempts.at(-1);
  if (tested?.inspectionData) {
    stages.push(...between(state, tested.inspectionData));
    stages.push({ name: 'Output', text: step.output, by: has(['OutputPath', 'Output', 'Assign']) });
    return stages;
  }
  const isTask = step.type === 'Task';
  if (isTask && attempt) {
    stages.push({ name: 'Task input', text: attempt.input, by: has(['InputPath', 'Parameters', 'Arguments']) });
    if (attempt.output !== undefined) stages.push({ name: 'Task result', text: attempt.output, by: [] });
  }
  const before = isTask ? [] : has(['InputPath', 'Parameters', 'Arguments', 'Items', 'ItemsPath', 'ItemSelector', 'Result']);
  stages.push({ name: 'Output', text: step.output, by: [...before, ...has(['ResultSelector', 'ResultPath', 'OutputPath', 'Output', 'Assign'])] });
  return stages;
}

/** The stages of a state that was only tested: of a definition that is being written. */
export function stagesOfTest(state: State, input: string, { inspectionData = {}, output }: TestAnswer): Stage[] {
  const stages = [{ name: 'Input', text: input, by: [] }, ...between(state, inspectionData)];
  if (output === undefined) return stages;
  return [...stages, { name: 'Output', text: output, by: membersIn(state, ['OutputPath', 'Output']) }];
}

const membersIn = (state: State | undefined, members: string[]): string[] => members.filter((member) => state?.[member] !== undefined);

/** What a test saw between input and output. Stages that no member of the state makes are left out. */
function between(state: State | undefined, data: Record<string, unknown>): Stage[] {
  return TESTED.flatMap(([member, name, by]) => {
    const text = data[member];
    const wasThere = membersIn(state, by);
    return typeof text !== 'string' || (by.length > 0 && wasThere.length === 0) ? [] : [{ name, text, by: wasThere }];
  });
}
