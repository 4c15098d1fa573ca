// History → steps: what an execution did, told as visits of states, their attempts and their iterations.
//
// Everything is read from the events themselves, which are linked by `previousEventId`; the definition is not needed.
// A link leads to the event that made this one happen, so the state that it belongs to is found by going up from
// there. Where links are silent (what a redrive takes up again), the states that are still open are looked through.

import { detailsOf, millis, type EventDetails, type ExecutionStatus, type HistoryEvent } from '../api/types';

export type StateType = 'Pass' | 'Task' | 'Choice' | 'Wait' | 'Succeed' | 'Fail' | 'Parallel' | 'Map';

export type StepStatus = 'running' | 'retrying' | 'succeeded' | 'caught' | 'failed' | 'timed-out' | 'aborted';

export type AttemptStatus = 'scheduled' | 'running' | 'succeeded' | 'failed' | 'timed-out' | 'aborted';

/** One try of a Task, or one run of a Parallel or Map. */
export interface Attempt {
  /** From 1. */
  number: number;
  status: AttemptStatus;
  /** The event that began it. */
  event: number;
  scheduled: number;
  /** When it was taken up, where the history tells. */
  started?: number;
  /** When a callback or a job was accepted. */
  submitted?: number;
  ended?: number;
  resource?: string;
  resourceType?: string;
  input?: string;
  output?: string;
  error?: string;
  cause?: string;
  worker?: string;
  timeoutSeconds?: number;
  heartbeatSeconds?: number;
  /** How many redrives came before it. */
  redrive: number;
}

/** One visit of a state. */
export interface Step {
  /** The event that entered the state. */
  id: number;
  name: string;
  type: StateType;
  lane: Lane;
  /** Which visit of this state it is, from 1. */
  visit: number;
  status: StepStatus;
  entered: number;
  ended?: number;
  input?: string;
  output?: string;
  assigned?: Record<string, string>;
  error?: string;
  cause?: string;
  attempts: Attempt[];
  /** Branches or iterations, those of earlier attempts included. */
  lanes: Lane[];
  /** How many items a Map has. */
  length?: number;
  mapRunArn?: string;
  events: HistoryEvent[];
}

export type LaneStatus = 'running' | 'succeeded' | 'failed' | 'aborted';

/** A line of steps: the execution's own, a branch or an iteration. */
export interface Lane {
  kind: 'root' | 'branch' | 'iteration';
  parent?: Step;
  /** Which branch or iteration it is, from 0. */
  index: number;
  /** Which attempt of its parent it belongs to, from 1. */
  attempt: number;
  status: LaneStatus;
  started: number;
  ended?: number;
  steps: Step[];
}

/** Where an execution went wrong. */
export interface FailurePlace {
  step?: Step;
  error?: string;
  cause?: string;
}

export interface ExecutionModel {
  root: Lane;
  /** All visits in the order in which they began. */
  steps: Step[];
  byName: Map<string, Step[]>;
  ownerOf: Map<number, Step>;
  status: ExecutionStatus;
  started: number;
  ended?: number;
  input?: string;
  output?: string;
  failure?: FailurePlace;
  /** As AWS counts them: states entered, and tasks tried again. */
  transitions: number;
  redrives: { at: number; event: number }[];
  /** When the last event was. */
  last: number;
}

const ENTERED = /^(Pass|Task|Choice|Wait|Succeed|Fail|Parallel|Map)StateEntered$/;
const EXITED = /^(Pass|Task|Choice|Wait|Succeed|Fail|Parallel|Map)StateExited$/;

/** Tells what the events of a history, in their order, amount to. */
export function buildModel(events: readonly HistoryEvent[]): ExecutionModel {
  const builder = new Builder(events[0] ? millis(events[0].timestamp) : 0);
  for (const event of events) builder.take(event);
  return builder.finish();
}

class Builder {
  private readonly model: ExecutionModel;
  private readonly laneOf = new Map<number, Lane>();
  private readonly events = new Map<number, HistoryEvent>();
  /** What a redrive has to take up, in the order of the history. */
  private reopened: Step[] = [];

  constructor(started: number) {
    const root: Lane = { kind: 'root', index: 0, attempt: 1, status: 'running', started, steps: [] };
    this.model = {
      root,
      steps: [],
      byName: new Map(),
      ownerOf: new Map(),
      status: 'RUNNING',
      started,
      transitions: 0,
      redrives: [],
      last: started,
    };
  }

  take(event: HistoryEvent): void {
    const at = millis(event.timestamp);
    const details = detailsOf(event);
    this.events.set(event.id, event);
    this.model.last = at;
    if (event.type.startsWith('Execution')) return this.execution(event, details, at);
    const entered = ENTERED.exec(event.type);
    if (entered) return this.enter(event, details, entered[1] as StateType, at);
    const exited = EXITED.exec(event.type);
    if (exited) return this.exit(event, details, exited[1] as StateType, at);
    if (event.type.startsWith('MapIteration')) return this.iteration(event, details, at);
    if (event.type.startsWith('MapRun')) return this.mapRun(event, details, at);
    if (event.type.startsWith('MapState') || event.type.startsWith('ParallelState')) {
      return this.container(event, details, at);
    }
    this.work(event, details, at);
  }

  finish(): ExecutionModel {
    for (const step of this.model.steps) {
      for (const lane of step.lanes) settle(lane);
    }
    settle(this.model.root);
    return this.model;
  }

  private own(event: HistoryEvent, step: Step, lane?: Lane): void {
    step.events.push(event);
    this.model.ownerOf.set(event.id, step);
    if (lane) this.laneOf.set(event.id, lane);
  }

  /** The step whose event led to this one. */
  private before(event: HistoryEvent): Step | undefined {
    return this.model.ownerOf.get(event.previousEventId ?? 0);
  }

  private execution(event: HistoryEvent, details: EventDetails, at: number): void {
    const { model } = this;
    switch (event.type) {
      case 'ExecutionStarted':
        model.started = at;
        model.root.started = at;
        model.input = details.input;
        return;
      case 'ExecutionRedriven':
        return this.redrive(event, at);
      case 'ExecutionSucceeded':
        model.status = 'SUCCEEDED';
        model.output = details.output;
        model.ended = at;
        model.root.status = 'succeeded';
        model.root.ended = at;
        return;
    }
    const place: FailurePlace = { error: details.error, cause: details.cause };
    const before = this.before(event);
    model.ended = at;
    model.root.ended = at;
    if (event.type === 'ExecutionFailed') {
      model.status = 'FAILED';
      model.root.status = 'failed';
      for (let step = before; step; step = step.lane.parent) {
        blame(step, details, at);
        if (step.lane.kind !== 'root') closeLane(step.lane, at, 'failed');
      }
      place.step = this.source(event) ?? before;
      // What only the execution's own failure tells is the failing state's as well.
      if (place.step && place.step.error === undefined) {
        place.step.error = details.error;
        place.step.cause = details.cause;
      }
    } else {
      model.status = event.type === 'ExecutionTimedOut' ? 'TIMED_OUT' : 'ABORTED';
      model.root.status = event.type === 'ExecutionTimedOut' ? 'failed' : 'aborted';
      place.step = [...model.steps].reverse().find((step) => step.ended === undefined && !hasOpenChild(step));
    }
    model.failure = place;
    close(model.root, at, event.type === 'ExecutionTimedOut' ? 'timed-out' : 'aborted');
  }

  /** The step in which a failure began: links lead from each failed container into the one that failed in it. */
  private source(event: HistoryEvent): Step | undefined {
    let found: Step | undefined;
    let current: HistoryEvent | undefined = event;
    for (let hops = 0; current && hops < 64; hops++) {
      current = this.events.get(current.previousEventId ?? 0);
      const owner = current && this.model.ownerOf.get(current.id);
      if (!current || !owner) break;
      found = owner;
      const goesOn = /^(Parallel|Map)(State|Iteration|Run)(Failed|Aborted)$/.test(current.type);
      if (!goesOn) break;
    }
    return found;
  }

  private redrive(event: HistoryEvent, at: number): void {
    const { model } = this;
    model.redrives.push({ at, event: event.id });
    model.status = 'RUNNING';
    model.ended = undefined;
    model.failure = undefined;
    this.reopened = [];
    const reopen = (lane: Lane): void => {
      if (lane.status === 'succeeded') return;
      lane.status = 'running';
      lane.ended = undefined;
      for (const step of lane.steps) {
        if (step.status === 'succeeded' || step.status === 'caught' || step.type === 'Fail') continue;
        step.status = 'running';
        step.ended = undefined;
        step.error = undefined;
        step.cause = undefined;
        const container = step.attempts.at(-1);
        if (container && step.lanes.length > 0) {
          container.status = 'running';
          container.ended = undefined;
        }
        this.reopened.push(step);
        for (const inner of step.lanes) {
          if (inner.attempt === step.attempts.length) reopen(inner);
        }
      }
    };
    reopen(model.root);
  }

  private enter(event: HistoryEvent, details: EventDetails, type: StateType, at: number): void {
    const { model } = this;
    const name = details.name ?? '';
    const lane = this.laneToEnter(event, name, at);
    const visits = model.byName.get(name) ?? [];
    const step: Step = {
      id: event.id,
      name,
      type,
      lane,
      visit: visits.length + 1,
      status: 'running',
      entered: at,
      input: details.input,
      attempts: [],
      lanes: [],
      events: [],
    };
    visits.push(step);
    model.byName.set(name, visits);
    lane.steps.push(step);
    model.steps.push(step);
    model.transitions += 1;
    this.own(event, step);
    if (type === 'Fail') {
      step.status = 'failed';
      step.ended = at;
    }
  }

  /** The line in which a state is entered. */
  private laneToEnter(event: HistoryEvent, name: string, at: number): Lane {
    const previous = event.previousEventId ?? 0;
    const iteration = this.laneOf.get(previous);
    if (iteration) return iteration;
    const before = this.model.ownerOf.get(previous);
    if (!before) {
      // A redrive enters a Fail state again, wherever it was.
      const again = this.events.get(previous)?.type === 'ExecutionRedriven' && this.model.byName.get(name)?.at(-1);
      return again ? again.lane : this.model.root;
    }
    const type = this.events.get(previous)?.type;
    if (type !== 'ParallelStateStarted') return before.lane;
    const attempt = before.attempts.length;
    const index = before.lanes.filter((lane) => lane.attempt === attempt).length;
    const lane: Lane = {
      kind: 'branch',
      parent: before,
      index,
      attempt,
      status: 'running',
      started: at,
      steps: [],
    };
    before.lanes.push(lane);
    return lane;
  }

  private exit(event: HistoryEvent, details: EventDetails, type: StateType, at: number): void {
    const step = this.find(event, (step) => step.name === details.name && step.type === type);
    if (!step) return;
    this.own(event, step);
    const isCaught = step.error !== undefined || endedBadly(step.attempts.at(-1));
    step.status = isCaught ? 'caught' : 'succeeded';
    step.ended = at;
    step.output = details.output;
    step.assigned = details.assignedVariables;
    for (const lane of step.lanes) closeLane(lane, at, isCaught ? 'aborted' : 'succeeded');
  }

  /** The open step that an event belongs to: the one before it, one around that, or one a redrive took up. */
  private find(event: HistoryEvent, fits: (step: Step) => boolean): Step | undefined {
    const before = this.before(event);
    for (let step = before; step; step = step.lane.parent) {
      if (fits(step) && step.ended === undefined) return step;
    }
    // A step that has failed is closed already, and its catcher lets it go on.
    for (let step = before; step; step = step.lane.parent) {
      if (fits(step) && step.status !== 'succeeded' && step.status !== 'caught') return step;
    }
    return (
      this.reopened.find((step) => fits(step) && step.ended === undefined) ??
      this.model.steps.findLast((step) => fits(step) && step.ended === undefined)
    );
  }

  private container(event: HistoryEvent, details: EventDetails, at: number): void {
    const type: StateType = event.type.startsWith('Map') ? 'Map' : 'Parallel';
    const step = this.find(event, (step) => step.type === type);
    if (!step) return;
    this.own(event, step);
    const attempt = step.attempts.at(-1);
    switch (event.type.slice(type.length)) {
      case 'StateStarted': {
        if (attempt && attempt.ended === undefined) {
          attempt.status = 'failed';
          attempt.ended = this.blamed(event) ?? at;
          const cause = this.failureOf(event);
          attempt.error = cause?.error;
          attempt.cause = cause?.cause;
          this.model.transitions += 1;
          for (const lane of step.lanes) closeLane(lane, attempt.ended, 'aborted');
        }
        reopenStep(step);
        step.length = details.length ?? step.length;
        step.attempts.push(this.attempt(step, event, at, 'running'));
        return;
      }
      case 'StateSucceeded':
        finishAttempt(attempt, 'succeeded', at);
        for (const lane of step.lanes) closeLane(lane, at, 'succeeded');
        return;
      case 'StateFailed': {
        const source = this.failureOf(event);
        finishAttempt(attempt, 'failed', at, source);
        const before = this.before(event);
        if (before && before !== step && before.ended === undefined) blame(before, source ?? {}, at);
        blame(step, source ?? {}, at);
        for (const lane of step.lanes) closeLane(lane, at, 'aborted');
        return;
      }
      case 'StateAborted':
        finishAttempt(attempt, 'aborted', at);
        step.status = 'aborted';
        step.ended = at;
        for (const lane of step.lanes) closeLane(lane, at, 'aborted');
    }
  }

  /** What went wrong in the state that an event of failure comes from. */
  private failureOf(event: HistoryEvent): { error?: string; cause?: string } | undefined {
    const source = this.source(event);
    if (!source) return undefined;
    const attempt = source.attempts.at(-1);
    return { error: source.error ?? attempt?.error, cause: source.cause ?? attempt?.cause };
  }

  private blamed(event: HistoryEvent): number | undefined {
    const previous = this.events.get(event.previousEventId ?? 0);
    return previous && millis(previous.timestamp);
  }

  private iteration(event: HistoryEvent, details: EventDetails, at: number): void {
    const step = this.find(event, (step) => step.type === 'Map' && (!details.name || step.name === details.name));
    if (!step) return;
    const index = details.index ?? 0;
    const attempt = Math.max(step.attempts.length, 1);
    if (event.type === 'MapIterationStarted') {
      const lane: Lane = { kind: 'iteration', parent: step, index, attempt, status: 'running', started: at, steps: [] };
      step.lanes.push(lane);
      return this.own(event, step, lane);
    }
    this.own(event, step);
    const lane = step.lanes.findLast((lane) => lane.index === index && lane.attempt === attempt);
    if (!lane) return;
    lane.ended = at;
    switch (event.type) {
      case 'MapIterationSucceeded':
        lane.status = 'succeeded';
        return;
      case 'MapIterationFailed': {
        lane.status = 'failed';
        const source = this.failureOf(event);
        const last = lane.steps.at(-1);
        if (last && last.ended === undefined) blame(last, source ?? {}, at);
        close(lane, at, 'aborted');
        lane.status = 'failed';
        return;
      }
      default:
        close(lane, at, 'aborted');
        lane.status = 'aborted';
    }
  }

  private mapRun(event: HistoryEvent, details: EventDetails, at: number): void {
    const step = this.find(event, (step) => step.type === 'Map');
    if (!step) return;
    this.own(event, step);
    step.mapRunArn = details.mapRunArn ?? step.mapRunArn;
    const attempt = step.attempts.at(-1);
    if (event.type === 'MapRunRedriven') reopenStep(step);
    if (event.type === 'MapRunSucceeded') finishAttempt(attempt, 'succeeded', at);
    if (event.type === 'MapRunAborted') finishAttempt(attempt, 'aborted', at);
    if (event.type === 'MapRunFailed') {
      finishAttempt(attempt, 'failed', at, details);
      blame(step, details, at);
    }
  }

  /** Events of tasks, of waits that are cut off, and of expressions that fail. */
  private work(event: HistoryEvent, details: EventDetails, at: number): void {
    const isSchedule = event.type.endsWith('Scheduled') || event.type.endsWith('ScheduleFailed');
    const step = isSchedule ? this.toSchedule(event, details) : this.workOf(event, details);
    if (!step) return;
    this.own(event, step);
    const attempt = step.attempts.at(-1);
    switch (kindOf(event.type)) {
      case 'scheduled': {
        if (attempt) this.model.transitions += 1;
        if (attempt && attempt.ended === undefined) finishAttempt(attempt, 'aborted', at);
        reopenStep(step);
        const next = this.attempt(step, event, at, 'scheduled');
        next.input = details.parameters ?? details.input;
        next.resource = details.resource;
        next.resourceType = details.resourceType ?? (event.type.startsWith('Activity') ? 'activity' : 'lambda');
        next.timeoutSeconds = details.timeoutInSeconds;
        next.heartbeatSeconds = details.heartbeatInSeconds;
        step.attempts.push(next);
        return;
      }
      case 'schedule-failed': {
        reopenStep(step);
        const next = this.attempt(step, event, at, 'failed');
        step.attempts.push(next);
        finishAttempt(next, 'failed', at, details);
        step.status = 'retrying';
        return;
      }
      case 'started':
        if (!attempt) return;
        attempt.status = 'running';
        attempt.started = at;
        attempt.worker = details.workerName;
        return;
      case 'submitted':
        if (attempt) attempt.submitted = at;
        return;
      case 'succeeded':
        finishAttempt(attempt, 'succeeded', at);
        if (attempt) attempt.output = details.output;
        return;
      case 'timed-out':
        finishAttempt(attempt, 'timed-out', at, details);
        step.status = 'retrying';
        return;
      case 'failed':
        finishAttempt(attempt, 'failed', at, details);
        step.status = 'retrying';
        return;
      case 'evaluation-failed':
        step.error = details.error;
        step.cause = details.cause;
        return;
      case 'aborted': {
        const isOver = attempt !== undefined && attempt.ended !== undefined;
        if (isOver && endedBadly(attempt)) blame(step, attempt, attempt.ended ?? at);
        else {
          finishAttempt(attempt, 'aborted', at);
          step.status = 'aborted';
          step.ended = at;
        }
      }
    }
  }

  private workOf(event: HistoryEvent, details: EventDetails): Step | undefined {
    if (event.type === 'EvaluationFailed') {
      const isIt = (step: Step): boolean => details.state === undefined || step.name === details.state;
      // A Fail state is over as soon as it is entered.
      return this.find(event, isIt) ?? this.model.steps.findLast(isIt);
    }
    const type: StateType = event.type.startsWith('Wait') ? 'Wait' : 'Task';
    const before = this.before(event);
    if (before?.type === type) return before;
    return this.find(event, (step) => step.type === type);
  }

  /** The Task that is scheduled. After a redrive, one that had asked for the same thing. */
  private toSchedule(event: HistoryEvent, details: EventDetails): Step | undefined {
    const before = this.before(event);
    if (before) return before.type === 'Task' ? before : this.find(event, (step) => step.type === 'Task');
    const redrive = this.model.redrives.length;
    const wanted = details.parameters ?? details.input;
    const open = this.reopened.filter((step) => step.type === 'Task' && step.attempts.at(-1)?.redrive !== redrive);
    const same = (step: Step): boolean => step.attempts.at(-1)?.resource === details.resource;
    return open.find((step) => same(step) && step.attempts.at(-1)?.input === wanted) ?? open.find(same) ?? open[0];
  }

  private attempt(step: Step, event: HistoryEvent, at: number, status: AttemptStatus): Attempt {
    return {
      number: step.attempts.length + 1,
      status,
      event: event.id,
      scheduled: at,
      redrive: this.model.redrives.length,
    };
  }
}

type Kind =
  | 'scheduled'
  | 'schedule-failed'
  | 'started'
  | 'submitted'
  | 'succeeded'
  | 'failed'
  | 'timed-out'
  | 'aborted'
  | 'evaluation-failed';

function kindOf(type: string): Kind | undefined {
  if (type === 'EvaluationFailed') return 'evaluation-failed';
  if (type.endsWith('ScheduleFailed')) return 'schedule-failed';
  if (type.endsWith('Scheduled')) return 'scheduled';
  if (type.endsWith('Submitted')) return 'submitted';
  if (type.endsWith('TimedOut')) return 'timed-out';
  if (type.endsWith('Aborted')) return 'aborted';
  if (type.endsWith('Succeeded')) return 'succeeded';
  if (type.endsWith('Failed')) return 'failed';
  if (type.endsWith('Started')) return 'started';
  return undefined;
}

function finishAttempt(
  attempt: Attempt | undefined,
  status: AttemptStatus,
  at: number,
  ending?: { error?: string; cause?: string },
): void {
  if (!attempt || attempt.ended !== undefined) return;
  attempt.status = status;
  attempt.ended = at;
  attempt.error = ending?.error;
  attempt.cause = ending?.cause;
}

function endedBadly(attempt: Attempt | undefined): boolean {
  return attempt?.status === 'failed' || attempt?.status === 'timed-out';
}

/** A step has failed for good, unless it is caught. */
function blame(step: Step, ending: { error?: string; cause?: string }, at: number): void {
  if (step.status === 'succeeded' || step.status === 'caught') return;
  const attempt = step.attempts.at(-1);
  if (attempt && attempt.ended === undefined) finishAttempt(attempt, 'failed', at, ending);
  step.status = attempt?.status === 'timed-out' ? 'timed-out' : 'failed';
  step.ended ??= at;
  step.error ??= attempt?.error ?? ending.error;
  step.cause ??= attempt?.cause ?? ending.cause;
}

function reopenStep(step: Step): void {
  step.status = 'running';
  step.ended = undefined;
  step.error = undefined;
  step.cause = undefined;
}

/** Ends what is still open in a line that is over. */
function close(lane: Lane, at: number, status: 'aborted' | 'timed-out'): void {
  for (const step of lane.steps) {
    for (const inner of step.lanes) closeLane(inner, at, 'aborted');
    if (step.ended !== undefined) continue;
    const attempt = step.attempts.at(-1);
    if (attempt && endedBadly(attempt) && attempt.ended !== undefined) blame(step, attempt, attempt.ended);
    else {
      finishAttempt(attempt, 'aborted', at);
      step.status = step.error === undefined ? status : 'failed';
      step.ended = at;
    }
  }
}

function closeLane(lane: Lane, at: number, status: LaneStatus): void {
  close(lane, at, 'aborted');
  if (lane.ended !== undefined) return;
  const last = lane.steps.at(-1);
  lane.ended = last?.ended ?? at;
  if (last?.status === 'failed' || last?.status === 'timed-out') lane.status = 'failed';
  else lane.status = last?.status === 'succeeded' || last?.status === 'caught' ? 'succeeded' : status;
}

/** A branch says nothing of its end: it is over when its last state was left and no other was entered. */
function settle(lane: Lane): void {
  if (lane.kind !== 'branch' || lane.ended !== undefined) return;
  const last = lane.steps.at(-1);
  if (last?.status === 'succeeded' || last?.status === 'caught') {
    lane.status = 'succeeded';
    lane.ended = last.ended;
  } else if (last?.status === 'failed' || last?.status === 'timed-out') {
    lane.status = 'failed';
    lane.ended = last.ended;
  }
}

function hasOpenChild(step: Step): boolean {
  return step.lanes.some((lane) => lane.steps.some((inner) => inner.ended === undefined));
}
