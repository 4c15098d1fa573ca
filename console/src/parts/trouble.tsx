// Trouble: what is shown where an answer should be.

import Button from '@cloudscape-design/components/button';

import { ApiError } from '../api/client';
import { errorText } from './notices';

export function Trouble({ error, retry }: { error: unknown; retry?: () => void }) {
  const isMissing = error instanceof ApiError && error.isMissing;
  return (
    <div className="trouble" role="alert">
      <h2>{isMissing ? 'It is not here' : 'That did not work'}</h2>
      <p>{errorText(error)}</p>
      {retry && !isMissing && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <div className="loading" role="status">
      <i aria-hidden="true" />
      Loading {what}
    </div>
  );
}
