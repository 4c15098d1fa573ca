// Trouble: what is shown where an answer should be.

import Button from '@cloudscape-design/components/button';

import { ApiError } from '../api/client';
import { errorText } from './notices';

interface TroubleProps {
  error: unknown;
  retry?: () => void;
}

export function Trouble({ error, retry }: TroubleProps) {
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

/** A page whose subject is not there yet, or will not be. */
export function Awaited({ what, error, retry }: TroubleProps & { what: string }) {
  return <div className="page">{error ? <Trouble error={error} retry={retry} /> : <Loading what={what} />}</div>;
}
