// Rules: the rules of a Choice as a form; in JSONPath comparisons and what joins them, in JSONata conditions.

import { useId } from 'react';

import type { ChoiceRule } from '../../definition/asl';
import { ruleText } from '../../definition/choice';
import { Close } from '../../parts/icons';
import type { Path } from '../edit';
import { TextControl } from './controls';
import { asObject, strangersOf } from './fields';
import { Fields, Findings, useForm, type ControlProps, type Owner } from './form';
import { Items } from './groups';
import { findingsAt } from './place';
import { plainText, readText, readPath } from './readings';
import {
  comparisonOf,
  innerRules,
  newComparison,
  operandFrom,
  operatorOf,
  OPERATORS,
  reshaped,
  shapeOf,
  testMembers,
  withInner,
  withOperand,
  withOperator,
  type Comparison,
  type Shape,
} from './rules';
import { Strangers } from './strangers';
import { RULE_FIELDS } from './table';

export function RulesControl({ id, path, value, onValue }: ControlProps) {
  const { language } = useForm();
  const rules = (Array.isArray(value) ? value.map(asObject) : []) as ChoiceRule[];
  const at = [...path, 'Choices'];
  const isJsonata = language === 'JSONata';
  const fresh: ChoiceRule = isJsonata ? { Condition: '{% $exists($states.input) %}' } : newComparison();
  return (
    <div role="group" aria-labelledby={`${id}-label`} className="list-control">
      <Items
        noun="rule"
        items={rules}
        path={at}
        title={(rule) => ruleText(rule) || 'no test yet'}
        onItems={onValue}
        body={(rule, index, onRule) => {
          const members = isJsonata ? ['Condition'] : testMembers(rule);
          return (
            <>
              {isJsonata ? (
                <Condition rule={rule} path={[...at, index]} onRule={onRule} />
              ) : (
                <Test rule={rule} path={[...at, index]} depth={0} onRule={onRule} />
              )}
              <Fields fields={RULE_FIELDS} owner={rule} path={[...at, index]} onChange={onRule} />
              <Strangers strangers={strangersOf(rule, RULE_FIELDS, language, members)} owner={rule} onChange={onRule} />
            </>
          );
        }}
      />
      <button type="button" className="text-button add" onClick={() => onValue([...rules, fresh])}>
        + Add a rule
      </button>
    </div>
  );
}

interface RuleProps {
  rule: ChoiceRule;
  path: Path;
  onRule: (next: Owner) => void;
}

/** `true` and `false` can stand there as they are. */
function Condition({ rule, path, onRule }: RuleProps) {
  const { diagnostics } = useForm();
  const id = useId();
  const findings = findingsAt(diagnostics, [...path, 'Condition'], true);
  return (
    <div className="field" data-field="Condition">
      <label className="field-label" htmlFor={id}>
        Condition
      </label>
      <TextControl
        id={id}
        describedBy={`${id}-about`}
        isWrong={findings.length > 0}
        text={plainText(rule.Condition)}
        read={readText}
        isCode
        isLong
        placeholder="{% $states.input.total > 100 %}"
        onValue={(text) => onRule({ ...rule, Condition: text === 'true' ? true : text === 'false' ? false : text })}
      />
      <p className="field-help" id={`${id}-about`}>
        It holds when this gives true.
      </p>
      <Findings findings={findings} />
    </div>
  );
}

const SHAPES: { shape: Shape; words: string }[] = [
  { shape: 'compare', words: 'Compare' },
  { shape: 'And', words: 'All of these' },
  { shape: 'Or', words: 'Any of these' },
  { shape: 'Not', words: 'Not this' },
];

const DEPTH_MAX = 10;

function Test({ rule, path, depth, onRule, onRemove }: RuleProps & { depth: number; onRemove?: () => void }) {
  const { diagnostics } = useForm();
  const shape = shapeOf(rule);
  const inner = innerRules(rule);
  const at = (index: number): Path => (shape === 'Not' ? [...path, 'Not'] : [...path, shape, index]);
  return (
    <fieldset className="rule">
      <legend>{depth === 0 ? 'When' : 'Test'}</legend>
      <div className="rule-head">
        <select className="select" aria-label="How it tests" value={shape} onChange={(event) => onRule(reshaped(rule, event.target.value as Shape))}>
          {SHAPES.map(({ shape, words }) => (
            <option key={shape} value={shape}>
              {words}
            </option>
          ))}
        </select>
        {onRemove && (
          <button type="button" className="icon-button small" aria-label="Remove this test" onClick={onRemove}>
            <Close />
          </button>
        )}
      </div>
      {shape === 'compare' && <Comparing rule={rule} path={path} onRule={onRule} />}
      {shape !== 'compare' && depth < DEPTH_MAX && (
        <>
          {inner.map((one, index) => (
            <Test
              key={index}
              rule={one}
              path={at(index)}
              depth={depth + 1}
              onRule={(next) => onRule(withInner(rule, inner.map((other, place) => (place === index ? (next as ChoiceRule) : other))))}
              onRemove={shape !== 'Not' && inner.length > 1 ? () => onRule(withInner(rule, inner.filter((_, place) => place !== index))) : undefined}
            />
          ))}
          {shape !== 'Not' && (
            <button type="button" className="text-button add" onClick={() => onRule(withInner(rule, [...inner, newComparison()]))}>
              + Add a test
            </button>
          )}
        </>
      )}
      {shape !== 'compare' && depth >= DEPTH_MAX && <p className="field-help">What is tested here is too deep for a form: edit it as code.</p>}
      {depth > 0 && <Findings findings={findingsAt(diagnostics, path, false)} />}
    </fieldset>
  );
}

function Comparing({ rule, path, onRule }: RuleProps) {
  const { diagnostics } = useForm();
  const id = useId();
  const comparison = comparisonOf(rule);
  const member = comparison && comparison.operator.name + (comparison.isPath ? 'Path' : '');
  const ofVariable = findingsAt(diagnostics, [...path, 'Variable'], false);
  const ofOperand = member ? findingsAt(diagnostics, [...path, member], false) : [];
  return (
    <div className="comparison">
      <TextControl
        id={`${id}-variable`}
        describedBy=""
        label="Variable"
        isWrong={ofVariable.length > 0}
        text={plainText(rule.Variable)}
        read={(text) => readPath(text)}
        isCode
        placeholder="$.total"
        onValue={(variable) => onRule({ ...rule, Variable: plainText(variable) })}
      />
      <select
        className="select"
        aria-label="Comparison"
        value={comparison?.operator.name ?? ''}
        onChange={(event) => {
          const found = operatorOf(event.target.value);
          if (found) onRule(withOperator(rule, found.operator, comparison?.isPath ?? false));
        }}
      >
        {!comparison && <option value="">choose</option>}
        {OPERATORS.map(({ group, operators }) => (
          <optgroup key={group} label={group}>
            {operators.map(({ name, words }) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
      {comparison && <Operand id={`${id}-operand`} comparison={comparison} isWrong={ofOperand.length > 0} rule={rule} onRule={onRule} />}
      <Findings findings={[...ofVariable, ...ofOperand]} />
    </div>
  );
}

const FAULTS = { number: 'Write a number.', boolean: 'Write true or false.', text: '', timestamp: '' };

function Operand({ id, comparison, isWrong, rule, onRule }: { id: string; comparison: Comparison; isWrong: boolean; rule: ChoiceRule; onRule: (next: Owner) => void }) {
  const { operator, isPath, operand } = comparison;
  const take = (value: unknown): void => onRule(withOperand(rule, value));
  return (
    <>
      {isPath || operator.operand !== 'boolean' ? (
        <TextControl
          key={`${operator.operand} ${isPath}`}
          id={id}
          describedBy=""
          label={isPath ? 'Compared with what this path finds' : 'Compared with'}
          isWrong={isWrong}
          text={plainText(operand)}
          read={(text) => {
            if (isPath) return { value: text, text };
            const value = operandFrom(text, operator.operand);
            return value === undefined ? { fault: FAULTS[operator.operand] } : { value, text: String(value) };
          }}
          isCode={isPath}
          placeholder={isPath ? '$.other' : operator.operand === 'timestamp' ? '2030-01-31T09:00:00Z' : undefined}
          onValue={take}
        />
      ) : (
        <select className="select" aria-label="Compared with" value={String(operand)} onChange={(event) => take(event.target.value === 'true')}>
          <option value="true">true</option>
          <option value="false">false</option>
        </select>
      )}
      {operator.hasPath && (
        <label className="tick">
          <input type="checkbox" checked={isPath} onChange={(event) => onRule(withOperator(rule, operator, event.target.checked))} />a path
        </label>
      )}
    </>
  );
}
