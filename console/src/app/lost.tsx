// Shown where an address leads nowhere.

import { Link } from '@tanstack/react-router';

export function Lost() {
  return (
    <div className="page empty">
      <h1>There is nothing here</h1>
      <p>
        This address leads nowhere. <Link to="/machines">Go to the state machines.</Link>
      </p>
    </div>
  );
}
