// YAML text: read, and written with its comments.

import { isMap, isSeq, parseDocument, type Document } from 'yaml';

import type { Change } from './lower';

/** What the text says; undefined where it is no YAML. */
export function readYaml(text: string): unknown {
  const document = documentOf(text);
  return document.errors.length > 0 ? undefined : valueOf(document);
}

export function writeYaml(text: string, changes: readonly Change[]): string {
  const document = documentOf(text);
  if (document.errors.length > 0) return text;
  for (const change of changes) write(document, change);
  return document.toString({ lineWidth: 0 });
}

function documentOf(text: string): Document {
  return parseDocument(text, { schema: 'core', uniqueKeys: true });
}

function valueOf(document: Document): unknown {
  return document.toJS({ maxAliasCount: 100 });
}

function write(document: Document, change: Change): void {
  switch (change.kind) {
    case 'put':
      if (change.path.length === 0) document.contents = document.createNode(change.value) as never;
      else document.setIn(change.path, document.createNode(change.value));
      return;
    case 'drop':
      document.deleteIn(change.path);
      return;
    case 'key': {
      const around = document.getIn(change.path.slice(0, -1), true);
      const pair = isMap(around) ? around.items.find((item) => String(item.key) === change.path.at(-1)) : undefined;
      if (pair) pair.key = document.createNode(change.to);
      return;
    }
    case 'add':
    case 'move': {
      const to = change.kind === 'add' ? change.path : change.to;
      const part = to.at(-1) ?? 0;
      const value = change.kind === 'add' ? document.createNode(change.value) : document.getIn(change.path, true);
      if (change.kind === 'move') document.deleteIn(change.path);
      const around = document.getIn(to.slice(0, -1), true);
      if (isSeq(around)) around.items.splice(Number(part), 0, value);
      if (isMap(around)) around.items.splice(change.index ?? around.items.length, 0, document.createPair(part, value));
      return;
    }
  }
}
