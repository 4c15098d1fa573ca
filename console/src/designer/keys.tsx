// The keys of the designer, told in a panel that opens.

const ROWS: [string[], string][] = [
  [['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'], 'go from state to state'],
  [['a'], 'add a state after the chosen one, or in the chosen empty place'],
  [['b'], 'add a state before it'],
  [['Enter'], 'choose the state; in the palette, put in what is marked'],
  [['Alt+ArrowUp', 'Alt+ArrowDown'], 'move it before the state above, or after the one below'],
  [['d'], 'duplicate it'],
  [['F2'], 'rename it'],
  [['Delete'], 'delete it; what led to it leads past it'],
  [['Ctrl+c', 'Ctrl+x', 'Ctrl+v'], 'copy or cut it, and paste what was copied, from code too'],
  [['Ctrl+z', 'Ctrl+y'], 'undo and redo, what was written and what was designed'],
  [['Ctrl+s'], 'save'],
  [['Ctrl+Space'], 'in the code: suggest what can be written here'],
  [['Escape'], 'leave the palette; choose nothing'],
];

const TOLD: Record<string, string> = { ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc', Delete: 'Del' };

/** A key as it stands on a keyboard. */
const keyTold = (key: string): string => key.split('+').map((part) => TOLD[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(' ');

export function Keys() {
  return (
    <details className="keys">
      <summary>Keys</summary>
      <dl>
        {ROWS.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{keyTold(key)}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
