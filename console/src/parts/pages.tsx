// Pages of a list that is here as a whole: which rows are on the screen, and the way to the others.

import { Chevron } from './icons';

/** The rows of a page, counted from 1; one that is not there is the nearest that is. */
export function pageOf<Item>(items: readonly Item[], page: number | undefined, size: number): { rows: Item[]; page: number; last: number } {
  const last = Math.max(Math.ceil(items.length / size), 1);
  const at = Math.min(Math.max(page ?? 1, 1), last);
  return { rows: items.slice((at - 1) * size, at * size), page: at, last };
}

interface Props {
  page: number;
  last: number;
  onPage: (page: number | undefined) => void;
}

/** Nothing where there is but one page. */
export function Pages({ page, last, onPage }: Props) {
  if (last === 1) return null;
  return (
    <nav className="pages" aria-label="Pages">
      <button type="button" className="icon-button back" aria-label="Previous page" disabled={page === 1} onClick={() => onPage(page === 2 ? undefined : page - 1)}>
        <Chevron />
      </button>
      <span>
        {page} of {last}
      </span>
      <button type="button" className="icon-button" aria-label="Next page" disabled={page === last} onClick={() => onPage(page + 1)}>
        <Chevron />
      </button>
    </nav>
  );
}
