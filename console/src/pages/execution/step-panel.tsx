// The panel of a step: what went in and came out, its details, its tries, its definition, its events.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';

import { nameOf } from '../../api/arn';
import { waitingQuery } from '../../api/own';
import { STEP_TABS } from '../../app/router';
import { findState } from '../../definition/asl';
import { workOf } from '../../definition/resource';
import type { Attempt, Step } from '../../history/model';
import { JsonView } from '../../json/json-view';
import { Close } from '../../parts/icons';
import { Status } from '../../parts/status';
import { Tabs } from '../../parts/tabs';
import { durationText, momentText } from '../../parts/time';
import { DataFlow } from './data-flow';
import { causeText } from './failure';
import { functionOf, Logs } from './logs';
import { Fact } from './summary';
import type { Seen } from './use-execution';
import { Answers, WaitText } from './waiting-panel';

export type StepTab = (typeof STEP_TABS)[number];

const NAMES: Record<StepTab, string> = {
  data: 'Data',
  details: 'Details',
  attempts: 'Tries',
  definition: 'Definition',
  events: 'Events',
  logs: 'Log',
};

interface Props {
  seen: Seen;
  step?: Step;
  name: string;
  tab: StepTab;
  onTab: (tab: StepTab) => void;
  onStep: (step: Step) => void;
  onClose: () => void;
}

export function StepPanel({ seen, step, name, tab, onTab, onStep, onClose }: Props) {
  const state = findState(seen.definition, name);
  const isThere = (id: StepTab): boolean => {
    if (!step) return id === 'definition';
    if (id === 'attempts') return step.attempts.length > 0;
    return id !== 'logs' || functionOf(step, state) !== undefined;
  };
  const tabs = STEP_TABS.filter(isThere).map((id) => ({
    id,
    name: NAMES[id],
    count: id === 'attempts' && step && step.attempts.length > 1 ? step.attempts.length : undefined,
  }));
  const active = tabs.some((shown) => shown.id === tab) ? tab : (tabs[0]?.id ?? 'definition');
  return (
    <aside className="panel card" aria-label={`State ${name}`}>
      <header>
        <div>
          <small>{workText(state) ?? step?.type ?? state?.Type}</small>
          <h2>{name}</h2>
        </div>
        {step ? <Status status={step.status} /> : <span className="none">Not entered</span>}
        <button type="button" className="icon-button" aria-label="Close" title="Close (Escape)" onClick={onClose}>
          <Close />
        </button>
      </header>
      {step && <Visits seen={seen} step={step} onStep={onStep} />}
      <Tabs label={`Parts of ${name}`} tabs={tabs} active={active} onChange={onTab} isSmall />
      <div className="panel-body" role="tabpanel">
        {step && active === 'data' && <DataFlow seen={seen} step={step} state={state} />}
        {step && active === 'details' && <Details seen={seen} step={step} />}
        {step && active === 'attempts' && <Attempts step={step} />}
        {active === 'definition' &&
          (state ? <JsonView text={JSON.stringify(state)} label={`the definition of ${name}`} /> : <p className="none">The definition is not known any more.</p>)}
        {step && active === 'events' && <Events step={step} />}
        {step && active === 'logs' && <Logs step={step} state={state} />}
      </div>
    </aside>
  );
}

function workText(state: ReturnType<typeof findState>): string | undefined {
  const work = state && workOf(state);
  return work && `${work.service}: ${work.action}`;
}

/** Where a state is entered again and again, each visit is a step away. */
function Visits({ seen, step, onStep }: { seen: Seen; step: Step; onStep: (step: Step) => void }) {
  const visits = (seen.model.byName.get(step.name) ?? []).filter((visit) => visit.lane === step.lane);
  if (visits.length < 2) return null;
  const at = visits.indexOf(step);
  const go = (place: number): void => {
    const visit = visits[place];
    if (visit) onStep(visit);
  };
  return (
    <div className="visits">
      <button type="button" className="text-button" disabled={at <= 0} onClick={() => go(at - 1)}>
        ← Before
      </button>
      <span>
        Visit {at + 1} of {visits.length}
      </span>
      <button type="button" className="text-button" disabled={at >= visits.length - 1} onClick={() => go(at + 1)}>
        After →
      </button>
    </div>
  );
}

function Details({ seen, step }: { seen: Seen; step: Step }) {
  const { data = [] } = useQuery(waitingQuery(seen.execution.executionArn, !seen.isExpress && step.ended === undefined));
  const waiting = step.ended === undefined ? data.find((waiting) => waiting.event === step.id) : undefined;
  const last = step.attempts.at(-1);
  return (
    <>
      {waiting && (
        <div className="inset">
          <p>
            It <WaitText waiting={waiting} />
          </p>
          {'token' in waiting && waiting.token && (
            <Answers token={waiting.token} state={step.name} executionArn={seen.execution.executionArn} />
          )}
        </div>
      )}
      <Ending error={step.error ?? (step.status === 'caught' || step.status === 'retrying' ? last?.error : undefined)} cause={step.cause ?? last?.cause} />
      <dl className="facts">
        <Fact name="Entered">{momentText(step.entered)}</Fact>
        <Fact name="Left">{step.ended === undefined ? 'not yet' : momentText(step.ended)}</Fact>
        {step.ended !== undefined && <Fact name="Took">{durationText(step.ended - step.entered)}</Fact>}
        <Fact name="Type">{step.type}</Fact>
        {last?.resource && (
          <Fact name="Resource" className="wide">
            <code>{last.resourceType && !last.resource.startsWith('arn:') ? `${last.resourceType}:${last.resource}` : last.resource}</code>
          </Fact>
        )}
        {last?.timeoutSeconds !== undefined && <Fact name="Timeout">{last.timeoutSeconds} s</Fact>}
        {last?.heartbeatSeconds !== undefined && <Fact name="Heartbeat">{last.heartbeatSeconds} s</Fact>}
        {last?.worker && <Fact name="Worker">{last.worker}</Fact>}
        {step.lane.kind !== 'root' && (
          <Fact name={step.lane.kind === 'iteration' ? 'Iteration' : 'Branch'}>
            {step.lane.index} of {step.lane.parent?.name}
          </Fact>
        )}
        {step.length !== undefined && <Fact name="Items">{step.length.toLocaleString()}</Fact>}
        {step.mapRunArn && (
          <Fact name="Map Run" className="wide">
            <Link to="/map-runs/$arn" params={{ arn: step.mapRunArn }} search={{}}>
              {nameOf(step.mapRunArn)}
            </Link>
          </Fact>
        )}
        <Fact name="Event">{step.id}</Fact>
      </dl>
    </>
  );
}

function Ending({ error, cause }: { error?: string; cause?: string }) {
  if (error === undefined && cause === undefined) return null;
  return (
    <div className="ending">
      <b>{error ?? 'Failed'}</b>
      {cause && (
        <pre tabIndex={0} aria-label="Cause">
          {causeText(cause)}
        </pre>
      )}
    </div>
  );
}

function Attempts({ step }: { step: Step }) {
  return (
    <ol className="attempts">
      {[...step.attempts].reverse().map((attempt) => (
        <li key={attempt.event}>
          <header>
            <b>{attempt.number === 1 ? 'First try' : `Try ${attempt.number}`}</b>
            <Status status={attempt.status} />
            <small>{attemptText(attempt)}</small>
          </header>
          <Ending error={attempt.error} cause={attempt.cause} />
        </li>
      ))}
    </ol>
  );
}

function attemptText(attempt: Attempt): string {
  const parts = [momentText(attempt.scheduled)];
  if (attempt.started !== undefined && attempt.started - attempt.scheduled > 5) parts.push(`waited ${durationText(attempt.started - attempt.scheduled)}`);
  if (attempt.ended !== undefined) parts.push(`took ${durationText(attempt.ended - (attempt.started ?? attempt.scheduled))}`);
  if (attempt.worker) parts.push(`by ${attempt.worker}`);
  if (attempt.redrive > 0) parts.push(`after redrive ${attempt.redrive}`);
  return parts.join(' · ');
}

const EVENTS_MAX = 200;

function Events({ step }: { step: Step }) {
  const shown = step.events.slice(0, EVENTS_MAX);
  return (
    <ol className="events">
      {shown.map((event) => (
        <li key={event.id}>
          <details>
            <summary>
              <code>{event.id}</code> <b>{event.type}</b>
              <small>+{durationText(Math.round(event.timestamp * 1000) - step.entered)}</small>
            </summary>
            <JsonView text={JSON.stringify(event)} label={`event ${event.id}`} />
          </details>
        </li>
      ))}
      {step.events.length > EVENTS_MAX && <li className="none">{step.events.length - EVENTS_MAX} more are among the execution's events.</li>}
    </ol>
  );
}
