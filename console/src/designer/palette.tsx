// The palette: everything that can be put into a workflow, dragged onto the canvas or put in where one is.

import { useId, useImperativeHandle, useMemo, useRef, useState, type KeyboardEvent, type Ref } from 'react';

import { workOf } from '../definition/resource';
import { StateIcon } from '../graph/state-icon';
import { Search } from '../parts/icons';
import { searchCatalog, type CatalogItem } from './catalog';

export interface PaletteHandle {
  /** Begins a search. */
  focus: () => void;
}

interface PaletteProps {
  ref?: Ref<PaletteHandle>;
  /** Where something that is chosen goes, in words. */
  where: string;
  onChoose: (item: CatalogItem) => void;
  onCarry: (item: CatalogItem | undefined) => void;
  /** Back to where one was. */
  onLeave: () => void;
}

export function Palette({ ref, where, onChoose, onCarry, onLeave }: PaletteProps) {
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const [isActive, setActive] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  useImperativeHandle(ref, () => ({
    focus: () => {
      field.current?.focus();
      field.current?.select();
    },
  }));
  const found = useMemo(() => searchCatalog(query), [query]);
  const groups = useMemo(() => [...new Set(found.map(({ group }) => group))].map((group) => [group, found.filter((item) => item.group === group)] as const), [found]);
  // As they stand on the screen, group after group.
  const shown = useMemo(() => groups.flatMap(([, items]) => items), [groups]);
  const active = Math.min(at, shown.length - 1);

  const choose = (item: CatalogItem | undefined): void => {
    if (!item) return;
    setQuery('');
    setAt(0);
    onChoose(item);
  };
  const goTo = (next: number): void => {
    const bounded = Math.max(0, Math.min(next, shown.length - 1));
    setAt(bounded);
    list.current?.querySelector(`[data-index="${bounded}"]`)?.scrollIntoView({ block: 'nearest' });
  };
  const press = (event: KeyboardEvent): void => {
    const act: Record<string, () => void> = {
      ArrowDown: () => goTo(active + 1),
      ArrowUp: () => goTo(active - 1),
      Enter: () => choose(shown[active]),
      Escape: () => {
        setQuery('');
        onLeave();
      },
    };
    const chosen = act[event.key];
    if (!chosen) return;
    event.preventDefault();
    event.stopPropagation();
    chosen();
  };

  return (
    <section className="palette card" aria-label="States and integrations">
      <div className="palette-field">
        <Search />
        <input
          ref={field}
          role="combobox"
          aria-label="Find a state or an integration"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={isActive && shown.length > 0 ? `${id}-${active}` : undefined}
          aria-describedby={`${id}-where`}
          placeholder="Find, or service:action"
          value={query}
          spellCheck={false}
          autoComplete="off"
          onFocus={() => setActive(true)}
          onBlur={() => setActive(false)}
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
          }}
          onKeyDown={press}
        />
      </div>
      <p className="palette-where" id={`${id}-where`} aria-live="polite">
        Goes <b>{where}</b>
      </p>
      <div className="palette-list" ref={list} id={`${id}-list`} role="listbox" aria-label="States and integrations" tabIndex={-1}>
        {groups.map(([group, items]) => (
          <div key={group} role="group" aria-label={group}>
            <h3 role="presentation">{group}</h3>
            {items.map((item) => {
              const index = shown.indexOf(item);
              return (
                <div
                  key={item.id}
                  id={`${id}-${index}`}
                  data-index={index}
                  role="option"
                  aria-selected={isActive && index === active}
                  className={`palette-item type-${(item.make(false).Type ?? '').toLowerCase()}`}
                  title={item.about}
                  draggable
                  onDragStart={(event) => {
                    event.dataTransfer.setData('text/plain', item.title);
                    event.dataTransfer.effectAllowed = 'copy';
                    onCarry(item);
                  }}
                  onDragEnd={() => onCarry(undefined)}
                  onClick={() => choose(item)}
                >
                  <span className="state-icon">
                    <StateIcon type={item.make(false).Type} service={workOf(item.make(false))?.service} />
                  </span>
                  <span className="palette-text">
                    <b>{item.title}</b>
                    <small>{item.about}</small>
                  </span>
                </div>
              );
            })}
          </div>
        ))}
        {shown.length === 0 && <p className="none">Nothing is called that. Any call of an AWS service can be written as service:action.</p>}
      </div>
    </section>
  );
}
