// Request: what a state is tested with, and the call of TestState that does it.

import { isObject, type Definition, type State } from '../../definition/asl';
import { targetOf } from '../inspector/integrations';
import { nameAt, type Path } from '../edit';
import { statesOf } from '../references';

/** What somebody wrote into the panel; texts as they stand. */
export interface Trial {
  input: string;
  variables: string;
  context: string;
  roleArn: string;
  mock: 'none' | 'result' | 'error';
  result: string;
  error: string;
  cause: string;
  validation: 'STRICT' | 'PRESENT' | 'NONE';
  level: 'DEBUG' | 'TRACE';
  revealSecrets: boolean;
  retries: string;
  causedBy: string;
  failures: string;
  readerData: string;
}

const ANY_ROLE = 'arn:aws:iam::000000000000:role/any';

/** What a test of a state can be given, as far as it makes sense for its type. */
export interface Abilities {
  canMock: boolean;
  /** The state does nothing in a test, so that it needs a mock. */
  mustMock: boolean;
  needsRole: boolean;
  /** Requests and responses can be shown. */
  canTrace: boolean;
  hasRetry: boolean;
  /** States inside that an error can come from. */
  inner: string[];
  isMap: boolean;
  hasReader: boolean;
}

export function abilitiesOf(state: State): Abilities {
  const isTask = state.Type === 'Task';
  const isMap = state.Type === 'Map';
  const isContainer = isMap || state.Type === 'Parallel';
  const target = targetOf(typeof state.Resource === 'string' ? state.Resource : '');
  return {
    canMock: isTask || isContainer,
    mustMock: isContainer || (isTask && (target.kind === 'activity' || target.pattern !== '')),
    needsRole: isTask,
    canTrace: isTask && target.name === 'http:invoke',
    hasRetry: Array.isArray(state.Retry) && state.Retry.length > 0,
    inner: isContainer ? innerNames(state) : [],
    isMap,
    hasReader: isMap && isObject(state.ItemReader),
  };
}

const innerNames = (state: State): string[] => statesOf({ States: { '': state } }).slice(1).map(({ name }) => name);

/** What a test begins with. */
export function newTrial(state: State): Trial {
  const { mustMock } = abilitiesOf(state);
  const branches = Array.isArray(state.Branches) ? state.Branches.length : 0;
  const result = state.Type === 'Parallel' ? JSON.stringify(Array.from({ length: branches }, () => ({}))) : state.Type === 'Map' ? '[]' : '{}';
  return {
    input: '{}',
    variables: '',
    context: '',
    roleArn: ANY_ROLE,
    mock: mustMock ? 'result' : 'none',
    result,
    error: 'States.TaskFailed',
    cause: '',
    validation: 'STRICT',
    level: 'DEBUG',
    revealSecrets: false,
    retries: '',
    causedBy: '',
    failures: '',
    readerData: '',
  };
}

export type Request = Record<string, unknown>;

/** The input of TestState, or why there can't be one yet. */
export function requestOf(definition: Definition, path: Path, state: State, trial: Trial, isAlone: boolean): Request | { blocked: string } {
  const can = abilitiesOf(state);
  const isMocked = can.canMock && trial.mock !== 'none';
  if (can.mustMock && !isMocked) return { blocked: 'A test does not do what this state does: say what comes of it.' };
  for (const [what, text, mayBeEmpty] of [
    ['input', trial.input, false],
    ['variables', trial.variables, true],
    ['context', isMocked ? trial.context : '', true],
    ['result', isMocked && trial.mock === 'result' ? trial.result : '', !isMocked || trial.mock === 'error'],
  ] as const) {
    if (!(mayBeEmpty && text.trim() === '') && !isJson(text)) return { blocked: `The ${what} is not JSON yet.` };
  }
  const configuration = configurationOf(trial, can);
  if ('blocked' in configuration) return configuration as { blocked: string };
  return {
    definition: JSON.stringify(isAlone ? aloneOf(definition, state) : definition),
    ...(isAlone ? {} : { stateName: nameAt(path) }),
    ...(can.needsRole && !isMocked ? { roleArn: trial.roleArn } : {}),
    input: trial.input,
    inspectionLevel: can.canTrace ? trial.level : 'DEBUG',
    ...(can.canTrace && trial.level === 'TRACE' && trial.revealSecrets && !isMocked ? { revealSecrets: true } : {}),
    ...(trial.variables.trim() === '' ? {} : { variables: trial.variables }),
    ...(isMocked ? { mock: mockOf(trial) } : {}),
    ...(isMocked && trial.context.trim() !== '' ? { context: trial.context } : {}),
    ...(Object.keys(configuration).length === 0 ? {} : { stateConfiguration: configuration }),
  };
}

/** The state by itself still speaks the language of its machine. */
const aloneOf = (definition: Definition, state: State): State => ({ ...(definition.QueryLanguage ? { QueryLanguage: definition.QueryLanguage } : {}), ...state });

function mockOf({ mock, result, error, cause, validation }: Trial): object {
  return {
    ...(mock === 'result' ? { result } : { errorOutput: { error, ...(cause === '' ? {} : { cause }) } }),
    fieldValidationMode: validation,
  };
}

function configurationOf(trial: Trial, can: Abilities): Request {
  const configuration: Request = {};
  const isError = can.canMock && trial.mock === 'error';
  for (const [member, text, applies] of [
    ['retrierRetryCount', trial.retries, can.hasRetry],
    ['mapIterationFailureCount', trial.failures, can.isMap],
  ] as const) {
    if (!applies || text.trim() === '') continue;
    const count = Number(text);
    if (!Number.isInteger(count) || count < 0) return { blocked: 'A count is a whole number.' };
    configuration[member] = count;
  }
  if (isError && can.inner.includes(trial.causedBy)) configuration.errorCausedByState = trial.causedBy;
  if (can.hasReader && trial.readerData.trim() !== '') configuration.mapItemReaderData = trial.readerData;
  return configuration;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
