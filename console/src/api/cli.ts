// The line of the AWS CLI that does what a button does.

const PLAIN = /^[A-Za-z0-9_./:@=+-]+$/;

/** Quotes a word for a POSIX shell. */
export function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter, at) => `${at > 0 ? '-' : ''}${letter.toLowerCase()}`);

/** What the AWS CLI calls otherwise, since all of its commands have an option of that name. */
const RENAMED: Record<string, string> = { 'SendTaskSuccess.output': 'task-output' };

/** A call in the AWS CLI, against this server. Members without a value are left out. */
export function cliLine(operation: string, input: Record<string, unknown>, origin = location.origin): string {
  const words = ['aws', 'stepfunctions', kebab(operation), '--endpoint-url', origin];
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined) continue;
    const option = RENAMED[`${operation}.${name}`] ?? kebab(name);
    if (typeof value === 'boolean') {
      words.push(`--${value ? '' : 'no-'}${option}`);
      continue;
    }
    words.push(`--${option}`, quoted(typeof value === 'object' ? JSON.stringify(value) : String(value)));
  }
  return words.join(' ');
}
