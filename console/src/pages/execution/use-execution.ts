// An execution as its page needs it: what is known of it, what its history amounts to, and what it runs.

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';

import { isExpressArn, machineArnOf, nameOf } from '../../api/arn';
import { ApiError } from '../../api/client';
import { executionMachineQuery, executionQuery, historyQuery, machineQuery } from '../../api/queries';
import type { Execution, HistoryEvent, Machine } from '../../api/types';
import { lineFrom, parseDefinition, type Definition } from '../../definition/asl';
import { buildGraph, type Graph } from '../../definition/graph';
import { buildModel, type ExecutionModel } from '../../history/model';

export interface Seen {
  execution: Execution;
  isExpress: boolean;
  events: HistoryEvent[];
  model: ExecutionModel;
  machine?: Machine;
  definition?: Definition;
  graph: Graph;
}

const NO_EVENTS: HistoryEvent[] = [];

export function useExecution(arn: string): { seen?: Seen; error: Error | null; refetch: () => void } {
  const isExpress = isExpressArn(arn);
  const described = useQuery({ ...executionQuery(arn), enabled: !isExpress });
  const history = useQuery(historyQuery(arn, isExpress));
  const own = useQuery({ ...executionMachineQuery(arn), enabled: !isExpress, retry: false });
  // The state machine itself tells what Express executions run, and those whose revision is gone.
  const current = useQuery({ ...machineQuery(machineArnOf(arn)), enabled: isExpress || own.isError, retry: false });
  const machine = own.data ?? current.data;
  const isMachineKnown = machine !== undefined || own.isError || current.isError;

  const events = history.data ?? NO_EVENTS;
  const model = useMemo(() => buildModel(events), [events]);
  const isChild = described.data?.mapRunArn !== undefined;
  const first = isChild ? model.root.steps[0]?.name : undefined;
  const definition = useMemo(() => {
    const whole = machine && parseDefinition(machine.definition);
    if (!whole || first === undefined) return whole;
    const { QueryLanguage } = whole;
    return { QueryLanguage, ...lineFrom(whole, first) };
  }, [machine, first]);
  const graph = useMemo(() => buildGraph(definition ?? {}), [definition]);
  const execution = useMemo(() => described.data ?? (isExpress && history.data ? told(arn, model) : undefined), [arn, described.data, history.data, isExpress, model]);

  const seen = useMemo(
    () => (execution && history.data && isMachineKnown ? { execution, isExpress, events, model, machine, definition, graph } : undefined),
    [execution, history.data, isMachineKnown, isExpress, events, model, machine, definition, graph],
  );
  const error = described.error ?? history.error;
  const isGone = isExpress && error instanceof ApiError && error.isMissing;
  return {
    seen,
    error: isGone ? new Error('This Express execution is not known any more: only the last ones are kept, and only until the server ends.') : error,
    refetch: () => {
      void described.refetch();
      void history.refetch();
    },
  };
}

/** What its history tells of an Express execution, which the API does not describe. */
function told(executionArn: string, model: ExecutionModel): Execution {
  return {
    executionArn,
    stateMachineArn: machineArnOf(executionArn),
    name: nameOf(executionArn),
    status: model.status,
    startDate: model.started / 1000,
    stopDate: model.ended === undefined ? undefined : model.ended / 1000,
    input: model.input,
    output: model.output,
    error: model.failure?.error,
    cause: model.failure?.cause,
  };
}
