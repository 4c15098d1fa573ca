// Edits: changes of a definition as the designer means them, written into its text. What an edit does not speak of stays
// as somebody wrote it: comments, unknown members, the order of members, the spacing.

import { isObject, type Definition, type State } from '../definition/asl';
import { writeJson, readJson } from './json-text';
import { lower } from './lower';
import { readYaml, writeYaml } from './yaml-text';

/**
 * From the definition's root to a value. A state's is `['States', name]`, or `['States', 'Map1', 'ItemProcessor', 'States', name]`,
 * or `['States', 'P', 'Branches', 0, 'States', name]`; a flow's is the state's without its last two parts.
 */
export type Path = readonly (string | number)[];

export type Format = 'json' | 'yaml';

/** Each is about the definition as the edits before it in the same list leave it. */
export type Edit =
  /** Gives a member or an item a value; what is between is made where it lacks. Only what differs is written. Undefined removes. */
  | { kind: 'set'; path: Path; value: unknown }
  | { kind: 'remove'; path: Path }
  /** Renames a state, and whatever in its flow leads to it. */
  | { kind: 'rename'; path: Path; to: string }
  /** Renames any other member where it is, with a new value if there is one. */
  | { kind: 'replace'; path: Path; key: string; value?: unknown }
  /** Puts a new member (`key`) or item into an object or an array: at `index`, or at its end. */
  | { kind: 'insert'; into: Path; key?: string; index?: number; value: unknown }
  /** Takes a member or an item elsewhere, its text as it is. `into` and `index` are as they are once it is taken out. */
  | { kind: 'move'; path: Path; into: Path; key?: string; index?: number };

/** The text after the edits. A text that cannot be read stays as it is. */
export function apply(text: string, format: Format, edits: readonly Edit[]): string {
  const definition = readDefinition(text, format);
  if (definition === undefined) return text;
  const changes = lower(definition, edits).changes;
  return format === 'json' ? writeJson(text, changes) : writeYaml(text, changes);
}

/** The definition after the edits, without a text. */
export function applied(definition: Definition, edits: readonly Edit[]): Definition {
  return lower(definition, edits).after as Definition;
}

/** What a text says; undefined where it is no object in its format. */
export function readDefinition(text: string, format: Format): Definition | undefined {
  const value = format === 'json' ? readJson(text) : readYaml(text);
  return isObject(value) ? (value as Definition) : undefined;
}

/** The value at a path. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (Array.isArray(value) ? typeof part !== 'number' : !isObject(value) || typeof part !== 'string') return undefined;
    if (!Object.hasOwn(value as object, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

export function stateAt(definition: Definition, path: Path): State | undefined {
  const state = valueAt(definition, path);
  return isObject(state) ? (state as State) : undefined;
}

export const nameAt = (path: Path): string => String(path.at(-1) ?? '');

export const samePath = (one: Path | undefined, other: Path | undefined): boolean =>
  one === other || (one !== undefined && other !== undefined && one.length === other.length && one.every((part, index) => part === other[index]));

/** Whether a state's expressions are JSONata: as it says, or as the definition does. */
export function isJsonata(definition: Definition, state: Path): boolean {
  return (stateAt(definition, state)?.QueryLanguage ?? definition.QueryLanguage) === 'JSONata';
}
