// YAML text: read, and written change by change where it stands, so that comments and spacing stay. What cannot be written
// that way, as behind an alias, is written through the parsed document, which keeps comments though not all of the spacing.

import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, parseDocument, stringify, type Document, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';

import type { Path } from './edit';
import type { Place } from './json-text';
import { changed, isSame, type Change } from './lower';

/** What the text says; undefined where it is no YAML. */
export function readYaml(text: string): unknown {
  const document = documentOf(text);
  return document && valueOf(document);
}

export function writeYaml(text: string, changes: readonly Change[]): string {
  let now = text;
  for (const change of changes) now = write(now, change);
  return now;
}

/** A value as YAML, as it comes from JSON. */
export const toYaml = (value: unknown): string => stringify(value, { lineWidth: 0 });

/** The text as the printer writes it, comments and all. */
export const printedYaml = (text: string): string => documentOf(text)?.toString({ lineWidth: 0 }) ?? text;

/** Tells where a value is in the text, with its name for members. */
export function placesInYaml(text: string): (path: Path) => Place | undefined {
  const document = documentOf(text);
  return (path) => {
    const found = document && find(document, path);
    const from = startOf(found?.pair ? (found.pair.key as Node) : found?.node);
    if (!found || from === undefined) return undefined;
    return { from, to: contentEnd(text, found.node) ?? endOfKey(found.pair) ?? from };
  };
}

/** Why the text cannot be read. */
export function problemsInYaml(text: string): (Place & { message: string })[] {
  const document = attempt(() => parseDocument(text, { schema: 'core', uniqueKeys: true, logLevel: 'silent', prettyErrors: false }));
  const [error] = document?.errors ?? [];
  if (error) return [{ from: error.pos[0], to: error.pos[1], message: error.message }];
  return documentOf(text) ? [] : [{ from: 0, to: 0, message: 'This is no YAML' }];
}

function write(text: string, change: Change): string {
  const document = documentOf(text);
  if (!document) return text;
  const expected = changed(valueOf(document), change);
  const isRight = (candidate: string | undefined): candidate is string => {
    const after = candidate === undefined ? undefined : documentOf(candidate);
    return after !== undefined && isSame(valueOf(after), expected);
  };
  const unfolded = unfold(text, document, change.kind === 'move' ? change.to : change.path);
  if (unfolded !== undefined) return write(unfolded, change);
  const inPlace = writeInPlace(text, document, change);
  if (isRight(inPlace)) return inPlace;
  const through = attempt(() => writeThrough(parsed(text) as Document, change));
  return isRight(through) ? through : toYaml(expected);
}

// The same text is asked about many times in a row.
let lastDocument: { text: string; document: Document | undefined } | undefined;

/** Only to be read. */
function documentOf(text: string): Document | undefined {
  if (lastDocument?.text !== text) lastDocument = { text, document: parsed(text) };
  return lastDocument.document;
}

function parsed(text: string): Document | undefined {
  const document = attempt(() => parseDocument(text, { schema: 'core', uniqueKeys: true, logLevel: 'silent' }));
  return document && document.errors.length === 0 && attempt(() => (valueOf(document), true)) ? document : undefined;
}

// What aliases unfold to is bounded.
const valueOf = (document: Document): unknown => document.toJS({ maxAliasCount: 100 });

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

interface Found {
  /** Of a member. */
  pair?: Pair;
  node: Node | null;
  parent?: YAMLMap | YAMLSeq;
  index: number;
}

function find(document: Document, path: Path): Found | undefined {
  let found: Found = { node: document.contents as Node | null, index: 0 };
  for (const part of path) {
    const parent = found.node;
    if (isSeq(parent) && typeof part === 'number') {
      if (part >= parent.items.length) return undefined;
      found = { node: parent.items[part] as Node | null, parent, index: part };
    } else if (isMap(parent)) {
      const index = parent.items.findIndex((pair) => nameOf(pair) === part);
      const pair = parent.items[index];
      if (!pair) return undefined;
      found = { pair, node: pair.value as Node | null, parent, index };
    } else return undefined;
  }
  return found;
}

const nameOf = (pair: Pair): string => String(isScalar(pair.key) ? pair.key.value : pair.key);
const startOf = (node: Node | null | undefined): number | undefined => node?.range?.[0];
const endOfKey = (pair: Pair | undefined): number | undefined => (pair?.key as Node | undefined)?.range?.[1];

/** Where what is written of a node ends, without the comments and lines behind it. */
function contentEnd(text: string, node: Node | null | undefined): number | undefined {
  if (!node?.range) return undefined;
  if (isCollection(node) && !node.flow) {
    const last: unknown = node.items.at(-1);
    const end = isPair(last) ? (contentEnd(text, last.value as Node | null) ?? endOfKey(last)) : contentEnd(text, last as Node | null);
    return end ?? node.range[1];
  }
  let end = node.range[1];
  while (end > node.range[0] && /\s/.test(text[end - 1] ?? '')) end--;
  return end;
}

/** Undefined where the place is written in a way that this does not know. */
function writeInPlace(text: string, document: Document, change: Change): string | undefined {
  switch (change.kind) {
    case 'put':
      return put(text, document, change.path, change.value);
    case 'key': {
      const key = find(document, change.path)?.pair?.key as Node | undefined;
      return key?.range && isScalar(key) ? spliced(text, key.range[0], key.range[1], scalarText(key.type, change.to)) : undefined;
    }
    case 'drop':
      return drop(text, document, change.path);
    case 'add':
      return add(text, document, change.path, change.index, (name, isFlow) => {
        const value = name === undefined ? change.value : { [name]: change.value };
        if (!isFlow) return toYaml(value).trimEnd();
        const line = stringify(value, { lineWidth: 0, collectionStyle: 'flow', flowCollectionPadding: /[{[] +\S/.test(text) }).trimEnd();
        return name === undefined ? line : line.slice(1, -1).trim();
      });
    case 'move': {
      const found = find(document, change.path);
      const piece = found && pieceOf(text, found);
      const without = drop(text, document, change.path);
      const rest = without === undefined ? undefined : documentOf(without);
      if (!piece || without === undefined || !rest) return undefined;
      return add(without, rest, change.to, change.index, (name) => piece(name));
    }
  }
}

/** What is written of a member or an item, as it is for a name, or as an item. */
function pieceOf(text: string, { pair, node }: Found): ((name: string | undefined) => string) | undefined {
  const from = startOf(node);
  const to = contentEnd(text, node);
  const key = startOf(pair?.key as Node | undefined);
  const keyEnd = endOfKey(pair);
  if (from === undefined || to === undefined) return undefined;
  const own = dedented(text.slice(from, to), columnOf(text, from));
  const isBlock = isCollection(node) && !node.flow;
  return (name) => {
    if (name === undefined) return own;
    const head = scalarText('PLAIN', name);
    // With the comments between a name and its value.
    if (key !== undefined && keyEnd !== undefined) return head + dedented(text.slice(keyEnd, to), columnOf(text, key));
    return isBlock ? `${head}:\n  ${own.replaceAll('\n', '\n  ')}` : `${head}: ${own}`;
  };
}

function put(text: string, document: Document, path: Path, value: unknown): string | undefined {
  const found = find(document, path);
  if (!found) return undefined;
  const { node, pair } = found;
  const isPlain = typeof value !== 'object' || value === null;
  if (isPlain && isScalar(node) && node.range && !/^BLOCK/.test(node.type ?? '')) {
    // What is not written at all, as after `Next:`, has no place of its own.
    if (node.range[0] === node.range[1]) return pair ? spliced(text, node.range[0], node.range[0], ` ${scalarText('PLAIN', value)}`.replace(/^ /, text[node.range[0] - 1] === ' ' ? '' : ' ')) : undefined;
    return spliced(text, node.range[0], node.range[1], scalarText(node.type, value));
  }
  const from = pair ? startOf(pair.key as Node) : startOf(node);
  const to = contentEnd(text, node) ?? endOfKey(pair);
  if (from === undefined || to === undefined || !found.parent || found.parent.flow) return undefined;
  const piece = (pair ? toYaml({ [nameOf(pair)]: value }) : toYaml(value)).trimEnd();
  return spliced(text, from, to, indented(piece, columnOf(text, from)));
}

function drop(text: string, document: Document, path: Path): string | undefined {
  const found = find(document, path);
  const parent = found?.parent;
  if (!found || !parent) return undefined;
  if (parent.items.length === 1) return empty(text, document, path, found);
  const key = found.pair ? startOf(found.pair.key as Node) : startOf(found.node);
  const to = contentEnd(text, found.node) ?? endOfKey(found.pair);
  const from = found.pair || parent.flow ? key : dashBefore(text, key);
  if (from === undefined || to === undefined) return undefined;
  if (parent.flow) return dropFromFlow(text, from, to);
  const line = text.lastIndexOf('\n', from - 1) + 1;
  const lineTo = lineEnd(text, to);
  if (text.slice(line, from).trim() === '') {
    const behind = text.slice(to, lineTo).trim();
    if (behind !== '') return spliced(text, from, lineTo, behind);
    return lineTo < text.length ? spliced(text, line, lineTo + 1, '') : spliced(text, Math.max(line - 1, 0), lineTo, '');
  }
  // The first member of an item stands behind its dash; the second one comes to stand there.
  const next = parent.items[found.index + 1];
  const nextAt = isPair(next) ? startOf(next.key as Node) : undefined;
  if (nextAt === undefined) return undefined;
  const between = text.slice(to, nextAt);
  return spliced(text, from, nextAt, between.trimStart());
}

/** Takes the only member or item out of what it is in, which is written as empty then, before the comments that it had. */
function empty(text: string, document: Document, path: Path, { pair, node, parent }: Found): string | undefined {
  const sign = isSeq(parent) ? '[]' : '{}';
  const around = find(document, path.slice(0, -1));
  const from = pair ? startOf(pair.key as Node) : startOf(node);
  const to = contentEnd(text, node) ?? endOfKey(pair);
  if (!around?.parent || around.parent.flow || parent?.flow || from === undefined || to === undefined) {
    const whole = contentEnd(text, parent);
    const start = startOf(parent);
    return parent?.flow && whole !== undefined && start !== undefined ? spliced(text, start, whole, sign) : undefined;
  }
  const key = endOfKey(around.pair);
  const head = key === undefined ? dashBefore(text, startOf(parent)) : text.indexOf(':', key);
  const begin = isSeq(parent) ? dashBefore(text, from) : from;
  if (head === undefined || begin === undefined) return undefined;
  const line = lineEnd(text, to);
  const behind = text.slice(to, line).trim();
  const before = text.slice(head + 1, begin).trimEnd();
  const after = behind === '' ? '' : `\n${' '.repeat(columnOf(text, begin))}${behind}`;
  return spliced(text, head + 1, line, ` ${sign}${before}${after}`);
}

function dropFromFlow(text: string, from: number, to: number): string {
  const after = /^\s*,\s*/.exec(text.slice(to))?.[0];
  if (after !== undefined) return spliced(text, from, to + after.length, '');
  const before = /,\s*$/.exec(text.slice(0, from))?.[0] ?? '';
  return spliced(text, from - before.length, to, '');
}

/** `render` gives the member (of a name) or item, from the first column on; in one line where that is asked for. */
function add(text: string, document: Document, path: Path, index: number | undefined, render: (name: string | undefined, isFlow: boolean) => string): string | undefined {
  const found = find(document, path.slice(0, -1));
  const around = found?.node;
  const part = path.at(-1);
  if (!around || !isCollection(around) || part === undefined) return undefined;
  const isMember = typeof part === 'string';
  if (isMember !== isMap(around)) return undefined;
  const items = around.items as unknown[];
  const at = Math.min(isMember ? (index ?? items.length) : Number(part), items.length);
  if (items.length === 0) {
    if (!found.parent || found.parent.flow) return undefined;
    const from = found.pair ? startOf(found.pair.key as Node) : startOf(around);
    const to = contentEnd(text, around);
    if (from === undefined || to === undefined) return undefined;
    const piece = isMember ? render(part, false) : item(render(undefined, false));
    const head = found.pair ? text.slice(from, startOf(around)).trimEnd() : '';
    return spliced(text, from, to, indented(found.pair ? `${head}\n${indented(`  ${piece}`, 2)}` : piece, columnOf(text, from)));
  }
  const sibling = at === 0 ? items[0] : items[at - 1];
  const start = isPair(sibling) ? startOf(sibling.key as Node) : startOf(sibling as Node | null);
  const end = isPair(sibling) ? (contentEnd(text, sibling.value as Node | null) ?? endOfKey(sibling)) : contentEnd(text, sibling as Node | null);
  if (start === undefined || end === undefined) return undefined;
  if (around.flow) {
    const piece = render(isMember ? part : undefined, true);
    if (piece.includes('\n')) return undefined;
    return at === 0 ? spliced(text, start, start, `${piece}, `) : spliced(text, end, end, `, ${piece}`);
  }
  const from = isMember ? start : dashBefore(text, start);
  if (from === undefined) return undefined;
  const column = columnOf(text, from);
  const piece = indented(isMember ? render(part, false) : item(render(undefined, false)), column);
  if (at === 0) return spliced(text, from, from, `${piece}\n${' '.repeat(column)}`);
  const line = lineEnd(text, end);
  return spliced(text, line, line, `\n${' '.repeat(column)}${piece}`);
}

const item = (piece: string): string => `- ${piece.replaceAll('\n', '\n  ')}`;

/** The dash of the item that begins at an offset. */
function dashBefore(text: string, at: number | undefined): number | undefined {
  if (at === undefined) return undefined;
  const dash = /-[ \t]+$/.exec(text.slice(text.lastIndexOf('\n', at - 1) + 1, at));
  return dash ? at - dash[0].length : undefined;
}

function lineEnd(text: string, from: number): number {
  const line = text.indexOf('\n', from);
  if (line < 0) return text.length;
  return text[line - 1] === '\r' && line - 1 >= from ? line - 1 : line;
}

const columnOf = (text: string, at: number): number => at - (text.lastIndexOf('\n', at - 1) + 1);

/** Lines after the first, moved to the right. Empty ones stay empty. */
const indented = (piece: string, column: number): string => piece.replace(/\n(?=[^\n])/g, `\n${' '.repeat(column)}`);

/** Lines after the first, moved to the left. */
const dedented = (piece: string, column: number): string => piece.replace(new RegExp(`\n {0,${column}}`, 'g'), '\n');

function scalarText(type: string | undefined, value: unknown): string {
  if (typeof value === 'string' && type === 'QUOTE_DOUBLE') return JSON.stringify(value);
  if (typeof value === 'string' && type === 'QUOTE_SINGLE' && !/[\n\r\\]/.test(value)) return `'${value.replaceAll("'", "''")}'`;
  return stringify(value, { lineWidth: 0, blockQuote: false }).trimEnd();
}

const spliced = (text: string, from: number, to: number, piece: string): string => text.slice(0, from) + piece + text.slice(to);

/** The text with the first alias on the way to a place replaced by what it stands for. */
function unfold(text: string, document: Document, path: Path): string | undefined {
  for (let length = 1; length < path.length; length++) {
    const way = path.slice(0, length);
    const found = find(document, way);
    if (found && isAlias(found.node)) return put(text, document, way, found.node.toJS(document));
  }
  return undefined;
}

/** Through the parsed document, as it prints itself. */
function writeThrough(document: Document, change: Change): string {
  if (change.kind === 'drop') document.deleteIn(change.path);
  else if (change.kind === 'put') {
    if (change.path.length === 0) document.contents = document.createNode(change.value) as never;
    else document.setIn(change.path, document.createNode(change.value));
  } else if (change.kind === 'key') {
    const pair = find(document, change.path)?.pair;
    if (pair) pair.key = document.createNode(change.to);
  } else {
    const to = change.kind === 'add' ? change.path : change.to;
    const part = to.at(-1) ?? 0;
    const value = change.kind === 'add' ? document.createNode(change.value) : find(document, change.path)?.node;
    if (change.kind === 'move') document.deleteIn(change.path);
    const around = find(document, to.slice(0, -1))?.node;
    if (isSeq(around)) around.items.splice(Number(part), 0, value);
    if (isMap(around)) around.items.splice(change.index ?? around.items.length, 0, document.createPair(part, value));
  }
  return document.toString({ lineWidth: 0 });
}
