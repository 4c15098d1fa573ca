// Controls: the plain ones, each a field to write or choose in.

import { useQuery } from '@tanstack/react-query';
import { useId, useRef, useState, type ReactNode } from 'react';

import { machinesQuery } from '../../api/queries';
import { JsonEditor } from '../../json/json-view';
import { Close } from '../../parts/icons';
import { ERROR_NAMES } from '../error-names';
import { useDraft, type Reading } from './draft';
import type { Control } from './fields';
import { useForm, type ControlProps } from './form';
import { isExpression, jsonText, plainText, readJson, readNumber, readText, valueText, withValue } from './readings';

interface TextProps extends Pick<ControlProps, 'id' | 'describedBy' | 'isWrong'> {
  onValue: (value: unknown) => void;
  text: string;
  read: (text: string) => Reading;
  placeholder?: string;
  isLong?: boolean;
  isCode?: boolean;
  /** The id of a list of suggestions. */
  list?: string;
  label?: string;
}

export function TextControl({ id, describedBy, isWrong, onValue, text, read, placeholder, isLong = false, isCode = false, list, label }: TextProps) {
  const draft = useDraft(text, read, onValue);
  const shared = {
    id,
    className: isCode ? 'input mono' : 'input',
    value: draft.text,
    placeholder,
    spellCheck: !isCode && isLong,
    'aria-describedby': describedBy,
    'aria-invalid': isWrong || draft.fault !== undefined,
    'aria-label': label,
    onBlur: draft.settle,
  };
  return (
    <>
      {isLong ? (
        <textarea {...shared} rows={Math.min(6, Math.max(2, draft.text.split('\n').length))} onChange={(event) => draft.write(event.target.value)} />
      ) : (
        <input
          {...shared}
          list={list}
          autoComplete="off"
          onChange={(event) => draft.write(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') draft.settle();
          }}
        />
      )}
      {draft.fault && (
        <p className="field-fault" role="alert">
          {draft.fault}
        </p>
      )}
    </>
  );
}

export function NumberControl({ value, rule, ...props }: ControlProps & { rule: Extract<Control, { kind: 'number' }> }) {
  const { language } = useForm();
  const mayCompute = language === 'JSONata' && !rule.isConstant;
  return <TextControl {...props} text={plainText(value)} read={(text) => readNumber(text, rule, mayCompute)} placeholder={rule.placeholder} isCode={isExpression(value)} />;
}

interface SelectProps extends Pick<ControlProps, 'id' | 'describedBy' | 'isWrong'> {
  chosen: string;
  onChoose: (choice: string) => void;
  children: ReactNode;
}

/** A list of options to choose from. */
export const Select = ({ id, describedBy, isWrong, chosen, onChoose, children }: SelectProps) => (
  <select id={id} className="select" aria-describedby={describedBy} aria-invalid={isWrong} value={chosen} onChange={(event) => onChoose(event.target.value)}>
    {children}
  </select>
);

export function OptionControl({ value, onValue, options, ...props }: ControlProps & { options: readonly { value: string; words: string }[] }) {
  const isOther = value !== undefined && !options.some((option) => option.value === value);
  return (
    <Select {...props} chosen={value === undefined ? '' : plainText(value)} onChoose={(choice) => onValue(choice === '' ? undefined : choice)}>
      <option value="">not set</option>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.words}
        </option>
      ))}
      {isOther && <option value={plainText(value)}>{plainText(value)}</option>}
    </Select>
  );
}

/** Text, or what computes it. */
export function ValueControl({ field, owner, onOwner, ...props }: ControlProps) {
  const { language } = useForm();
  const text = valueText(owner, field.name);
  const isCode = text.startsWith('$') || isExpression(text);
  return <TextControl {...props} text={text} read={readText} isCode={isCode} onValue={(next) => onOwner(withValue(owner, field.name, plainText(next), language))} />;
}

export function MachineControl({ field, owner, onOwner, ...props }: ControlProps) {
  const { language } = useForm();
  const list = useId();
  const { data = [] } = useQuery(machinesQuery());
  return (
    <>
      <TextControl
        {...props}
        text={valueText(owner, field.name)}
        read={readText}
        isCode
        list={list}
        placeholder="arn:aws:states:…:stateMachine:…"
        onValue={(next) => onOwner(withValue(owner, field.name, plainText(next), language))}
      />
      <datalist id={list}>
        {data.map((machine) => (
          <option key={machine.stateMachineArn} value={machine.stateMachineArn}>
            {machine.name}
          </option>
        ))}
      </datalist>
    </>
  );
}

type Form = 'json' | 'expression' | 'path';
const FORM_WORDS: Record<Form, string> = { json: 'JSON', expression: 'Expression', path: 'Path' };

/** JSON in a small editor; an expression of JSONata, or a path in a template, as the text it is. */
export function JsonControl({ field, id, describedBy, isWrong, owner, value, onValue, onOwner, isTemplate, isNew, placeholder }: ControlProps & { placeholder?: string }) {
  const { language } = useForm();
  const computed = owner[`${field.name}.$`];
  const forms: Form[] = language === 'JSONata' ? ['json', 'expression'] : isTemplate ? ['json', 'path'] : ['json'];
  const own: Form | undefined = computed !== undefined && isTemplate ? 'path' : value === undefined ? undefined : isExpression(value) && language === 'JSONata' ? 'expression' : 'json';
  const first: Form = placeholder?.startsWith('{%') && language === 'JSONata' ? 'expression' : 'json';
  const [chosen, setChosen] = useState<Form | undefined>(isNew ? first : undefined);
  const form = own ?? chosen;
  const label = field.words ?? field.name;
  if (form === undefined) {
    return (
      <button type="button" className="text-button add" aria-label={`Add ${label}`} aria-describedby={describedBy} onClick={() => setChosen(first)}>
        + Add {label}
      </button>
    );
  }
  const choose = (next: Form): void => {
    setChosen(next);
    const { [field.name]: _, [`${field.name}.$`]: __, ...others } = owner;
    if (own !== undefined) onOwner(others);
  };
  return (
    <div role="group" aria-labelledby={`${id}-label`}>
      {forms.length > 1 && (
        <div className="chips small" role="radiogroup" aria-label={`Form of ${label}`}>
          {forms.map((option) => (
            <button key={option} type="button" role="radio" aria-checked={option === form} onClick={() => option !== form && choose(option)}>
              {FORM_WORDS[option]}
            </button>
          ))}
        </div>
      )}
      {form === 'json' && <JsonField label={label} value={value} isNew={value === undefined} onValue={onValue} />}
      {form !== 'json' && (
        <TextControl
          key={form}
          id={id}
          describedBy={describedBy}
          isWrong={isWrong}
          label={label}
          text={plainText(form === 'path' ? computed : value)}
          read={readText}
          isCode
          isLong={form === 'expression'}
          placeholder={form === 'path' ? '$.value' : '{% $states.input %}'}
          onValue={(next) => (form === 'path' ? onOwner(withValue(owner, field.name, plainText(next), language)) : onValue(next))}
        />
      )}
    </div>
  );
}

function JsonField({ label, value, isNew, onValue }: { label: string; value: unknown; isNew: boolean; onValue: (value: unknown) => void }) {
  const { language } = useForm();
  const begin = useRef(isNew ? '{}' : undefined);
  const text = jsonText(value);
  const draft = useDraft(text, (text) => readJson(text, language), onValue);
  const shown = draft.text === '' && begin.current !== undefined ? begin.current : draft.text;
  return (
    <div
      className="json-field"
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) draft.settle();
      }}
    >
      <JsonEditor
        value={shown}
        label={label}
        onChange={(next) => {
          begin.current = undefined;
          draft.write(next);
        }}
      />
    </div>
  );
}

export function ErrorsControl({ id, describedBy, isWrong, value, onValue }: ControlProps) {
  const list = useId();
  const [text, setText] = useState('');
  const names = Array.isArray(value) ? value.map(plainText) : [];
  const add = (): void => {
    const more = text.split(',').map((name) => name.trim()).filter((name) => name !== '' && !names.includes(name));
    if (more.length > 0) onValue([...names, ...more]);
    setText('');
  };
  return (
    <div role="group" aria-labelledby={`${id}-label`} className="errors">
      <ul className="error-names">
        {names.map((name, index) => (
          <li key={name}>
            <code>{name}</code>
            <button type="button" className="icon-button small" aria-label={`Remove ${name}`} onClick={() => onValue(names.filter((_, other) => other !== index))}>
              <Close />
            </button>
          </li>
        ))}
      </ul>
      <input
        className="input mono"
        aria-label="Add an error"
        aria-describedby={describedBy}
        aria-invalid={isWrong}
        placeholder="Add an error"
        list={list}
        value={text}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
        onBlur={add}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' && event.key !== ',') return;
          event.preventDefault();
          add();
        }}
      />
      <datalist id={list}>
        {ERROR_NAMES.filter((name) => !names.includes(name)).map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </div>
  );
}
