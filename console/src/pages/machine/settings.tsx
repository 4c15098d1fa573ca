// Settings of a state machine: role, logging, tracing, encryption, tags.

import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Toggle from '@cloudscape-design/components/toggle';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';

import { machineQuery } from '../../api/queries';
import { millis, type Logging, type LogLevel, type Machine } from '../../api/types';
import { Copied } from '../../parts/copy';
import { Dialog } from '../../parts/dialog';
import { notify } from '../../parts/notices';
import { Tags } from '../../parts/tags';
import { TextField } from '../../parts/text-field';
import { momentText } from '../../parts/time';
import { Fact } from '../execution/summary';

type Setting = 'role' | 'logging' | 'tracing';

const LEVELS: Record<LogLevel, string> = {
  OFF: 'Nothing',
  FATAL: 'Fatal: how executions fail, time out or are aborted',
  ERROR: 'Errors: what fails in states, too',
  ALL: 'All events',
};

/** A log group's ARN ends with this where Step Functions is told of it. */
const GROUP_END = ':*';

export function Settings({ machine }: { machine: Machine }) {
  const client = useQueryClient();
  const [open, setOpen] = useState<Setting>();
  const { loggingConfiguration: logging, encryptionConfiguration: encryption } = machine;
  const level = logging?.level ?? 'OFF';
  const close = (): void => setOpen(undefined);
  const done = (): void => {
    notify('The settings are saved');
    void client.invalidateQueries({ queryKey: machineQuery(machine.stateMachineArn).queryKey });
    close();
  };
  const dialog = { machine, onClose: close, onDone: done };
  return (
    <div className="settings">
      <Group name="General">
        <Fact name="Type">{machine.type === 'EXPRESS' ? 'Express' : 'Standard'}</Fact>
        <Fact name="Created">{momentText(millis(machine.creationDate))}</Fact>
        {machine.revisionId && (
          <Fact name="Revision" className="wide">
            <Copied text={machine.revisionId} label="the revision's id" />
          </Fact>
        )}
        <Fact name="ARN" className="wide">
          <Copied text={machine.stateMachineArn} label="the state machine's ARN" />
        </Fact>
      </Group>
      <Tags arn={machine.stateMachineArn} />
      <Group name="Logging" onEdit={() => setOpen('logging')}>
        <Fact name="What is logged">{LEVELS[level]}</Fact>
        {level !== 'OFF' && <Fact name="Input and output">{logging?.includeExecutionData ? 'logged' : 'left out'}</Fact>}
        {groupOf(logging) && (
          <Fact name="Log group" className="wide">
            <Copied text={groupOf(logging)} label="the log group's ARN" />
          </Fact>
        )}
        {level !== 'OFF' && (
          <Fact name="To read it" className="wide">
            <Copied text={`stepwell logs ${machine.name} --follow`} label="the command" />
          </Fact>
        )}
      </Group>
      <Group name="Tracing" onEdit={() => setOpen('tracing')}>
        <Fact name="X-Ray" className="wide">
          {machine.tracingConfiguration?.enabled ? 'on' : 'off'}
        </Fact>
      </Group>
      <Group name="Encryption" note="This is kept for AWS's clients. Here, nothing is encrypted with it: what is on disk is as safe as the disk.">
        {encryption?.type === 'CUSTOMER_MANAGED_KMS_KEY' ? (
          <>
            <Fact name="Key" className="wide">
              <Copied text={encryption.kmsKeyId ?? ''} label="the key" />
            </Fact>
            <Fact name="A data key is used for">{encryption.kmsDataKeyReusePeriodSeconds ?? 300} s</Fact>
          </>
        ) : (
          <Fact name="Key">Owned by AWS</Fact>
        )}
      </Group>
      <Group name="Role" onEdit={() => setOpen('role')}>
        <Fact name="ARN" className="wide">
          <Copied text={machine.roleArn} label="the role's ARN" />
        </Fact>
      </Group>
      {open === 'role' && <RoleDialog {...dialog} />}
      {open === 'logging' && <LoggingDialog {...dialog} />}
      {open === 'tracing' && <TracingDialog {...dialog} />}
    </div>
  );
}

interface GroupProps {
  name: string;
  onEdit?: () => void;
  note?: string;
  children: ReactNode;
}

function Group({ name, onEdit, note, children }: GroupProps) {
  return (
    <section className="card" aria-label={name}>
      <header className="card-head">
        <h2>{name}</h2>
        {onEdit && (
          <Button ariaLabel={`Edit ${name.toLowerCase()}`} onClick={onEdit}>
            Edit
          </Button>
        )}
      </header>
      <dl className="facts">{children}</dl>
      {note && <p className="note">{note}</p>}
    </section>
  );
}

interface DialogProps {
  machine: Machine;
  onClose: () => void;
  onDone: () => void;
}

function RoleDialog({ machine, onClose, onDone }: DialogProps) {
  const [roleArn, setRoleArn] = useState(machine.roleArn);
  return (
    <Dialog title="Edit the role" action="Save" operation="UpdateStateMachine" input={{ stateMachineArn: machine.stateMachineArn, roleArn }} onClose={onClose} onDone={onDone}>
      <TextField label="ARN of the role" stretch value={roleArn} onChange={setRoleArn} spellcheck={false} />
    </Dialog>
  );
}

function LoggingDialog({ machine, onClose, onDone }: DialogProps) {
  const { loggingConfiguration: now, stateMachineArn, name } = machine;
  const [level, setLevel] = useState<LogLevel>(now?.level ?? 'OFF');
  const [withData, setWithData] = useState(now?.includeExecutionData ?? false);
  const [group, setGroup] = useState(groupOf(now) || usualGroup(stateMachineArn, name));
  return (
    <Dialog
      title="Edit logging"
      action="Save"
      operation="UpdateStateMachine"
      input={{ stateMachineArn, loggingConfiguration: loggingOf(level, withData, group) }}
      blocked={level !== 'OFF' && group === '' ? 'It needs a log group.' : undefined}
      onClose={onClose}
      onDone={onDone}
    >
      <FormField label="What is logged">
        <select className="select" aria-label="What is logged" value={level} onChange={(event) => setLevel(event.target.value as LogLevel)}>
          {Object.entries(LEVELS).map(([level, words]) => (
            <option key={level} value={level}>
              {words}
            </option>
          ))}
        </select>
      </FormField>
      {level !== 'OFF' && (
        <>
          <Toggle checked={withData} onChange={({ detail }) => setWithData(detail.checked)}>
            With input and output
          </Toggle>
          <TextField label="ARN of the log group" description="Its files are in the data folder; CloudWatch Logs gets the same where it may be called." stretch value={group} onChange={setGroup} spellcheck={false} />
        </>
      )}
    </Dialog>
  );
}

function TracingDialog({ machine, onClose, onDone }: DialogProps) {
  const [enabled, setEnabled] = useState(machine.tracingConfiguration?.enabled ?? false);
  return (
    <Dialog
      title="Edit tracing"
      action="Save"
      operation="UpdateStateMachine"
      input={{ stateMachineArn: machine.stateMachineArn, tracingConfiguration: { enabled } }}
      onClose={onClose}
      onDone={onDone}
    >
      <Toggle checked={enabled} onChange={({ detail }) => setEnabled(detail.checked)}>
        Trace executions with X-Ray
      </Toggle>
      <p>This is kept for AWS's clients; nothing is sent to X-Ray from here.</p>
    </Dialog>
  );
}

const groupOf = (logging: Logging | undefined): string => logging?.destinations?.[0]?.cloudWatchLogsLogGroup?.logGroupArn ?? '';

/** Where AWS's own console has a state machine log. */
function usualGroup(machineArn: string, name: string): string {
  const [, partition, , region, account] = machineArn.split(':');
  return `arn:${partition}:logs:${region}:${account}:log-group:/aws/vendedlogs/states/${name}${GROUP_END}`;
}

/** What is logged and where to; what is off has no destination. */
export function loggingOf(level: LogLevel, includeExecutionData: boolean, group: string): Logging {
  if (level === 'OFF') return { level };
  const logGroupArn = group.endsWith(GROUP_END) ? group : `${group}${GROUP_END}`;
  return { level, includeExecutionData, destinations: [{ cloudWatchLogsLogGroup: { logGroupArn } }] };
}
