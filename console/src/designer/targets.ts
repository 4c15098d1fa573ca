// Targets: what is done when a state is put somewhere on the canvas.

import type { Definition, State } from '../definition/asl';
import type { DropTarget } from '../graph/graph-view';
import { insertAt, moveState, placeAfter, placeBefore, placeFirst } from './actions';
import type { CatalogItem } from './catalog';
import type { Design, Spot } from './design-graph';
import { applied, isJsonata, nameAt, samePath, stateAt, valueAt, type Edit, type Path } from './edit';
import { flowOf, pathOfState, referencesIn, uniqueName } from './references';

/** What is carried over the canvas. */
export type Carried = { kind: 'item'; item: CatalogItem } | { kind: 'state'; path: Path };

export function spotOf(definition: Definition, design: Design, { id, side }: DropTarget): Spot | undefined {
  const path = design.paths.get(id);
  if (!path || side === undefined) return design.spots.get(id);
  const place = side === 'before' ? placeBefore(definition, path) : placeAfter(definition, path);
  return place.length > 0 ? { kind: 'between', place } : undefined;
}

/** Where a new state goes when nobody says: behind the last one of the line from the start. */
export function spotAtEnd(definition: Definition): { spot: Spot; state?: Path } {
  const seen = new Set<string>();
  let last: Path | undefined;
  for (let name: unknown = definition.StartAt; typeof name === 'string' && !seen.has(name); ) {
    seen.add(name);
    const path = ['States', name];
    const state: State | undefined = stateAt(definition, path);
    if (!state) break;
    if (placeAfter(definition, path).length > 0) last = path;
    name = state.Type === 'Choice' ? state.Default : state.Next;
  }
  return last ? { spot: { kind: 'between', place: placeAfter(definition, last) }, state: last } : { spot: { kind: 'between', place: placeFirst([]) } };
}

/** The edits that put a new state into a spot, and its name. */
export function putItem(definition: Definition, spot: Spot, item: CatalogItem): { edits: Edit[]; name: string } {
  const name = uniqueName(definition, item.name);
  const language = spot.kind === 'branch' ? isJsonata(definition, spot.of) : definition.QueryLanguage === 'JSONata';
  const state = item.make(language, definition);
  const [opening, place] = opened(definition, spot);
  const edits = [...opening, ...insertAt(applied(definition, opening), place, name, state)];
  return { edits: [...edits, ...forgotten(applied(definition, edits), name)], name };
}

/** What a state that was pasted leads to may not be there. */
function forgotten(definition: Definition, name: string): Edit[] {
  const path = pathOfState(definition, name);
  if (!path) return [];
  const flow = flowOf(path);
  return referencesIn(definition, flow)
    .filter(({ from, to }) => from === name && !stateAt(definition, [...flow, 'States', to]))
    .map(({ path }) => ({ kind: 'remove', path }));
}

export function putState(definition: Definition, spot: Spot, path: Path): Edit[] {
  const [opening, place] = opened(definition, spot);
  if (spot.kind === 'branch' && samePath(path, spot.of.slice(0, path.length))) return [];
  const moves = moveState(applied(definition, opening), path, place);
  return moves.length > 0 ? [...opening, ...moves] : [];
}

/** A new branch where that is what the spot is, and the place to put a state in. */
function opened(definition: Definition, spot: Spot): [Edit[], readonly Path[]] {
  if (spot.kind === 'between') return [[], spot.place];
  const branches: unknown = valueAt(definition, [...spot.of, 'Branches']);
  const index = Array.isArray(branches) ? branches.length : 0;
  return [[{ kind: 'insert', into: [...spot.of, 'Branches'], value: { States: {} } }], [[...spot.of, 'Branches', index, 'StartAt']]];
}

/** Where a spot is, in words. */
export function toldSpot(definition: Definition, spot: Spot): string {
  if (spot.kind === 'branch') return `in a new branch of ${nameAt(spot.of)}`;
  const [first] = spot.place;
  if (!first) return 'nowhere';
  const to = spot.place.map((path) => valueAt(definition, path)).find((value) => typeof value === 'string');
  const states = first.lastIndexOf('States');
  if (first.at(-1) === 'StartAt') {
    const inside = states < 0 ? undefined : String(first[states + 1]);
    const where = inside === undefined ? 'at the start' : `first in ${inside}`;
    return typeof to === 'string' ? `${where}, before ${to}` : where;
  }
  const from = String(first[states + 1]);
  const owners = new Set(spot.place.map((path) => path[path.lastIndexOf('States') + 1]));
  if (owners.size > 1 && to) return `before ${to}`;
  const how = first.at(-1) === 'Default' ? ' (default)' : first.includes('Choices') ? ' (rule)' : first.at(-3) === 'Catch' ? ' (when an error is caught)' : '';
  return to ? `between ${from}${how} and ${to}` : `after ${from}${how}`;
}
