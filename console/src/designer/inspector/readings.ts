// Readings: what the text of a field is worth in the definition. An empty text is worth nothing: the member goes.

import type { Reading } from './draft';
import type { Language } from './place';

export const isExpression = (value: unknown): value is string => typeof value === 'string' && /^\s*\{%/.test(value);

export const readText = (text: string): Reading => ({ value: text === '' ? undefined : text, text });

/** A path; `null` is the word for null where it may be. */
export const readPath = (text: string, isNullable = false): Reading =>
  isNullable && text.trim() === 'null' ? { value: null, text: 'null' } : { value: text.trim() === '' ? undefined : text.trim(), text: text.trim() };

interface NumberRule {
  min: number;
  max?: number;
  isFraction?: boolean;
}

/** A number in its bounds; in JSONata an expression, too, where `mayCompute`. */
export function readNumber(text: string, { min, max, isFraction = false }: NumberRule, mayCompute: boolean): Reading {
  const plain = text.trim();
  if (plain === '') return { value: undefined, text: '' };
  if (mayCompute && isExpression(plain)) return { value: plain, text: plain };
  const number = Number(plain);
  if (!Number.isFinite(number)) return { fault: mayCompute ? 'Write a number, or an expression in {% %}.' : 'Write a number.' };
  if (!isFraction && !Number.isInteger(number)) return { fault: 'Write a whole number.' };
  if (number < min) return { fault: `Not less than ${min.toLocaleString('en')}.` };
  if (max !== undefined && number > max) return { fault: `Not more than ${max.toLocaleString('en')}.` };
  return { value: number, text: String(number) };
}

/** JSON, and in JSONata an expression as it stands. */
export function readJson(text: string, language: Language): Reading {
  const plain = text.trim();
  if (plain === '') return { value: undefined, text: '' };
  if (language === 'JSONata' && isExpression(plain)) return { value: plain, text: plain };
  try {
    const value: unknown = JSON.parse(plain);
    return { value, text: jsonText(value) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : 'This is not JSON.' };
  }
}

/** How a value is shown to be edited. */
export function jsonText(value: unknown): string {
  if (value === undefined) return '';
  return isExpression(value) ? value : JSON.stringify(value, null, 2);
}

export function readTexts(text: string): Reading {
  const values = text.split(',').map((part) => part.trim()).filter((part) => part !== '');
  return { value: values.length > 0 ? values : undefined, text: values.join(', ') };
}

export const plainText = (value: unknown): string => (value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value));

/** In JSONPath, what looks like a path or an intrinsic function stands in a member whose name ends in `.$`. */
export const isComputed = (text: string): boolean => /^(\$|States\.[A-Z])/.test(text.trim());

/** An owner whose member says what the text says: as it stands, or computed. */
export function withValue(owner: Record<string, unknown>, name: string, text: string, language: Language): Record<string, unknown> {
  const { [name]: literal, [`${name}.$`]: path, ...others } = owner;
  const was = path === undefined ? name : `${name}.$`;
  if (text.trim() === '') return others;
  const is = language === 'JSONPath' && isComputed(text) ? `${name}.$` : name;
  const value = typeof literal === 'number' && Number.isFinite(Number(text)) ? Number(text) : text.trim();
  // The member stays where it is.
  if (!Object.hasOwn(owner, was)) return { ...others, [is]: value };
  return Object.fromEntries(Object.entries(owner).flatMap(([member, before]) => (member === was ? [[is, value]] : member === name || member === `${name}.$` ? [] : [[member, before]])));
}

export const valueText = (owner: Record<string, unknown>, name: string): string => plainText(owner[`${name}.$`] ?? owner[name]);
