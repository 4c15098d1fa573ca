// Fields: what a field of a form is, and which of them are on it.

import { isObject } from '../../definition/asl';
import type { Language } from './place';

export type Control =
  /** Text as it stands. */
  | { kind: 'text'; placeholder?: string; lines?: boolean; suggestions?: readonly string[] }
  /** A path of JSONPath; with `isNullable`, `null` is a value. */
  | { kind: 'path'; placeholder?: string; isNullable?: boolean }
  /** A number; in JSONata an expression, too, unless it is `isConstant`. */
  | { kind: 'number'; min: number; max?: number; placeholder?: string; isFraction?: boolean; isConstant?: boolean }
  | { kind: 'option'; options: readonly { value: string; words: string }[] }
  /** Any JSON; in JSONata an expression, too. */
  | { kind: 'json'; placeholder?: string }
  /** Text or, in a member `Name.$`, a path or an intrinsic function; in JSONata an expression, too. */
  | { kind: 'value' }
  /** The ARN of a state machine; written like a value. */
  | { kind: 'machine' }
  /** Texts, joined by commas. */
  | { kind: 'texts'; placeholder?: string }
  /** Names of errors. */
  | { kind: 'errors' }
  /** A state of the same flow. */
  | { kind: 'target' }
  /** `Next` or `End`. */
  | { kind: 'transition' }
  | { kind: 'resource' }
  /** An object with members of its own. */
  | { kind: 'group'; fields: readonly Field[] }
  /** A list of such objects. */
  | { kind: 'list'; noun: string; fields: readonly Field[]; first: Record<string, unknown>; tells?: 'delays' }
  /** The rules of a Choice. */
  | { kind: 'rules' }
  | { kind: 'branches' }
  | { kind: 'processor' };

export interface Field {
  /** The member. */
  name: string;
  /** The member in words, where its name does not say it. */
  words?: string;
  help: string;
  control: Control;
  /** The only language that has it. */
  only?: Language;
  /** Other members that say the same in another way: a state has one of them. */
  others?: readonly Field[];
  /** Whether it is on the form from the start; others are when they are there, or asked for. */
  isMain?: boolean;
  /** When it is of use. What is there is shown whether or not it is. */
  when?: (owner: Record<string, unknown>) => boolean;
}

export interface Section {
  title: string;
  fields: readonly Field[];
}

export const STATE_TYPES = ['Task', 'Pass', 'Choice', 'Wait', 'Parallel', 'Map', 'Succeed', 'Fail'] as const;
export type StateType = (typeof STATE_TYPES)[number];

export const isStateType = (type: unknown): type is StateType => STATE_TYPES.includes(type as StateType);

/** The field itself and those that can stand in its place. */
export const formsOf = (field: Field): Field[] => [field, ...(field.others ?? [])];

/** The forms of a field that a language has. */
export const formsIn = (field: Field, language: Language): Field[] => formsOf(field).filter((form) => form.only === undefined || form.only === language);

/** Whether a field is on the form. */
export function isShown(field: Field, owner: Record<string, unknown>, language: Language): boolean {
  const forms = formsIn(field, language);
  if (forms.length === 0) return false;
  return forms.some((form) => owner[form.name] !== undefined) || (field.when?.(owner) ?? true);
}

/** The members that a form takes care of, in whatever language. */
export const membersOf = (fields: readonly Field[]): string[] => fields.flatMap(formsOf).flatMap(membersOfOne);

/** The members that a form takes care of in one language. */
export const membersIn = (fields: readonly Field[], language: Language): string[] => fields.flatMap((field) => formsIn(field, language)).flatMap(membersOfOne);

function membersOfOne({ name, control }: Field): string[] {
  if (control.kind === 'transition') return ['Next', 'End'];
  if (control.kind === 'processor') return ['ItemProcessor', 'Iterator'];
  return control.kind === 'value' || control.kind === 'machine' ? [name, `${name}.$`] : [name];
}

export type Stranger = { member: string; value: unknown; /** Why no form shows it. */ why: 'other-language' | 'unknown' };

/** The members of an object that no form shows, which are left as they are. */
export function strangersOf(owner: Record<string, unknown>, fields: readonly Field[], language: Language, apart: readonly string[] = []): Stranger[] {
  const here = new Set([...apart, ...membersIn(fields, language)]);
  const anywhere = new Set(membersOf(fields));
  return Object.entries(owner)
    .filter(([member]) => !here.has(member))
    .map(([member, value]) => ({ member, value, why: anywhere.has(member) ? 'other-language' : 'unknown' }));
}

export const asObject = (value: unknown): Record<string, unknown> => (isObject(value) ? (value as Record<string, unknown>) : {});
