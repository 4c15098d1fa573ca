// What the function of a step printed: in its last call where that is known, or else lately.

import { useQuery } from '@tanstack/react-query';

import { logsQuery } from '../../api/own';
import type { State } from '../../definition/asl';
import { workOf } from '../../definition/resource';
import type { Step } from '../../history/model';
import { errorText } from '../../parts/notices';
import { CopyButton } from '../../parts/copy';

/** The function that a step called, by its name or ARN. */
export function functionOf(step: Step, state: State | undefined): string | undefined {
  const attempt = step.attempts.at(-1);
  if (attempt?.resource?.startsWith('arn:') && attempt.resource.includes(':lambda:')) return attempt.resource;
  if (attempt?.resourceType !== 'lambda') return undefined;
  const given = /"FunctionName"\s*:\s*"([^"]+)"/.exec(attempt.input ?? '')?.[1];
  return given ?? (state && workOf(state)?.action);
}

export function Logs({ step, state }: { step: Step; state?: State }) {
  const name = functionOf(step, state);
  const requestId = /"RequestId"\s*:\s*"([^"]+)"/.exec(step.attempts.at(-1)?.output ?? '')?.[1];
  const ofCall = useQuery(logsQuery(name, requestId));
  const isKnown = requestId !== undefined && (ofCall.data?.length ?? 0) > 0;
  const lately = useQuery({ ...logsQuery(name, undefined), enabled: name !== undefined && !isKnown && !ofCall.isPending });
  const shown = isKnown ? ofCall.data : lately.data;
  const error = ofCall.error ?? lately.error;
  if (error) return <p className="none">{errorText(error)}</p>;
  if (!shown) return <p className="none">Loading the log</p>;
  if (shown.length === 0) return <p className="none">{name} has not printed anything that is still known.</p>;
  return (
    <>
      <p className="none">{isKnown ? 'What it printed in this call' : 'What the function printed last, in any call'}</p>
      {shown.map((log) => (
        <div className="json" key={log.worker}>
          <CopyButton text={log.text} label="Copy the log" />
          <pre tabIndex={0} aria-label={`Log of ${name}`}>
            {log.text}
          </pre>
        </div>
      ))}
    </>
  );
}
