// ARNs: what they name.

/** The last part of an ARN, which people call the thing by. */
export function nameOf(arn: string): string {
  const parts = arn.split(':');
  const kind = parts[5];
  if (kind === 'execution' || kind === 'express') return parts[7] ?? arn;
  return parts[6] ?? parts.at(-1) ?? arn;
}

/** The state machine that an execution's ARN names. */
export function machineArnOf(executionArn: string): string {
  const parts = executionArn.split(':');
  return [...parts.slice(0, 5), 'stateMachine', (parts[6] ?? '').split('/')[0]].join(':');
}

/** The state machine itself, where an ARN also names the Distributed Map in it whose child an execution is. */
export const withoutLabel = (machineArn: string): string => machineArn.split('/')[0] ?? machineArn;

export const isExpressArn = (executionArn: string): boolean => executionArn.split(':')[5] === 'express';
