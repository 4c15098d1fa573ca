// Choice rules in words, for the edges of the graph.

import { isObject, type ChoiceRule } from './asl';

const SIGNS: [RegExp, string][] = [
  [/GreaterThanEquals(Path)?$/, '≥'],
  [/LessThanEquals(Path)?$/, '≤'],
  [/GreaterThan(Path)?$/, '>'],
  [/LessThan(Path)?$/, '<'],
  [/Equals(Path)?$/, '='],
  [/Matches$/, 'matches'],
];

const CHARACTERS_MAX = 60;

/** A rule as one would say it, cut where it is long. */
export function ruleText(rule: ChoiceRule): string {
  const text = told(rule, 0);
  return text.length > CHARACTERS_MAX ? `${text.slice(0, CHARACTERS_MAX - 1)}…` : text;
}

function told(rule: ChoiceRule, depth: number): string {
  if (depth > 8 || !isObject(rule)) return '…';
  if (typeof rule.Condition === 'string') return rule.Condition.replace(/^\{%\s*|\s*%\}$/g, '');
  if (rule.Condition !== undefined) return String(rule.Condition);
  if (Array.isArray(rule.And)) return joined(rule.And, ' and ', depth);
  if (Array.isArray(rule.Or)) return joined(rule.Or, ' or ', depth);
  if (rule.Not) return `not (${told(rule.Not, depth + 1)})`;
  const variable = typeof rule.Variable === 'string' ? rule.Variable : '';
  for (const [operator, operand] of Object.entries(rule)) {
    if (/^Is/.test(operator)) return `${variable} ${operand === false ? 'is not' : 'is'} ${plain(operator)}`;
    const sign = SIGNS.find(([pattern]) => pattern.test(operator))?.[1];
    if (sign) return `${variable} ${sign} ${operator.endsWith('Path') ? String(operand) : JSON.stringify(operand)}`;
  }
  return '';
}

function joined(rules: ChoiceRule[], word: string, depth: number): string {
  const parts = rules.map((rule) => told(rule, depth + 1));
  return depth > 0 && parts.length > 1 ? `(${parts.join(word)})` : parts.join(word);
}

/** `IsPresent` → `present`. */
const plain = (operator: string): string => operator.slice(2).toLowerCase();
