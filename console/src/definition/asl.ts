// The language, as far as the console reads it.

export interface Definition {
  Comment?: string;
  StartAt?: string;
  QueryLanguage?: 'JSONPath' | 'JSONata';
  TimeoutSeconds?: number;
  States?: Record<string, State>;
}

export interface State {
  Type?: string;
  Comment?: string;
  QueryLanguage?: 'JSONPath' | 'JSONata';
  Next?: string;
  End?: boolean;
  Resource?: string;
  Default?: string;
  Choices?: ChoiceRule[];
  Branches?: Definition[];
  Iterator?: Definition;
  ItemProcessor?: Definition & { ProcessorConfig?: { Mode?: string; ExecutionType?: string } };
  Retry?: Retrier[];
  Catch?: Catcher[];
  Parameters?: unknown;
  Arguments?: unknown;
  [member: string]: unknown;
}

export interface ChoiceRule {
  Next?: string;
  Condition?: unknown;
  Variable?: string;
  And?: ChoiceRule[];
  Or?: ChoiceRule[];
  Not?: ChoiceRule;
  [operator: string]: unknown;
}

export interface Retrier {
  ErrorEquals?: string[];
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: string;
}

export interface Catcher {
  ErrorEquals?: string[];
  Next?: string;
  ResultPath?: string | null;
}

/** Reads a definition; nothing when it is no JSON object. */
export function parseDefinition(text: string): Definition | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? (value as Definition) : undefined;
  } catch {
    return undefined;
  }
}

export const isObject = <T>(value: T): value is T & object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a Map does with each item. */
export function processorOf(state: State): Definition | undefined {
  const processor = state.ItemProcessor ?? state.Iterator;
  return isObject(processor) ? processor : undefined;
}

export const isDistributed = (state: State): boolean =>
  isObject(state.ItemProcessor) && state.ItemProcessor.ProcessorConfig?.Mode === 'DISTRIBUTED';

export function branchesOf(state: State): Definition[] {
  return Array.isArray(state.Branches) ? state.Branches.filter(isObject) : [];
}

/** The state of that name, however deep it is. */
export function findState(definition: Definition | undefined, name: string): State | undefined {
  if (!definition || !isObject(definition.States)) return undefined;
  const own = definition.States[name];
  if (isObject(own)) return own as State;
  for (const state of Object.values(definition.States)) {
    if (!isObject(state)) continue;
    for (const inner of innerOf(state as State)) {
      const found = findState(inner, name);
      if (found) return found;
    }
  }
  return undefined;
}

/** The line of states that begins with a state: what a child of a Distributed Map runs of its definition. */
export function lineFrom(definition: Definition, first: string): Definition | undefined {
  if (definition.StartAt === first) return definition;
  for (const state of Object.values(isObject(definition.States) ? definition.States : {})) {
    for (const inner of isObject(state) ? innerOf(state) : []) {
      const found = lineFrom(inner, first);
      if (found) return found;
    }
  }
  return undefined;
}

/** The lines of states inside a state. */
export function innerOf(state: State): Definition[] {
  if (state.Type === 'Parallel') return branchesOf(state);
  const processor = state.Type === 'Map' ? processorOf(state) : undefined;
  return processor ? [processor] : [];
}
