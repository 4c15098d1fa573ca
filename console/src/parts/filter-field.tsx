// A field that filters what is below it. What is typed reaches the address a moment later.

import { useEffect, useRef, useState } from 'react';

import { Search } from './icons';

const PAUSE_MILLIS = 200;

export function FilterField({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  useEffect(() => {
    if (value !== told.current) {
      told.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => {
    if (text === told.current) return;
    const timer = setTimeout(() => {
      told.current = text;
      onChange(text);
    }, PAUSE_MILLIS);
    return () => clearTimeout(timer);
  }, [text, onChange]);
  return (
    <label className="filter">
      <Search />
      <input type="search" placeholder={label} aria-label={label} value={text} onChange={(event) => setText(event.target.value)} />
    </label>
  );
}
