// The head of a table whose rows are drawn as they come onto the screen.

/** A column's name; numbers stand at its end. */
export type Column = string | { number: string };

export function GridHead({ columns }: { columns: readonly Column[] }) {
  return (
    <div className="grid-head" role="row" aria-rowindex={1}>
      {columns.map((column) =>
        typeof column === 'string' ? (
          <span key={column} role="columnheader">
            {column}
          </span>
        ) : (
          <span key={column.number} role="columnheader" className="number">
            {column.number}
          </span>
        ),
      )}
    </div>
  );
}
