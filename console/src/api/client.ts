// The API, as any client speaks it: AWS JSON 1.0 over one address, and AWS's errors.

/** An error of the API: AWS's name for it, and its message. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
  ) {
    super(message);
    this.name = code;
  }

  /** Whether what was asked for is not there. */
  get isMissing(): boolean {
    return /DoesNotExist|NotFound|ResourceNotFound/.test(this.code);
  }

  /** Whether somebody must sign in first, or again. */
  get isSignedOut(): boolean {
    return this.code === 'MissingAuthenticationTokenException' || this.code === 'ExpiredTokenException';
  }
}

/** The server can't be reached. */
export class Unreachable extends Error {
  constructor() {
    super('The server does not answer. Is it running?');
    this.name = 'Unreachable';
  }
}

/** Calls an operation. */
export async function call<Output>(operation: string, input: object, signal?: AbortSignal): Promise<Output> {
  const response = await send('/', {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AWSStepFunctions.${operation}` },
    body: JSON.stringify(input),
    signal,
  });
  const answer = await read(response);
  if (response.ok) return answer as Output;
  const { __type, message, Message } = answer as { __type?: string; message?: string; Message?: string };
  const code = __type?.split('#').at(-1) ?? `HTTP ${response.status}`;
  throw new ApiError(code, message ?? Message ?? code, response.status);
}

/** Asks what AWS's API has no operation for. */
export async function ask<Output>(
  path: string,
  query: Record<string, string | number | undefined>,
  signal?: AbortSignal,
): Promise<Output> {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  }
  return own(await send(`/stepwell/${path}?${parameters}`, { signal }));
}

/** Begins or ends a session, the one thing below `/stepwell/` that is more than reading. */
export async function changeSession<Output>(method: 'POST' | 'DELETE', body?: object): Promise<Output> {
  return own(await send('/stepwell/session', { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) }));
}

async function own<Output>(response: Response): Promise<Output> {
  const answer = await read(response);
  if (response.ok) return answer as Output;
  const { code, message } = answer as { code?: string; message?: string };
  throw new ApiError(code ?? `HTTP ${response.status}`, message ?? response.statusText, response.status);
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Unreachable();
  }
}

async function read(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return { message: text };
  }
}
