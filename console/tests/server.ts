// The real binary, on a free port and with a folder of its own, and a client for it.

import { test as base } from '@playwright/test';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = new URL('../../', import.meta.url).pathname;
const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
const ROLE = 'arn:aws:iam::000000000000:role/any';
const SCOPE = 'arn:aws:states:us-east-1:000000000000';

export class Stepwell {
  constructor(
    readonly url: string,
    readonly pid: number,
  ) {}

  async call<Output>(operation: string, input: object): Promise<Output> {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AWSStepFunctions.${operation}` },
      body: JSON.stringify(input),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${operation}: ${JSON.stringify(answer)}`);
    return answer as Output;
  }

  async create(name: string, definition: object, type = 'STANDARD'): Promise<string> {
    const input = { name, definition: JSON.stringify(definition), roleArn: ROLE, type };
    return (await this.call<{ stateMachineArn: string }>('CreateStateMachine', input)).stateMachineArn;
  }

  /** The ARN of a state machine. */
  arn(machine: string): string {
    return `${SCOPE}:stateMachine:${machine}`;
  }

  async start(machine: string, name: string, input: unknown = {}): Promise<string> {
    const request = { stateMachineArn: this.arn(machine), name, input: JSON.stringify(input) };
    return (await this.call<{ executionArn: string }>('StartExecution', request)).executionArn;
  }

  execution(arn: string, search = ''): string {
    return `${this.url}/console/executions/${arn}${search}`;
  }

  machine(name: string, search = ''): string {
    return `${this.url}/console/machines/${this.arn(name)}${search}`;
  }
}

function binary(): string {
  const candidates = [process.env.STEPWELL_BIN, join(TARGET, 'release/stepwell'), join(TARGET, 'debug/stepwell')];
  const found = candidates.find((path) => path !== undefined && existsSync(path));
  if (!found) throw new Error('there is no stepwell to test: run `make build`, or name one with STEPWELL_BIN');
  return found;
}

/** Runs a server on a free port while `use` has it, with this configuration file and more on the command line. */
export async function withServer(configuration: string, use: (stepwell: Stepwell) => Promise<void>, more: string[] = []): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'stepwell-console-'));
  writeFileSync(join(folder, 'stepwell.toml'), configuration);
  const options = ['serve', '--config', 'stepwell.toml', '--listen', '127.0.0.1:0', '--data', join(folder, 'data'), ...more];
  const server = spawn(binary(), options, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const lines = createInterface({ input: server.stdout });
    const { value: line } = await lines[Symbol.asyncIterator]().next();
    const url = /http:\S+/.exec(String(line))?.[0];
    if (!url) throw new Error(`the server said: ${line}`);
    await use(new Stepwell(url, server.pid ?? 0));
  } finally {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A server without keys, for all tests of a worker. */
export const test = base.extend<object, { stepwell: Stepwell }>({
  stepwell: [async ({}, use) => withServer('', use), { scope: 'worker' }],
});

export { expect } from '@playwright/test';
