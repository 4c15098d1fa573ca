// The executions of a state machine: by status, name, time, version and alias.

import Button from '@cloudscape-design/components/button';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';

import { searchQuery } from '../../api/own';
import { aliasesQuery, executionsQuery, versionsQuery } from '../../api/queries';
import type { ExecutionListItem, Machine } from '../../api/types';
import type { MachineSearch } from '../../app/router';
import { ExecutionList, StatusFilter } from '../../parts/execution-list';
import { FilterField } from '../../parts/filter-field';
import { TimeFilter } from '../../parts/time-filter';
import { momentsOf } from '../../parts/time-range';
import { Trouble } from '../../parts/trouble';

interface ExecutionsProps {
  machine: Machine;
  search: MachineSearch;
  show: (change: Partial<MachineSearch>) => void;
  onStart: () => void;
}

export function Executions({ machine, search, show, onStart }: ExecutionsProps) {
  const { stateMachineArn: arn } = machine;
  // What a name or a time is looked for in, and all of Express, AWS's API cannot list.
  const isSearch = machine.type === 'EXPRESS' || search.q !== undefined || search.since !== undefined || search.until !== undefined;
  const versions = useQuery(versionsQuery(arn));
  const aliases = useQuery(aliasesQuery(arn));
  const listed = useInfiniteQuery({ ...executionsQuery({ stateMachineArn: search.of ?? arn, statusFilter: search.status }), enabled: !isSearch });
  const found = useInfiniteQuery({
    ...searchQuery({ stateMachineArn: arn, name: search.q, status: search.status, ...momentsOf(search) }),
    enabled: isSearch,
  });
  const query = isSearch ? found : listed;
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.executions as ExecutionListItem[]), [query.data]);
  const routes = [
    ...(aliases.data ?? []).map((alias) => ({ arn: alias.stateMachineAliasArn, name: `alias ${alias.stateMachineAliasArn.split(':').at(-1)}` })),
    ...(versions.data ?? []).map((version) => ({ arn: version.stateMachineVersionArn, name: `version ${version.stateMachineVersionArn.split(':').at(-1)}` })),
  ];
  return (
    <div className="card">
      <div className="tools">
        <FilterField label="Find by name" value={search.q ?? ''} onChange={(q) => show({ q: q || undefined })} />
        <StatusFilter status={search.status} onChange={(status) => show({ status })} />
        <TimeFilter range={search} onChange={show} />
        {routes.length > 0 && (
          <select className="select" aria-label="Started with" value={search.of ?? ''} disabled={isSearch} onChange={(event) => show({ of: event.target.value || undefined })}>
            <option value="">all versions</option>
            {routes.map((route) => (
              <option key={route.arn} value={route.arn}>
                {route.name}
              </option>
            ))}
          </select>
        )}
      </div>
      {machine.type === 'EXPRESS' && <p className="hint">Express executions are kept in memory: the last ones, until the server ends.</p>}
      {query.error && <Trouble error={query.error} retry={() => void query.refetch()} />}
      <ExecutionList
        items={items}
        hasMore={query.hasNextPage}
        isLoadingMore={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
        empty={
          search.status || search.q || search.since || search.until ? (
            <p className="none">No execution fits the filters.</p>
          ) : (
            <p className="none">
              It has not run yet. <Button onClick={onStart}>Start the first execution</Button>
            </p>
          )
        }
      />
    </div>
  );
}

