import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { lineFrom, parseDefinition, type Definition } from './asl';
import { ruleText } from './choice';
import { buildGraph } from './graph';
import { layOut, type Placed } from './layout';
import { workOf } from './resource';

const ORDER: Definition = {
  StartAt: 'Check',
  States: {
    Check: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: 'check' },
      Retry: [{ ErrorEquals: ['States.ALL'] }],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Refuse' }],
      Next: 'Large?',
    },
    'Large?': {
      Type: 'Choice',
      Choices: [
        { Variable: '$.total', NumericGreaterThan: 100, Next: 'Both' },
        { Variable: '$.total', NumericLessThan: 0, Next: 'Refuse' },
        { Variable: '$.vip', BooleanEquals: true, Next: 'Both' },
      ],
      Default: 'Each',
    },
    Both: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'Pay', States: { Pay: { Type: 'Pass', End: true } } },
        { StartAt: 'Ship', States: { Ship: { Type: 'Pass', Next: 'Sent' }, Sent: { Type: 'Pass', End: true } } },
      ],
      End: true,
    },
    Each: {
      Type: 'Map',
      ItemProcessor: { StartAt: 'One', States: { One: { Type: 'Wait', Seconds: 1, End: true } } },
      Next: 'Gone',
    },
    Refuse: { Type: 'Fail' },
  },
};

describe('graph', () => {
  const graph = buildGraph(ORDER);
  const edge = (from: string, to: string) => graph.edges.find((edge) => edge.from === from && edge.to === to);

  it('has a box for every state, and for what is inside of it', () => {
    const names = graph.nodes.filter((node) => node.kind === 'state').map((node) => node.name);
    expect(names).toEqual(['Check', 'Large?', 'Both', 'Pay', 'Ship', 'Sent', 'Each', 'One', 'Refuse']);
    expect(graph.nodes.find((node) => node.name === 'Sent')?.parent).toBe('state:Both/1');
  });

  it('leads from the start to the end', () => {
    expect(edge('start', 'state:Check')).toBeDefined();
    expect(edge('state:Both', 'end')).toBeDefined();
    expect(edge('state:Refuse', 'end')).toBeDefined();
    expect(edge('state:Sent', 'end')).toBeUndefined();
  });

  it('joins rules that lead to the same state', () => {
    expect(edge('state:Large?', 'state:Both')?.label).toBe('$.total > 100 or $.vip = true');
    expect(edge('state:Large?', 'state:Each')?.kind).toBe('default');
  });

  it('shows what is caught and where a name leads nowhere', () => {
    expect(edge('state:Check', 'state:Refuse')).toMatchObject({ kind: 'catch', label: 'any error' });
    expect(graph.nodes.find((node) => node.kind === 'missing')?.name).toBe('Gone');
  });

  it.each([undefined, {}, { States: 3 }, { States: { A: 1, B: null, C: [] } }, { StartAt: 7, States: { A: {} } }])(
    'of %j does not fail',
    (definition) => {
      const graph = buildGraph((definition ?? {}) as Definition);
      expect(() => layOut(graph, 'down')).not.toThrow();
    },
  );

  it('of the examples is whole', () => {
    const text = readFileSync(new URL('../../../examples/order/order.asl.json', import.meta.url), 'utf8');
    const definition = parseDefinition(text);
    const graph = buildGraph(definition ?? {});
    const ids = new Set(graph.nodes.map((node) => node.id));
    expect(graph.edges.every((edge) => ids.has(edge.from) && ids.has(edge.to))).toBe(true);
  });
});

it('finds the line of states that a child execution runs', () => {
  expect(lineFrom(ORDER, 'One')?.States).toHaveProperty('One');
  expect(lineFrom(ORDER, 'Ship')?.States).toHaveProperty('Sent');
  expect(lineFrom(ORDER, 'Check')).toBe(ORDER);
  expect(lineFrom(ORDER, 'Nobody')).toBeUndefined();
});

describe('layout', () => {
  it.each(['down', 'right'] as const)('%s: boxes do not overlap and stay inside of theirs', (direction) => {
    const graph = buildGraph(ORDER);
    const layout = layOut(graph, direction);
    const placed = new Map(layout.nodes.map((node) => [node.id, node]));
    expect(placed.size).toBe(graph.nodes.length);
    for (const node of graph.nodes) {
      const own = placed.get(node.id) as Placed;
      const parent = node.parent === undefined ? layout : placed.get(node.parent);
      expect(own.x).toBeGreaterThanOrEqual(0);
      expect(own.x + own.width).toBeLessThanOrEqual((parent?.width ?? 0) + 1);
      expect(own.y + own.height).toBeLessThanOrEqual((parent?.height ?? 0) + 1);
      for (const other of graph.nodes) {
        if (other === node || other.parent !== node.parent) continue;
        const theirs = placed.get(other.id) as Placed;
        const apart =
          own.x + own.width <= theirs.x ||
          theirs.x + theirs.width <= own.x ||
          own.y + own.height <= theirs.y ||
          theirs.y + theirs.height <= own.y;
        expect(apart, `${node.id} and ${other.id}`).toBe(true);
      }
    }
  });

  it.each(['down', 'right'] as const)('%s: a thousand states take a moment, and loops come back', (direction) => {
    const States: Definition['States'] = {};
    for (let index = 0; index < 1000; index++) {
      const next = index < 999 ? `S${index + 1}` : 'S0';
      const aside = { Variable: '$', IsNull: true, Next: `S${(index * 7) % 1000}` };
      States[`S${index}`] = index % 10 === 0 ? { Type: 'Choice', Choices: [aside], Default: next } : { Type: 'Pass', Next: next };
    }
    const graph = buildGraph({ StartAt: 'S0', States });
    const began = performance.now();
    const layout = layOut(graph, direction);
    expect(performance.now() - began).toBeLessThan(2000);
    const places = new Set(layout.nodes.map((node) => `${node.x},${node.y}`));
    expect(places.size).toBe(graph.nodes.length);
    expect(Object.keys(layout.edges)).toHaveLength(graph.edges.length);
  });
});

describe('rules in words', () => {
  it.each([
    [{ Variable: '$.a', StringEquals: 'x' }, '$.a = "x"'],
    [{ Variable: '$.a', NumericGreaterThanEqualsPath: '$.b' }, '$.a ≥ $.b'],
    [{ Variable: '$.a', IsPresent: false }, '$.a is not present'],
    [{ Not: { Variable: '$.a', IsNull: true } }, 'not ($.a is null)'],
    [{ And: [{ Variable: '$.a', BooleanEquals: true }, { Or: [{ Variable: '$.b', IsNull: true }, { Variable: '$.c', StringMatches: 'x*' }] }] }, '$.a = true and ($.b is null or $.c matches "x*")'],
    [{ Condition: '{% $states.input.n > 3 %}' }, '$states.input.n > 3'],
    [{}, ''],
  ])('%j', (rule, words) => expect(ruleText(rule)).toBe(words));
});

describe('what a Task does', () => {
  it.each([
    ['arn:aws:lambda:us-east-1:000000000000:function:check', undefined, { service: 'Lambda', action: 'check' }],
    ['arn:aws:states:::lambda:invoke.waitForTaskToken', { FunctionName: 'ask' }, { service: 'Lambda', action: 'ask', pattern: 'callback' }],
    ['arn:aws:states:::states:startExecution.sync:2', undefined, { service: 'Step Functions', action: 'StartExecution', pattern: 'sync' }],
    ['arn:aws:states:::aws-sdk:dynamodb:getItem', undefined, { service: 'DynamoDB', action: 'GetItem' }],
    ['arn:aws:states:us-east-1:000000000000:activity:review', undefined, { service: 'Activity', action: 'review' }],
  ])('%s', (Resource, Parameters, work) => {
    expect(workOf({ Resource, Parameters })).toMatchObject(work);
  });
});
