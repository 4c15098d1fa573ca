// Rules: a Choice rule of JSONPath taken apart for a form, and put together again. What a rule has beside its test
// (`Next`, `Assign`, a comment, members that nobody knows) is never touched.

import { isObject, type ChoiceRule } from '../../definition/asl';

/** How a rule tests: by comparing, or by joining other rules. */
export type Shape = 'compare' | 'And' | 'Or' | 'Not';

export type OperandKind = 'text' | 'number' | 'boolean' | 'timestamp';

export interface Operator {
  /** Its member, without `Path`. */
  name: string;
  words: string;
  operand: OperandKind;
  /** Whether it has a twin that compares with what a path finds. */
  hasPath: boolean;
}

const RELATIONS: [string, Record<'text' | 'number' | 'timestamp', string>][] = [
  ['Equals', { text: 'is', number: '=', timestamp: 'is at' }],
  ['LessThan', { text: 'comes before', number: '<', timestamp: 'is before' }],
  ['LessThanEquals', { text: 'is or comes before', number: '≤', timestamp: 'is at or before' }],
  ['GreaterThan', { text: 'comes after', number: '>', timestamp: 'is after' }],
  ['GreaterThanEquals', { text: 'is or comes after', number: '≥', timestamp: 'is at or after' }],
];

const relations = (prefix: string, operand: 'text' | 'number' | 'timestamp'): Operator[] =>
  RELATIONS.map(([name, words]) => ({ name: `${prefix}${name}`, words: words[operand], operand, hasPath: true }));

const test = (name: string, words: string): Operator => ({ name, words, operand: 'boolean', hasPath: false });

/** All comparisons, by what they compare. */
export const OPERATORS: { group: string; operators: Operator[] }[] = [
  { group: 'Text', operators: [...relations('String', 'text'), { name: 'StringMatches', words: 'matches', operand: 'text', hasPath: false }] },
  { group: 'Number', operators: relations('Numeric', 'number') },
  { group: 'True or false', operators: [{ name: 'BooleanEquals', words: 'is', operand: 'boolean', hasPath: true }] },
  { group: 'Time', operators: relations('Timestamp', 'timestamp') },
  {
    group: 'What it is',
    operators: [
      test('IsPresent', 'is there'),
      test('IsNull', 'is null'),
      test('IsString', 'is text'),
      test('IsNumeric', 'is a number'),
      test('IsBoolean', 'is true or false'),
      test('IsTimestamp', 'is a time'),
    ],
  },
];

const BY_NAME = new Map(OPERATORS.flatMap(({ operators }) => operators).map((operator) => [operator.name, operator]));

/** The operator of a member, and whether it is the twin that takes a path. */
export function operatorOf(member: string): { operator: Operator; isPath: boolean } | undefined {
  const own = BY_NAME.get(member);
  if (own) return { operator: own, isPath: false };
  const twin = member.endsWith('Path') ? BY_NAME.get(member.slice(0, -'Path'.length)) : undefined;
  return twin?.hasPath ? { operator: twin, isPath: true } : undefined;
}

export interface Comparison {
  variable: string;
  operator: Operator;
  isPath: boolean;
  operand: unknown;
}

export function shapeOf(rule: ChoiceRule): Shape {
  if (rule.And !== undefined) return 'And';
  if (rule.Or !== undefined) return 'Or';
  return rule.Not !== undefined ? 'Not' : 'compare';
}

/** The rules that a rule joins. */
export function innerRules(rule: ChoiceRule): ChoiceRule[] {
  const inner = rule.And ?? rule.Or ?? rule.Not;
  return (Array.isArray(inner) ? inner : [inner]).filter((rule): rule is ChoiceRule => isObject(rule));
}

/** What a rule compares; nothing where it has no comparison yet. */
export function comparisonOf(rule: ChoiceRule): Comparison | undefined {
  for (const [member, operand] of Object.entries(rule)) {
    const found = operatorOf(member);
    if (found) return { ...found, operand, variable: typeof rule.Variable === 'string' ? rule.Variable : '' };
  }
  return undefined;
}

const JOINS: readonly string[] = ['And', 'Or', 'Not'];

/** A rule without its test. */
function rest(rule: ChoiceRule): ChoiceRule {
  const isTest = (member: string): boolean => member === 'Variable' || JOINS.includes(member) || operatorOf(member) !== undefined;
  return Object.fromEntries(Object.entries(rule).filter(([member]) => !isTest(member)));
}

/** The members that are its test. */
export function testMembers(rule: ChoiceRule): string[] {
  const others = rest(rule);
  return Object.keys(rule).filter((member) => !(member in others));
}

/** Only its test. */
function testOf(rule: ChoiceRule): ChoiceRule {
  const others = rest(rule);
  return Object.fromEntries(Object.entries(rule).filter(([member]) => !(member in others)));
}

export const newComparison = (): ChoiceRule => ({ Variable: '$', IsPresent: true });

/** The same rule in another shape. What it tests stays part of it where the shape has room for it. */
export function reshaped(rule: ChoiceRule, shape: Shape): ChoiceRule {
  const from = shapeOf(rule);
  if (from === shape) return rule;
  const inner = from === 'compare' ? [testOf(rule)] : innerRules(rule);
  const first = inner[0] && Object.keys(inner[0]).length > 0 ? inner[0] : newComparison();
  const others = rest(rule);
  switch (shape) {
    case 'compare': {
      const leaf = firstComparison(first);
      return { ...testOf(leaf), ...others };
    }
    case 'Not':
      return { Not: first, ...others };
    default:
      return { [shape]: inner.length > 0 && from !== 'compare' ? inner : [first], ...others };
  }
}

function firstComparison(rule: ChoiceRule): ChoiceRule {
  let leaf = rule;
  while (shapeOf(leaf) !== 'compare') leaf = innerRules(leaf)[0] ?? newComparison();
  return leaf;
}

/** A rule that joins other rules than before. */
export function withInner(rule: ChoiceRule, inner: ChoiceRule[]): ChoiceRule {
  const shape = shapeOf(rule);
  if (shape === 'compare') return rule;
  return { ...rule, [shape]: shape === 'Not' ? inner[0] : inner };
}

/** A rule that compares by another operator. The operand stays where it can be one of the new kind. */
export function withOperator(rule: ChoiceRule, operator: Operator, isPath: boolean): ChoiceRule {
  const before = comparisonOf(rule);
  const keepsPath = isPath && operator.hasPath;
  const operand = keepsPath ? pathOperand(before) : converted(before?.isPath ? undefined : before?.operand, operator.operand);
  return { ...rest(rule), Variable: before?.variable ?? (typeof rule.Variable === 'string' ? rule.Variable : '$'), [operator.name + (keepsPath ? 'Path' : '')]: operand };
}

const pathOperand = (before: Comparison | undefined): string => (before?.isPath && typeof before.operand === 'string' ? before.operand : '$');

function converted(operand: unknown, kind: OperandKind): unknown {
  const text = operand === undefined || operand === null ? '' : String(operand);
  switch (kind) {
    case 'boolean':
      return text !== 'false';
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : 0;
    case 'timestamp':
      return /^\d{4}-\d\d-\d\dT/.test(text) ? text : '2030-01-01T00:00:00Z';
    case 'text':
      return text;
  }
}

/** What a field's text is worth as an operand; nothing where it can be none of that kind. */
export function operandFrom(text: string, kind: OperandKind): unknown {
  if (kind === 'number') return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  return text;
}

export function withOperand(rule: ChoiceRule, operand: unknown): ChoiceRule {
  const before = comparisonOf(rule);
  return before ? { ...rule, [before.operator.name + (before.isPath ? 'Path' : '')]: operand } : rule;
}
