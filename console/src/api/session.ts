// Who is signed in. Where the server has no keys, nobody needs to be.

import { queryOptions, type QueryClient } from '@tanstack/react-query';

import { ApiError, ask, changeSession } from './client';

export interface Session {
  /** Whether the server answers only those who are signed in. */
  required: boolean;
  user?: User | null;
}

export interface User {
  name: string;
  arn: string;
  account: string;
  accessKeyId: string;
}

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** What keys for a time have besides. */
  sessionToken?: string;
}

export const sessionQuery = () =>
  queryOptions({
    queryKey: ['session'],
    queryFn: ({ signal }) => ask<Session>('session', {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });

export const isSignedIn = ({ required, user }: Session): boolean => !required || Boolean(user);

/** Exchanges a key for a cookie that no script can read; what was refused meanwhile is asked for again. */
export async function signIn(client: QueryClient, credentials: Credentials): Promise<void> {
  const session = await changeSession<Session>('POST', credentials);
  client.setQueryData(sessionQuery().queryKey, session);
  void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
}

/** Ends the session. The page begins anew, so that nothing is left of what it showed. */
export async function signOut(): Promise<void> {
  await changeSession('DELETE');
  location.reload();
}

/** Notes that an answer said that the session is over. */
export function noteRefusal(client: QueryClient, error: unknown): void {
  if (!(error instanceof ApiError && error.isSignedOut)) return;
  client.setQueryData(sessionQuery().queryKey, { required: true });
}
