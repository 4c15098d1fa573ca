// Copying: a value, or the line of the AWS CLI that does what a button does.

import { useEffect, useState } from 'react';

import { cliLine } from '../api/cli';
import { Check, Copy, Terminal } from './icons';

function useCopied(): [boolean, (text: string) => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  return [copied, (text) => void navigator.clipboard?.writeText(text).then(() => setCopied(true))];
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, copy] = useCopied();
  return (
    <button type="button" className="icon-button small" aria-label={copied ? 'Copied' : label} title={label} onClick={() => copy(text)}>
      {copied ? <Check /> : <Copy />}
    </button>
  );
}

/** An ARN or a token: cut in the middle of the screen, whole in the clipboard. */
export function Copied({ text, label }: { text: string; label: string }) {
  return (
    <span className="copied">
      <code title={text}>{text}</code>
      <CopyButton text={text} label={`Copy ${label}`} />
    </span>
  );
}

/** Copies the line of the AWS CLI that does the same. */
export function CliButton({ operation, input }: { operation: string; input: Record<string, unknown> }) {
  const [copied, copy] = useCopied();
  const line = cliLine(operation, input);
  return (
    <button type="button" className="cli-button" title={line} aria-label={`Copy the AWS CLI command: ${operation}`} onClick={() => copy(line)}>
      {copied ? <Check /> : <Terminal />}
      <span>{copied ? 'Copied' : 'CLI'}</span>
    </button>
  );
}

/** The line itself, to read and to copy. */
export function CliLine({ operation, input }: { operation: string; input: Record<string, unknown> }) {
  const line = cliLine(operation, input);
  return (
    <div className="cli-line">
      <code tabIndex={0} role="group" aria-label="AWS CLI command">
        {line}
      </code>
      <CopyButton text={line} label="Copy the AWS CLI command" />
    </div>
  );
}
