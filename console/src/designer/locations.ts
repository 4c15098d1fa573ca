// Locations: where a finding of the server is, in the definition and in its text.

import { isObject } from '../definition/asl';
import type { Format, Path } from './edit';
import { placesInJson, problemsInJson, type Place } from './json-text';
import { placesInYaml, problemsInYaml } from './yaml-text';

/** `/States/P/Branches[0]/States/A/Next` as a path. Names are in it as they are, so what is in the definition says where one ends. */
export function pathOfLocation(definition: unknown, location: string): Path {
  const path: (string | number)[] = [];
  let value = definition;
  let rest = location;
  while (rest !== '' && rest !== '/') {
    const index = /^\/?\[(\d+)\]/.exec(rest);
    if (index && Array.isArray(value)) {
      path.push(Number(index[1]));
      value = value[Number(index[1])];
      rest = rest.slice(index[0].length);
      continue;
    }
    if (!rest.startsWith('/') || !isObject(value)) break;
    const text = rest.slice(1);
    const name = Object.keys(value)
      .filter((name) => text.startsWith(name) && /^([/[]|$)/.test(text.slice(name.length)))
      .sort((one, other) => other.length - one.length)[0];
    if (name === undefined) break;
    path.push(name);
    value = (value as Record<string, unknown>)[name];
    rest = text.slice(name.length);
  }
  return path;
}

/** The innermost state that a path leads through. */
export function stateOfPath(path: Path): Path | undefined {
  for (let at = path.length - 1; at > 0; at--) {
    if (path[at - 1] !== 'States' || typeof path[at] !== 'string') continue;
    // A state may itself be called `States`.
    const flow = path.slice(0, at - 1);
    if (flow.length === 0 || typeof flow.at(-1) === 'number' || flow.at(-1) === 'ItemProcessor' || flow.at(-1) === 'Iterator') return path.slice(0, at + 1);
  }
  return undefined;
}

/** Tells where values are in a text. */
export const placesIn = (text: string, format: Format): ((path: Path) => Place | undefined) => (format === 'json' ? placesInJson(text) : placesInYaml(text));

/** Why a text cannot be read. */
export const problemsIn = (text: string, format: Format): (Place & { message: string })[] => (format === 'json' ? problemsInJson(text) : problemsInYaml(text));
