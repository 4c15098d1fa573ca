// A state machine: its executions, its definition, its versions and aliases, its settings.

import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';

import { useLive } from '../api/live';
import { searchQuery } from '../api/own';
import { aliasesQuery, executionsQuery, machineQuery, tagsQuery, versionsQuery } from '../api/queries';
import { millis, type ExecutionListItem, type Machine, type MachineVersion } from '../api/types';
import { MACHINE_TABS, machineRoute, type MachineSearch } from '../app/router';
import { findState, parseDefinition } from '../definition/asl';
import { buildGraph, type GraphNode } from '../definition/graph';
import { Arrows, GraphView } from '../graph/graph-view';
import { JsonView, pretty } from '../json/json-view';
import { CliButton, Copied } from '../parts/copy';
import { Dialog } from '../parts/dialog';
import { ExecutionList, sinceOf, SinceFilter, StatusFilter } from '../parts/execution-list';
import { FilterField } from '../parts/filter-field';
import { notify } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { StartDialog } from '../parts/start-dialog';
import { Tabs } from '../parts/tabs';
import { momentText } from '../parts/time';
import { Loading, Trouble } from '../parts/trouble';
import { Fact } from './execution/summary';

const Code = lazy(() => import('../json/code').then(({ Code }) => ({ default: Code })));

const TAB_NAMES = { executions: 'Executions', definition: 'Definition', versions: 'Versions and aliases', settings: 'Settings' };

export function MachinePage() {
  const { arn } = machineRoute.useParams();
  const search = machineRoute.useSearch();
  const navigate = useNavigate();
  const { data: machine, error, refetch } = useQuery(machineQuery(arn));
  useLive({ stateMachineArn: arn });
  const [open, setOpen] = useState<'start' | 'delete'>();
  const client = useQueryClient();
  useEffect(() => {
    document.title = machine ? `${machine.name} · Stepwell` : 'Stepwell';
    return () => {
      document.title = 'Stepwell';
    };
  }, [machine]);

  if (error) {
    return (
      <div className="page">
        <Trouble error={error} retry={() => void refetch()} />
      </div>
    );
  }
  if (!machine) {
    return (
      <div className="page">
        <Loading what="the state machine" />
      </div>
    );
  }
  const tab = search.tab ?? 'executions';
  const show = (change: Partial<MachineSearch>): void =>
    void navigate({ to: '/machines/$arn', params: { arn }, search: (before) => ({ ...before, ...change }) as MachineSearch, replace: true });
  return (
    <div className="page">
      <Arrows />
      <PageHead
        crumbs={
          <Link to="/machines" search={{}}>
            State machines
          </Link>
        }
        title={
          <>
            {machine.name} <small>{machine.type === 'EXPRESS' ? 'Express' : 'Standard'}</small>
            {machine.status === 'DELETING' && <small> being deleted</small>}
          </>
        }
      >
        <div className="actions">
          <CliButton operation="DescribeStateMachine" input={{ stateMachineArn: arn }} />
          <Button onClick={() => setOpen('delete')}>Delete</Button>
          <Link className="button" to="/machines/$arn/edit" params={{ arn }}>
            Edit
          </Link>
          <Button variant="primary" onClick={() => setOpen('start')}>
            Start execution
          </Button>
        </div>
      </PageHead>
      <Tabs label="Parts of the state machine" tabs={MACHINE_TABS.map((id) => ({ id, name: TAB_NAMES[id] }))} active={tab} onChange={(tab) => show({ tab })} />
      <section role="tabpanel" aria-label={TAB_NAMES[tab]}>
        {tab === 'executions' && <Executions machine={machine} search={search} show={show} onStart={() => setOpen('start')} />}
        {tab === 'definition' && <DefinitionView machine={machine} />}
        {tab === 'versions' && <Versions arn={arn} />}
        {tab === 'settings' && <Settings machine={machine} />}
      </section>
      {open === 'start' && <StartDialog machineArn={arn} machineName={machine.name} onClose={() => setOpen(undefined)} />}
      {open === 'delete' && (
        <Dialog
          title={`Delete ${machine.name}`}
          action="Delete state machine"
          operation="DeleteStateMachine"
          input={{ stateMachineArn: arn }}
          onClose={() => setOpen(undefined)}
          onDone={() => {
            notify(`${machine.name} is being deleted`);
            void client.invalidateQueries({ queryKey: ['machines'] });
            void navigate({ to: '/machines', search: {} });
          }}
        >
          <p>
            It can't be started any more, its running executions end at their next state, and then it is gone, with its versions,
            aliases and history. Nobody can undo that.
          </p>
        </Dialog>
      )}
    </div>
  );
}

interface ExecutionsProps {
  machine: Machine;
  search: MachineSearch;
  show: (change: Partial<MachineSearch>) => void;
  onStart: () => void;
}

function Executions({ machine, search, show, onStart }: ExecutionsProps) {
  const { stateMachineArn: arn } = machine;
  // What a name or a time is looked for in, and all of Express, AWS's API cannot list.
  const isSearch = machine.type === 'EXPRESS' || search.q !== undefined || search.since !== undefined;
  const versions = useQuery(versionsQuery(arn));
  const aliases = useQuery(aliasesQuery(arn));
  const listed = useInfiniteQuery({ ...executionsQuery({ stateMachineArn: search.of ?? arn, statusFilter: search.status }), enabled: !isSearch });
  const found = useInfiniteQuery({
    ...searchQuery({ stateMachineArn: arn, name: search.q, status: search.status, since: sinceOf(search.since) }),
    enabled: isSearch,
  });
  const query = isSearch ? found : listed;
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.executions as ExecutionListItem[]), [query.data]);
  const routes = [
    ...(aliases.data ?? []).map((alias) => ({ arn: alias.stateMachineAliasArn, name: `alias ${alias.stateMachineAliasArn.split(':').at(-1)}` })),
    ...(versions.data ?? []).map((version) => ({ arn: version.stateMachineVersionArn, name: `version ${version.stateMachineVersionArn.split(':').at(-1)}` })),
  ];
  return (
    <div className="card">
      <div className="tools">
        <FilterField label="Find by name" value={search.q ?? ''} onChange={(q) => show({ q: q || undefined })} />
        <StatusFilter status={search.status} onChange={(status) => show({ status })} />
        <SinceFilter since={search.since} onChange={(since) => show({ since })} />
        {routes.length > 0 && (
          <select className="select" aria-label="Started with" value={search.of ?? ''} disabled={isSearch} onChange={(event) => show({ of: event.target.value || undefined })}>
            <option value="">all versions</option>
            {routes.map((route) => (
              <option key={route.arn} value={route.arn}>
                {route.name}
              </option>
            ))}
          </select>
        )}
      </div>
      {machine.type === 'EXPRESS' && <p className="hint">Express executions are kept in memory: the last ones, until the server ends.</p>}
      {query.error && <Trouble error={query.error} retry={() => void query.refetch()} />}
      <ExecutionList
        items={items}
        hasMore={query.hasNextPage}
        isLoadingMore={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
        empty={
          search.status || search.q || search.since ? (
            <p className="none">No execution fits the filters.</p>
          ) : (
            <p className="none">
              It has not run yet. <Button onClick={onStart}>Start the first execution</Button>
            </p>
          )
        }
      />
    </div>
  );
}

function DefinitionView({ machine }: { machine: Machine }) {
  const definition = useMemo(() => parseDefinition(machine.definition), [machine.definition]);
  const graph = useMemo(() => buildGraph(definition ?? {}), [definition]);
  const text = useMemo(() => pretty(machine.definition), [machine.definition]);
  const [chosen, setChosen] = useState<GraphNode>();
  const reveal = chosen?.name === undefined ? undefined : placeOf(text, chosen.name);
  return (
    <div className="split half open">
      <div className="card view">
        <GraphView graph={graph} name={machine.name} selected={chosen?.id} onSelect={setChosen} />
      </div>
      <div className="card scroll">
        <Suspense fallback={<pre>{text}</pre>}>
          <Code value={text} label={`Definition of ${machine.name}`} reveal={reveal} />
        </Suspense>
        {chosen?.name !== undefined && !findState(definition, chosen.name) && <p className="none">There is no state {chosen.name}.</p>}
      </div>
    </div>
  );
}

/** Where a state's definition begins in the text. */
function placeOf(text: string, name: string): number | undefined {
  const at = text.indexOf(`${JSON.stringify(name)}: {`);
  return at < 0 ? undefined : at;
}

function Versions({ arn }: { arn: string }) {
  const versions = useQuery(versionsQuery(arn));
  const aliases = useQuery(aliasesQuery(arn));
  const client = useQueryClient();
  const [open, setOpen] = useState<'version' | 'alias'>();
  const close = (): void => setOpen(undefined);
  const done = (text: string): void => {
    notify(text);
    void client.invalidateQueries({ queryKey: ['machine', arn] });
    close();
  };
  if (versions.error) return <Trouble error={versions.error} />;
  return (
    <div className="columns">
      <section className="card pad">
        <header className="card-head">
          <h2>Versions</h2>
          <Button onClick={() => setOpen('version')}>Publish a version</Button>
        </header>
        <ul className="plain">
          {(versions.data ?? []).map((version) => (
            <li key={version.stateMachineVersionArn}>
              <Link to="/machines/$arn" params={{ arn }} search={{ of: version.stateMachineVersionArn }}>
                Version {version.stateMachineVersionArn.split(':').at(-1)}
              </Link>
              <small>{momentText(millis(version.creationDate))}</small>
            </li>
          ))}
        </ul>
        {versions.data?.length === 0 && <p className="none">None is published. A version is a definition that no longer changes.</p>}
      </section>
      <section className="card pad">
        <header className="card-head">
          <h2>Aliases</h2>
          <Button disabled={!versions.data?.length} onClick={() => setOpen('alias')}>
            Create an alias
          </Button>
        </header>
        <ul className="plain">
          {(aliases.data ?? []).map((alias) => (
            <li key={alias.stateMachineAliasArn}>
              <Link to="/machines/$arn" params={{ arn }} search={{ of: alias.stateMachineAliasArn }}>
                {alias.stateMachineAliasArn.split(':').at(-1)}
              </Link>
              <small>{momentText(millis(alias.creationDate))}</small>
            </li>
          ))}
        </ul>
        {aliases.data?.length === 0 && <p className="none">There is none. An alias leads to one version, or divides starts between two.</p>}
      </section>
      {open === 'version' && (
        <Dialog<{ stateMachineVersionArn: string }>
          title="Publish a version"
          action="Publish"
          operation="PublishStateMachineVersion"
          input={{ stateMachineArn: arn }}
          onClose={close}
          onDone={({ stateMachineVersionArn }) => done(`Version ${stateMachineVersionArn.split(':').at(-1)} is published`)}
        >
          <p>The definition as it is now gets a number, and stays as it is under it.</p>
        </Dialog>
      )}
      {open === 'alias' && <AliasDialog versions={versions.data ?? []} onClose={close} onDone={(name) => done(`The alias ${name} is there`)} />}
    </div>
  );
}

interface AliasProps {
  versions: MachineVersion[];
  onClose: () => void;
  onDone: (name: string) => void;
}

function AliasDialog({ versions, onClose, onDone }: AliasProps) {
  const [name, setName] = useState('');
  const [version, setVersion] = useState(versions[0]?.stateMachineVersionArn ?? '');
  return (
    <Dialog
      title="Create an alias"
      action="Create"
      operation="CreateStateMachineAlias"
      input={{ name, routingConfiguration: [{ stateMachineVersionArn: version, weight: 100 }] }}
      blocked={name ? undefined : 'It needs a name.'}
      onClose={onClose}
      onDone={() => onDone(name)}
    >
      <FormField label="Name">
        <Input value={name} onChange={({ detail }) => setName(detail.value)} spellcheck={false} />
      </FormField>
      <FormField label="Leads to">
        <select className="select" aria-label="Leads to" value={version} onChange={(event) => setVersion(event.target.value)}>
          {versions.map(({ stateMachineVersionArn }) => (
            <option key={stateMachineVersionArn} value={stateMachineVersionArn}>
              Version {stateMachineVersionArn.split(':').at(-1)}
            </option>
          ))}
        </select>
      </FormField>
    </Dialog>
  );
}

function Settings({ machine }: { machine: Machine }) {
  const tags = useQuery(tagsQuery(machine.stateMachineArn));
  return (
    <div className="card pad">
      <dl className="facts">
        <Fact name="Type">{machine.type === 'EXPRESS' ? 'Express' : 'Standard'}</Fact>
        <Fact name="Created">{momentText(millis(machine.creationDate))}</Fact>
        <Fact name="Logging">{machine.loggingConfiguration?.level ?? 'OFF'}</Fact>
        <Fact name="Tracing">{machine.tracingConfiguration?.enabled ? 'on' : 'off'}</Fact>
        {machine.revisionId && <Fact name="Revision">{machine.revisionId}</Fact>}
        <Fact name="Role" className="wide">
          <Copied text={machine.roleArn} label="the role's ARN" />
        </Fact>
        <Fact name="ARN" className="wide">
          <Copied text={machine.stateMachineArn} label="the state machine's ARN" />
        </Fact>
      </dl>
      <h2>Tags</h2>
      {tags.data?.tags?.length ? <JsonView text={JSON.stringify(Object.fromEntries(tags.data.tags.map(({ key, value }) => [key, value])))} label="tags" /> : <p className="none">None</p>}
    </div>
  );
}
