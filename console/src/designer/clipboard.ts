// The clipboard: a state as the text that a definition has of it, so that it can also be pasted into code, and code onto the graph.

import { isObject, type Definition, type State } from '../definition/asl';
import { copyOf } from './actions';
import type { CatalogItem } from './catalog';
import { nameAt, readDefinition, stateAt, type Path } from './edit';

export function copied(definition: Definition, path: Path): string {
  return JSON.stringify({ [nameAt(path)]: stateAt(definition, path) }, null, 2);
}

/** A state, with its name or without, in JSON or YAML. What is inside of it gets names of its own where they are taken. */
export function pasted(text: string): CatalogItem | undefined {
  const value = readDefinition(text, 'json') ?? readDefinition(text, 'yaml');
  if (!value) return undefined;
  const [[name, state] = [], ...others] = 'Type' in value ? [[String((value as State).Type), value]] : Object.entries(value);
  if (typeof name !== 'string' || others.length > 0 || !isObject(state) || typeof (state as State).Type !== 'string') return undefined;
  return { id: 'pasted', group: '', title: name, about: '', name, make: (_, definition = {}) => copyOf(definition, name, state as State).value };
}
