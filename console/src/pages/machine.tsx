// A state machine: its executions, its definition, its versions and aliases, its settings.

import Button from '@cloudscape-design/components/button';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { useLive } from '../api/live';
import { machineQuery } from '../api/queries';
import { MACHINE_TABS, machineRoute, type MachineSearch } from '../app/router';
import { Arrows } from '../graph/graph-view';
import { CliButton } from '../parts/copy';
import { Dialog } from '../parts/dialog';
import { notify } from '../parts/notices';
import { MachinesCrumb, PageHead, useTitle } from '../parts/page-head';
import { StartDialog } from '../parts/start-dialog';
import { Tabs } from '../parts/tabs';
import { Awaited } from '../parts/trouble';
import { DefinitionView } from './machine/definition';
import { Executions } from './machine/executions';
import { Settings } from './machine/settings';
import { Versions } from './machine/versions';

const TAB_NAMES = { executions: 'Executions', definition: 'Definition', versions: 'Versions and aliases', settings: 'Settings' };

export function MachinePage() {
  const { arn } = machineRoute.useParams();
  const search = machineRoute.useSearch();
  const navigate = useNavigate();
  const { data: machine, error, refetch } = useQuery(machineQuery(arn));
  useLive({ stateMachineArn: arn });
  useTitle(machine?.name);
  const [open, setOpen] = useState<'start' | 'delete'>();
  const client = useQueryClient();
  if (!machine) return <Awaited what="the state machine" error={error} retry={() => void refetch()} />;
  const tab = search.tab ?? 'executions';
  const show = (change: Partial<MachineSearch>): void =>
    void navigate({ to: '/machines/$arn', params: { arn }, search: (before) => ({ ...before, ...change }) as MachineSearch, replace: true });
  return (
    <div className="page">
      <Arrows />
      <PageHead
        crumbs={<MachinesCrumb />}
        title={
          <>
            {machine.name} <small>{machine.type === 'EXPRESS' ? 'Express' : 'Standard'}</small>
            {machine.status === 'DELETING' && <small> being deleted</small>}
          </>
        }
      >
        <CliButton operation="DescribeStateMachine" input={{ stateMachineArn: arn }} />
        <Button onClick={() => setOpen('delete')}>Delete</Button>
        <Link className="button" to="/machines/$arn/edit" params={{ arn }}>
          Edit
        </Link>
        <Button variant="primary" onClick={() => setOpen('start')}>
          Start execution
        </Button>
      </PageHead>
      <Tabs
        label="Parts of the state machine"
        tabs={MACHINE_TABS.map((id) => ({ id, name: TAB_NAMES[id] }))}
        active={tab}
        onChange={(tab) => show({ tab: tab === 'executions' ? undefined : tab })}
      />
      <section role="tabpanel" aria-label={TAB_NAMES[tab]}>
        {tab === 'executions' && <Executions machine={machine} search={search} show={show} onStart={() => setOpen('start')} />}
        {tab === 'definition' && <DefinitionView machine={machine} search={search} show={show} />}
        {tab === 'versions' && <Versions machine={machine} search={search} show={show} />}
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
