// JSON text: read with its comments, and written change by change, so that all the rest stays as it was.

import { parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';

import type { Path } from './edit';
import type { Change } from './lower';

/** A part of a text. */
export interface Place {
  from: number;
  to: number;
}

/** A part of a text that another takes the place of. */
interface Splice extends Place {
  text: string;
}

/** What the text says; undefined where it is no JSON, comments and last commas aside. */
export function readJson(text: string): unknown {
  const tree = treeOf(text);
  return tree && valueOf(tree);
}

export function writeJson(text: string, changes: readonly Change[]): string {
  let now = text;
  // Values that are put are many after a renaming, and do not move each other.
  let puts: Splice[] = [];
  let tree = treeOf(now);
  const flush = (): void => {
    if (puts.length === 0) return;
    now = spliced(now, puts);
    puts = [];
    tree = treeOf(now);
  };
  for (const change of changes) {
    if (change.kind === 'put') {
      const node = tree && find(tree, change.path);
      if (!node || puts.some(({ from, to }) => from < node.offset + node.length && to > node.offset)) flush();
      const put = tree && find(tree, change.path);
      if (put) puts.push({ from: put.offset, to: put.offset + put.length, text: written(now, put.offset, change.value, isInline(now, put)) });
      continue;
    }
    flush();
    if (!tree) return now;
    now = spliced(now, structural(now, tree, change));
    tree = treeOf(now);
  }
  flush();
  return now;
}

/** Tells where a value is in the text, with its name for members. */
export function placesInJson(text: string): (path: Path) => Place | undefined {
  const tree = treeOf(text);
  return (path) => {
    const node = tree && find(tree, path);
    if (!node) return undefined;
    const whole = node.parent?.type === 'property' ? node.parent : node;
    return { from: whole.offset, to: end(node) };
  };
}

/** Why the text cannot be read. */
export function problemsInJson(text: string): (Place & { message: string })[] {
  const errors: ParseError[] = [];
  try {
    parseTree(text, errors, { allowTrailingComma: true });
  } catch {
    return [{ from: 0, to: 0, message: 'It is nested too deeply' }];
  }
  return errors.slice(0, 1).map(({ error, offset, length }) => ({ from: offset, to: offset + length, message: MESSAGES[printParseErrorCode(error)] ?? 'This is no JSON' }));
}

const MESSAGES: Record<string, string> = {
  PropertyNameExpected: 'A name in quotes is expected here',
  ValueExpected: 'A value is expected here',
  ColonExpected: 'A colon is expected here',
  CommaExpected: 'A comma is expected here',
  CloseBraceExpected: 'A } is missing',
  CloseBracketExpected: 'A ] is missing',
  EndOfFileExpected: 'Nothing more is expected here',
  UnexpectedEndOfString: 'A quote is missing',
  InvalidEscapeCharacter: 'There is no such escape',
};

function structural(text: string, tree: Node, change: Exclude<Change, { kind: 'put' }>): Splice[] {
  const node = change.kind === 'add' ? undefined : find(tree, change.path);
  switch (change.kind) {
    case 'key': {
      const name = node?.parent?.children?.[0];
      return name ? [{ from: name.offset, to: name.offset + name.length, text: JSON.stringify(change.to) }] : [];
    }
    case 'drop':
      return node ? removal(text, node) : [];
    case 'add': {
      const around = find(tree, change.path.slice(0, -1));
      return around ? insertion(text, around, change.path, change.index, (indent, inline) => rendered(text, change.value, indent, inline)) : [];
    }
    case 'move': {
      if (!node) return [];
      const piece = text.slice(node.offset, node.offset + node.length);
      const indent = indentAt(text, node.offset);
      const without = spliced(text, removal(text, node));
      const rest = treeOf(without);
      const around = rest && find(rest, change.to.slice(0, -1));
      if (!around) return [];
      const into = insertion(without, around, change.to, change.index, (to) => piece.replaceAll(`\n${indent}`, `\n${to}`));
      return [{ from: 0, to: text.length, text: spliced(without, into) }];
    }
  }
}

/** Puts a member or an item among the others: on a line of its own where they are, in their line otherwise. */
function insertion(
  text: string,
  around: Node,
  path: Path,
  index: number | undefined,
  render: (indent: string, isInline: boolean) => string,
): Splice[] {
  const part = path.at(-1);
  const siblings = around.children ?? [];
  const at = Math.min(typeof part === 'number' ? part : (index ?? siblings.length), siblings.length);
  const name = typeof part === 'string' ? `${JSON.stringify(part)}:${colonGap(text)}` : '';
  const first = siblings[0];
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  if (!first) {
    const inner = text.slice(around.offset + 1, end(around) - 1);
    const isInline = !text.includes('\n');
    const indent = indentAt(text, around.offset);
    const own = indent + unitOf(text);
    const piece = name + render(isInline ? '' : own, isInline);
    const from = around.offset + 1 + inner.trimEnd().length;
    return [{ from, to: end(around) - 1, text: isInline ? piece : `${eol}${own}${piece}${eol}${indent}` }];
  }
  const isInline = isInlineInside(text, around);
  const indent = isInline ? '' : indentAt(text, first.offset);
  const piece = name + render(indent, isInline);
  const gap = isInline ? ' ' : `${eol}${indent}`;
  if (at === 0) return [{ from: first.offset, to: first.offset, text: `${piece},${gap}` }];
  const before = siblings[at - 1] as Node;
  const comma = commaAfter(text, before);
  if (isInline) {
    const from = end(before);
    return [{ from, to: from, text: `, ${piece}` }];
  }
  const line = lineEnd(text, comma ?? end(before));
  if (comma !== undefined) return [{ from: line, to: line, text: `${gap}${piece},` }];
  return [{ from: end(before), to: line, text: `,${text.slice(end(before), line)}${gap}${piece}` }];
}

/** Takes a member or an item out, with one comma, and with the lines that are empty then. */
function removal(text: string, value: Node): Splice[] {
  const node = value.parent?.type === 'property' ? value.parent : value;
  const siblings = node.parent?.children ?? [];
  const index = siblings.indexOf(node);
  const before = siblings[index - 1];
  const isLast = index === siblings.length - 1;
  const own = commaAfter(text, node);
  const splices: Splice[] = [];
  let from = node.offset;
  let to = own === undefined ? end(node) : own;
  // Between the value and its comma there may be a comment, which stays.
  if (own !== undefined && text.slice(end(node), own - 1).trim() !== '') {
    splices.push({ from: own - 1, to: own, text: '' });
    to = end(node);
  }
  if (isLast && before && own === undefined) {
    const comma = commaAfter(text, before);
    if (comma !== undefined) splices.push({ from: comma - 1, to: comma, text: '' });
  }
  const lineFrom = text.lastIndexOf('\n', from - 1);
  const lineTo = text.indexOf('\n', to);
  const isAlone = text.slice(lineFrom + 1, from).trim() === '' && lineTo >= 0 && text.slice(to, lineTo).trim() === '';
  if (isAlone && lineFrom >= 0) {
    from = text[lineFrom - 1] === '\r' ? lineFrom - 1 : lineFrom;
    to = text[lineTo - 1] === '\r' ? lineTo - 1 : lineTo;
  } else if (siblings.length === 1) {
    if (isBlank(text, end(node), end(node.parent as Node) - 1) && isBlank(text, (node.parent as Node).offset + 1, from)) {
      from = (node.parent as Node).offset + 1;
      to = end(node.parent as Node) - 1;
    }
  } else if (isLast && before) {
    while (from > end(before) && isSpace(text[from - 1])) from--;
  } else {
    while (isSpace(text[to])) to++;
  }
  // An object that has nothing in it any more is not spread over lines.
  if (siblings.length === 1 && isAlone) {
    const around = node.parent as Node;
    if (isBlank(text, around.offset + 1, node.offset) && isBlank(text, to, end(around) - 1)) {
      from = around.offset + 1;
      to = end(around) - 1;
    }
  }
  splices.push({ from, to, text: '' });
  return splices;
}

const isSpace = (character: string | undefined): boolean => character === ' ' || character === '\t';
const isBlank = (text: string, from: number, to: number): boolean => text.slice(from, to).trim() === '';
const end = (node: Node): number => node.offset + node.length;

/** Behind the comma that follows a node, comments between them or not. */
function commaAfter(text: string, node: Node): number | undefined {
  const comma = /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)*,/y;
  comma.lastIndex = end(node);
  return comma.test(text) ? comma.lastIndex : undefined;
}

/** Where the line ends that only comments may still be in; right there where something else is. */
function lineEnd(text: string, from: number): number {
  const rest = /(?:[ \t]|\/\/[^\r\n]*|\/\*[^\n]*?\*\/)*(?=\r?\n|$)/y;
  rest.lastIndex = from;
  return rest.test(text) ? rest.lastIndex : from;
}

function written(text: string, offset: number, value: unknown, isInline: boolean): string {
  return rendered(text, value, indentAt(text, offset), isInline);
}

function rendered(text: string, value: unknown, indent: string, isInline: boolean): string {
  if (isInline) return inline(value, colonGap(text));
  const json = JSON.stringify(value, null, unitOf(text)) ?? 'null';
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  return json.replaceAll('\n', `${eol}${indent}`);
}

function inline(value: unknown, gap: string): string {
  if (Array.isArray(value)) return `[${value.map((item) => inline(item, gap)).join(`,${gap}`)}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  return `{${Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${gap}${inline(member, gap)}`).join(`,${gap}`)}}`;
}

/** Whether what is at the node's place is written in one line with its siblings. */
function isInline(text: string, node: Node): boolean {
  const around = node.parent?.type === 'property' ? node.parent.parent : node.parent;
  if (node.children && node.children.length > 0) return isInlineInside(text, node);
  return around ? isInlineInside(text, around) : !text.includes('\n');
}

function isInlineInside(text: string, around: Node): boolean {
  const first = around.children?.[0];
  return first !== undefined && !text.slice(around.offset, first.offset).includes('\n');
}

const colonGap = (text: string): string => (/"\s*:\s/.test(text) || !/"\s*:/.test(text) ? ' ' : '');

function indentAt(text: string, offset: number): string {
  const line = text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(line, offset))?.[0] ?? '';
}

/** What a level is indented by, as the first line that is says. */
const unitOf = (text: string): string => /^[{[]\s*?\r?\n([ \t]+)\S/.exec(text.trimStart())?.[1] ?? '  ';

function spliced(text: string, splices: readonly Splice[]): string {
  let now = text;
  for (const { from, to, text: piece } of [...splices].sort((a, b) => b.from - a.from || b.to - a.to)) now = now.slice(0, from) + piece + now.slice(to);
  return now;
}

// The same text is asked about many times in a row.
let lastTree: { text: string; tree: Node | undefined } | undefined;

function treeOf(text: string): Node | undefined {
  if (lastTree?.text !== text) lastTree = { text, tree: parsed(text) };
  return lastTree.tree;
}

function parsed(text: string): Node | undefined {
  const errors: ParseError[] = [];
  try {
    const tree = parseTree(text, errors, { allowTrailingComma: true });
    return errors.length === 0 ? tree : undefined;
  } catch {
    // Deeper than the parser's recursion goes.
    return undefined;
  }
}

/** The last of members of one name counts, as it does for whoever reads the text. */
function find(tree: Node, path: Path): Node | undefined {
  let node: Node | undefined = tree;
  for (const part of path) {
    if (typeof part === 'number') node = node?.type === 'array' ? node.children?.[part] : undefined;
    else node = node?.type === 'object' ? node.children?.findLast((property) => property.children?.[0]?.value === part)?.children?.[1] : undefined;
    if (!node) return undefined;
  }
  return node;
}

function valueOf(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(valueOf);
  if (node.type !== 'object') return node.value as unknown;
  return Object.fromEntries((node.children ?? []).map(({ children = [] }) => [String(children[0]?.value), children[1] ? valueOf(children[1]) : null]));
}
