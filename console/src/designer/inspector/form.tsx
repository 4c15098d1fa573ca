// Form: fields made of the table. Each shows what its owner has, and gives back the owner as it should be.

import { createContext, useContext, useEffect, useId, useRef, useState, type ReactNode } from 'react';

import type { Diagnostic } from '../../api/types';
import type { Definition } from '../../definition/asl';
import { Close } from '../../parts/icons';
import type { Path } from '../edit';
import { withMember } from './change';
import { BranchesControl, ProcessorControl } from './flows';
import { firstOf, GroupControl, ListControl } from './groups';
import { formsIn, isShown, membersOf, type Field } from './fields';
import { ErrorsControl, JsonControl, MachineControl, NumberControl, OptionControl, TextControl, ValueControl } from './controls';
import { findingsAt, membersNamed, type Language } from './place';
import { plainText, readPath, readText, readTexts } from './readings';
import { ResourceControl } from './resource';
import { RulesControl } from './rules-control';
import { TargetControl, TransitionControl } from './transition';

export type Owner = Record<string, unknown>;
/** Takes the owner as it should be; `what` says for the history which of its members changed. */
export type Change = (next: Owner, what: string) => void;

export interface FormContext {
  definition: Definition;
  language: Language;
  /** Of the flow whose states the fields can lead to. */
  flow: Path;
  diagnostics: readonly Diagnostic[];
}

export const Form = createContext<FormContext>({ definition: {}, language: 'JSONPath', flow: [], diagnostics: [] });
export const useForm = (): FormContext => useContext(Form);

interface FieldsProps {
  fields: readonly Field[];
  owner: Owner;
  /** Where the owner is. */
  path: Path;
  onChange: Change;
  /** Whether a member `Name.$` can stand in place of `Name`. */
  isTemplate?: boolean;
}

/** Fields that matter or are there, and buttons for all others. */
export function Fields({ fields, owner, path, onChange, isTemplate = false }: FieldsProps) {
  const { language } = useForm();
  // A field that was there once stays when it is emptied, until it is removed.
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const place = useRef<HTMLDivElement>(null);
  const asked = useRef<string>(undefined);
  useEffect(() => {
    if (asked.current === undefined) return;
    place.current?.querySelector<HTMLElement>(`:scope > [data-field="${asked.current}"] :is(input, textarea, select, .item-title)`)?.focus();
    asked.current = undefined;
  });

  const isThere = (field: Field): boolean => membersOf(formsIn(field, language)).some((member) => owner[member] !== undefined);
  const possible = fields.filter((field) => isShown(field, owner, language));
  const isOpen = (field: Field): boolean => field.isMain === true || isThere(field) || opened.has(field.name);
  const add = (field: Field): void => {
    asked.current = field.name;
    setOpened(new Set([...opened, field.name]));
    if (field.control.kind === 'list') onChange(withMember(owner, field.name, [firstOf(field.control)]), field.name);
  };
  const others = possible.filter((field) => !isOpen(field));
  return (
    <div className="fields-of" ref={place}>
      {possible.filter(isOpen).map((field) => (
        <FieldRow
          key={`${field.name} ${field.only}`}
          field={field}
          owner={owner}
          path={path}
          isTemplate={isTemplate}
          onChange={(next, what) => {
            setOpened((before) => new Set([...before, field.name]));
            onChange(next, what);
          }}
          onRemove={
            field.isMain
              ? undefined
              : () => {
                  setOpened(new Set([...opened].filter((name) => name !== field.name)));
                  const members = membersOf(formsIn(field, language));
                  if (isThere(field)) onChange(Object.fromEntries(Object.entries(owner).filter(([member]) => !members.includes(member))), field.name);
                }
          }
        />
      ))}
      {others.length > 0 && (
        <div className="adds" role="group" aria-label="More fields">
          {others.map((field) => (
            <button key={`${field.name} ${field.only}`} type="button" title={field.help} aria-label={`Add ${field.words ?? field.name}`} onClick={() => add(field)}>
              + {field.words ?? field.name}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

/** What a control is given. */
export interface ControlProps {
  field: Field;
  id: string;
  describedBy: string;
  isWrong: boolean;
  owner: Owner;
  path: Path;
  value: unknown;
  onValue: (value: unknown) => void;
  onOwner: (next: Owner) => void;
  isTemplate: boolean;
  /** Whether somebody asked for it just now. */
  isNew: boolean;
}

interface FieldRowProps extends Omit<FieldsProps, 'fields'> {
  field: Field;
  isTemplate: boolean;
  onRemove?: () => void;
}

function FieldRow({ field, owner, path, onChange, isTemplate, onRemove }: FieldRowProps) {
  const { language, diagnostics } = useForm();
  const id = useId();
  const [chosen, setChosen] = useState<string>();
  const forms = formsIn(field, language);
  const present = forms.find(({ name }) => owner[name] !== undefined);
  const form = present ?? forms.find(({ name }) => name === chosen) ?? forms[0] ?? field;
  const at = [...path, form.name];
  const isWhole = form.control.kind === 'group' || form.control.kind === 'list' || form.control.kind === 'rules' || form.control.kind === 'processor';
  const missing = findingsAt(diagnostics, path, false).filter(({ message }) => membersNamed(message)[0] === form.name);
  const findings = [...missing, ...findingsAt(diagnostics, at, !isWhole), ...(form.control.kind === 'transition' ? findingsAt(diagnostics, [...path, 'End'], false) : [])];

  const choose = (name: string): void => {
    setChosen(name);
    // What stood in the other form can't be said in this one.
    if (present) onChange(withMember(owner, present.name, undefined), present.name);
  };
  const control: ControlProps = {
    field: form,
    id,
    describedBy: `${id}-about`,
    isWrong: findings.some(({ severity }) => severity === 'ERROR'),
    owner,
    path,
    value: owner[form.name],
    onOwner: (next) => onChange(next, form.name),
    isTemplate,
    isNew: onRemove !== undefined && owner[form.name] === undefined,
    onValue: (value) => {
      // A field that says the same in another way gives way to this one, and this one stands where that stood.
      const others = forms.filter(({ name }) => name !== form.name && owner[name] !== undefined);
      const rest = others.reduce<Owner>((rest, { name }) => withMember(rest, name, undefined), owner);
      onChange(withMember(rest, form.name, value), form.name);
    },
  };
  return (
    <div className={`field kind-${form.control.kind}`} data-field={form.name}>
      <div className="field-head">
        <Label field={form} id={id} />
        {forms.length > 1 ? (
          <select className="field-form" aria-label={`How ${field.words ?? field.name} is given`} value={form.name} onChange={(event) => choose(event.target.value)}>
            {forms.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        ) : (
          form.words !== undefined && form.control.kind !== 'transition' && <code>{form.name}</code>
        )}
        {onRemove && (
          <button type="button" className="icon-button small" aria-label={`Remove ${field.words ?? field.name}`} title="Remove" onClick={onRemove}>
            <Close />
          </button>
        )}
      </div>
      <Control {...control} />
      <p className="field-help" id={control.describedBy}>
        {form.help}
      </p>
      <Findings findings={findings} />
    </div>
  );
}

/** Controls that are more than one field have no single thing to label. */
const GROUPED = new Set(['group', 'list', 'rules', 'branches', 'processor', 'errors', 'json']);

function Label({ field, id }: { field: Field; id: string }) {
  const words = field.words ?? field.name;
  return GROUPED.has(field.control.kind) ? (
    <span className="field-label" id={`${id}-label`}>
      {words}
    </span>
  ) : (
    <label className="field-label" htmlFor={id}>
      {words}
    </label>
  );
}

function Control(props: ControlProps): ReactNode {
  const { control } = props.field;
  switch (control.kind) {
    case 'text':
      return <TextControl {...props} text={plainText(props.value)} read={readText} placeholder={control.placeholder} isLong={control.lines} />;
    case 'path':
      return (
        <TextControl
          {...props}
          text={props.value === null ? 'null' : plainText(props.value)}
          read={(text) => readPath(text, control.isNullable)}
          placeholder={control.placeholder}
          isCode
        />
      );
    case 'texts':
      return <TextControl {...props} text={Array.isArray(props.value) ? props.value.join(', ') : plainText(props.value)} read={readTexts} placeholder={control.placeholder} />;
    case 'number':
      return <NumberControl {...props} rule={control} />;
    case 'option':
      return <OptionControl {...props} options={control.options} />;
    case 'json':
      return <JsonControl {...props} placeholder={control.placeholder} />;
    case 'value':
      return <ValueControl {...props} />;
    case 'machine':
      return <MachineControl {...props} />;
    case 'errors':
      return <ErrorsControl {...props} />;
    case 'target':
      return <TargetControl {...props} />;
    case 'transition':
      return <TransitionControl {...props} />;
    case 'resource':
      return <ResourceControl {...props} />;
    case 'group':
      return <GroupControl {...props} fields={control.fields} />;
    case 'list':
      return <ListControl {...props} list={control} />;
    case 'rules':
      return <RulesControl {...props} />;
    case 'branches':
      return <BranchesControl {...props} />;
    case 'processor':
      return <ProcessorControl {...props} />;
  }
}

export function Findings({ findings }: { findings: readonly Diagnostic[] }) {
  if (findings.length === 0) return null;
  return (
    <ul className="field-findings">
      {findings.map((finding, index) => (
        <li key={index} className={finding.severity === 'ERROR' ? 'bad' : 'warn'}>
          {finding.message}
        </li>
      ))}
    </ul>
  );
}
