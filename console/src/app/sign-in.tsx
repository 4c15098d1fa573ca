// Signing in: where the server has keys, one of them is exchanged for a session.

import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { signIn, type Credentials } from '../api/session';
import { Mark } from '../parts/icons';

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
      <FormField label="Access key id">
        <Input
          value={accessKeyId}
          onChange={({ detail }) => setAccessKeyId(detail.value)}
          name="accessKeyId"
          autoComplete="username"
          spellcheck={false}
          autoFocus
        />
      </FormField>
      <FormField label="Secret access key">
        <Input
          value={secretAccessKey}
          onChange={({ detail }) => setSecret(detail.value)}
          name="secretAccessKey"
          type="password"
          autoComplete="current-password"
        />
      </FormField>
      {isForATime ? (
        <FormField label="Session token">
          <Input value={sessionToken} onChange={({ detail }) => setToken(detail.value)} type="password" autoComplete="off" />
        </FormField>
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
