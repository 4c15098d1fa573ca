// Actions: what one does to a workflow by hand, as edits of its definition. An action that makes no sense where it is
// asked for gives no edits.

import { isObject, type Definition, type State } from '../definition/asl';
import { applied, isJsonata, nameAt, samePath, stateAt, valueAt, type Edit, type Path } from './edit';
import { flowOf, referencesIn, referencesTo, statesOf, uniqueName } from './references';

/**
 * Where a state can be put: the members that name what comes there now, or would. `[…, 'StartAt']` of a flow, `[…, 'Next']`
 * of a state, a rule or a catcher, `[…, 'Default']` of a Choice.
 */
export type Place = readonly Path[];

/** Whether a state of the type leads to one other state, by `Next` or `End`. */
export const leadsOn = (type: string | undefined): boolean => type !== 'Choice' && type !== 'Succeed' && type !== 'Fail';

/** The place behind a state: its `Next`, or the `Default` of a Choice; none where nothing can follow. */
export function placeAfter(definition: Definition, state: Path): Place {
  const type = stateAt(definition, state)?.Type;
  if (type === 'Choice') return [[...state, 'Default']];
  return leadsOn(type) ? [[...state, 'Next']] : [];
}

/** The place before a state: all that leads to it, but what it does itself. */
export function placeBefore(definition: Definition, state: Path): Place {
  return referencesTo(definition, state).filter((reference) => !samePath(reference.slice(0, state.length), state));
}

export const placeFirst = (flow: Path): Place => [[...flow, 'StartAt']];

/** Puts a new state where the places lead; what they led to comes after it. */
export function insertAt(definition: Definition, place: Place, name: string, state: State): Edit[] {
  const first = place[0];
  if (!first) return [];
  const flow = flowOfPlace(first);
  const next = targetOf(definition, flow, place);
  const edits: Edit[] = [];
  const states = [...flow, 'States'];
  const before = nameOfPlace(first);
  const names = Object.keys((valueAt(definition, states) ?? {}) as object);
  const index = before === undefined ? 0 : names.indexOf(before) + 1;
  if (valueAt(definition, flow) === undefined) return [{ kind: 'set', path: flow, value: { StartAt: name, States: { [name]: leadingTo(state, next) } } }];
  edits.push({ kind: 'insert', into: states, key: name, index: names.length === 0 ? undefined : index, value: leadingTo(state, next) });
  for (const path of place) edits.push(...lead(definition, path, name));
  return edits;
}

export const insertAfter = (definition: Definition, after: Path, name: string, state: State): Edit[] =>
  insertAt(definition, placeAfter(definition, after), name, state);

export const insertBefore = (definition: Definition, before: Path, name: string, state: State): Edit[] =>
  insertAt(definition, placeBefore(definition, before), name, state);

/** Makes a state the first of a flow. */
export const insertFirst = (definition: Definition, flow: Path, name: string, state: State): Edit[] =>
  insertAt(definition, placeFirst(flow), name, state);

/** Adds a branch to a Parallel state, with a state to begin with if there is one. */
export function addBranch(_definition: Definition, parallel: Path, name?: string, state?: State): Edit[] {
  const branch: Definition = name === undefined || !state ? { States: {} } : { StartAt: name, States: { [name]: leadingTo(state, undefined) } };
  return [{ kind: 'insert', into: [...parallel, 'Branches'], value: branch }];
}

/** Adds a rule to a Choice, leading to a state of its flow, or nowhere yet. */
export function addChoice(definition: Definition, choice: Path, to?: string): Edit[] {
  const rule = isJsonata(definition, choice)
    ? { Condition: '{% $exists($states.input.value) %}', Next: to }
    : { Variable: '$.value', IsPresent: true, Next: to };
  return [{ kind: 'insert', into: [...choice, 'Choices'], value: rule }];
}

/** Adds a catcher, leading to a state of its flow, or nowhere yet: of all errors, or, where that is caught, of those of tasks. */
export function addCatch(definition: Definition, state: Path, to?: string): Edit[] {
  const { Catch, Type } = stateAt(definition, state) ?? {};
  if (Type !== 'Task' && Type !== 'Parallel' && Type !== 'Map') return [];
  const catchers = Array.isArray(Catch) ? Catch : [];
  // All errors are caught last, and nothing else with them.
  const isWhole = catchers.some((catcher) => isObject(catcher) && Array.isArray(catcher.ErrorEquals) && catcher.ErrorEquals.includes('States.ALL'));
  const value = { ErrorEquals: [isWhole ? 'States.TaskFailed' : 'States.ALL'], Next: to };
  return [{ kind: 'insert', into: [...state, 'Catch'], index: isWhole ? catchers.length - 1 : undefined, value }];
}

/** Makes a state lead to another of its flow; undefined: to the end, or, for a Choice, to no default. */
export function setNext(definition: Definition, state: Path, to: string | undefined): Edit[] {
  const found = stateAt(definition, state);
  if (found?.Type === 'Choice') return [{ kind: 'set', path: [...state, 'Default'], value: to }];
  if (!found || !leadsOn(found.Type)) return [];
  return lead(definition, [...state, 'Next'], to);
}

/** Takes a state out; what led to it leads to what comes after it. */
export function removeState(definition: Definition, state: Path): Edit[] {
  if (!stateAt(definition, state)) return [];
  return [...heal(definition, state), { kind: 'remove', path: state }];
}

/** Puts a copy of a state, with names of its own, after it; after nothing, where nothing can follow. */
export function duplicateState(definition: Definition, state: Path): Edit[] {
  const found = stateAt(definition, state);
  if (!found) return [];
  const { name, value } = copyOf(definition, nameAt(state), found);
  if (leadsOn(found.Type)) return insertAfter(definition, state, name, value);
  const states = state.slice(0, -1);
  const index = Object.keys(valueAt(definition, states) as object).indexOf(nameAt(state)) + 1;
  return [{ kind: 'insert', into: states, key: name, index, value }];
}

/** Takes a state to another place, its text as it is. Not into itself. */
export function moveState(definition: Definition, state: Path, place: Place): Edit[] {
  const found = stateAt(definition, state);
  const first = place[0];
  if (!found || !first || place.some((path) => samePath(path.slice(0, state.length), state))) return [];
  const name = nameAt(state);
  if (place.some((path) => valueAt(definition, path) === name && samePath(flowOfPlace(path), flowOf(state)))) return [];
  const flow = flowOfPlace(first);
  const edits = heal(definition, state);
  const healed = applied(definition, edits);
  const next = targetOf(healed, flow, place);
  if (!samePath(flow, flowOf(state))) {
    if (valueAt(healed, [...flow, 'States']) === undefined) edits.push({ kind: 'set', path: [...flow, 'States'], value: {} });
    edits.push({ kind: 'move', path: state, into: [...flow, 'States'] }, ...strayed(definition, state, found, flow));
  }
  let now = applied(definition, edits);
  const moved = [...flow, 'States', name];
  const add = (more: Edit[]): void => {
    edits.push(...more);
    now = applied(now, more);
  };
  if (found.Type === 'Choice') {
    if (next !== undefined) add([{ kind: 'set', path: [...moved, 'Default'], value: next }]);
  } else if (leadsOn(found.Type)) {
    add(lead(now, [...moved, 'Next'], next));
  }
  for (const path of place) add(lead(now, path, name));
  return edits;
}

/** What the place leads to now; undefined where that is the end, or nothing. */
function targetOf(definition: Definition, flow: Path, place: Place): string | undefined {
  for (const path of place) {
    const target = valueAt(definition, path);
    if (typeof target === 'string' && stateAt(definition, [...flow, 'States', target])) return target;
  }
  return undefined;
}

/** `[…, 'StartAt']` is of the flow itself; all others are of a state of it. */
export function flowOfPlace(path: Path): Path {
  if (path.at(-1) === 'StartAt') return path.slice(0, -1);
  return path.slice(0, path.lastIndexOf('States'));
}

function nameOfPlace(path: Path): string | undefined {
  if (path.at(-1) === 'StartAt') return undefined;
  return String(path[path.lastIndexOf('States') + 1]);
}

/** Makes a place lead somewhere; `End` and `Next` of a state take each other's place. */
function lead(definition: Definition, path: Path, to: string | undefined): Edit[] {
  const owner = path.slice(0, -1);
  const isState = path.at(-1) === 'Next' && owner.at(-2) === 'States';
  if (path.at(-1) === 'StartAt' && to !== undefined && valueAt(definition, path) === undefined) {
    const index = Object.keys((valueAt(definition, owner) ?? {}) as object).indexOf('States');
    return [{ kind: 'insert', into: owner, key: 'StartAt', index: index < 0 ? undefined : index, value: to }];
  }
  if (!isState) return to === undefined ? [{ kind: 'remove', path }] : [{ kind: 'set', path, value: to }];
  const [now, other, value] = to === undefined ? ['Next', 'End', true] : ['End', 'Next', to];
  const hasNow = valueAt(definition, [...owner, now as string]) !== undefined;
  const hasOther = valueAt(definition, [...owner, other as string]) !== undefined;
  if (!hasNow) return [{ kind: 'set', path: [...owner, other as string], value }];
  if (hasOther) return [{ kind: 'remove', path: [...owner, now as string] }, { kind: 'set', path: [...owner, other as string], value }];
  return [{ kind: 'replace', path: [...owner, now as string], key: other as string, value }];
}

/** What leads to a state leads past it. */
function heal(definition: Definition, state: Path): Edit[] {
  const flow = flowOf(state);
  const name = nameAt(state);
  const past = successorOf(definition, state);
  const edits: Edit[] = [];
  for (const path of placeBefore(definition, state)) {
    if (path.at(-1) === 'StartAt') {
      const others = Object.keys((valueAt(definition, [...flow, 'States']) ?? {}) as object).filter((other) => other !== name);
      const first = past ?? others[0];
      edits.push({ kind: 'set', path, value: first });
    } else {
      edits.push(...lead(definition, path, past));
    }
  }
  return edits;
}

/** What comes after a state, itself not. */
function successorOf(definition: Definition, path: Path): string | undefined {
  const state = stateAt(definition, path);
  const rules: unknown[] = Array.isArray(state?.Choices) ? state.Choices : [];
  const wishes = state?.Type === 'Choice' ? [state.Default, ...rules.map((rule) => (isObject(rule) ? (rule as State).Next : undefined))] : [state?.Next];
  const states = [...flowOf(path), 'States'];
  return wishes.find((name) => typeof name === 'string' && name !== nameAt(path) && stateAt(definition, [...states, name]) !== undefined);
}

/** Rules and catchers of a state that has left its flow lead nowhere: what they named stayed behind. */
function strayed(definition: Definition, state: Path, found: State, flow: Path): Edit[] {
  const name = nameAt(state);
  return referencesIn(definition, flowOf(state))
    .filter(({ path }) => samePath(path.slice(0, state.length), state) && path.length > state.length)
    .filter(({ path, to }) => !(path.at(-1) === 'Next' && path.length === state.length + 1 && leadsOn(found.Type)) && to !== name)
    .map(({ path }) => ({ kind: 'remove', path: [...flow, 'States', name, ...path.slice(state.length)] }));
}

/** A new state as it must be to lead to another, or to the end. Its own idea of what comes next is forgotten. */
function leadingTo(state: State, next: string | undefined): State {
  const { Next: _next, End: _end, ...rest } = state;
  if (state.Type === 'Choice') return next === undefined ? rest : { ...rest, Default: next };
  if (!leadsOn(state.Type)) return rest;
  return next === undefined ? { ...rest, End: true } : { ...rest, Next: next };
}

/** A copy of a state with names that are free, inside of it too. */
export function copyOf(definition: Definition, name: string, state: State): { name: string; value: State } {
  const root: Definition = { States: { [name]: state } };
  const names = new Map<string, string>();
  const edits: Edit[] = [];
  let copy = root;
  for (const { path } of statesOf(root).reverse()) {
    const own = uniqueName(definition, nameAt(path), names.values());
    names.set(nameAt(path), own);
    if (own !== nameAt(path)) edits.push({ kind: 'rename', path, to: own });
  }
  // From the inside out, so that the paths still lead where they led.
  edits.sort((one, other) => (other as { path: Path }).path.length - (one as { path: Path }).path.length);
  copy = applied(root, edits);
  const own = names.get(name) ?? name;
  return { name: own, value: (copy.States as Record<string, State>)[own] as State };
}
