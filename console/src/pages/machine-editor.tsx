// The editor: a workflow, designed by hand or written as code, and how it is saved.

import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Modal from '@cloudscape-design/components/modal';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useBlocker, useNavigate } from '@tanstack/react-router';
import { applyEdits, format as formatJson } from 'jsonc-parser';
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';

import { call } from '../api/client';
import { machineQuery } from '../api/queries';
import type { Diagnostic, Machine, MachineType } from '../api/types';
import { EDITOR_VIEWS, editMachineRoute, newMachineRoute, type EditorSearch } from '../app/router';
import type { Definition } from '../definition/asl';
import { Designer } from '../designer/designer';
import { Keys } from '../designer/keys';
import { problemsIn } from '../designer/locations';
import { useFindings } from '../designer/use-findings';
import { useHistoryKeys, useWorkflow, type Workflow } from '../designer/use-workflow';
import { printedYaml } from '../designer/yaml-text';
import { Arrows } from '../graph/graph-view';
import { pretty } from '../json/json-view';
import { CliButton } from '../parts/copy';
import { Back, Forth } from '../parts/icons';
import { errorText, notify } from '../parts/notices';
import { MachinesCrumb, PageHead, useTitle } from '../parts/page-head';
import { Tabs } from '../parts/tabs';
import { TextField } from '../parts/text-field';
import { Loading, Trouble } from '../parts/trouble';

const TemplateGallery = lazy(() => import('../designer/templates/gallery').then(({ TemplateGallery }) => ({ default: TemplateGallery })));

const FIRST: Definition = {
  Comment: 'Says hello',
  StartAt: 'Hello',
  States: { Hello: { Type: 'Pass', Result: { greeting: 'Hello, world' }, End: true } },
};
const LOOK_MILLIS = 20_000;
const ANY_ROLE = 'arn:aws:iam::000000000000:role/any';

export function NewMachine() {
  const search = newMachineRoute.useSearch();
  const navigate = useNavigate();
  const show = useCallback((change: EditorSearch) => void navigate({ to: '/new-machine', search: (before) => ({ ...before, ...change }) as EditorSearch, replace: true }), [navigate]);
  return <Editor search={search} show={show} />;
}

export function EditMachine() {
  const { arn } = editMachineRoute.useParams();
  const search = editMachineRoute.useSearch();
  const navigate = useNavigate();
  // It begins with what is saved now, and not with what was read before; and looks whether somebody else saves.
  const { data, error, isFetchedAfterMount } = useQuery({ ...machineQuery(arn), staleTime: 0, refetchInterval: LOOK_MILLIS });
  const show = useCallback(
    (change: EditorSearch) => void navigate({ to: '/machines/$arn/edit', params: { arn }, search: (before) => ({ ...before, ...change }) as EditorSearch, replace: true }),
    [navigate, arn],
  );
  if (error) {
    return (
      <div className="page">
        <Trouble error={error} />
      </div>
    );
  }
  return data && isFetchedAfterMount ? (
    <Editor key={arn} machine={data} search={search} show={show} />
  ) : (
    <div className="page">
      <Loading what="the definition" />
    </div>
  );
}

/** A definition that somebody laid out stays as it is. */
const legible = (definition: string): string => (definition.trim().includes('\n') ? definition : pretty(definition));

interface EditorProps {
  machine?: Machine;
  search: EditorSearch;
  show: (change: EditorSearch) => void;
}

function Editor({ machine, search, show }: EditorProps) {
  const [first] = useState(() => (machine ? legible(machine.definition) : JSON.stringify(FIRST, null, 2)));
  const workflow = useWorkflow(first);
  const { json } = workflow;
  const [name, setName] = useState('');
  const [type, setType] = useState<MachineType>(machine?.type ?? 'STANDARD');
  const [roleArn, setRoleArn] = useState(machine?.roleArn ?? ANY_ROLE);
  const [publish, setPublish] = useState(false);
  const [isBrowsing, setBrowsing] = useState(false);
  const navigate = useNavigate();
  const client = useQueryClient();
  useTitle(machine ? `Edit ${machine.name}` : 'Create state machine');
  useHistoryKeys(workflow);
  const view = search.view ?? 'design';
  const told = useFindings(json, type);
  const findings = useMemo(() => (json === '' ? unreadable(workflow) : told), [json, workflow.text, told]);
  const hasErrors = !workflow.isReadable || findings.some((finding) => finding.severity === 'ERROR');

  const [opened] = useState(machine?.definition);
  const isOvertaken = machine !== undefined && machine.definition !== opened;
  const isTouched = json !== first || (machine ? roleArn !== machine.roleArn : name !== '');
  const input = {
    ...(machine ? { stateMachineArn: machine.stateMachineArn } : { name }),
    definition: json,
    roleArn,
    ...(machine ? {} : { type }),
    ...(publish ? { publish } : {}),
  };
  const operation = machine ? 'UpdateStateMachine' : 'CreateStateMachine';
  const save = useMutation({
    mutationFn: () => call<{ stateMachineArn?: string; stateMachineVersionArn?: string }>(operation, input),
    onSuccess: ({ stateMachineArn, stateMachineVersionArn }) => {
      const version = stateMachineVersionArn ? `, as version ${stateMachineVersionArn.split(':').at(-1)}` : '';
      notify(`${machine ? `${machine.name} is saved` : `${name} is created`}${version}`);
      void client.invalidateQueries({ queryKey: ['machines'] });
      const arn = machine?.stateMachineArn ?? stateMachineArn ?? '';
      void client.invalidateQueries({ queryKey: ['machine', arn] });
      void navigate({ to: '/machines/$arn', params: { arn }, search: machine ? { tab: 'definition' } : {}, ignoreBlocker: true });
    },
  });
  const canSave = !hasErrors && !save.isPending && (machine ? isTouched || publish : name !== '');
  useSaveKey(canSave, () => save.mutate());
  const isUnsaved = isTouched && !save.isSuccess;

  return (
    <div className="page editor">
      <Arrows />
      <PageHead
        crumbs={
          <>
            <MachinesCrumb />
            {machine && (
              <Link to="/machines/$arn" params={{ arn: machine.stateMachineArn }} search={{}}>
                {machine.name}
              </Link>
            )}
          </>
        }
        title={machine ? `Edit ${machine.name}` : 'Create state machine'}
      >
        {isUnsaved && <span className="unsaved">Not saved</span>}
        {!machine && <Button onClick={() => setBrowsing(true)}>Start from a template</Button>}
        <CliButton operation={operation} input={input} />
        <Button variant="primary" loading={save.isPending} disabled={!canSave} onClick={() => save.mutate()}>
          {machine ? 'Save' : 'Create'}
        </Button>
      </PageHead>
      {save.error && (
        <p className="form-error card pad" role="alert">
          {errorText(save.error)}
        </p>
      )}
      {isOvertaken && !save.isPending && !save.isSuccess && (
        <p className="overtaken card pad" role="alert">
          It was saved by somebody else since this page was opened. Saving replaces what they wrote.
        </p>
      )}
      <div className="card pad fields">
        {!machine && (
          <TextField label="Name" value={name} onChange={setName} spellcheck={false} placeholder="order-fulfilment" />
        )}
        {!machine && (
          <FormField label="Type">
            <select className="select" aria-label="Type" value={type} onChange={(event) => setType(event.target.value as MachineType)}>
              <option value="STANDARD">Standard: durable, up to a year</option>
              <option value="EXPRESS">Express: in memory, up to five minutes</option>
            </select>
          </FormField>
        )}
        <TextField label="Role" value={roleArn} onChange={setRoleArn} spellcheck={false} />
        <label className="check">
          <input type="checkbox" checked={publish} onChange={(event) => setPublish(event.target.checked)} />
          Publish a version
        </label>
      </div>
      <div className="editor-bar">
        <Tabs label="Ways to edit" tabs={EDITOR_VIEWS.map((id) => ({ id, name: id === 'design' ? 'Design' : 'Code' }))} active={view} onChange={(view) => show({ view })} />
        <HistoryButtons workflow={workflow} />
        {view === 'code' && <CodeTools workflow={workflow} />}
        <Keys />
      </div>
      <section role="tabpanel" aria-label={view === 'design' ? 'Design' : 'Code'}>
        <Designer workflow={workflow} findings={findings} name={machine?.name ?? name} view={view} state={search.state} onState={useCallback((state) => show({ state }), [show])} />
      </section>
      {isBrowsing && (
        <Suspense>
          <TemplateGallery
            onClose={() => setBrowsing(false)}
            onPick={(template) => {
              workflow.replace(JSON.stringify(template.definition, null, 2), `Start from ${template.name}`, 'json');
              setType(template.type);
              show({ state: undefined });
              setBrowsing(false);
            }}
          />
        </Suspense>
      )}
      <LeaveDialog isUnsaved={isUnsaved} />
    </div>
  );
}

/** YAML that cannot be read is nothing that the server could say something about. */
const unreadable = ({ text, format }: Workflow): Diagnostic[] =>
  problemsIn(text, format).map(({ message }) => ({ severity: 'ERROR', code: format === 'yaml' ? 'INVALID_YAML' : 'INVALID_JSON_DESCRIPTION', message }));

function HistoryButtons({ workflow: { undo, redo } }: { workflow: Workflow }) {
  return (
    <div className="history-buttons">
      <button type="button" className="icon-button" aria-label={undo ? `Undo: ${undo.label}` : 'Undo'} title={undo ? `Undo: ${undo.label}` : 'Nothing to undo'} aria-keyshortcuts="Control+Z" disabled={!undo} onClick={undo?.act}>
        <Back />
      </button>
      <button type="button" className="icon-button" aria-label={redo ? `Redo: ${redo.label}` : 'Redo'} title={redo ? `Redo: ${redo.label}` : 'Nothing to redo'} aria-keyshortcuts="Control+Y" disabled={!redo} onClick={redo?.act}>
        <Forth />
      </button>
    </div>
  );
}

function CodeTools({ workflow: { text, format, isReadable, convert, replace } }: { workflow: Workflow }) {
  const tidy = (): void => replace(format === 'json' ? applyEdits(text, formatJson(text, undefined, { tabSize: 2, insertSpaces: true, eol: '\n' })) : printedYaml(text), 'Format');
  return (
    <div className="code-tools">
      <select className="select" aria-label="Written in" value={format} disabled={!isReadable} onChange={(event) => convert(event.target.value === 'yaml' ? 'yaml' : 'json')}>
        <option value="json">JSON</option>
        <option value="yaml">YAML</option>
      </select>
      <Button disabled={!isReadable} onClick={tidy}>
        Format
      </Button>
      {format === 'yaml' && <span className="hint">It is saved as JSON: comments stay here as long as the page is open.</span>}
    </div>
  );
}

function useSaveKey(canSave: boolean, save: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 's') return;
      event.preventDefault();
      if (canSave) save();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  });
}

/** What is not saved is not lost by accident. */
function LeaveDialog({ isUnsaved }: { isUnsaved: boolean }) {
  const blocker = useBlocker({
    // What changes on the page itself is no leaving.
    shouldBlockFn: ({ current, next }) => isUnsaved && current.pathname !== next.pathname,
    enableBeforeUnload: isUnsaved,
    withResolver: true,
  });
  if (blocker.status !== 'blocked') return null;
  return (
    <Modal
      visible
      header="Leave without saving?"
      closeAriaLabel="Close"
      onDismiss={blocker.reset}
      footer={
        <div className="actions">
          <Button variant="link" onClick={blocker.reset}>
            Stay
          </Button>
          <Button variant="primary" onClick={blocker.proceed}>
            Leave
          </Button>
        </div>
      }
    >
      What was changed since the last save is lost.
    </Modal>
  );
}
