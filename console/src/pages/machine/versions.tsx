// Versions and aliases of a state machine: what stays as it is, and the names that lead to it.

import Button from '@cloudscape-design/components/button';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';

import { aliasesQuery, aliasQuery, machineQuery, versionQuery, versionsQuery } from '../../api/queries';
import { millis, type Machine, type MachineAlias, type MachineVersion } from '../../api/types';
import type { MachineSearch } from '../../app/router';
import { CliButton } from '../../parts/copy';
import { Dialog } from '../../parts/dialog';
import { ACTIONS, ListHead, spare } from '../../parts/list-head';
import { notify } from '../../parts/notices';
import { pageOf, Pages } from '../../parts/pages';
import { StartDialog } from '../../parts/start-dialog';
import { TextField } from '../../parts/text-field';
import { momentText } from '../../parts/time';
import { Loading, Trouble } from '../../parts/trouble';
import { AliasDialog } from './alias-dialog';

const PAGE = 25;

/** The last part of the ARN: a version's number, an alias's name. */
export const lastOf = (arn: string): string => arn.split(':').at(-1) ?? arn;

/** What is to be done, and with which version or alias. */
type Task =
  | { kind: 'publish' | 'create-alias' }
  | { kind: 'delete-version' | 'delete-alias' | 'edit-alias'; arn: string }
  | { kind: 'start'; arn: string; name: string };

interface Props {
  machine: Machine;
  search: MachineSearch;
  show: (change: Partial<MachineSearch>) => void;
}

export function Versions({ machine, search, show }: Props) {
  const arn = machine.stateMachineArn;
  const versions = useQuery(versionsQuery(arn));
  const aliases = useQuery(aliasesQuery(arn));
  const client = useQueryClient();
  const [task, setTask] = useState<Task>();
  const error = versions.error ?? aliases.error;
  if (error) return <Trouble error={error} retry={() => void Promise.all([versions.refetch(), aliases.refetch()])} />;
  if (!versions.data || !aliases.data) return <Loading what="versions and aliases" />;
  const { rows, page, last } = pageOf(versions.data, search.page, PAGE);
  const close = (): void => setTask(undefined);
  const done = (text: string): void => {
    notify(text);
    void client.invalidateQueries({ queryKey: machineQuery(arn).queryKey });
    close();
  };
  return (
    <div className="stack">
      <section className="card" aria-label="Aliases">
        <header className="card-head">
          <h2>Aliases</h2>
          <CliButton operation="ListStateMachineAliases" input={{ stateMachineArn: arn }} />
          <Button disabled={versions.data.length === 0} onClick={() => setTask({ kind: 'create-alias' })}>
            Create an alias
          </Button>
        </header>
        {aliases.data.length > 0 ? (
          <table className="list">
            <ListHead columns={['Alias', 'Leads to', spare('Description'), spare('Created'), ACTIONS]} />
            <tbody>
              {aliases.data.map((alias) => (
                <AliasRow key={alias.stateMachineAliasArn} machineArn={arn} alias={alias} onTask={setTask} />
              ))}
            </tbody>
          </table>
        ) : (
          <p className="none">There is none. An alias leads to one version, or divides starts between two.</p>
        )}
      </section>
      <section className="card" aria-label="Versions">
        <header className="card-head">
          <h2>Versions</h2>
          <Pages page={page} last={last} onPage={(page) => show({ page })} />
          <CliButton operation="ListStateMachineVersions" input={{ stateMachineArn: arn }} />
          <Button onClick={() => setTask({ kind: 'publish' })}>Publish a version</Button>
        </header>
        {rows.length > 0 ? (
          <table className="list">
            <ListHead columns={['Version', spare('Description'), spare('Published'), ACTIONS]} />
            <tbody>
              {rows.map((version) => (
                <VersionRow key={version.stateMachineVersionArn} machineArn={arn} version={version} onTask={setTask} />
              ))}
            </tbody>
          </table>
        ) : (
          <p className="none">None is published. A version is a definition that no longer changes.</p>
        )}
      </section>
      {task?.kind === 'publish' && <PublishDialog machine={machine} onClose={close} onDone={(number) => done(`Version ${number} is published`)} />}
      {task?.kind === 'create-alias' && <AliasDialog versions={versions.data} onClose={close} onDone={(name) => done(`The alias ${name} is there`)} />}
      {task?.kind === 'edit-alias' && (
        <EditAlias machineArn={arn} aliasArn={task.arn} versions={versions.data} onClose={close} onDone={(name) => done(`The alias ${name} is changed`)} />
      )}
      {task?.kind === 'start' && <StartDialog machineArn={task.arn} machineName={`${machine.name}, ${task.name}`} onClose={close} />}
      {task?.kind === 'delete-alias' && (
        <Dialog
          title={`Delete the alias ${lastOf(task.arn)}`}
          action="Delete alias"
          operation="DeleteStateMachineAlias"
          input={{ stateMachineAliasArn: task.arn }}
          onClose={close}
          onDone={() => done(`The alias ${lastOf(task.arn)} is deleted`)}
        >
          <p>Nothing can be started with it any more. Its versions stay, and executions that it started go on.</p>
        </Dialog>
      )}
      {task?.kind === 'delete-version' && (
        <Dialog
          title={`Delete version ${lastOf(task.arn)}`}
          action="Delete version"
          operation="DeleteStateMachineVersion"
          input={{ stateMachineVersionArn: task.arn }}
          onClose={close}
          onDone={() => done(`Version ${lastOf(task.arn)} is deleted`)}
        >
          <p>Executions that it started go on with its definition. A version that an alias leads to can't be deleted.</p>
        </Dialog>
      )}
    </div>
  );
}

function VersionRow({ machineArn, version, onTask }: { machineArn: string; version: MachineVersion; onTask: (task: Task) => void }) {
  const arn = version.stateMachineVersionArn;
  const number = lastOf(arn);
  const { data } = useQuery(versionQuery(machineArn, arn));
  return (
    <tr>
      <td>
        <Link to="/machines/$arn" params={{ arn: machineArn }} search={{ of: arn }}>
          Version {number}
        </Link>
      </td>
      <td className="text spare">{data?.description}</td>
      <td className="spare">{momentText(millis(version.creationDate))}</td>
      <td className="row-actions">
        <button type="button" className="text-button" aria-label={`Start version ${number}`} onClick={() => onTask({ kind: 'start', arn, name: `version ${number}` })}>
          Start
        </button>
        <button type="button" className="text-button" aria-label={`Delete version ${number}`} onClick={() => onTask({ kind: 'delete-version', arn })}>
          Delete
        </button>
      </td>
    </tr>
  );
}

function AliasRow({ machineArn, alias, onTask }: { machineArn: string; alias: MachineAlias; onTask: (task: Task) => void }) {
  const arn = alias.stateMachineAliasArn;
  const name = lastOf(arn);
  const { data } = useQuery(aliasQuery(machineArn, arn));
  const routes = data?.routingConfiguration ?? [];
  return (
    <tr>
      <td>
        <Link to="/machines/$arn" params={{ arn: machineArn }} search={{ of: arn }}>
          {name}
        </Link>
      </td>
      <td>
        {routes.map((route) => (
          <span key={route.stateMachineVersionArn} className="route">
            Version {lastOf(route.stateMachineVersionArn)}
            {routes.length > 1 && <small>{route.weight} %</small>}
          </span>
        ))}
      </td>
      <td className="text spare">{data?.description}</td>
      <td className="spare">{momentText(millis(alias.creationDate))}</td>
      <td className="row-actions">
        <button type="button" className="text-button" aria-label={`Start alias ${name}`} onClick={() => onTask({ kind: 'start', arn, name: `alias ${name}` })}>
          Start
        </button>
        <button type="button" className="text-button" aria-label={`Edit alias ${name}`} onClick={() => onTask({ kind: 'edit-alias', arn })}>
          Edit
        </button>
        <button type="button" className="text-button" aria-label={`Delete alias ${name}`} onClick={() => onTask({ kind: 'delete-alias', arn })}>
          Delete
        </button>
      </td>
    </tr>
  );
}

interface EditAliasProps {
  machineArn: string;
  aliasArn: string;
  versions: MachineVersion[];
  onClose: () => void;
  onDone: (name: string) => void;
}

/** The dialog begins with the alias as it is, so it waits until that is known. */
function EditAlias({ machineArn, aliasArn, ...rest }: EditAliasProps) {
  const { data } = useQuery(aliasQuery(machineArn, aliasArn));
  return data ? <AliasDialog alias={data} {...rest} /> : null;
}

interface PublishProps {
  machine: Machine;
  onClose: () => void;
  onDone: (number: string) => void;
}

function PublishDialog({ machine, onClose, onDone }: PublishProps) {
  const [description, setDescription] = useState('');
  return (
    <Dialog<{ stateMachineVersionArn: string }>
      title="Publish a version"
      action="Publish"
      operation="PublishStateMachineVersion"
      // What is published is what was seen: where somebody saved meanwhile, the server says so.
      input={{ stateMachineArn: machine.stateMachineArn, revisionId: machine.revisionId, description: description || undefined }}
      onClose={onClose}
      onDone={({ stateMachineVersionArn }) => onDone(lastOf(stateMachineVersionArn))}
    >
      <p>The definition as it is now gets a number, and stays as it is under it.</p>
      <TextField label="Description" description="Optional: what is new in it" value={description} onChange={setDescription} />
    </Dialog>
  );
}
