// The head of a table of class `list`.

interface ListColumn {
  name: string;
  /** Numbers stand at the column's end; what is spare goes where there is little room; what is spoken is not seen. */
  kind?: 'number' | 'spare' | 'spoken';
}

/** What can be done with a row, in its last cell. */
export const ACTIONS: ListColumn = { name: 'Actions', kind: 'spoken' };

export const number = (name: string): ListColumn => ({ name, kind: 'number' });
export const spare = (name: string): ListColumn => ({ name, kind: 'spare' });

export function ListHead({ columns }: { columns: readonly (string | ListColumn)[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column) => {
          const { name, kind }: ListColumn = typeof column === 'string' ? { name: column } : column;
          return (
            <th key={name} scope="col" className={kind === 'spoken' ? undefined : kind}>
              {kind === 'spoken' ? <span className="spoken">{name}</span> : name}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
