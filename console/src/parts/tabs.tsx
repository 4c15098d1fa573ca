// Tabs: one of several views, chosen with a click or the arrow keys.

import type { KeyboardEvent } from 'react';

interface Tab<Id extends string> {
  id: Id;
  name: string;
  count?: number;
}

interface TabsProps<Id extends string> {
  label: string;
  tabs: readonly Tab<Id>[];
  active: Id;
  onChange: (id: Id) => void;
  isSmall?: boolean;
}

export function Tabs<Id extends string>({ label, tabs, active, onChange, isSmall }: TabsProps<Id>) {
  const move = (event: KeyboardEvent<HTMLDivElement>): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    const at = tabs.findIndex((tab) => tab.id === active);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    onChange(next.id);
    event.currentTarget.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
  };
  return (
    <div role="tablist" aria-label={label} className={isSmall ? 'tabs small' : 'tabs'} onKeyDown={move}>
      {tabs.map((tab) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          data-tab={tab.id}
          aria-selected={tab.id === active}
          tabIndex={tab.id === active ? 0 : -1}
          onClick={() => onChange(tab.id)}
        >
          {tab.name}
          {tab.count !== undefined && <small>{tab.count.toLocaleString()}</small>}
        </button>
      ))}
    </div>
  );
}
