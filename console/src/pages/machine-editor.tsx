// The editor: a definition as text, its graph beside it, and what is wrong with it.

import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';

import { call } from '../api/client';
import { machineQuery } from '../api/queries';
import type { Diagnostic, Machine, MachineType } from '../api/types';
import { editMachineRoute } from '../app/router';
import { parseDefinition, type Definition } from '../definition/asl';
import { buildGraph } from '../definition/graph';
import { Arrows, GraphView } from '../graph/graph-view';
import { pretty } from '../json/json-view';
import { CliButton } from '../parts/copy';
import { notify, errorText } from '../parts/notices';
import { Loading, Trouble } from '../parts/trouble';

const Code = lazy(() => import('../json/code').then(({ Code }) => ({ default: Code })));

const FIRST: Definition = {
  Comment: 'Says hello',
  StartAt: 'Hello',
  States: { Hello: { Type: 'Pass', Result: { greeting: 'Hello, world' }, End: true } },
};
const ANY_ROLE = 'arn:aws:iam::000000000000:role/any';
const PAUSE_MILLIS = 500;

export function NewMachine() {
  return <Editor />;
}

export function EditMachine() {
  const { arn } = editMachineRoute.useParams();
  const { data, error } = useQuery({ ...machineQuery(arn), staleTime: Number.POSITIVE_INFINITY });
  if (error) {
    return (
      <div className="page">
        <Trouble error={error} />
      </div>
    );
  }
  return data ? (
    <Editor machine={data} />
  ) : (
    <div className="page">
      <Loading what="the definition" />
    </div>
  );
}

function Editor({ machine }: { machine?: Machine }) {
  const [text, setText] = useState(() => (machine ? pretty(machine.definition) : JSON.stringify(FIRST, null, 2)));
  const [name, setName] = useState('');
  const [type, setType] = useState<MachineType>(machine?.type ?? 'STANDARD');
  const [roleArn, setRoleArn] = useState(machine?.roleArn ?? ANY_ROLE);
  const navigate = useNavigate();
  const client = useQueryClient();
  const isChanged = !machine || text !== pretty(machine.definition) || roleArn !== machine.roleArn;

  // The graph stays as it was while the text is no JSON.
  const [definition, setDefinition] = useState<Definition>(() => parseDefinition(text) ?? {});
  useEffect(() => {
    const parsed = parseDefinition(text);
    if (parsed) setDefinition(parsed);
  }, [text]);
  const graph = useMemo(() => buildGraph(definition), [definition]);
  const findings = useFindings(text, type);
  const errors = findings.filter((finding) => finding.severity === 'ERROR');

  const input = machine ? { stateMachineArn: machine.stateMachineArn, definition: text, roleArn } : { name, definition: text, roleArn, type };
  const operation = machine ? 'UpdateStateMachine' : 'CreateStateMachine';
  const save = useMutation({
    mutationFn: () => call<{ stateMachineArn?: string }>(operation, input),
    onSuccess: ({ stateMachineArn }) => {
      notify(machine ? `${machine.name} is saved` : `${name} is created`);
      void client.invalidateQueries({ queryKey: ['machines'] });
      const arn = machine?.stateMachineArn ?? stateMachineArn ?? '';
      void client.invalidateQueries({ queryKey: ['machine', arn] });
      void navigate({ to: '/machines/$arn', params: { arn }, search: machine ? { tab: 'definition' } : {} });
    },
  });

  // What is not saved is not lost by accident.
  useEffect(() => {
    if (!isChanged || save.isSuccess) return;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [isChanged, save.isSuccess]);

  return (
    <div className="page editor">
      <Arrows />
      <header className="page-head">
        <div>
          <nav aria-label="Breadcrumbs" className="crumbs">
            <Link to="/machines" search={{}}>
              State machines
            </Link>
            {machine && (
              <Link to="/machines/$arn" params={{ arn: machine.stateMachineArn }} search={{}}>
                {machine.name}
              </Link>
            )}
          </nav>
          <h1 className="name">{machine ? `Edit ${machine.name}` : 'Create state machine'}</h1>
        </div>
        <div className="actions">
          <CliButton operation={operation} input={input} />
          <Button
            variant="primary"
            loading={save.isPending}
            disabled={errors.length > 0 || (!machine && name === '') || !isChanged}
            onClick={() => save.mutate()}
          >
            {machine ? 'Save' : 'Create'}
          </Button>
        </div>
      </header>
      {save.error && (
        <p className="form-error card pad" role="alert">
          {errorText(save.error)}
        </p>
      )}
      <div className="card pad fields">
        {!machine && (
          <FormField label="Name">
            <Input value={name} onChange={({ detail }) => setName(detail.value)} spellcheck={false} placeholder="order-fulfilment" />
          </FormField>
        )}
        {!machine && (
          <FormField label="Type">
            <select className="select" aria-label="Type" value={type} onChange={(event) => setType(event.target.value as MachineType)}>
              <option value="STANDARD">Standard: durable, up to a year</option>
              <option value="EXPRESS">Express: in memory, up to five minutes</option>
            </select>
          </FormField>
        )}
        <FormField label="Role">
          <Input value={roleArn} onChange={({ detail }) => setRoleArn(detail.value)} spellcheck={false} />
        </FormField>
      </div>
      <div className="split half open">
        <div className="card scroll">
          <Suspense fallback={<pre>{text}</pre>}>
            <Code value={text} onChange={setText} label="Definition" />
          </Suspense>
          <Findings findings={findings} />
        </div>
        <div className="card view">
          <GraphView graph={graph} name={machine?.name ?? (name || 'new state machine')} />
        </div>
      </div>
    </div>
  );
}

/** What the server finds wrong, a moment after the last change. */
function useFindings(text: string, type: MachineType): Diagnostic[] {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MILLIS);
    return () => clearTimeout(timer);
  }, [text]);
  const { data } = useQuery({
    queryKey: ['findings', type, settled],
    queryFn: ({ signal }) => call<{ diagnostics: Diagnostic[] }>('ValidateStateMachineDefinition', { definition: settled, type, severity: 'WARNING' }, signal),
    enabled: settled !== '',
    gcTime: 10_000,
    placeholderData: (before) => before,
  });
  return data?.diagnostics ?? [];
}

function Findings({ findings }: { findings: Diagnostic[] }) {
  return (
    <ul className="findings" aria-label="Findings" aria-live="polite">
      {findings.map((finding, index) => (
        <li key={index} className={finding.severity === 'ERROR' ? 'bad' : 'warn'}>
          <b>{finding.code}</b> {finding.message} {finding.location && <code>{finding.location}</code>}
        </li>
      ))}
      {findings.length === 0 && <li className="ok">Nothing is wrong with it.</li>}
    </ul>
  );
}
