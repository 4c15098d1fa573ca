// The list of state machines: what there is, what runs, what failed lately.

import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';

import { countsQuery } from '../api/own';
import { machinesQuery } from '../api/queries';
import { machinesRoute } from '../app/router';
import { Chevron } from '../parts/icons';
import { CliButton } from '../parts/copy';
import { FilterField } from '../parts/filter-field';
import { toneOf } from '../parts/status';
import { momentText } from '../parts/time';
import { Loading, Trouble } from '../parts/trouble';
import { millis } from '../api/types';

const PAGE = 50;

export function Machines() {
  const { q = '' } = machinesRoute.useSearch();
  const navigate = useNavigate();
  const { data, error, isPending, refetch } = useQuery(machinesQuery());
  const [page, setPage] = useState(0);
  const found = useMemo(() => {
    const part = q.toLowerCase();
    return (data ?? []).filter((machine) => machine.name.toLowerCase().includes(part));
  }, [data, q]);
  const last = Math.max(Math.ceil(found.length / PAGE) - 1, 0);
  const at = Math.min(page, last);
  const shown = found.slice(at * PAGE, (at + 1) * PAGE);
  const counts = useQuery(countsQuery(shown.map((machine) => machine.stateMachineArn)));
  const countText = (count: number | undefined): string =>
    count === undefined ? '' : count >= (counts.data?.countedMax ?? 100) ? `${count - 1}+` : String(count);

  return (
    <div className="page">
      <header className="page-head">
        <h1>
          State machines {data && <small>{data.length}</small>}
        </h1>
        <div className="actions">
          <CliButton operation="ListStateMachines" input={{}} />
          <Link to="/new-machine" className="button primary">
            Create state machine
          </Link>
        </div>
      </header>
      {error && <Trouble error={error} retry={() => void refetch()} />}
      {isPending && <Loading what="state machines" />}
      {data && data.length === 0 && <Welcome />}
      {data && data.length > 0 && (
        <section className="card">
          <div className="tools">
            <FilterField
              label="Filter by name"
              value={q}
              onChange={(value) => {
                setPage(0);
                void navigate({ to: '/machines', search: { q: value || undefined }, replace: true });
              }}
            />
            {last > 0 && <Pages page={at} last={last} onPage={setPage} />}
          </div>
          <table className="list">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Type</th>
                <th scope="col" className="number">
                  Running
                </th>
                <th scope="col" className="number">
                  Failed in 24 h
                </th>
                <th scope="col">Created</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((machine) => {
                const count = counts.data?.byArn.get(machine.stateMachineArn);
                return (
                  <tr key={machine.stateMachineArn}>
                    <td>
                      <Link to="/machines/$arn" params={{ arn: machine.stateMachineArn }} search={{}}>
                        {machine.name}
                      </Link>
                    </td>
                    <td>{machine.type === 'EXPRESS' ? 'Express' : 'Standard'}</td>
                    <Count arn={machine.stateMachineArn} count={count?.running} status="RUNNING" text={countText(count?.running)} />
                    <Count arn={machine.stateMachineArn} count={count?.failed} status="FAILED" text={countText(count?.failed)} />
                    <td>{momentText(millis(machine.creationDate))}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
          {found.length === 0 && <p className="none">No state machine has “{q}” in its name.</p>}
        </section>
      )}
    </div>
  );
}

interface CountProps {
  arn: string;
  /** Undefined until it is known. */
  count?: number;
  status: 'RUNNING' | 'FAILED';
  text: string;
}

/** How many there are of a status, leading to them. */
function Count({ arn, count, status, text }: CountProps) {
  return (
    <td className="number">
      {count !== undefined && count > 0 ? (
        <Link className={`count ${toneOf(status)}`} to="/machines/$arn" params={{ arn }} search={{ status }}>
          {text}
        </Link>
      ) : (
        <span className="none">{count ?? '…'}</span>
      )}
    </td>
  );
}

function Welcome() {
  return (
    <section className="card welcome">
      <h2>Nothing here yet</h2>
      <p>A state machine is a workflow: steps, what follows what, and what happens when one fails. Create the first one here, or with any AWS client:</p>
      <pre>
        aws stepfunctions create-state-machine --endpoint-url {location.origin} \{'\n'}  --name hello --role-arn arn:aws:iam::000000000000:role/any \{'\n'}
        {"  --definition '{\"StartAt\": \"Hello\", \"States\": {\"Hello\": {\"Type\": \"Pass\", \"End\": true}}}'"}
      </pre>
      <Link to="/new-machine" className="button primary">
        Create state machine
      </Link>
    </section>
  );
}

export function Pages({ page, last, onPage }: { page: number; last: number; onPage: (page: number) => void }) {
  return (
    <nav className="pages" aria-label="Pages">
      <button type="button" className="icon-button back" aria-label="Previous page" disabled={page === 0} onClick={() => onPage(page - 1)}>
        <Chevron />
      </button>
      <span>
        {page + 1} of {last + 1}
      </span>
      <button type="button" className="icon-button" aria-label="Next page" disabled={page === last} onClick={() => onPage(page + 1)}>
        <Chevron />
      </button>
    </nav>
  );
}
