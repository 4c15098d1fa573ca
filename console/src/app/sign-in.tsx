// Signing in: where the server has keys, one of them is exchanged for a session.

import Button from '@cloudscape-design/components/button';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { signIn, type Credentials } from '../api/session';
import { Mark } from '../parts/icons';
import { TextField } from '../parts/text-field';

interface Props {
  /** Whether there was a session, which is over. */
  isAgain?: boolean;
}

export function SignIn({ isAgain }: Props) {
  const [accessKeyId, setAccessKeyId] = useState('');
  const [secretAccessKey, setSecret] = useState('');
  const [sessionToken, setToken] = useState('');
  const [isForATime, setForATime] = useState(false);
  const client = useQueryClient();
  const credentials: Credentials = { accessKeyId: accessKeyId.trim(), secretAccessKey: secretAccessKey.trim(), sessionToken: sessionToken.trim() || undefined };
  const mutation = useMutation({ mutationFn: () => signIn(client, credentials), onError: () => setSecret('') });
  return (
    <form
      className="sign-in card"
      aria-labelledby="sign-in-title"
      onSubmit={(event) => {
        event.preventDefault();
        mutation.mutate();
      }}
    >
      <header>
        <Mark />
        <div>
          <h1 id="sign-in-title">{isAgain ? 'Sign in again' : 'Sign in'}</h1>
          <p className="soft">{isAgain ? 'The session is over. What is on the page stays as it is.' : `with an access key of ${location.host}`}</p>
        </div>
      </header>
      <TextField label="Access key id" value={accessKeyId} onChange={setAccessKeyId} name="accessKeyId" autoComplete="username" spellcheck={false} autoFocus />
      <TextField label="Secret access key" value={secretAccessKey} onChange={setSecret} name="secretAccessKey" type="password" autoComplete="current-password" />
      {isForATime ? (
        <TextField label="Session token" value={sessionToken} onChange={setToken} type="password" autoComplete="off" />
      ) : (
        <button type="button" className="text-button" onClick={() => setForATime(true)}>
          The key has a session token
        </button>
      )}
      {mutation.error && (
        <p className="form-error" role="alert">
          {mutation.error.message}
        </p>
      )}
      <Button variant="primary" formAction="submit" fullWidth loading={mutation.isPending} disabled={credentials.accessKeyId === '' || credentials.secretAccessKey === ''}>
        Sign in
      </Button>
      <p className="soft">Keys are in the server's configuration. Only a cookie is kept in the browser, which no script can read.</p>
    </form>
  );
}
