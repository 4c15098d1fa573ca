// What an execution waits for, and the actions that answer it.

import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { nameOf } from '../../api/arn';
import { call } from '../../api/client';
import { waitingQuery, type Waiting } from '../../api/own';
import type { Step } from '../../history/model';
import { JsonEditor } from '../../json/json-view';
import { useNow } from '../../parts/clock';
import { CliButton, Copied } from '../../parts/copy';
import { Dialog } from '../../parts/dialog';
import { notify, notifyFailure } from '../../parts/notices';
import { isJson } from '../../parts/start-dialog';
import { TextField } from '../../parts/text-field';
import { durationText, momentText } from '../../parts/time';
import type { Seen } from './use-execution';

const SHOWN = 4;

export function WaitingPanel({ seen, onStep }: { seen: Seen; onStep: (step: Step) => void }) {
  const { execution, isExpress, model } = seen;
  const { data = [] } = useQuery(waitingQuery(execution.executionArn, !isExpress));
  const [isWhole, setWhole] = useState(false);
  if (data.length === 0) return null;
  const shown = isWhole ? data : data.slice(0, SHOWN);
  return (
    <section className="waiting card" aria-label="What it waits for">
      <ul>
        {shown.map((waiting) => {
          const step = model.ownerOf.get(waiting.event);
          return <Wait key={`${waiting.event}`} waiting={waiting} step={step} onStep={onStep} executionArn={execution.executionArn} />;
        })}
      </ul>
      {data.length > SHOWN && (
        <button type="button" className="text-button" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show fewer' : `Show all ${data.length}`}
        </button>
      )}
    </section>
  );
}

function Wait({ waiting, step, onStep, executionArn }: { waiting: Waiting; step?: Step; onStep: (step: Step) => void; executionArn: string }) {
  return (
    <li>
      <span>
        <button type="button" className="text-button strong" disabled={!step} onClick={() => step && onStep(step)}>
          {waiting.state}
          {step?.lane.kind === 'iteration' && ` (iteration ${step.lane.index})`}
        </button>{' '}
        <WaitText waiting={waiting} />
      </span>
      {'token' in waiting && waiting.token && <Answers token={waiting.token} state={waiting.state} executionArn={executionArn} />}
    </li>
  );
}

/** One wait in words. */
export function WaitText({ waiting }: { waiting: Waiting }) {
  const isTimed = waiting.kind === 'timer' || waiting.kind === 'retry';
  const now = useNow(isTimed);
  switch (waiting.kind) {
    case 'timer':
      return (
        <>
          waits until {momentText(waiting.until, now)}, for another <b>{durationText(Math.max(waiting.until - now, 0))}</b>
        </>
      );
    case 'retry':
      return (
        <>
          failed and is tried again in <b>{durationText(Math.max(waiting.until - now, 0))}</b>
        </>
      );
    case 'callback':
      return <>waits for a callback with its task token</>;
    case 'activity':
      return waiting.taken ? (
        <>
          is being worked on by <b>{waiting.worker ?? 'a worker without a name'}</b>
        </>
      ) : (
        <>
          waits for a worker of the activity <b>{nameOf(waiting.activityArn)}</b>
        </>
      );
    case 'job':
      return <>waits for the end of {waiting.resource}</>;
    case 'queue':
      return <>waits for room to call {waiting.resource}</>;
    case 'call':
      return <>waits for the answer of {nameOf(waiting.resource)}</>;
  }
}

/** Succeed, fail, heartbeat: what whoever has the token could do. */
export function Answers({ token, state, executionArn }: { token: string; state: string; executionArn: string }) {
  const [open, setOpen] = useState<'succeed' | 'fail'>();
  const client = useQueryClient();
  const refresh = (): void => void client.invalidateQueries({ queryKey: ['execution', executionArn] });
  const heartbeat = useMutation({
    mutationFn: () => call('SendTaskHeartbeat', { taskToken: token }),
    onSuccess: () => notify(`${state} has had a heartbeat`),
    onError: notifyFailure,
  });
  const close = (): void => setOpen(undefined);
  const done = (text: string): void => {
    notify(text);
    refresh();
    close();
  };
  return (
    <span className="answers">
      <Copied text={token} label="the task token" />
      <Button onClick={() => setOpen('succeed')}>Succeed</Button>
      <Button onClick={() => setOpen('fail')}>Fail</Button>
      <Button loading={heartbeat.isPending} onClick={() => heartbeat.mutate()}>
        Heartbeat
      </Button>
      <CliButton operation="SendTaskHeartbeat" input={{ taskToken: token }} />
      {open === 'succeed' && <SucceedDialog token={token} state={state} onClose={close} onDone={() => done(`${state} has its result`)} />}
      {open === 'fail' && <FailDialog token={token} state={state} onClose={close} onDone={() => done(`${state} has failed`)} />}
    </span>
  );
}

interface AnswerProps {
  token: string;
  state: string;
  onClose: () => void;
  onDone: () => void;
}

function SucceedDialog({ token, state, onClose, onDone }: AnswerProps) {
  const [output, setOutput] = useState('{}');
  return (
    <Dialog
      title={`A result for ${state}`}
      action="Send result"
      operation="SendTaskSuccess"
      input={{ taskToken: token, output }}
      blocked={isJson(output) ? undefined : 'The output is not JSON yet.'}
      onClose={onClose}
      onDone={onDone}
    >
      <FormField label="Output" stretch>
        <JsonEditor value={output} onChange={setOutput} label="Output of the task" />
      </FormField>
    </Dialog>
  );
}

function FailDialog({ token, state, onClose, onDone }: AnswerProps) {
  const [error, setError] = useState('');
  const [cause, setCause] = useState('');
  return (
    <Dialog
      title={`Fail ${state}`}
      action="Send failure"
      operation="SendTaskFailure"
      input={{ taskToken: token, error: error || undefined, cause: cause || undefined }}
      onClose={onClose}
      onDone={onDone}
    >
      <TextField label="Error" description="Retriers and catchers look at it." value={error} onChange={setError} spellcheck={false} />
      <TextField label="Cause" value={cause} onChange={setCause} />
    </Dialog>
  );
}
