// The list of state machines: what there is, what runs, what failed lately.

import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';

import { countsQuery } from '../api/own';
import { machinesQuery } from '../api/queries';
import { millis } from '../api/types';
import { machinesRoute, type ListSearch } from '../app/router';
import { CliButton } from '../parts/copy';
import { FilterField } from '../parts/filter-field';
import { ListHead, number, spare } from '../parts/list-head';
import { PageHead } from '../parts/page-head';
import { pageOf, Pages } from '../parts/pages';
import { toneOf } from '../parts/status';
import { momentText } from '../parts/time';
import { Loading, Trouble } from '../parts/trouble';

const PAGE = 50;

export function Machines() {
  const search = machinesRoute.useSearch();
  const { q = '' } = search;
  const navigate = useNavigate();
  const show = (search: ListSearch): void => void navigate({ to: '/machines', search, replace: true });
  const { data, error, isPending, refetch } = useQuery(machinesQuery());
  const found = useMemo(() => {
    const part = q.toLowerCase();
    return (data ?? []).filter((machine) => machine.name.toLowerCase().includes(part));
  }, [data, q]);
  const { rows, page, last } = pageOf(found, search.page, PAGE);
  const counts = useQuery(countsQuery(rows.map((machine) => machine.stateMachineArn)));
  const countText = (count: number | undefined): string =>
    count === undefined ? '' : count >= (counts.data?.countedMax ?? 100) ? `${count - 1}+` : String(count);

  return (
    <div className="page">
      <PageHead
        title={
          <>
            State machines {data && <small>{data.length}</small>}
          </>
        }
      >
        <CliButton operation="ListStateMachines" input={{}} />
        <Link to="/new-machine" className="button primary">
          Create state machine
        </Link>
      </PageHead>
      {error && <Trouble error={error} retry={() => void refetch()} />}
      {isPending && <Loading what="state machines" />}
      {data && data.length === 0 && <Welcome />}
      {data && data.length > 0 && (
        <section className="card">
          <div className="tools">
            <FilterField label="Filter by name" value={q} onChange={(value) => show({ q: value || undefined })} />
            <Pages page={page} last={last} onPage={(page) => show({ ...search, page })} />
          </div>
          <table className="list">
            <ListHead columns={['Name', spare('Type'), number('Running'), number('Failed in 24 h'), spare('Created')]} />
            <tbody>
              {rows.map((machine) => {
                const count = counts.data?.byArn.get(machine.stateMachineArn);
                return (
                  <tr key={machine.stateMachineArn}>
                    <td>
                      <Link to="/machines/$arn" params={{ arn: machine.stateMachineArn }} search={{}}>
                        {machine.name}
                      </Link>
                    </td>
                    <td className="spare">{machine.type === 'EXPRESS' ? 'Express' : 'Standard'}</td>
                    <Count arn={machine.stateMachineArn} count={count?.running} status="RUNNING" text={countText(count?.running)} />
                    <Count arn={machine.stateMachineArn} count={count?.failed} status="FAILED" text={countText(count?.failed)} />
                    <td className="spare">{momentText(millis(machine.creationDate))}</td>
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

