// References: where a flow names its states, and what its flows are.

import { isObject, type Definition, type State } from '../definition/asl';
import { valueAt, type Path } from './edit';

/** The flow that a state is in: what has the `States`. */
export const flowOf = (state: Path): Path => state.slice(0, -2);

export interface Reference {
  /** Of the member that names a state: `StartAt`, `Next` or `Default`. */
  path: Path;
  to: string;
  /** The state that it is in; none for `StartAt`. */
  from?: string;
}

/** Every place of a flow that names one of its states. */
export function referencesIn(definition: Definition, flow: Path): Reference[] {
  const { StartAt, States } = (valueAt(definition, flow) ?? {}) as Definition;
  const found: Reference[] = [];
  const see = (path: Path, to: unknown, from?: string): void => {
    if (typeof to === 'string') found.push({ path, to, from });
  };
  see([...flow, 'StartAt'], StartAt);
  for (const [name, state] of Object.entries(isObject(States) ? States : {})) {
    if (!isObject(state)) continue;
    const path = [...flow, 'States', name];
    see([...path, 'Next'], state.Next, name);
    see([...path, 'Default'], state.Default, name);
    for (const list of ['Choices', 'Catch'] as const) {
      const items: unknown = state[list];
      if (!Array.isArray(items)) continue;
      items.forEach((item, index) => see([...path, list, index, 'Next'], isObject(item) ? (item as State).Next : undefined, name));
    }
  }
  return found;
}

/** The places that lead to a state. */
export function referencesTo(definition: Definition, state: Path): Path[] {
  const name = state.at(-1);
  return referencesIn(definition, flowOf(state)).filter(({ to }) => to === name).map(({ path }) => path);
}

/** The flows inside a state, whatever it is called. */
export function flowsInside(state: State, path: Path): Path[] {
  const flows: Path[] = [];
  if (Array.isArray(state.Branches)) state.Branches.forEach((branch, index) => isObject(branch) && flows.push([...path, 'Branches', index]));
  for (const name of ['ItemProcessor', 'Iterator']) if (isObject(state[name])) flows.push([...path, name]);
  return flows;
}

const DEPTH_MAX = 64;

/** Every state, however deep, from the top. */
export function statesOf(definition: Definition): { path: Path; name: string; state: State }[] {
  const found: { path: Path; name: string; state: State }[] = [];
  const walk = (flow: Path, depth: number): void => {
    const states = valueAt(definition, [...flow, 'States']);
    if (!isObject(states) || Array.isArray(states) || depth > DEPTH_MAX) return;
    for (const [name, state] of Object.entries(states)) {
      if (!isObject(state)) continue;
      const path = [...flow, 'States', name];
      found.push({ path, name, state: state as State });
      for (const inner of flowsInside(state as State, path)) walk(inner, depth + 1);
    }
  };
  walk([], 0);
  return found;
}

/** The path of the state of a name: a name is there once in a definition. */
export function pathOfState(definition: Definition, name: string): Path | undefined {
  return statesOf(definition).find((state) => state.name === name)?.path;
}

/** The name itself, or with the first number behind it that makes it one of its own. */
export function uniqueName(definition: Definition, wish: string, others: Iterable<string> = []): string {
  const taken = new Set([...statesOf(definition).map(({ name }) => name), ...others]);
  if (!taken.has(wish)) return wish;
  const [, base = wish] = /^(.*?)(?: \(\d+\))?$/.exec(wish) ?? [];
  for (let number = 1; ; number++) {
    const name = `${base} (${number})`;
    if (!taken.has(name)) return name;
  }
}
