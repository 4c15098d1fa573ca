// The head of a page: where it belongs, what it shows, and what can be done with it.

import { Link } from '@tanstack/react-router';
import { useEffect, type ReactNode } from 'react';

interface Props {
  /** Links to what it belongs to. */
  crumbs?: ReactNode;
  title: ReactNode;
  /** What can be done. */
  children?: ReactNode;
}

export function PageHead({ crumbs, title, children }: Props) {
  return (
    <header className="page-head">
      <div>
        {crumbs && (
          <nav aria-label="Breadcrumbs" className="crumbs">
            {crumbs}
          </nav>
        )}
        <h1 className="name">{title}</h1>
      </div>
      {children && <div className="actions">{children}</div>}
    </header>
  );
}

/** The way back to all state machines. */
export function MachinesCrumb() {
  return (
    <Link to="/machines" search={{}}>
      State machines
    </Link>
  );
}

/** Names the browser's tab after what is shown. */
export function useTitle(name: string | undefined): void {
  useEffect(() => {
    document.title = name ? `${name} · Stepwell` : 'Stepwell';
    return () => {
      document.title = 'Stepwell';
    };
  }, [name]);
}
