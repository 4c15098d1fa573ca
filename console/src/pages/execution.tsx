// An execution: what became of it, why, and what each of its steps did.

import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef } from 'react';

import { nameOf, withoutLabel } from '../api/arn';
import { useLive } from '../api/live';
import { EXECUTION_VIEWS, executionRoute, type ExecutionSearch } from '../app/router';
import { stateId, type GraphNode } from '../definition/graph';
import { Arrows, GraphView, type NodeState } from '../graph/graph-view';
import type { Step } from '../history/model';
import { overlay, pathTo, readChosen, writeChosen } from '../history/overlay';
import { MachinesCrumb, PageHead, useTitle } from '../parts/page-head';
import { Tabs } from '../parts/tabs';
import { Awaited, Loading } from '../parts/trouble';
import { Actions } from './execution/actions';
import { Data } from './execution/data';
import { Failure } from './execution/failure';
import { IterationPicker } from './execution/iteration-picker';
import { StepPanel } from './execution/step-panel';
import { Summary } from './execution/summary';
import { useExecution, type Seen } from './execution/use-execution';
import { WaitingPanel } from './execution/waiting-panel';

const StepTable = lazy(() => import('./execution/step-table').then(({ StepTable }) => ({ default: StepTable })));
const EventTable = lazy(() => import('./execution/event-table').then(({ EventTable }) => ({ default: EventTable })));

export function ExecutionPage() {
  const { arn } = executionRoute.useParams();
  const { seen, error, refetch } = useExecution(arn);
  useLive({ executionArn: arn });
  useTitle(nameOf(arn));
  return seen ? <Shown key={arn} seen={seen} /> : <Awaited what={`the execution ${nameOf(arn)}`} error={error} retry={refetch} />;
}

const VIEW_NAMES = { graph: 'Graph', table: 'Table', events: 'Events', data: 'Input and output' };

function Shown({ seen }: { seen: Seen }) {
  const { execution, model, graph, events } = seen;
  const search = executionRoute.useSearch();
  const navigate = useNavigate();
  const view = search.view ?? 'graph';

  const show = useCallback(
    (change: Partial<ExecutionSearch>) =>
      void navigate({
        to: '/executions/$arn',
        params: { arn: execution.executionArn },
        search: (before) => ({ ...before, ...change }) as ExecutionSearch,
        replace: true,
        resetScroll: false,
      }),
    [navigate, execution.executionArn],
  );

  const chosen = useMemo(() => readChosen(search.at), [search.at]);
  const over = useMemo(() => overlay(model, graph, chosen), [model, graph, chosen]);
  const states = useMemo(
    () =>
      new Map<string, NodeState>(
        [...over.shown].map(([id, { visits, retries, status }]) => [id, { visits, retries, status }]),
      ),
    [over],
  );
  const step = useMemo(() => {
    if (search.step !== undefined) return model.steps.find((step) => step.id === search.step);
    return search.state === undefined ? undefined : over.shown.get(stateId(search.state))?.step;
  }, [model, over, search.step, search.state]);
  const stateName = step?.name ?? search.state;

  const chooseStep = useCallback(
    (step: Step | undefined, more: Partial<ExecutionSearch> = {}) => {
      if (!step) return show({ step: undefined, state: undefined, ...more });
      // Its iterations come onto the screen with it.
      const at = new Map(chosen);
      for (const [container, index] of pathTo(step)) at.set(container, index);
      show({ step: step.id, state: undefined, at: writeChosen(at), ...more });
    },
    [chosen, show],
  );

  const chooseNode = useCallback(
    (node: GraphNode | undefined) => {
      const visit = node && over.shown.get(node.id)?.step;
      show(visit ? { step: visit.id, state: undefined } : { step: undefined, state: node?.name });
    },
    [over, show],
  );

  const chooseIteration = useCallback(
    (container: Step, index: number) => {
      const at = new Map(chosen);
      at.set(container.id, index);
      show({ at: writeChosen(at), step: undefined, state: search.state ?? step?.name });
    },
    [chosen, show, search.state, step],
  );

  const headerOf = useCallback(
    (node: GraphNode) => {
      const map = over.shown.get(node.id)?.step;
      if (map?.mapRunArn) {
        return (
          // Following the link is not choosing the state.
          <span className="nodrag nopan" onClick={(event) => event.stopPropagation()}>
            <Link to="/map-runs/$arn" params={{ arn: map.mapRunArn }} search={{}}>
              Map Run
            </Link>
          </span>
        );
      }
      return map && map.lanes.length > 0 ? <IterationPicker step={map} chosen={chosen.get(map.id)} onChoose={chooseIteration} /> : undefined;
    },
    [over, chosen, chooseIteration],
  );

  // Escape closes the panel, wherever the focus is.
  const panel = useRef(stateName);
  panel.current = stateName;
  useEffect(() => {
    const close = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && panel.current && !event.defaultPrevented && !document.querySelector('[role=dialog]')) chooseStep(undefined);
    };
    addEventListener('keydown', close);
    return () => removeEventListener('keydown', close);
  }, [chooseStep]);

  const tabs = EXECUTION_VIEWS.map((id) => ({ id, name: VIEW_NAMES[id], count: id === 'events' ? events.length : undefined }));
  return (
    <div className="page execution">
      <Arrows />
      <PageHead
        crumbs={
          <>
            <MachinesCrumb />
            <Link to="/machines/$arn" params={{ arn: withoutLabel(execution.stateMachineArn) }} search={{}}>
              {nameOf(execution.stateMachineArn)}
            </Link>
          </>
        }
        title={execution.name}
      >
        <Actions seen={seen} />
      </PageHead>
      <Summary seen={seen} />
      {model.failure && <Failure seen={seen} onStep={(step) => chooseStep(step, { view: view === 'events' || view === 'data' ? 'graph' : view, tab: 'details' })} />}
      {execution.status === 'RUNNING' && <WaitingPanel seen={seen} onStep={chooseStep} />}
      <Tabs label="Views of the execution" tabs={tabs} active={view} onChange={(view) => show({ view: view === 'graph' ? undefined : view })} />
      <div className={stateName ? 'split open' : 'split'}>
        <section className="card view" aria-label={VIEW_NAMES[view]} id={`tab-${view}`} role="tabpanel">
          <Suspense fallback={<Loading what={VIEW_NAMES[view].toLowerCase()} />}>
            {view === 'graph' && (
              <GraphView
                graph={graph}
                states={states}
                taken={over.taken}
                selected={stateName === undefined ? undefined : stateId(stateName)}
                onSelect={chooseNode}
                headerOf={headerOf}
                name={execution.name}
              />
            )}
            {view === 'table' && <StepTable seen={seen} selected={step} onSelect={chooseStep} query={search.q ?? ''} onQuery={(q) => show({ q: q || undefined })} />}
            {view === 'events' && (
              <EventTable
                seen={seen}
                onSelect={chooseStep}
                query={search.q ?? ''}
                onQuery={(q) => show({ q: q || undefined })}
                isNewestFirst={search.order === 'newest'}
                onOrder={(isNewestFirst) => show({ order: isNewestFirst ? 'newest' : undefined })}
              />
            )}
            {view === 'data' && <Data seen={seen} />}
          </Suspense>
        </section>
        {stateName !== undefined && (
          <StepPanel
            key={step?.id ?? stateName}
            seen={seen}
            step={step}
            name={stateName}
            tab={search.tab ?? (step ? 'data' : 'definition')}
            onTab={(tab) => show({ tab })}
            onStep={chooseStep}
            onClose={() => chooseStep(undefined)}
          />
        )}
      </div>
    </div>
  );
}
