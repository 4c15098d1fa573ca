// Executions of all state machines: by name, status, time and error.

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';

import { searchQuery } from '../api/own';
import { machinesQuery } from '../api/queries';
import { searchRoute, type SearchSearch } from '../app/router';
import { CliButton } from '../parts/copy';
import { ExecutionList, StatusFilter } from '../parts/execution-list';
import { FilterField } from '../parts/filter-field';
import { PageHead } from '../parts/page-head';
import { TimeFilter } from '../parts/time-filter';
import { momentsOf } from '../parts/time-range';
import { Trouble } from '../parts/trouble';

export function SearchPage() {
  const search = searchRoute.useSearch();
  const navigate = useNavigate();
  const machines = useQuery(machinesQuery());
  const query = useInfiniteQuery(
    searchQuery({ name: search.q, stateMachineArn: search.machine, status: search.status, ...momentsOf(search), error: search.error }),
  );
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.executions), [query.data]);
  const show = (change: Partial<SearchSearch>): void =>
    void navigate({ to: '/executions', search: (before) => ({ ...before, ...change }) as SearchSearch, replace: true });
  const isFiltered = Object.values(search).some((value) => value !== undefined);
  return (
    <div className="page">
      <PageHead title="Executions">{search.machine && <CliButton operation="ListExecutions" input={{ stateMachineArn: search.machine, statusFilter: search.status }} />}</PageHead>
      <div className="card">
        <div className="tools">
          <FilterField label="Find by name" value={search.q ?? ''} onChange={(q) => show({ q: q || undefined })} />
          <FilterField label="Find by error" value={search.error ?? ''} onChange={(error) => show({ error: error || undefined })} />
          <select className="select" aria-label="State machine" value={search.machine ?? ''} onChange={(event) => show({ machine: event.target.value || undefined })}>
            <option value="">all state machines</option>
            {(machines.data ?? []).map((machine) => (
              <option key={machine.stateMachineArn} value={machine.stateMachineArn}>
                {machine.name}
              </option>
            ))}
          </select>
          <StatusFilter status={search.status} onChange={(status) => show({ status })} />
          <TimeFilter range={search} onChange={show} />
        </div>
        {query.error && <Trouble error={query.error} retry={() => void query.refetch()} />}
        <ExecutionList
          showMachine
          items={items}
          hasMore={query.hasNextPage}
          isLoadingMore={query.isFetchingNextPage}
          onMore={() => void query.fetchNextPage()}
          empty={<p className="none">{isFiltered ? 'No execution fits the filters.' : 'Nothing has run yet.'}</p>}
        />
      </div>
    </div>
  );
}
