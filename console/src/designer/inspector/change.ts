// Change: the edits that lead from one value to another, as few and as small as can be, so that whatever they leave
// alone keeps its comments, its order and its form.

import { isObject } from '../../definition/asl';
import type { Edit, Path } from '../edit';
import { isSame } from '../lower';

export function change(path: Path, before: unknown, after: unknown): Edit[] {
  if (isSame(before, after)) return [];
  if (after === undefined) return [{ kind: 'remove', path }];
  if (isObject(before) && isObject(after)) return changeOfMembers(path, before as Members, after as Members);
  const moved = Array.isArray(before) && Array.isArray(after) ? moveOf(before, after) : undefined;
  if (moved) return [{ kind: 'move', path: [...path, moved.from], into: path, index: moved.to }];
  return [{ kind: 'set', path, value: after }];
}

type Members = Record<string, unknown>;

function changeOfMembers(path: Path, before: Members, after: Members): Edit[] {
  const gone = Object.keys(before).filter((member) => after[member] === undefined);
  const come = Object.keys(after).filter((member) => after[member] !== undefined && !Object.hasOwn(before, member));
  const stay = Object.keys(after).filter((member) => after[member] !== undefined && Object.hasOwn(before, member));
  const changed = stay.flatMap((member) => change([...path, member], before[member], after[member]));
  const [from, to] = [gone[0], come[0]];
  // What comes in place of another stands where that stood.
  if (from !== undefined && to !== undefined && gone.length === 1 && come.length === 1) {
    const value = isSame(before[from], after[to]) ? undefined : after[to];
    return [{ kind: 'replace', path: [...path, from], key: to, value }, ...changed];
  }
  return [
    ...gone.map((member): Edit => ({ kind: 'remove', path: [...path, member] })),
    ...changed,
    ...come.map((member): Edit => ({ kind: 'set', path: [...path, member], value: after[member] })),
  ];
}

/** Whether one element only went elsewhere. */
function moveOf(before: unknown[], after: unknown[]): { from: number; to: number } | undefined {
  if (before.length !== after.length) return undefined;
  const first = before.findIndex((value, index) => !isSame(value, after[index]));
  const last = before.findLastIndex((value, index) => !isSame(value, after[index]));
  const [was, is] = [before.slice(first, last + 1), after.slice(first, last + 1)];
  if (isSame(was[0], is.at(-1)) && isSame(was.slice(1), is.slice(0, -1))) return { from: first, to: last };
  if (isSame(was.at(-1), is[0]) && isSame(was.slice(0, -1), is.slice(1))) return { from: last, to: first };
  return undefined;
}

/** An object with a member changed, or without it. */
export function withMember(value: unknown, member: string, next: unknown): Members {
  const owner: Members = isObject(value) ? { ...value } : {};
  if (next === undefined) delete owner[member];
  else owner[member] = next;
  return owner;
}

/** A list in which an element went elsewhere. */
export function moved<Value>(list: readonly Value[], from: number, to: number): Value[] {
  const next = [...list];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
}
