// Fails when the first page needs more than it should: its scripts and styles, and those of the page shown first.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const DIST = new URL('../dist/', import.meta.url).pathname;
const BYTES_MAX = 400_000;
const FIRST_PAGE = 'src/pages/machines.tsx';

const manifest = JSON.parse(readFileSync(join(DIST, '.vite/manifest.json'), 'utf8'));
const needed = new Set(['index.html']);
const seen = new Set();

function need(key) {
  const entry = manifest[key];
  if (!entry || seen.has(key)) return;
  seen.add(key);
  needed.add(entry.file);
  for (const style of entry.css ?? []) needed.add(style);
  for (const other of entry.imports ?? []) need(other);
}

need('index.html');
if (!manifest[FIRST_PAGE]) throw new Error(`${FIRST_PAGE} is not in the build`);
need(FIRST_PAGE);

const bytes = [...needed].reduce((sum, file) => sum + statSync(join(DIST, `${file}.gz`)).size, 0);
const told = `the first page needs ${(bytes / 1000).toFixed(0)} kB in ${needed.size} files; ${BYTES_MAX / 1000} kB are allowed`;
if (bytes > BYTES_MAX) throw new Error(told);
console.log(told);
