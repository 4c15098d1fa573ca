// Completion: what can be written at a place of a definition: members by what they are in, names of states, resources. What the
// language has is in the tables that the forms are made of.

import { getLocation } from 'jsonc-parser';

import { isObject, type Definition, type State } from '../definition/asl';
import { CATALOG } from './catalog';
import { valueAt, type Format, type Path } from './edit';
import { ERROR_NAMES } from './error-names';
import { COMMENT, QUERY_LANGUAGE } from './inspector/data-fields';
import { asObject, formsIn, isStateType, membersIn, STATE_TYPES, type Control, type Field } from './inspector/fields';
import { languageOf, type Language } from './inspector/place';
import { OPERATORS } from './inspector/rules';
import { MACHINE_FIELDS, RULE_FIELDS, SECTIONS } from './inspector/table';
import { stateOfPath } from './locations';
import { flowOf } from './references';

export interface Suggestion {
  label: string;
  /** In a few words. */
  detail?: string;
}

/** Where one writes: the name of a member of the object at `path`, or the value at `path`. */
export interface Cursor {
  path: Path;
  isName: boolean;
}

const FLOW = ['Comment', 'StartAt', 'States'];

/** How the states of a Map run. The form has a control of its own for it. */
const PROCESSOR: Record<string, string[]> = { Mode: ['INLINE', 'DISTRIBUTED'], ExecutionType: ['STANDARD', 'EXPRESS'] };

/** What S3 is given to read items, and to write results. */
const GIVEN_TO_S3: Record<string, string[]> = { ItemReader: ['Bucket', 'Key', 'Prefix'], ResultWriter: ['Bucket', 'Prefix'] };

const COMPARISONS = OPERATORS.flatMap(({ operators }) => operators).flatMap(({ name, hasPath }) => (hasPath ? [name, `${name}Path`] : [name]));
const TESTS: Record<Language, string[]> = { JSONPath: ['Variable', 'And', 'Or', 'Not', ...COMPARISONS], JSONata: ['Condition'] };

/** The object with a form of its own that a path leads into: a state, or the whole machine. */
interface Surroundings {
  own: Record<string, unknown>;
  fields: readonly Field[];
  language: Language;
  /** The rest of the path. */
  inside: Path;
}

function surroundingsOf(definition: Definition, path: Path): Surroundings {
  const state = stateOfPath(path);
  if (!state) return { own: asObject(definition), fields: MACHINE_FIELDS, language: languageOf(definition, undefined), inside: path };
  const own = asObject(valueAt(definition, state));
  const fields = isStateType(own.Type) ? SECTIONS[own.Type].flatMap(({ fields }) => fields) : [COMMENT, QUERY_LANGUAGE];
  return { own, fields, language: languageOf(definition, own as State), inside: path.slice(state.length) };
}

export function suggest(definition: Definition, { path, isName }: Cursor): Suggestion[] {
  return isName ? names(definition, path) : values(definition, path);
}

function names(definition: Definition, path: Path): Suggestion[] {
  const there = asObject(valueAt(definition, path));
  return namesAt(definition, path).filter((name) => !Object.hasOwn(there, name)).map((label) => ({ label }));
}

function namesAt(definition: Definition, path: Path): string[] {
  const { own, fields, language, inside } = surroundingsOf(definition, path);
  if (path.length === 0) return [...offered(fields, language), 'States'];
  if (inside.length === 0) return ['Type', ...offered(fields, language)];
  switch (inside[0]) {
    case 'Choices':
      return [...TESTS[language], ...offered(RULE_FIELDS, language)];
    case 'Branches':
      return inside.length === 2 ? FLOW : [];
    case 'ItemProcessor':
      if (inside.length === 1) return ['ProcessorConfig', ...FLOW];
      return inside[1] === 'ProcessorConfig' ? Object.keys(PROCESSOR) : [];
    case 'Parameters':
    case 'Arguments': {
      // What the catalog gives this resource at least.
      const state = CATALOG.find(({ resource }) => resource === own.Resource)?.make(true);
      return inside.length === 1 ? Object.keys(asObject(state?.Arguments)) : [];
    }
    default:
      if (inside[1] === 'Parameters' || inside[1] === 'Arguments') return GIVEN_TO_S3[String(inside[0])] ?? [];
      return offered(fieldsAt(fields, inside, language), language);
  }
}

/** The fields of the object at a path inside of one with these. */
function fieldsAt(fields: readonly Field[], [name, ...rest]: Path, language: Language): readonly Field[] {
  if (name === undefined) return fields;
  const control = controlOf(fields, name, language);
  if (control?.kind === 'group') return fieldsAt(control.fields, rest, language);
  if (control?.kind === 'list' && rest.length > 0) return fieldsAt(control.fields, rest.slice(1), language);
  return [];
}

const controlOf = (fields: readonly Field[], name: string | number, language: Language): Control | undefined =>
  fields.flatMap((field) => formsIn(field, language)).find((form) => form.name === name)?.control;

/** Without those that are out of use, or of another language. */
const offered = (fields: readonly Field[], language: Language): string[] =>
  membersIn(fields, language).filter((name) => name !== 'Iterator' && !(language === 'JSONata' && name.endsWith('.$')));

function values(definition: Definition, path: Path): Suggestion[] {
  const name = path.at(-1);
  if (path.at(-2) === 'ErrorEquals') return ERROR_NAMES.map((label) => ({ label }));
  if (name === 'StartAt') return stateNames(definition, path.slice(0, -1));
  if (name === 'Next' || name === 'Default') {
    const state = stateOfPath(path);
    return state ? stateNames(definition, flowOf(state)).filter(({ label }) => label !== state.at(-1)) : [];
  }
  const { fields, language, inside } = surroundingsOf(definition, path);
  if (inside.length === 1 && name === 'Type') return STATE_TYPES.map((label) => ({ label }));
  if (path.at(-2) === 'ProcessorConfig') return (PROCESSOR[String(name)] ?? []).map((label) => ({ label }));
  const control = name === undefined ? undefined : controlOf(fieldsAt(fields, inside.slice(0, -1), language), name, language);
  if (control?.kind === 'resource') return CATALOG.flatMap(({ resource, title }) => (resource ? [{ label: resource, detail: title }] : []));
  if (control?.kind === 'option') return control.options.map(({ value, words }) => ({ label: value, detail: words === value ? undefined : words }));
  return [];
}

function stateNames(definition: Definition, flow: Path): Suggestion[] {
  const states = valueAt(definition, [...flow, 'States']);
  return isObject(states) ? Object.entries(states).map(([label, state]) => ({ label, detail: isObject(state) && 'Type' in state ? String(state.Type) : undefined })) : [];
}

/** Where an offset is in the text, and what is written there already. */
export function cursorAt(text: string, format: Format, offset: number): (Cursor & { from: number; to: number; isQuoted: boolean }) | undefined {
  return format === 'json' ? inJson(text, offset) : inYaml(text, offset);
}

function inJson(text: string, offset: number): (Cursor & { from: number; to: number; isQuoted: boolean }) | undefined {
  const { path, isAtPropertyKey, previousNode: node } = getLocation(text, offset);
  const isInNode = node !== undefined && node.offset <= offset && offset <= node.offset + node.length;
  const isQuoted = isInNode && node.type !== 'null' && text[node.offset] === '"';
  const from = isQuoted ? node.offset + 1 : offset - (/[\w.:-]*$/.exec(text.slice(0, offset))?.[0].length ?? 0);
  const isClosed = isQuoted && node.length > 1 && text[node.offset + node.length - 1] === '"';
  const to = isQuoted ? node.offset + node.length - (isClosed ? 1 : 0) : offset;
  return { path: isAtPropertyKey ? path.slice(0, -1) : path, isName: isAtPropertyKey, from, to: Math.max(to, offset), isQuoted };
}

const MEMBER = /^(\s*(?:- +)*)("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#:'"{[][^#]*?)\s*:(?:\s+(.*))?$/;

/** By the indentation of the lines before: blocks as people write them, not what is in braces. */
function inYaml(text: string, offset: number): (Cursor & { from: number; to: number; isQuoted: boolean }) | undefined {
  const lines = text.slice(0, offset).split('\n');
  const line = lines.pop() ?? '';
  const own = MEMBER.exec(line);
  const dashes = /^\s*(?:- +)*/.exec(line)?.[0] ?? '';
  let column = dashes.length;
  const path: (string | number)[] = [];
  const isValue = own !== null;
  const started = isValue ? (own[3] ?? '') : line.slice(dashes.length);
  if (/[{[|>&*]/.test(started.charAt(0))) return undefined;
  if (isValue) path.unshift(plainName(own[2] ?? ''));
  let items = dashes.includes('-') ? [dashes.lastIndexOf('-')] : [];
  const count = (dash: number, from: number): number => {
    let index = 0;
    for (let at = from; at >= 0; at--) {
      const before = lines[at] ?? '';
      if (before.trim() === '' || before.trim().startsWith('#')) continue;
      const indent = before.search(/\S/);
      if (indent < dash || (indent === dash && before[indent] !== '-')) break;
      if (indent === dash) index++;
    }
    return index;
  };
  if (items.length > 0) path.unshift(count(items[0] as number, lines.length - 1));
  let edge = items.length > 0 ? (items[0] as number) : column;
  // A list may stand as far to the left as the name that it belongs to.
  let isInItem = items.length > 0;
  for (let at = lines.length - 1; at >= 0; at--) {
    const before = lines[at] ?? '';
    const found = MEMBER.exec(before);
    if (before.trim() === '' || before.trim().startsWith('#') || !found) continue;
    const lead = found[1] ?? '';
    column = lead.length;
    const dash = lead.lastIndexOf('-');
    const isAround = column < edge || (isInItem && column === edge && dash < 0);
    if (isAround && (found[3] ?? '').replace(/#.*$/, '').trim() === '') {
      path.unshift(plainName(found[2] ?? ''));
      edge = column;
      isInItem = false;
    }
    if (dash >= 0 && dash < edge && column <= edge) {
      path.unshift(count(dash, at - 1));
      edge = dash;
      isInItem = true;
    }
  }
  const isItem = !isValue && dashes.includes('-') && typeof path.at(-1) === 'number' && path.at(-2) === 'ErrorEquals';
  const quote = /^["']/.test(started) ? 1 : 0;
  return { path, isName: !isValue && !isItem, from: offset - started.length + quote, to: offset, isQuoted: quote === 1 };
}

function plainName(name: string): string {
  if (name.startsWith('"')) {
    try {
      return String(JSON.parse(name));
    } catch {
      return name;
    }
  }
  return name.startsWith("'") ? name.slice(1, -1).replaceAll("''", "'") : name;
}
