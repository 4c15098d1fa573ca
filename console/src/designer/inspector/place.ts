// Place: which language a state speaks, which states are beside it, and how findings call what is in it.

import type { Diagnostic } from '../../api/types';
import { isObject, type Definition, type State } from '../../definition/asl';
import { nameAt, valueAt, type Path } from '../edit';
import { statesOf } from '../references';

export type Language = 'JSONPath' | 'JSONata';

/** The language of a state: its own, or that of the whole machine. */
export function languageOf(definition: Definition, state: State | undefined): Language {
  return (state?.QueryLanguage ?? definition.QueryLanguage) === 'JSONata' ? 'JSONata' : 'JSONPath';
}

/** The names of the states of a flow. */
export function namesIn(definition: Definition, flow: Path): string[] {
  const states = valueAt(definition, [...flow, 'States']);
  return isObject(states) ? Object.keys(states) : [];
}

const NAME_CHARACTERS_MAX = 80;

/** Why a state can't be called that. */
export function nameFault(definition: Definition, path: Path, name: string): string | undefined {
  if (name === nameAt(path)) return undefined;
  if (name.trim() === '') return 'A state needs a name.';
  if ([...name].length > NAME_CHARACTERS_MAX) return `A name has ${NAME_CHARACTERS_MAX} characters at most.`;
  return statesOf(definition).some((state) => state.name === name) ? 'Another state of the machine is called that.' : undefined;
}

/** A path as findings write it: `/States/A/Choices[0]/Next`. */
export function locationOf(path: Path): string {
  return path.map((part) => (typeof part === 'number' ? `[${part}]` : `/${part}`)).join('');
}

/** The findings about what stands at a path; with `within`, about anything inside of it too. */
export function findingsAt(diagnostics: readonly Diagnostic[], path: Path, within: boolean): Diagnostic[] {
  const place = locationOf(path);
  return diagnostics.filter(({ location = '' }) => location === place || (within && location.startsWith(place) && /^[/[]/.test(location.slice(place.length))));
}

/** The members that a finding about their owner names: those it misses, and those it can't have. */
export function membersNamed(message: string): string[] {
  const list = /required: \[([^\]]*)\]/.exec(message)?.[1];
  if (list !== undefined) return list.split(/,\s*/);
  return [...message.matchAll(/field '([^']+)'/gi)].map((match) => match[1] ?? '');
}
