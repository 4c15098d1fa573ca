// Starting an execution: its input and, where one is wanted, its name.

import FormField from '@cloudscape-design/components/form-field';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { JsonEditor, pretty } from '../json/json-view';
import { Dialog } from './dialog';
import { notify } from './notices';
import { TextField } from './text-field';

interface Props {
  /** The state machine, or one of its versions or aliases. */
  machineArn: string;
  machineName: string;
  input?: string;
  onClose: () => void;
}

export function StartDialog({ machineArn, machineName, input: given = '{}', onClose }: Props) {
  const [input, setInput] = useState(() => pretty(given));
  const [name, setName] = useState('');
  const navigate = useNavigate();
  const client = useQueryClient();
  return (
    <Dialog<{ executionArn: string }>
      title={`Start ${machineName}`}
      action="Start execution"
      operation="StartExecution"
      input={{ stateMachineArn: machineArn, name: name || undefined, input }}
      blocked={isJson(input) ? undefined : 'The input is not JSON yet.'}
      size="large"
      onClose={onClose}
      onDone={({ executionArn }) => {
        notify(`${machineName} has started`);
        void client.invalidateQueries({ queryKey: ['executions', machineArn] });
        onClose();
        void navigate({ to: '/executions/$arn', params: { arn: executionArn }, search: {} });
      }}
    >
      <FormField label="Input" stretch>
        <JsonEditor value={input} onChange={setInput} label="Input of the execution" />
      </FormField>
      <TextField label="Name" description="Left empty, it gets one of its own. A name can be used once." value={name} onChange={setName} placeholder="drawn by the server" spellcheck={false} />
    </Dialog>
  );
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
