// The head of a page: where it belongs, what it shows, and what can be done with it.

import type { ReactNode } from 'react';

interface Props {
  /** Links to what it belongs to. */
  crumbs: ReactNode;
  title: ReactNode;
  /** What can be done. */
  children: ReactNode;
}

export function PageHead({ crumbs, title, children }: Props) {
  return (
    <header className="page-head">
      <div>
        <nav aria-label="Breadcrumbs" className="crumbs">
          {crumbs}
        </nav>
        <h1 className="name">{title}</h1>
      </div>
      {children}
    </header>
  );
}
