import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { buildModel, type ExecutionModel, type Lane } from './model';
import { storyHistory } from './story';

const STORIES = new URL('../../../crates/engine/stories/', import.meta.url);

const read = (name: string): string => readFileSync(new URL(`${name}/expected.txt`, STORIES), 'utf8');
const story = (name: string): ExecutionModel => buildModel(storyHistory(read(name)));

/** A model in a few words: `Name:status` of each step, lines of inner steps in brackets. */
function told(lane: Lane): string {
  return lane.steps
    .map((step) => {
      const attempts = step.type === 'Task' && step.attempts.length > 1 ? `*${step.attempts.length}` : '';
      const lanes = step.lanes
        .filter((inner) => inner.attempt === Math.max(step.attempts.length, 1))
        .map((inner) => `${inner.index}:${inner.status} ${told(inner)}`);
      return `${step.name}:${step.status}${attempts}${lanes.length > 0 ? `[${lanes.join(' | ')}]` : ''}`;
    })
    .join(' ');
}

describe('what stories amount to', () => {
  it.each([
    ['retry-backs-off-then-gives-up', 'FAILED', undefined],
    ['map-runs-two-at-a-time', 'SUCCEEDED', 'M:succeeded[0:succeeded I:succeeded | 1:succeeded I:succeeded | 2:succeeded I:succeeded]'],
    ['parallel-failure-aborts-the-other-branches', 'FAILED', 'P:failed[0:aborted A:aborted | 1:aborted B:aborted | 2:failed C:failed]'],
    ['parallel-failure-is-retried-as-a-whole', 'SUCCEEDED', 'P:succeeded[0:succeeded A:succeeded | 1:succeeded B:succeeded]'],
    [
      'redrive-runs-only-the-iterations-without-success',
      'SUCCEEDED',
      'M:succeeded[0:succeeded A:succeeded B:succeeded | 1:succeeded A:succeeded B:succeeded*3 | 2:succeeded A:succeeded B:succeeded*3 | 3:succeeded A:succeeded B:succeeded]',
    ],
    [
      'redrive-inside-parallel-in-map',
      'SUCCEEDED',
      'M:succeeded[0:succeeded V:succeeded P:succeeded[0:succeeded A:succeeded | 1:succeeded B:succeeded*2] | 1:succeeded V:succeeded P:succeeded[0:succeeded A:succeeded | 1:succeeded B:succeeded*2]] End:succeeded',
    ],
    ['redrive-of-a-wait-waits-anew', 'SUCCEEDED', 'A:succeeded B:succeeded'],
    ['parallel-failure-is-caught', 'SUCCEEDED', undefined],
    ['stop-aborts-the-execution', 'ABORTED', undefined],
    ['execution-times-out', 'TIMED_OUT', undefined],
  ])('%s', (name, status, expected) => {
    const model = story(name);
    expect(model.status).toBe(status);
    if (expected !== undefined) expect(told(model.root)).toBe(expected);
  });

  it('keeps every try, with what went wrong in it', () => {
    const step = story('retry-then-success').steps.find((step) => step.attempts.length > 1);
    expect(step?.attempts.map((attempt) => attempt.status)).toContain('failed');
    expect(step?.attempts.at(-1)?.status).toBe('succeeded');
    expect(step?.status).toBe('succeeded');
  });

  it('tells a step that failed and was caught from one that succeeded', () => {
    const model = story('retry-then-catch');
    expect(model.steps[0]?.status).toBe('caught');
  });

  it('finds the step in which a failure began, however deep', () => {
    const { failure } = story('failure-deep-inside-reaches-the-outermost');
    expect(failure?.step).toBeDefined();
    expect(failure?.step?.lanes).toHaveLength(0);
    expect(failure?.step?.status).toBe('failed');
  });

  it('numbers iterations of maps in maps by where they are', () => {
    const model = story('map-in-map');
    const outer = model.steps[0];
    const inner = outer?.lanes.map((lane) => lane.steps.find((step) => step.type === 'Map')?.lanes.map((lane) => lane.index));
    expect(inner?.every((indexes) => indexes === undefined || indexes[0] === 0)).toBe(true);
  });
});

describe('every story', () => {
  // Where a story leaves events out, nothing follows from what is left.
  const isWhole = (name: string): boolean => !read(name).includes(' events …');
  const names = readdirSync(STORIES).filter(isWhole);

  it.each(names)('%s is told whole', (name) => {
    const events = storyHistory(read(name));
    const model = buildModel(events);
    const orphans = events.filter((event) => !event.type.startsWith('Execution') && !model.ownerOf.has(event.id));
    expect(orphans.map((event) => `${event.id} ${event.type}`)).toEqual([]);

    const entered = events.filter((event) => event.type.endsWith('StateEntered')).length;
    expect(model.steps).toHaveLength(entered);
    const exited = events.filter((event) => event.type.endsWith('StateExited')).length;
    const left = model.steps.filter((step) => step.status === 'succeeded' || step.status === 'caught').length;
    expect(left).toBe(exited);

    if (model.status !== 'RUNNING') {
      expect(model.steps.filter((step) => step.ended === undefined).map((step) => step.name)).toEqual([]);
      expect(model.steps.filter((step) => step.status === 'running' || step.status === 'retrying')).toEqual([]);
    }
    for (const step of model.steps) {
      for (const attempt of step.attempts) {
        if (step.ended !== undefined) expect(attempt.ended, `${step.name} ${attempt.number}`).toBeDefined();
      }
      for (const lane of step.lanes) {
        if (step.ended !== undefined) expect(lane.status).not.toBe('running');
      }
    }
  });
});

describe('a long history', () => {
  it('is told in a moment', () => {
    const lines = ['   1 < 0  ExecutionStarted  {}', '   2 < 0  MapStateEntered  M  []', '   3 < 2  MapStateStarted  5000'];
    let id = 3;
    for (let index = 0; index < 5000; index++) {
      const first = id + 1;
      lines.push(`${id + 1} < 3  MapIterationStarted  M[${index}]`);
      lines.push(`${id + 2} < ${first}  PassStateEntered  A  1`);
      lines.push(`${id + 3} < ${id + 2}  PassStateExited  A  1`);
      lines.push(`${id + 4} < ${id + 3}  MapIterationSucceeded  M[${index}]`);
      id += 4;
    }
    const events = storyHistory(lines.join('\n'));
    const began = performance.now();
    const model = buildModel(events);
    expect(performance.now() - began).toBeLessThan(1000);
    expect(model.steps).toHaveLength(5001);
    expect(model.steps[0]?.lanes.every((lane) => lane.status === 'succeeded')).toBe(true);
  });
});
