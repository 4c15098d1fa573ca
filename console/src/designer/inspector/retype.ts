// Retype: a state of another type. It keeps what both types have, and whatever neither knows.

import { isObject, type Definition, type State } from '../../definition/asl';
import { isStateType, type StateType } from './fields';
import { membersOfType } from './table';
import { uniqueName } from '../references';

/** What a state of that type can't be without. */
function needed(definition: Definition, type: StateType, before: State): Partial<State> {
  const inside = (wanted: string): Definition => {
    const name = uniqueName(definition, wanted);
    return { StartAt: name, States: { [name]: { Type: 'Pass', End: true } } };
  };
  switch (type) {
    case 'Task':
      return before.Resource === undefined ? { Resource: 'arn:aws:states:::lambda:invoke' } : {};
    case 'Choice':
      return { ...(before.Choices === undefined ? { Choices: [] } : {}), ...(typeof before.Next === 'string' && before.Default === undefined ? { Default: before.Next } : {}) };
    case 'Wait':
      return WAITS.some((member) => before[member] !== undefined) ? {} : { Seconds: 1 };
    case 'Parallel':
      return before.Branches === undefined ? { Branches: [inside('First branch'), inside('Second branch')] } : {};
    case 'Map':
      return before.ItemProcessor === undefined && before.Iterator === undefined ? { ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, ...inside('Each item') } } : {};
    case 'Fail':
      return before.Error === undefined && before.ErrorPath === undefined ? { Error: 'Failed' } : {};
    case 'Pass':
    case 'Succeed':
      return {};
  }
}

const WAITS = ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'];
const LEADS: readonly string[] = ['Next', 'End'];

export function retyped(definition: Definition, state: State, type: StateType): State {
  if (state.Type === type) return state;
  const own = new Set(membersOfType(type));
  const before = new Set(isStateType(state.Type) ? membersOfType(state.Type) : []);
  const kept = Object.entries(state).filter(([member]) => own.has(member) || !before.has(member));
  const next: State = { ...Object.fromEntries(kept), ...needed(definition, type, state), Type: type };
  const leads = LEADS.every((member) => own.has(member));
  if (leads && next.Next === undefined && next.End === undefined) Object.assign(next, leadOf(state));
  return next;
}

/** Where it goes on as before, as far as one way can say it. */
function leadOf(state: State): Partial<State> {
  const rule = Array.isArray(state.Choices) ? state.Choices.find((rule) => isObject(rule) && typeof rule.Next === 'string') : undefined;
  const next = state.Default ?? rule?.Next;
  return typeof next === 'string' && next !== '' ? { Next: next } : { End: true };
}
