// The summary: status, times, what it took, where it came from.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import { nameOf } from '../../api/arn';
import { familyQuery } from '../../api/own';
import { millis } from '../../api/types';
import { costText, expressCost, standardCost } from '../../history/cost';
import { useNow } from '../../parts/clock';
import { Copied } from '../../parts/copy';
import { Status } from '../../parts/status';
import { durationText, momentText } from '../../parts/time';
import { childrenOf, parentOf } from './family';
import type { Seen } from './use-execution';

export function Summary({ seen }: { seen: Seen }) {
  const { execution, model, isExpress, events } = seen;
  const isOpen = execution.status === 'RUNNING';
  const now = useNow(isOpen);
  const started = millis(execution.startDate);
  const stopped = execution.stopDate === undefined ? undefined : millis(execution.stopDate);
  const took = Math.max((stopped ?? now) - started, 0);
  const cost = isExpress ? expressCost(took) : standardCost(model.transitions);
  const family = useQuery(familyQuery(execution.executionArn, isExpress));
  const parent = family.data?.parentExecutionArn ?? parentOf(execution);
  const children = childrenOf(events);
  const revision = execution.stateMachineAliasArn ?? execution.stateMachineVersionArn;
  return (
    <dl className="summary card">
      <Fact name="Status">
        <Status status={execution.status} />
      </Fact>
      <Fact name="Started">
        <time dateTime={new Date(started).toISOString()} title={new Date(started).toISOString()}>
          {momentText(started)}
        </time>
      </Fact>
      <Fact name={isOpen ? 'Running for' : 'Took'}>{durationText(took)}</Fact>
      <Fact name="Transitions">{model.transitions.toLocaleString()}</Fact>
      <Fact name="Events">
        {events.length.toLocaleString()}
        {!isExpress && events.length > 20_000 && <small> of 25,000</small>}
      </Fact>
      <Fact name="On AWS" title="List price of us-east-1, without the free tier and what tasks cost">
        {costText(cost)}
      </Fact>
      {model.redrives.length > 0 && <Fact name="Redrives">{model.redrives.length}</Fact>}
      {revision && <Fact name={execution.stateMachineAliasArn ? 'Alias' : 'Version'}>{revision.split(':').at(-1)}</Fact>}
      {parent && (
        <Fact name="Started by">
          <ExecutionLink arn={parent} />
        </Fact>
      )}
      {execution.mapRunArn && (
        <Fact name="Map Run">
          <Link to="/map-runs/$arn" params={{ arn: execution.mapRunArn }} search={{}}>
            {nameOf(execution.mapRunArn)}
          </Link>
        </Fact>
      )}
      {children.length > 0 && (
        <Fact name={children.length === 1 ? 'Child' : 'Children'}>
          {children.slice(0, 3).map((arn) => (
            <ExecutionLink key={arn} arn={arn} />
          ))}
          {children.length > 3 && <small> and {children.length - 3} more</small>}
        </Fact>
      )}
      <Fact name="ARN" className="wide">
        <Copied text={execution.executionArn} label="the execution's ARN" />
      </Fact>
    </dl>
  );
}

export function ExecutionLink({ arn }: { arn: string }) {
  return (
    <Link className="execution-link" to="/executions/$arn" params={{ arn }} search={{}} title={arn}>
      {nameOf(arn)}
    </Link>
  );
}

export function Fact({ name, children, className, title }: { name: string; children: ReactNode; className?: string; title?: string }) {
  return (
    <div className={className} title={title}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
