import { describe, expect, it } from 'vitest';

import type { Definition } from '../definition/asl';
import { addBranch, addCatch, addChoice, duplicateState, removeState, setNext } from './actions';
import { CATALOG, searchCatalog } from './catalog';
import { suggest } from './complete';
import { buildDesign } from './design-graph';
import { applied, type Edit } from './edit';
import { pathOfLocation, placesIn, stateOfPath } from './locations';
import { putItem, putState, spotAtEnd, spotOf, toldSpot } from './targets';

const DEFINITION: Definition = {
  StartAt: 'A',
  States: {
    A: { Type: 'Choice', Choices: [{ Variable: '$', IsNull: true, Next: 'B' }, { Variable: '$', IsString: true, Next: 'B' }, { Variable: '$', IsNumeric: true }] },
    B: { Type: 'Parallel', Branches: [{ StartAt: 'C', States: { C: { Type: 'Pass', End: true } } }, { States: {} }], Catch: [{ ErrorEquals: ['X'] }], Next: 'a/b ~c' },
    'a/b ~c': { Type: 'Map', End: true },
    D: { Type: 'Parallel', Branches: [] },
  },
};

describe('the graph to design on', () => {
  const design = buildDesign(DEFINITION);

  it('has an empty place wherever something lacks', () => {
    expect(design.graph.nodes.filter(({ kind }) => kind === 'place').map(({ id }) => id)).toEqual([
      'place:state:A:rule2',
      'place:state:A:default',
      'place:state:B:catch0',
      'place:state:B/1:first',
      'place:state:a/b ~c/0:first',
      'place:state:D:next',
      'place:state:D/0:first',
    ]);
    expect(design.graph.nodes.find(({ id }) => id === 'place:state:D/0:first')?.parent).toBe('state:D/0');
    expect(buildDesign({}).graph.nodes.map(({ id }) => id)).toEqual(['start', 'place:start:first']);
  });

  it('knows what every edge is in the definition', () => {
    const without = design.graph.edges.filter(({ id, to }) => !design.spots.has(id) && !design.spots.has(to));
    expect(without).toEqual([]);
    expect(design.spots.get('state:A→state:B:next')).toEqual({
      kind: 'between',
      place: [
        ['States', 'A', 'Choices', 0, 'Next'],
        ['States', 'A', 'Choices', 1, 'Next'],
      ],
    });
  });

  it('takes a state in every empty place', () => {
    for (const { id, kind } of design.graph.nodes) {
      if (kind !== 'place') continue;
      const { edits, name } = putItem(DEFINITION, design.spots.get(id) as never, CATALOG[0] as never);
      const next = buildDesign(applied(DEFINITION, edits));
      expect(next.paths.has(`state:${name}`), id).toBe(true);
      expect(next.graph.nodes.some((node) => node.id === id), id).toBe(false);
    }
  });

  it('takes a state from elsewhere into a new branch, though not itself', () => {
    const spot = design.spots.get('place:state:D/0:first') as never;
    expect(applied(DEFINITION, putState(DEFINITION, spot, ['States', 'B'])).States?.D?.Branches?.[0]).toMatchObject({ StartAt: 'B', States: { B: { End: true } } });
    expect(putState(DEFINITION, spot, ['States', 'D'])).toEqual([]);
  });

  it('says where something goes', () => {
    const told = (id: string, side?: 'before' | 'after') => toldSpot(DEFINITION, spotOf(DEFINITION, design, { id, side }) as never);
    expect([told('state:A→state:B:next'), told('place:state:A:default'), told('state:C', 'before'), told('state:C', 'after'), told('start→state:A:next')]).toEqual([
      'between A (rule) and B',
      'after A (default)',
      'first in B, before C',
      'after C',
      'at the start, before A',
    ]);
    expect(spotAtEnd(DEFINITION).state).toEqual(['States', 'A']);
  });
});

// A busy machine takes its time.
describe('a definition that makes no sense', { timeout: 60_000 }, () => {
  const JUNK: unknown[] = [null, 7, 'A', [], [null], [7], ['A'], {}, { A: null }, { A: {} }, { A: { Type: 7, Next: [] } }, [{ Next: 7 }], [{ ErrorEquals: 'X' }], { States: [] }, true];
  const MEMBERS = ['Type', 'Next', 'End', 'Default', 'Choices', 'Catch', 'Retry', 'Branches', 'ItemProcessor', 'Iterator', 'Resource', 'Arguments', 'QueryLanguage', 'Comment'];
  const states = ['Task', 'Choice', 'Parallel', 'Map', 7].flatMap((Type) => MEMBERS.flatMap((member) => JUNK.map((junk) => ({ Type, [member]: junk }))));
  const definitions = [...JUNK.map((States) => ({ StartAt: 'A', States })), ...JUNK.map((StartAt) => ({ StartAt, States: { A: { Type: 'Pass' } } })), ...states.map((A) => ({ StartAt: 'A', States: { A } }))];

  it('can be drawn and worked on all the same', () => {
    for (const definition of definitions as Definition[]) {
      const design = buildDesign(definition);
      const edits: Edit[][] = [];
      for (const spot of design.spots.values()) {
        edits.push(putItem(definition, spot, CATALOG[0] as never).edits);
        toldSpot(definition, spot);
      }
      for (const path of design.paths.values()) {
        for (const act of [removeState, duplicateState, addCatch, addChoice, addBranch]) edits.push(act(definition, path));
        edits.push(setNext(definition, path, undefined));
        suggest(definition, { path, isName: true });
      }
      spotAtEnd(definition);
      for (const some of edits) applied(definition, some);
    }
    expect(definitions.length).toBeGreaterThan(1000);
  });
});

describe('the location of a finding', () => {
  it.each([
    ['/', []],
    ['/StartAt', ['StartAt']],
    ['/States/a/b ~c/ItemProcessor', ['States', 'a/b ~c']],
    ['/States/B/Branches[0]/States/C/End', ['States', 'B', 'Branches', 0, 'States', 'C', 'End']],
    ['/States/A/Choices[1]', ['States', 'A', 'Choices', 1]],
  ])('%s is a path', (location, path) => {
    expect(pathOfLocation(DEFINITION, location)).toEqual(path);
  });

  it('is in a state and in the text', () => {
    expect(stateOfPath(['States', 'B', 'Branches', 0, 'States', 'C', 'End'])).toEqual(['States', 'B', 'Branches', 0, 'States', 'C']);
    expect(stateOfPath(['States', 'States', 'Next'])).toEqual(['States', 'States']);
    expect(stateOfPath(['StartAt'])).toBeUndefined();
    const json = '{"States": {"A": {"Next": "B"}}}';
    const place = placesIn(json, 'json')(['States', 'A', 'Next']);
    expect(json.slice(place?.from, place?.to)).toBe('"Next": "B"');
    const yaml = 'States:\n  A:\n    Next: B # so\n    Catch:\n      - Next: C\n';
    const inYaml = placesIn(yaml, 'yaml');
    expect(yaml.slice(inYaml(['States', 'A', 'Next'])?.from, inYaml(['States', 'A', 'Next'])?.to)).toBe('Next: B');
    expect(yaml.slice(inYaml(['States', 'A', 'Catch', 0])?.from)).toBe('Next: C\n');
  });
});

describe('the catalog', () => {
  it('is searched by words, those in front first', () => {
    expect(searchCatalog('wait')[0]?.title).toBe('Wait');
    expect(searchCatalog('dynamo put').map(({ id }) => id)).toEqual(['dynamodb:putItem']);
    expect(searchCatalog('')).toHaveLength(CATALOG.length);
  });

  it('has any call of an AWS service', () => {
    expect(searchCatalog('s3:CopyObject').at(-1)?.make(true)).toEqual({ Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:s3:copyObject', Arguments: {} });
    expect(searchCatalog('arn:aws:states:::aws-sdk:s3:getObject')).toHaveLength(1);
  });

  it('writes what is looked up as the query language has it', () => {
    const get = searchCatalog('dynamodb:getItem')[0];
    expect(get?.make(false).Parameters).toEqual({ TableName: 'my-table', Key: { id: { 'S.$': '$.id' } } });
    expect(get?.make(true).Arguments).toEqual({ TableName: 'my-table', Key: { id: { S: '{% $states.input.id %}' } } });
  });
});
