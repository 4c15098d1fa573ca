// Edits → changes: what is written where, one small change after the other, each of which either format can write.

import { isObject, type Definition } from '../definition/asl';
import { valueAt, type Edit, type Path } from './edit';
import { referencesTo } from './references';

/** A change of one place. `add` makes the member or item `path`; a member comes at `index` of its siblings, or last. */
export type Change =
  | { kind: 'put'; path: Path; value: unknown }
  | { kind: 'add'; path: Path; index?: number; value: unknown }
  | { kind: 'drop'; path: Path }
  | { kind: 'key'; path: Path; to: string }
  | { kind: 'move'; path: Path; to: Path; index?: number };

interface Lowering {
  changes: Change[];
  after: unknown;
}

/** What the edits change, and what the definition is then. Edits of what is not there change nothing. */
export function lower(definition: Definition, edits: readonly Edit[]): Lowering {
  const lowering: Lowering = { changes: [], after: definition };
  for (const edit of edits) one(lowering, edit);
  return lowering;
}

function one(lowering: Lowering, edit: Edit): void {
  const root = lowering.after;
  switch (edit.kind) {
    case 'set':
      if (edit.value === undefined) drop(lowering, edit.path);
      else set(lowering, edit.path, plain(edit.value));
      return;
    case 'remove':
      return drop(lowering, edit.path);
    case 'rename': {
      if (valueAt(root, edit.path) === undefined || edit.path.at(-1) === edit.to) return;
      for (const reference of referencesTo(root as Definition, edit.path)) change(lowering, { kind: 'put', path: reference, value: edit.to });
      return key(lowering, edit.path, edit.to);
    }
    case 'replace':
      if (valueAt(root, edit.path) === undefined) return;
      key(lowering, edit.path, edit.key);
      if (edit.value !== undefined) set(lowering, [...edit.path.slice(0, -1), edit.key], plain(edit.value));
      return;
    case 'insert':
      return insert(lowering, edit.into, edit.key, edit.index, plain(edit.value));
    case 'move':
      return move(lowering, edit);
  }
}

function change(lowering: Lowering, change: Change): void {
  lowering.changes.push(change);
  lowering.after = changed(lowering.after, change);
}

function drop(lowering: Lowering, path: Path): void {
  if (path.length > 0 && valueAt(lowering.after, path) !== undefined) change(lowering, { kind: 'drop', path });
}

/** A name that is taken already gives way. */
function key(lowering: Lowering, path: Path, to: string): void {
  if (path.at(-1) === to) return;
  drop(lowering, [...path.slice(0, -1), to]);
  change(lowering, { kind: 'key', path, to });
}

function set(lowering: Lowering, path: Path, value: unknown): void {
  const now = valueAt(lowering.after, path);
  if (now === undefined) return make(lowering, path, undefined, value);
  if (Array.isArray(now) && Array.isArray(value)) return setItems(lowering, path, now, value);
  if (isObject(now) && isObject(value) && !Array.isArray(now) && !Array.isArray(value)) {
    for (const name of Object.keys(now)) if (!Object.hasOwn(value, name)) drop(lowering, [...path, name]);
    for (const [name, member] of Object.entries(value)) set(lowering, [...path, name], member);
    return;
  }
  if (now !== value) change(lowering, { kind: 'put', path, value });
}

/** Items that both ends share stay; between them, each takes the place of one, and the rest come or go. */
function setItems(lowering: Lowering, path: Path, now: unknown[], items: unknown[]): void {
  let first = 0;
  while (first < now.length && first < items.length && isSame(now[first], items[first])) first++;
  let same = 0;
  while (same < now.length - first && same < items.length - first && isSame(now.at(-1 - same), items.at(-1 - same))) same++;
  const left = now.length - first - same;
  const come = items.length - first - same;
  for (let index = 0; index < Math.min(left, come); index++) set(lowering, [...path, first + index], items[first + index]);
  for (let index = left; index < come; index++) change(lowering, { kind: 'add', path: [...path, first + index], value: items[first + index] });
  for (let index = left - 1; index >= come; index--) change(lowering, { kind: 'drop', path: [...path, first + index] });
}

/** Makes what is not there, with what it is inside of. */
function make(lowering: Lowering, path: Path, index: number | undefined, value: unknown): void {
  const part = path.at(-1);
  if (part === undefined) return change(lowering, { kind: 'put', path, value });
  const parent = path.slice(0, -1);
  const around = valueAt(lowering.after, parent);
  if (Array.isArray(around) && typeof part === 'number') {
    return change(lowering, { kind: 'add', path: [...parent, Math.min(part, around.length)], value });
  }
  if (isObject(around) && !Array.isArray(around) && typeof part === 'string') {
    return change(lowering, { kind: 'add', path, index: index ?? placeOf(around, part), value });
  }
  const made = typeof part === 'number' ? [value] : { [part]: value };
  if (around === undefined) make(lowering, parent, undefined, made);
  else change(lowering, { kind: 'put', path: parent, value: made });
}

/** Where a state leads is told last. */
function placeOf(around: object, name: string): number | undefined {
  const names = Object.keys(around);
  const last = names.at(-1);
  const leads = (name: string | undefined): boolean => name === 'Next' || name === 'End' || name === 'Default';
  return leads(last) && !leads(name) && 'Type' in around ? names.length - 1 : undefined;
}

function insert(lowering: Lowering, into: Path, key: string | undefined, index: number | undefined, value: unknown): void {
  const around = valueAt(lowering.after, into);
  if (key === undefined) return make(lowering, [...into, index ?? (Array.isArray(around) ? around.length : 0)], undefined, value);
  const path = [...into, key];
  if (valueAt(lowering.after, path) !== undefined) set(lowering, path, value);
  else make(lowering, path, index, value);
}

function move(lowering: Lowering, { path, into, key, index }: Extract<Edit, { kind: 'move' }>): void {
  const value = valueAt(lowering.after, path);
  if (value === undefined) return;
  const around = valueAt(changed(lowering.after, { kind: 'drop', path }), into);
  if (Array.isArray(around)) {
    const to = [...into, Math.min(index ?? around.length, around.length)];
    return change(lowering, { kind: 'move', path, to });
  }
  const name = key ?? String(path.at(-1));
  if (isObject(around) && !Object.hasOwn(around, name)) return change(lowering, { kind: 'move', path, to: [...into, name], index });
  drop(lowering, path);
  insert(lowering, into, key ?? (typeof path.at(-1) === 'string' ? name : undefined), index, value);
}

/** The definition after a change. What it does not touch is shared. */
export function changed(root: unknown, change: Change): unknown {
  switch (change.kind) {
    case 'put':
      return within(root, change.path, () => change.value);
    case 'drop':
      return around(root, change.path, (entries, at) => entries.filter((_, index) => index !== at));
    case 'key':
      return around(root, change.path, (entries, at) => entries.map((entry, index) => (index === at ? [change.to, entry[1]] : entry)));
    case 'add':
      return around(root, change.path, (entries) => placed(entries, change.path, change.index, change.value));
    case 'move': {
      const value = valueAt(root, change.path);
      return changed(changed(root, { kind: 'drop', path: change.path }), { kind: 'add', path: change.to, index: change.index, value });
    }
  }
}

type Entry = [string | number, unknown];

function placed(entries: Entry[], path: Path, index: number | undefined, value: unknown): Entry[] {
  const part = path.at(-1) ?? 0;
  const at = typeof part === 'number' ? part : (index ?? entries.length);
  return [...entries.slice(0, at), [part, value], ...entries.slice(at)];
}

/** Changes the members or items among which the last part of the path is. */
function around(root: unknown, path: Path, change: (entries: Entry[], at: number) => Entry[]): unknown {
  const part = path.at(-1);
  return within(root, path.slice(0, -1), (value) => {
    if (Array.isArray(value)) return change(value.map((item, index) => [index, item]), Number(part)).map(([, item]) => item);
    const entries = Object.entries(isObject(value) ? value : {});
    return Object.fromEntries(change(entries, entries.findIndex(([name]) => name === part)));
  });
}

function within(root: unknown, path: Path, change: (value: unknown) => unknown): unknown {
  const [part, ...rest] = path;
  if (part === undefined) return change(root);
  if (Array.isArray(root)) return root.map((item, index) => (index === part ? within(item, rest, change) : item));
  if (!isObject(root)) return root;
  return Object.fromEntries(Object.entries(root).map(([name, member]) => [name, name === part ? within(member, rest, change) : member]));
}

export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) || Array.isArray(other)) {
    return Array.isArray(one) && Array.isArray(other) && one.length === other.length && one.every((item, index) => isSame(item, other[index]));
  }
  if (!isObject(one) || !isObject(other)) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name) && isSame((one as never)[name], (other as never)[name]));
}

/** As JSON has it: members without a value are not there. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null');
