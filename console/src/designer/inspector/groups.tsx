// Groups: an object with fields of its own, and lists of such objects.

import { useState, type ReactNode } from 'react';

import type { Retrier } from '../../definition/asl';
import { Chevron, Close } from '../../parts/icons';
import type { Path } from '../edit';
import { moved } from './change';
import { asObject, strangersOf, type Control, type Field } from './fields';
import { Fields, Findings, useForm, type ControlProps, type Owner } from './form';
import { findingsAt } from './place';
import { delaysOf, delaysText } from './retry-delays';
import { Strangers } from './strangers';
import { Down, Up } from './arrows';

export function GroupControl({ field, id, path, value, onValue, fields }: ControlProps & { fields: readonly Field[] }) {
  const { language } = useForm();
  const owner = asObject(value);
  // An object that has lost all of its members goes with them.
  const take = (next: Owner): void => onValue(Object.keys(next).length === 0 ? undefined : next);
  return (
    <div role="group" aria-labelledby={`${id}-label`} className="group">
      <Fields fields={fields} owner={owner} path={[...path, field.name]} onChange={take} />
      <Strangers strangers={strangersOf(owner, fields, language)} owner={owner} onChange={take} />
    </div>
  );
}

type List = Extract<Control, { kind: 'list' }>;

/** What a list begins with. Members that are still to be chosen are not there yet. */
export function firstOf({ first }: List): Owner {
  return Object.fromEntries(Object.entries(first).filter(([, value]) => value !== ''));
}

export function ListControl({ field, id, path, value, onValue, list }: ControlProps & { list: List }) {
  const { language } = useForm();
  const items = Array.isArray(value) ? value.map(asObject) : [];
  const at = [...path, field.name];
  const set = (next: Owner[]): void => onValue(next.length === 0 ? undefined : next);
  const add = (): void => {
    // What catches everything stays last.
    const last = items.at(-1);
    const isWhole = Array.isArray(last?.ErrorEquals) && last.ErrorEquals.includes('States.ALL');
    const fresh = firstOf(list);
    set(isWhole ? [...items.slice(0, -1), { ...fresh, ErrorEquals: ['States.TaskFailed'] }, ...items.slice(-1)] : [...items, fresh]);
  };
  return (
    <div role="group" aria-labelledby={`${id}-label`} className="list-control">
      <Items
        noun={list.noun}
        items={items}
        path={at}
        title={(item) => (Array.isArray(item.ErrorEquals) ? item.ErrorEquals.join(', ') : '')}
        onItems={set}
        body={(item, index, onItem) => (
          <>
            <Fields fields={list.fields} owner={item} path={[...at, index]} onChange={onItem} />
            {list.tells === 'delays' && <p className="delays">{delaysText(delaysOf(item as Retrier))}</p>}
            <Strangers strangers={strangersOf(item, list.fields, language)} owner={item} onChange={onItem} />
          </>
        )}
      />
      <button type="button" className="text-button add" onClick={add}>
        + Add a {list.noun}
      </button>
    </div>
  );
}

interface ItemsProps<Item extends object> {
  noun: string;
  items: Item[];
  path: Path;
  title: (item: Item) => string;
  onItems: (items: Item[]) => void;
  body: (item: Item, index: number, onItem: (next: Owner) => void) => ReactNode;
  isClosed?: boolean;
}

const FEW = 3;

/** Objects of a list, each to open, to move and to remove. */
export function Items<Item extends object>({ noun, items, path, title, onItems, body, isClosed = false }: ItemsProps<Item>) {
  const { diagnostics } = useForm();
  // Which are not as they are at first: all open while they are few.
  const [turned, setTurned] = useState<ReadonlySet<number>>(new Set());
  const isFew = items.length <= FEW && !isClosed;
  const turn = (index: number): void => setTurned((before) => new Set(before.has(index) ? [...before].filter((other) => other !== index) : [...before, index]));
  return (
    <ol className="items">
      {items.map((item, index) => {
        const isOpen = turned.has(index) !== isFew;
        const name = `${noun} ${index + 1}`;
        const inside = findingsAt(diagnostics, [...path, index], true);
        return (
          <li key={index} aria-label={name}>
            <div className="item-head">
              <button type="button" className={isOpen ? 'item-title open' : 'item-title'} aria-expanded={isOpen} onClick={() => turn(index)}>
                <Chevron />
                <span>
                  <b>{index + 1}</b> {title(item)}
                </span>
                {!isOpen && inside.length > 0 && <em className="bad">{inside.length}</em>}
              </button>
              <button type="button" className="icon-button small" aria-label={`Move ${name} up`} disabled={index === 0} onClick={() => onItems(moved(items, index, index - 1))}>
                <Up />
              </button>
              <button type="button" className="icon-button small" aria-label={`Move ${name} down`} disabled={index === items.length - 1} onClick={() => onItems(moved(items, index, index + 1))}>
                <Down />
              </button>
              <button type="button" className="icon-button small" aria-label={`Remove ${name}`} onClick={() => onItems(items.filter((_, other) => other !== index))}>
                <Close />
              </button>
            </div>
            {isOpen && (
              <div className="item-body">
                {body(item, index, (next) => onItems(items.map((other, at) => (at === index ? (next as Item) : other))))}
                <Findings findings={findingsAt(diagnostics, [...path, index], false)} />
              </div>
            )}
          </li>
        );
      })}
    </ol>
  );
}
