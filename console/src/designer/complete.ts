// Completion: what can be written at a place of a definition: members by what they are in, names of states, resources.

import { getLocation } from 'jsonc-parser';

import { isObject, type Definition } from '../definition/asl';
import { CATALOG } from './catalog';
import { valueAt, type Format, type Path } from './edit';
import { stateOfPath } from './locations';
import { flowOf } from './references';

export interface Suggestion {
  label: string;
  /** In a few words. */
  detail?: string;
}

/** Where one writes: the name of a member of the object at `path`, or the value at `path`. */
export interface Cursor {
  path: Path;
  isName: boolean;
}

const words = (text: string): string[] => text.split(' ');

const FLOW = words('Comment StartAt States');
const ROOT = words('Comment QueryLanguage StartAt States TimeoutSeconds Version');
const COMMON = words('Type Comment QueryLanguage');
const LEADS = words('Next End');
const RESULT = words('Retry Catch');

const MEMBERS: Record<string, { both: string[]; path: string[]; expression: string[] }> = {
  Task: {
    both: [...words('Resource TimeoutSeconds HeartbeatSeconds Credentials Assign'), ...RESULT, ...LEADS],
    path: words('Parameters ResultSelector ResultPath InputPath OutputPath TimeoutSecondsPath HeartbeatSecondsPath'),
    expression: words('Arguments Output'),
  },
  Pass: { both: [...words('Assign'), ...LEADS], path: words('Result Parameters ResultPath InputPath OutputPath'), expression: words('Output') },
  Choice: { both: words('Choices Default Assign'), path: words('InputPath OutputPath'), expression: words('Output') },
  Wait: { both: [...words('Seconds Timestamp Assign'), ...LEADS], path: words('SecondsPath TimestampPath InputPath OutputPath'), expression: words('Output') },
  Succeed: { both: [], path: words('InputPath OutputPath'), expression: words('Output') },
  Fail: { both: words('Error Cause'), path: words('ErrorPath CausePath'), expression: [] },
  Parallel: {
    both: [...words('Branches Assign'), ...RESULT, ...LEADS],
    path: words('Parameters ResultSelector ResultPath InputPath OutputPath'),
    expression: words('Arguments Output'),
  },
  Map: {
    both: [...words('ItemProcessor ItemReader ItemBatcher ItemSelector ResultWriter MaxConcurrency ToleratedFailurePercentage ToleratedFailureCount Label Assign'), ...RESULT, ...LEADS],
    path: words('ItemsPath Parameters ResultSelector ResultPath InputPath OutputPath MaxConcurrencyPath ToleratedFailurePercentagePath ToleratedFailureCountPath'),
    expression: words('Items Output'),
  },
};

const RETRIER = words('ErrorEquals IntervalSeconds MaxAttempts BackoffRate MaxDelaySeconds JitterStrategy Comment');
const CATCHER = words('ErrorEquals Next Assign Comment');
const TYPES = ['String', 'Numeric', 'Boolean', 'Timestamp'].flatMap((type) =>
  (type === 'Boolean' ? ['Equals'] : ['Equals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals']).flatMap((how) => [`${type}${how}`, `${type}${how}Path`]),
);
const RULE = [...words('Variable And Or Not IsPresent IsNull IsString IsNumeric IsBoolean IsTimestamp StringMatches Next Comment Assign'), ...TYPES];
const PROCESSOR = ['ProcessorConfig', ...FLOW];
const ERRORS = words(
  'States.ALL States.TaskFailed States.Timeout States.HeartbeatTimeout States.Permissions States.DataLimitExceeded States.Runtime States.QueryEvaluationError States.ParameterPathFailure States.ResultPathMatchFailure States.IntrinsicFailure States.NoChoiceMatched States.BranchFailed States.ExceedToleratedFailureThreshold States.ItemReaderFailed States.ResultWriterFailed States.Http.StatusCode Lambda.ServiceException Lambda.AWSLambdaException Lambda.SdkClientException Lambda.TooManyRequestsException',
);

const VALUES: Record<string, string[]> = {
  Type: Object.keys(MEMBERS),
  QueryLanguage: ['JSONata', 'JSONPath'],
  Mode: ['INLINE', 'DISTRIBUTED'],
  ExecutionType: ['STANDARD', 'EXPRESS'],
  JitterStrategy: ['FULL', 'NONE'],
  InputType: ['CSV', 'JSON', 'JSONL', 'PARQUET', 'MANIFEST'],
  CSVHeaderLocation: ['FIRST_ROW', 'GIVEN'],
  Transformation: ['NONE', 'COMPACT', 'FLATTEN', 'LOAD_AND_FLATTEN'],
  OutputType: ['JSON', 'JSONL'],
};

export function suggest(definition: Definition, { path, isName }: Cursor): Suggestion[] {
  return isName ? names(definition, path) : values(definition, path);
}

function names(definition: Definition, path: Path): Suggestion[] {
  const now = valueAt(definition, path);
  const there = new Set(isObject(now) ? Object.keys(now) : []);
  return membersOf(definition, path).filter((name) => !there.has(name)).map((label) => ({ label }));
}

function membersOf(definition: Definition, path: Path): string[] {
  const state = stateOfPath(path);
  if (path.length === 0) return ROOT;
  if (!state) return [];
  const inside = path.slice(state.length);
  const found = valueAt(definition, state);
  const own: Record<string, unknown> = isObject(found) ? (found as Record<string, unknown>) : {};
  const isJsonata = (own.QueryLanguage ?? definition.QueryLanguage) === 'JSONata';
  const members = MEMBERS[String(own.Type)];
  if (inside.length === 0) return members ? [...COMMON, ...members.both, ...(isJsonata ? members.expression : members.path)] : COMMON;
  switch (inside[0]) {
    case 'Retry':
      return inside.length === 2 ? RETRIER : [];
    case 'Catch':
      return inside.length === 2 ? (isJsonata ? [...CATCHER, 'Output'] : [...CATCHER, 'ResultPath']) : [];
    case 'Choices':
      return isJsonata ? words('Condition Next Assign Output Comment') : RULE;
    case 'Branches':
      return inside.length === 2 ? FLOW : [];
    case 'ItemProcessor':
      if (inside.length === 1) return PROCESSOR;
      return inside[1] === 'ProcessorConfig' ? words('Mode ExecutionType') : [];
    case 'ItemReader':
      if (inside.length === 1) return ['Resource', 'ReaderConfig', isJsonata ? 'Arguments' : 'Parameters'];
      if (inside[1] === 'ReaderConfig') return words('InputType CSVHeaderLocation CSVHeaders CSVDelimiter MaxItems MaxItemsPath ItemsPointer ManifestType Transformation');
      return words('Bucket Key Prefix');
    case 'ItemBatcher':
      return words('MaxItemsPerBatch MaxItemsPerBatchPath MaxInputBytesPerBatch MaxInputBytesPerBatchPath BatchInput');
    case 'ResultWriter':
      if (inside.length === 1) return ['Resource', 'WriterConfig', isJsonata ? 'Arguments' : 'Parameters'];
      return inside[1] === 'WriterConfig' ? words('Transformation OutputType') : words('Bucket Prefix');
    case 'Parameters':
    case 'Arguments': {
      // What the catalog gives this resource at least.
      const item = CATALOG.find(({ resource }) => resource === own.Resource);
      const state = item?.make(true);
      return inside.length === 1 && isObject(state?.Arguments) ? Object.keys(state.Arguments) : [];
    }
    default:
      return [];
  }
}

function values(definition: Definition, path: Path): Suggestion[] {
  const name = path.at(-1);
  if (name === 'Resource') return CATALOG.flatMap(({ resource, title }) => (resource ? [{ label: resource, detail: title }] : []));
  if (path.at(-2) === 'ErrorEquals') return ERRORS.map((label) => ({ label }));
  if (name === 'StartAt') return stateNames(definition, path.slice(0, -1));
  if (name === 'Next' || name === 'Default') {
    const state = stateOfPath(path);
    return state ? stateNames(definition, flowOf(state)).filter(({ label }) => label !== state.at(-1)) : [];
  }
  return (VALUES[String(name)] ?? []).map((label) => ({ label }));
}

function stateNames(definition: Definition, flow: Path): Suggestion[] {
  const states = valueAt(definition, [...flow, 'States']);
  return isObject(states) ? Object.entries(states).map(([label, state]) => ({ label, detail: isObject(state) && 'Type' in state ? String(state.Type) : undefined })) : [];
}

/** Where an offset is in the text, and what is written there already. */
export function cursorAt(text: string, format: Format, offset: number): (Cursor & { from: number; to: number; isQuoted: boolean }) | undefined {
  return format === 'json' ? inJson(text, offset) : inYaml(text, offset);
}

function inJson(text: string, offset: number): (Cursor & { from: number; to: number; isQuoted: boolean }) | undefined {
  const { path, isAtPropertyKey, previousNode: node } = getLocation(text, offset);
  const isInNode = node !== undefined && node.offset <= offset && offset <= node.offset + node.length;
  const isQuoted = isInNode && node.type !== 'null' && text[node.offset] === '"';
  const from = isQuoted ? node.offset + 1 : offset - (/[\w.:-]*$/.exec(text.slice(0, offset))?.[0].length ?? 0);
  const isClosed = isQuoted && node.length > 1 && text[node.offset + node.length - 1] === '"';
  const to = isQuoted ? node.offset + node.length - (isClosed ? 1 : 0) : offset;
  return { path: isAtPropertyKey ? path.slice(0, -1) : path, isName: isAtPropertyKey, from, to: Math.max(to, offset), isQuoted };
}

const MEMBER = /^(\s*(?:- +)*)("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#:'"{[][^#]*?)\s*:(?:\s+(.*))?$/;

/** By the indentation of the lines before: blocks as people write them, not what is in braces. */
function inYaml(text: string, offset: number): (Cursor & { from: number; to: number; isQuoted: boolean }) | undefined {
  const lines = text.slice(0, offset).split('\n');
  const line = lines.pop() ?? '';
  const own = MEMBER.exec(line);
  const dashes = /^\s*(?:- +)*/.exec(line)?.[0] ?? '';
  let column = dashes.length;
  const path: (string | number)[] = [];
  const isValue = own !== null;
  const started = isValue ? (own[3] ?? '') : line.slice(dashes.length);
  if (/[{[|>&*]/.test(started.charAt(0))) return undefined;
  if (isValue) path.unshift(plainName(own[2] ?? ''));
  let items = dashes.includes('-') ? [dashes.lastIndexOf('-')] : [];
  const count = (dash: number, from: number): number => {
    let index = 0;
    for (let at = from; at >= 0; at--) {
      const before = lines[at] ?? '';
      if (before.trim() === '' || before.trim().startsWith('#')) continue;
      const indent = before.search(/\S/);
      if (indent < dash || (indent === dash && before[indent] !== '-')) break;
      if (indent === dash) index++;
    }
    return index;
  };
  if (items.length > 0) path.unshift(count(items[0] as number, lines.length - 1));
  let edge = items.length > 0 ? (items[0] as number) : column;
  // A list may stand as far to the left as the name that it belongs to.
  let isInItem = items.length > 0;
  for (let at = lines.length - 1; at >= 0; at--) {
    const before = lines[at] ?? '';
    const found = MEMBER.exec(before);
    if (before.trim() === '' || before.trim().startsWith('#') || !found) continue;
    const lead = found[1] ?? '';
    column = lead.length;
    const dash = lead.lastIndexOf('-');
    const isAround = column < edge || (isInItem && column === edge && dash < 0);
    if (isAround && (found[3] ?? '').replace(/#.*$/, '').trim() === '') {
      path.unshift(plainName(found[2] ?? ''));
      edge = column;
      isInItem = false;
    }
    if (dash >= 0 && dash < edge && column <= edge) {
      path.unshift(count(dash, at - 1));
      edge = dash;
      isInItem = true;
    }
  }
  const isItem = !isValue && dashes.includes('-') && typeof path.at(-1) === 'number' && path.at(-2) === 'ErrorEquals';
  const quote = /^["']/.test(started) ? 1 : 0;
  return { path, isName: !isValue && !isItem, from: offset - started.length + quote, to: offset, isQuoted: quote === 1 };
}

function plainName(name: string): string {
  if (name.startsWith('"')) {
    try {
      return String(JSON.parse(name));
    } catch {
      return name;
    }
  }
  return name.startsWith("'") ? name.slice(1, -1).replaceAll("''", "'") : name;
}
