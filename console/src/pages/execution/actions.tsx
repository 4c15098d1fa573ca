// What can be done with an execution: stop it, redrive it, start another one with its input, keep a copy.

import Button from '@cloudscape-design/components/button';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { nameOf } from '../../api/arn';
import { download } from '../../graph/export';
import { CliButton } from '../../parts/copy';
import { Dialog } from '../../parts/dialog';
import { notify } from '../../parts/notices';
import { StartDialog } from '../../parts/start-dialog';
import { TextField } from '../../parts/text-field';
import type { Seen } from './use-execution';

export function Actions({ seen }: { seen: Seen }) {
  const { execution, isExpress, events, machine } = seen;
  const { executionArn, stateMachineArn } = execution;
  const [open, setOpen] = useState<'stop' | 'redrive' | 'start'>();
  const client = useQueryClient();
  const close = (): void => setOpen(undefined);
  const done = (text: string): void => {
    notify(text);
    void client.invalidateQueries({ queryKey: ['execution', executionArn] });
    close();
  };
  const save = (): void => {
    const whole = { execution, definition: machine?.definition, events };
    download(new Blob([JSON.stringify(whole, null, 2)], { type: 'application/json' }), `${execution.name}.json`);
  };
  return (
    <>
      <CliButton operation={isExpress ? 'DescribeStateMachine' : 'DescribeExecution'} input={isExpress ? { stateMachineArn } : { executionArn }} />
      <Button onClick={save}>Export</Button>
      {execution.status === 'RUNNING' && !isExpress && <Button onClick={() => setOpen('stop')}>Stop</Button>}
      {execution.redriveStatus === 'REDRIVABLE' && <Button onClick={() => setOpen('redrive')}>Redrive</Button>}
      {!execution.mapRunArn && (
        <Button variant="primary" onClick={() => setOpen('start')}>
          Start again
        </Button>
      )}
      {open === 'stop' && <StopDialog arn={executionArn} name={execution.name} onClose={close} onDone={() => done('The execution was stopped')} />}
      {open === 'redrive' && (
        <Dialog
          title={`Redrive ${execution.name}`}
          action="Redrive"
          operation="RedriveExecution"
          input={{ executionArn }}
          onClose={close}
          onDone={() => done('The execution goes on from where it ended')}
        >
          <p>
            The execution goes on from where it ended: states that had no success do their work again, with the same input and
            definition. What succeeded stays as it is.
          </p>
        </Dialog>
      )}
      {open === 'start' && (
        <StartDialog
          machineArn={execution.stateMachineAliasArn ?? execution.stateMachineVersionArn ?? stateMachineArn}
          machineName={nameOf(stateMachineArn)}
          input={execution.input}
          onClose={close}
        />
      )}
    </>
  );
}

function StopDialog({ arn, name, onClose, onDone }: { arn: string; name: string; onClose: () => void; onDone: () => void }) {
  const [error, setError] = useState('');
  const [cause, setCause] = useState('');
  return (
    <Dialog
      title={`Stop ${name}`}
      action="Stop execution"
      operation="StopExecution"
      input={{ executionArn: arn, error: error || undefined, cause: cause || undefined }}
      onClose={onClose}
      onDone={onDone}
    >
      <p>The execution ends as aborted. It can be redriven later.</p>
      <TextField label="Error" description="Optional" value={error} onChange={setError} spellcheck={false} />
      <TextField label="Cause" description="Optional" value={cause} onChange={setCause} />
    </Dialog>
  );
}
