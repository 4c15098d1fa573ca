// A dialog that does one thing: what it needs, the line of the AWS CLI that does the same, and the button.

import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { call } from '../api/client';
import { CliLine } from './copy';
import { errorText } from './notices';

interface DialogProps<Output> {
  title: string;
  /** What the button says. */
  action: string;
  operation: string;
  input: Record<string, unknown>;
  /** Why it can't be done yet. */
  blocked?: string;
  children?: ReactNode;
  onDone: (output: Output) => void;
  onClose: () => void;
  size?: 'medium' | 'large';
}

export function Dialog<Output>({ title, action, operation, input, blocked, children, onDone, onClose, size = 'medium' }: DialogProps<Output>) {
  const mutation = useMutation({ mutationFn: () => call<Output>(operation, input), onSuccess: onDone });
  return (
    <Modal
      visible
      size={size}
      header={title}
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <div className="dialog-foot">
          <CliLine operation={operation} input={input} />
          <div className="actions">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" loading={mutation.isPending} disabled={blocked !== undefined} onClick={() => mutation.mutate()}>
              {action}
            </Button>
          </div>
        </div>
      }
    >
      <div className="dialog-body">
        {children}
        {blocked && <p className="none">{blocked}</p>}
        {mutation.error && (
          <p className="form-error" role="alert">
            {errorText(mutation.error)}
          </p>
        )}
      </div>
    </Modal>
  );
}
