// A Map Run: how far a Distributed Map is, its bounds, and its child executions.

import Button from '@cloudscape-design/components/button';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';

import { nameOf } from '../api/arn';
import { executionsQuery, mapRunQuery } from '../api/queries';
import { millis, type Counts, type MapRun } from '../api/types';
import { mapRunRoute } from '../app/router';
import { useNow } from '../parts/clock';
import { CliButton, Copied } from '../parts/copy';
import { Dialog } from '../parts/dialog';
import { ExecutionList, StatusFilter } from '../parts/execution-list';
import { notify } from '../parts/notices';
import { PageHead, useTitle } from '../parts/page-head';
import { Status } from '../parts/status';
import { TextField } from '../parts/text-field';
import { durationText, momentText } from '../parts/time';
import { Awaited, Trouble } from '../parts/trouble';
import { ExecutionLink, Fact } from './execution/summary';

const PARTS: [keyof Counts, string, string][] = [
  ['succeeded', 'Succeeded', 'ok'],
  ['failed', 'Failed', 'bad'],
  ['timedOut', 'Timed out', 'bad'],
  ['aborted', 'Aborted', 'idle'],
  ['running', 'Running', 'run'],
  ['pending', 'Pending', 'wait'],
];

export function MapRunPage() {
  const { arn } = mapRunRoute.useParams();
  const { status } = mapRunRoute.useSearch();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { data: run, error, refetch } = useQuery({ ...mapRunQuery(arn), refetchInterval: ({ state }) => (state.data?.status === 'RUNNING' ? 1000 : false) });
  const children = useInfiniteQuery({ ...executionsQuery({ mapRunArn: arn, statusFilter: status }), refetchInterval: run?.status === 'RUNNING' ? 2000 : false });
  const items = useMemo(() => children.data?.pages.flatMap((page) => page.executions), [children.data]);
  const [isOpen, setOpen] = useState(false);
  const now = useNow(run?.status === 'RUNNING');
  useTitle(`Map Run ${nameOf(arn)}`);
  if (!run) return <Awaited what="the Map Run" error={error} retry={() => void refetch()} />;
  const started = millis(run.startDate);
  return (
    <div className="page">
      <PageHead crumbs={<ExecutionLink arn={run.executionArn} />} title={<>Map Run {nameOf(arn)}</>}>
        <CliButton operation="DescribeMapRun" input={{ mapRunArn: arn }} />
        {run.status === 'RUNNING' && <Button onClick={() => setOpen(true)}>Change bounds</Button>}
        <Link className="button" to="/executions/$arn" params={{ arn: run.executionArn }} search={{}}>
          Execution
        </Link>
      </PageHead>
      <dl className="summary card">
        <Fact name="Status">
          <Status status={run.status} />
        </Fact>
        <Fact name="Started">{momentText(started)}</Fact>
        <Fact name={run.stopDate === undefined ? 'Running for' : 'Took'}>{durationText(Math.max((run.stopDate === undefined ? now : millis(run.stopDate)) - started, 0))}</Fact>
        <Fact name="At once">{run.maxConcurrency === 0 ? 'no bound' : run.maxConcurrency.toLocaleString()}</Fact>
        <Fact name="Tolerated failures">{tolerated(run)}</Fact>
        {(run.redriveCount ?? 0) > 0 && <Fact name="Redrives">{run.redriveCount}</Fact>}
        <Fact name="ARN" className="wide">
          <Copied text={arn} label="the Map Run's ARN" />
        </Fact>
      </dl>
      <section className="card pad">
        <Progress name="Items" counts={run.itemCounts} />
        <Progress name="Child executions" counts={run.executionCounts} />
      </section>
      <section className="card" aria-label="Child executions">
        <div className="tools">
          <StatusFilter status={status} onChange={(status) => void navigate({ to: '/map-runs/$arn', params: { arn }, search: { status }, replace: true })} />
        </div>
        {children.error && <Trouble error={children.error} />}
        <ExecutionList
          items={items}
          hasMore={children.hasNextPage}
          isLoadingMore={children.isFetchingNextPage}
          onMore={() => void children.fetchNextPage()}
          empty={<p className="none">There are none of this kind.</p>}
        />
      </section>
      {isOpen && (
        <BoundsDialog
          run={run}
          onClose={() => setOpen(false)}
          onDone={() => {
            notify('The Map Run has its new bounds');
            void client.invalidateQueries({ queryKey: ['map-run', arn] });
            setOpen(false);
          }}
        />
      )}
    </div>
  );
}

function tolerated(run: MapRun): string {
  const parts = [];
  if (run.toleratedFailureCount > 0) parts.push(run.toleratedFailureCount.toLocaleString());
  if (run.toleratedFailurePercentage > 0) parts.push(`${run.toleratedFailurePercentage} %`);
  return parts.join(' or ') || 'none';
}

function Progress({ name, counts }: { name: string; counts: Counts }) {
  const parts = PARTS.map(([key, word, tone]) => ({ word, tone, count: counts[key] ?? 0 })).filter((part) => part.count > 0);
  const total = Math.max(counts.total, 1);
  return (
    <div className="progress">
      <h2>
        {name} <small>{counts.total.toLocaleString()}</small>
      </h2>
      <div className="progress-bar" aria-hidden="true">
        {parts.map((part) => (
          <i key={part.word} className={part.tone} style={{ width: `${(part.count / total) * 100}%` }} />
        ))}
      </div>
      <ul>
        {parts.map((part) => (
          <li key={part.word} className={part.tone}>
            {part.word} <b>{part.count.toLocaleString()}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}

function BoundsDialog({ run, onClose, onDone }: { run: MapRun; onClose: () => void; onDone: () => void }) {
  const [concurrency, setConcurrency] = useState(String(run.maxConcurrency));
  const [count, setCount] = useState(String(run.toleratedFailureCount));
  const [percentage, setPercentage] = useState(String(run.toleratedFailurePercentage));
  const values = [concurrency, count, percentage].map(Number);
  const isValid = values.every((value) => Number.isFinite(value) && value >= 0);
  return (
    <Dialog
      title="Change bounds"
      action="Change"
      operation="UpdateMapRun"
      input={{ mapRunArn: run.mapRunArn, maxConcurrency: values[0], toleratedFailureCount: values[1], toleratedFailurePercentage: values[2] }}
      blocked={isValid ? undefined : 'These must be numbers.'}
      onClose={onClose}
      onDone={onDone}
    >
      <TextField label="Child executions at once" description="0: no bound" type="number" value={concurrency} onChange={setConcurrency} />
      <TextField label="Tolerated failures" type="number" value={count} onChange={setCount} />
      <TextField label="Tolerated failures in percent" type="number" value={percentage} onChange={setPercentage} />
    </Dialog>
  );
}
