import { describe, expect, it } from 'vitest';
import { Document, isCollection, isPair, visit, type Node } from 'yaml';

import { isObject, type Definition, type State } from '../definition/asl';
import {
  addBranch,
  addCatch,
  addChoice,
  duplicateState,
  insertAfter,
  insertAt,
  insertBefore,
  insertFirst,
  moveState,
  placeAfter,
  placeBefore,
  placeFirst,
  removeState,
  setNext,
  type Place,
} from './actions';
import { apply, applied, readDefinition, valueAt, type Edit, type Format, type Path } from './edit';
import { isSame } from './lower';
import { flowOf, flowsInside, referencesIn, statesOf, uniqueName } from './references';

const LINE: Definition = {
  StartAt: 'A',
  States: {
    A: { Type: 'Pass', Next: 'B' },
    B: { Type: 'Task', Resource: 'r', Catch: [{ ErrorEquals: ['X'], Next: 'D' }], Next: 'C' },
    C: { Type: 'Choice', Choices: [{ Variable: '$', IsNull: true, Next: 'A' }], Default: 'D' },
    D: { Type: 'Map', ItemProcessor: { StartAt: 'E', States: { E: { Type: 'Pass', End: true } } }, End: true },
  },
};
const PASS: State = { Type: 'Pass' };
const at = (...names: string[]): Path => names.flatMap((name, index) => (index === 0 ? ['States', name] : ['ItemProcessor', 'States', name]));
const after = (edits: Edit[]): Definition => applied(LINE, edits);
const states = (definition: Definition): Record<string, State> => definition.States ?? {};

describe('an action', () => {
  it('puts a state after another', () => {
    const { A, N } = states(after(insertAfter(LINE, at('A'), 'N', PASS)));
    expect([A?.Next, N]).toEqual(['N', { Type: 'Pass', Next: 'B' }]);
    expect(Object.keys(states(after(insertAfter(LINE, at('A'), 'N', PASS))))).toEqual(['A', 'N', 'B', 'C', 'D']);
  });

  it('puts a state at the end of a flow', () => {
    const { D } = states(after(insertAfter(LINE, at('D', 'E'), 'N', PASS)));
    expect(D?.ItemProcessor).toEqual({ StartAt: 'E', States: { E: { Type: 'Pass', Next: 'N' }, N: { Type: 'Pass', End: true } } });
  });

  it('puts a state after a Choice as its default', () => {
    const { C, N } = states(after(insertAfter(LINE, at('C'), 'N', PASS)));
    expect([C?.Default, N?.Next]).toEqual(['N', 'D']);
  });

  it('puts a state before another, for all that leads there', () => {
    const next = after(insertBefore(LINE, at('A'), 'N', PASS));
    expect([next.StartAt, states(next).C?.Choices?.[0]?.Next, states(next).N]).toEqual(['N', 'N', { Type: 'Pass', Next: 'A' }]);
  });

  it('puts a state into an empty flow', () => {
    const [first, second] = [insertFirst({}, [], 'N', PASS), insertFirst({ States: {} }, [], 'N', { Type: 'Fail' })];
    expect(applied({}, first)).toEqual({ States: { N: { Type: 'Pass', End: true } }, StartAt: 'N' });
    expect(applied({ States: {} }, second)).toEqual({ States: { N: { Type: 'Fail' } }, StartAt: 'N' });
  });

  it('gives a Choice the state it was put before as its default', () => {
    const { N } = states(after(insertAfter(LINE, at('A'), 'N', { Type: 'Choice', Choices: [] })));
    expect(N).toEqual({ Type: 'Choice', Choices: [], Default: 'B' });
  });

  it('puts nothing after a state that ends', () => {
    expect(insertAfter({ StartAt: 'F', States: { F: { Type: 'Fail' } } }, at('F'), 'N', PASS)).toEqual([]);
  });

  it('takes a state out, and what led to it leads past it', () => {
    const next = after(removeState(LINE, at('B')));
    expect([states(next).A?.Next, states(next).B]).toEqual(['C', undefined]);
    const ended = states(after(removeState(LINE, at('D'))));
    expect(ended.B?.Catch).toEqual([{ ErrorEquals: ['X'] }]);
    expect(ended.C).not.toHaveProperty('Default');
    expect(after(removeState(LINE, at('A'))).StartAt).toBe('B');
  });

  it('takes the last state of a flow out', () => {
    expect(states(after(removeState(LINE, at('D', 'E')))).D?.ItemProcessor).toEqual({ States: {} });
  });

  it('copies a state with names of its own', () => {
    const copy = states(after(duplicateState(LINE, at('D'))))['D (1)'];
    expect(copy).toEqual({ Type: 'Map', ItemProcessor: { StartAt: 'E (1)', States: { 'E (1)': { Type: 'Pass', End: true } } }, End: true });
  });

  it('moves a state within its flow', () => {
    const { A, B, C, D } = states(after(moveState(LINE, at('B'), placeAfter(LINE, at('D')))));
    expect([A?.Next, D?.Next, B?.End, C?.Default]).toEqual(['C', 'B', true, 'D']);
  });

  it('moves a state into a Map, where its catchers lead nowhere', () => {
    const next = after(moveState(LINE, at('B'), placeFirst([...at('D'), 'ItemProcessor'])));
    expect(valueAt(next, ['States', 'D', 'ItemProcessor'])).toEqual({
      StartAt: 'B',
      States: { E: { Type: 'Pass', End: true }, B: { Type: 'Task', Resource: 'r', Catch: [{ ErrorEquals: ['X'] }], Next: 'E' } },
    });
  });

  it('does not move a state into itself, or to where it is', () => {
    expect(moveState(LINE, at('D'), placeFirst([...at('D'), 'ItemProcessor']))).toEqual([]);
    expect(moveState(LINE, at('B'), placeAfter(LINE, at('A')))).toEqual([]);
  });

  it('catches all errors last', () => {
    const [first] = addCatch(LINE, at('B'), 'D');
    expect(first).toMatchObject({ index: undefined, value: { ErrorEquals: ['States.ALL'] } });
    expect(addCatch(after([first as Edit]), at('B'))[0]).toMatchObject({ index: 1, value: { ErrorEquals: ['States.TaskFailed'] } });
    expect(addCatch(LINE, at('A'))).toEqual([]);
  });
});

/** The same numbers for the same seed. */
function dice(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) | 0;
    return Math.floor((((state ^ (state >>> 13)) >>> 0) / 2 ** 32) * below);
  };
}

class World {
  readonly roll: (below: number) => number;
  names = 0;

  constructor(seed: number) {
    this.roll = dice(seed);
  }

  one<T>(of: readonly T[]): T {
    return of[this.roll(of.length)] as T;
  }

  name(): string {
    return `${this.one(['S', 'Say "it"', 'a: b', '# no', 'ü', '1'])} ${this.names++}`;
  }

  flow(depth: number): Definition {
    const names = Array.from({ length: 1 + this.roll(3) }, () => this.name());
    const States = Object.fromEntries(names.map((name, index) => [name, this.state(names, names[index + 1], depth)]));
    return { StartAt: names[0], States };
  }

  state(names: string[], next: string | undefined, depth: number): State {
    const on: State = next === undefined ? { End: true } : { Next: next };
    const Catch = [{ ErrorEquals: ['X'], Next: this.one(names) }];
    const state = ((): State => {
      switch (this.roll(depth > 1 ? 4 : 6)) {
        case 0:
          return { Type: 'Task', Resource: 'r', Catch, ...on };
        case 1:
          return { Type: 'Choice', Choices: [{ Variable: '$', IsNull: true, Next: this.one(names) }], Default: this.one(names) };
        case 2:
          return { Type: 'Fail', Cause: 'Two\nlines: {}' };
        case 3:
          return { Type: 'Pass', Result: { a: [], b: {}, c: ['', ' x ', null, 1.5] }, ...on };
        case 4:
          return { Type: 'Map', ItemProcessor: this.flow(depth + 1), ...on };
        default:
          return { Type: 'Parallel', Branches: [this.flow(depth + 1), this.flow(depth + 1)], Catch, ...on };
      }
    })();
    return { ...state, 'x-own': { note: '#' } };
  }

  /** As somebody might have written it, with comments wherever they can be. */
  text(definition: Definition, format: Format): string {
    let comments = 0;
    if (format === 'json') {
      const unit = this.one([2, 4, '\t']);
      const lines = JSON.stringify(definition, null, unit).split('\n');
      return lines.map((line) => (this.roll(4) > 0 ? line : this.roll(2) === 0 ? `${line} // c${comments++}` : `/* c${comments++} */\n${line}`)).join('\n');
    }
    const document = new Document(definition);
    visit(document, (_, node) => {
      if (isPair(node) && this.roll(5) === 0) (node.key as Node).commentBefore = ` c${comments++}`;
      if (isCollection(node) && this.roll(6) === 0 && JSON.stringify(node).length < 60 && !JSON.stringify(node).includes('Type')) node.flow = true;
    });
    return document.toString({ lineWidth: 0, indent: this.one([2, 4]), indentSeq: this.roll(2) === 0 }).replace(/^( *\S+: [^\n"'|>&{[]+)$/gm, (line) => (this.roll(4) === 0 ? `${line} # c${comments++}` : line));
  }

  action(definition: Definition): { edits: Edit[]; removes: boolean } {
    const all = statesOf(definition);
    const path = this.one(all)?.path;
    const flows: Path[] = [[], ...all.flatMap(({ path, state }) => flowsInside(state, path))];
    const name = uniqueName(definition, this.name());
    const state = this.one<State>([{ Type: 'Pass', Comment: 'new' }, { Type: 'Fail' }, { Type: 'Choice', Choices: [] }, { Type: 'Parallel', Branches: [] }]);
    if (!path) return { edits: insertFirst(definition, [], name, state), removes: false };
    const siblings = Object.keys(valueAt(definition, path.slice(0, -1)) as object);
    const places: Place[] = [placeAfter(definition, path), placeBefore(definition, path), placeFirst(this.one(flows)), ...referencesIn(definition, this.one(flows)).map((reference) => [reference.path])];
    const actions: (() => Edit[])[] = [
      () => insertAfter(definition, path, name, state),
      () => insertBefore(definition, path, name, state),
      () => insertAt(definition, this.one(places), name, state),
      () => moveState(definition, this.one(all).path, this.one(places)),
      () => moveState(definition, this.one(all).path, this.one(places)),
      () => duplicateState(definition, path),
      () => [{ kind: 'rename', path, to: name }],
      () => addCatch(definition, path, this.one(siblings)),
      () => (all.find(({ path: own }) => own === path)?.state.Type === 'Choice' ? addChoice(definition, path, this.one(siblings)) : []),
      () => (all.find(({ path: own }) => own === path)?.state.Type === 'Parallel' ? addBranch(definition, path, name, state) : []),
      () => setNext(definition, path, this.one([...siblings, undefined])),
      () => [{ kind: 'set', path: [...path, 'Comment'], value: this.one(['one', 'Two: lines\n# of it', '', 'true', { a: [{ b: 1 }] }]) }],
      () => removeState(definition, path),
    ];
    const chosen = this.roll(actions.length);
    return { edits: (actions[chosen] as () => Edit[])(), removes: chosen === actions.length - 1 || chosen === actions.length - 2 };
  }
}

/** A busy machine takes its time. */
const PATIENCE_MILLIS = 60_000;

const comments = (text: string): string[] => (text.match(/(?:\/\/|\/\*|#) c\d+\b/g) ?? []).sort();

describe.each<Format>(['json', 'yaml'])('actions on %s text', { timeout: PATIENCE_MILLIS }, (format) => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))('lose nothing (seed %i)', (seed) => {
    const world = new World(seed);
    let text = world.text(world.flow(0), format);
    for (let step = 0; step < 12; step++) {
      const definition = readDefinition(text, format) as Definition;
      expect(definition, text).toBeDefined();
      const { edits, removes } = world.action(definition);
      const next = apply(text, format, edits);
      const told = () => `${JSON.stringify(edits, null, 1)}\n${text}\n=>\n${next}`;
      const read = readDefinition(next, format) as Definition;
      expect(isSame(read, applied(definition, edits)), told()).toBe(true);

      const names = statesOf(read).map(({ name }) => name);
      expect(new Set(names).size, told()).toBe(names.length);
      for (const flow of [[], ...statesOf(read).flatMap(({ path, state }) => flowsInside(state, path))] as Path[]) {
        for (const { to } of referencesIn(read, flow)) expect(valueAt(read, [...flow, 'States', to]), `${to}: ${told()}`).toBeDefined();
      }
      for (const { path, state } of statesOf(definition)) {
        const same = statesOf(read).find(({ state: other }) => isObject(other) && isSame(other['x-own'], state['x-own']));
        if (!removes && state['x-own']) expect(same, `${flowOf(path)} ${told()}`).toBeDefined();
      }
      const lost = comments(text).filter((comment) => !comments(next).includes(comment));
      if (!removes) expect(lost, told()).toEqual([]);
      if (edits.length === 0) expect(next).toBe(text);
      text = next;
    }
  });
});
