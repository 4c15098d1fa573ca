// The inspector: a form for the chosen state, or, where none is chosen, for the whole machine; and a test of the state.

import './inspector.css';

import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { flushSync } from 'react-dom';

import type { Diagnostic } from '../../api/types';
import type { Definition, State } from '../../definition/asl';
import { workOf } from '../../definition/resource';
import { StateIcon } from '../../graph/state-icon';
import { Tabs } from '../../parts/tabs';
import { nameAt, stateAt, type Edit, type Path } from '../edit';
import { flowOf } from '../references';
import { TestState } from '../test-state/test-state';
import { change } from './change';
import { useDraft } from './draft';
import { asObject, isShown, isStateType, membersOf, STATE_TYPES, strangersOf, type Section, type StateType } from './fields';
import { Fields, Findings, Form, type FormContext, type Owner } from './form';
import { findingsAt, languageOf, membersNamed, nameFault } from './place';
import { retyped } from './retype';
import { Strangers } from './strangers';
import { MACHINE_FIELDS, SECTIONS } from './table';

export interface InspectorProps {
  definition: Definition;
  /** Of the chosen state; the machine itself when it is empty. */
  path: Path;
  onEdits: (edits: Edit[], label: string) => void;
  diagnostics: Diagnostic[];
}

export function Inspector(props: InspectorProps) {
  // Who tests one state after the other stays with tests.
  const [view, setView] = useState<View>('form');
  const state = props.path.length === 0 ? undefined : stateAt(props.definition, props.path);
  if (props.path.length === 0) return <MachineForm {...props} />;
  // Fields of one state hold nothing of another.
  return state ? <StateInspector key={JSON.stringify(props.path)} {...props} state={state} view={view} onView={setView} /> : null;
}

type View = 'form' | 'test';
const VIEWS = [
  { id: 'form', name: 'Fields' },
  { id: 'test', name: 'Test state' },
] as const;

interface StateInspectorProps extends InspectorProps {
  state: State;
  view: View;
  onView: (view: View) => void;
}

function StateInspector({ definition, path, onEdits, diagnostics, state, view, onView }: StateInspectorProps) {
  const name = nameAt(path);
  const form = useMemo<FormContext>(
    () => ({ definition, language: languageOf(definition, state), flow: flowOf(path), diagnostics }),
    [definition, state, path, diagnostics],
  );
  const take = (next: Owner, what: string): void => {
    const edits = change(path, state, next);
    if (edits.length > 0) onEdits(edits, `Change ${what} of ${name}`);
  };
  return (
    <div className="inspector" onKeyDown={settleBeforeSave}>
      <header className="inspector-head">
        <span className="state-icon">
          <StateIcon type={state.Type} service={workOf(state)?.service} />
        </span>
        <Name definition={definition} path={path} onEdits={onEdits} />
        <Type type={state.Type} onType={(type) => take(retyped(definition, state, type) as Owner, 'the type')} />
      </header>
      <Tabs label={`Parts of ${name}`} tabs={VIEWS} active={view} onChange={onView} isSmall />
      <div role="tabpanel" aria-label={view === 'form' ? 'Fields' : 'Test state'} className="inspector-body">
        <Form value={form}>
          {view === 'form' ? <StateForm state={state as Owner} path={path} onChange={take} form={form} /> : <TestState definition={definition} path={path} state={state} diagnostics={diagnostics} />}
        </Form>
      </div>
    </div>
  );
}

/** What is being written is part of what is saved. */
function settleBeforeSave(event: KeyboardEvent): void {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 's') return;
  const field = document.activeElement;
  if (!(field instanceof HTMLElement)) return;
  flushSync(() => field.blur());
  field.focus();
}

/** What was renamed by Enter: its field is left by nobody. */
let renamed: string | undefined;

/** A name is taken when the field is left, so that no half of it ever leads anywhere. */
function Name({ definition, path, onEdits }: Pick<InspectorProps, 'definition' | 'path' | 'onEdits'>) {
  const id = useId();
  const name = nameAt(path);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (renamed === name) field.current?.focus();
    renamed = undefined;
  }, [name]);
  const draft = useDraft(
    name,
    (text) => {
      const fault = nameFault(definition, path, text);
      return fault === undefined ? { value: text, text } : { fault };
    },
    (to) => onEdits([{ kind: 'rename', path, to: String(to) }], `Rename ${name}`),
    false,
  );
  return (
    <div className="inspector-name">
      <input
        id={id}
        ref={field}
        className="input"
        aria-label="Name of the state"
        aria-invalid={draft.fault !== undefined}
        aria-describedby={`${id}-fault`}
        value={draft.text}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => draft.write(event.target.value)}
        onBlur={draft.settle}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          renamed = draft.text;
          draft.settle();
        }}
      />
      {draft.fault && (
        <p className="field-fault" id={`${id}-fault`} role="alert">
          {draft.fault}
        </p>
      )}
    </div>
  );
}

function Type({ type, onType }: { type: unknown; onType: (type: StateType) => void }) {
  return (
    <select className="select" aria-label="Type of the state" value={String(type ?? '')} onChange={(event) => isStateType(event.target.value) && onType(event.target.value)}>
      {!isStateType(type) && <option value={String(type ?? '')}>{String(type ?? 'no type')}</option>}
      {STATE_TYPES.map((type) => (
        <option key={type}>{type}</option>
      ))}
    </select>
  );
}

function StateForm({ state, path, onChange, form }: { state: Owner; path: Path; onChange: (next: Owner, what: string) => void; form: FormContext }) {
  const sections = isStateType(state.Type) ? SECTIONS[state.Type] : [];
  const fields = sections.flatMap((section) => section.fields);
  const shown = new Set(membersOf(fields.filter((field) => isShown(field, state, form.language))));
  // What a finding says of a field stands at the field.
  const findings = findingsAt(form.diagnostics, path, false).filter(({ message }) => !shown.has(membersNamed(message)[0] ?? ''));
  return (
    <>
      <Findings findings={findings} />
      {sections.map((section) => (
        <FormSection key={section.title} section={section} state={state} path={path} onChange={onChange} form={form} />
      ))}
      <Strangers strangers={strangersOf(state, fields, form.language, ['Type'])} owner={state} onChange={onChange} />
    </>
  );
}

function FormSection({ section, state, path, onChange, form }: { section: Section; state: Owner; path: Path; onChange: (next: Owner, what: string) => void; form: FormContext }) {
  const id = useId();
  if (!section.fields.some((field) => isShown(field, state, form.language))) return null;
  return (
    <section className="form-section" aria-labelledby={id}>
      <h2 id={id}>{section.title}</h2>
      <Fields fields={section.fields} owner={state} path={path} onChange={onChange} />
    </section>
  );
}

function MachineForm({ definition, onEdits, diagnostics }: InspectorProps) {
  const form = useMemo<FormContext>(() => ({ definition, language: languageOf(definition, undefined), flow: [], diagnostics }), [definition, diagnostics]);
  const owner = definition as Owner;
  const take = (next: Owner, what: string): void => {
    const edits = change([], owner, next);
    if (edits.length > 0) onEdits(edits, `Change ${what} of the workflow`);
  };
  return (
    <div className="inspector" onKeyDown={settleBeforeSave}>
      <div className="inspector-body">
        <Form value={form}>
          <section className="form-section" aria-label="The workflow">
            <h2>The workflow</h2>
            <Findings findings={diagnostics.filter(({ location = '/' }) => location === '/')} />
            <Fields fields={MACHINE_FIELDS} owner={owner} path={[]} onChange={take} />
            <Strangers strangers={strangersOf(asObject(owner), MACHINE_FIELDS, form.language, ['States'])} owner={owner} onChange={take} />
          </section>
        </Form>
      </div>
    </div>
  );
}
