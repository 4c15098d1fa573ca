// Activities: queues of tasks for workers outside, and who is with each of them.

import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Button from '@cloudscape-design/components/button';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { activityQueueQuery } from '../api/own';
import { activitiesQuery } from '../api/queries';
import { millis, type Activity } from '../api/types';
import { activitiesRoute } from '../app/router';
import { CliButton, Copied } from '../parts/copy';
import { Dialog } from '../parts/dialog';
import { FilterField } from '../parts/filter-field';
import { notify } from '../parts/notices';
import { momentText } from '../parts/time';
import { Loading, Trouble } from '../parts/trouble';
import { Pages } from './machines';

const PAGE = 25;

export function Activities() {
  const { q = '' } = activitiesRoute.useSearch();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { data, error, isPending, refetch } = useQuery(activitiesQuery());
  const [page, setPage] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const found = (data ?? []).filter((activity) => activity.name.toLowerCase().includes(q.toLowerCase()));
  const last = Math.max(Math.ceil(found.length / PAGE) - 1, 0);
  const at = Math.min(page, last);
  return (
    <div className="page">
      <header className="page-head">
        <h1>Activities {data && <small>{data.length}</small>}</h1>
        <div className="actions">
          <CliButton operation="ListActivities" input={{}} />
          <Button variant="primary" onClick={() => setOpen(true)}>
            Create activity
          </Button>
        </div>
      </header>
      {error && <Trouble error={error} retry={() => void refetch()} />}
      {isPending && <Loading what="activities" />}
      {data && (
        <section className="card">
          <div className="tools">
            <FilterField
              label="Filter by name"
              value={q}
              onChange={(value) => void navigate({ to: '/activities', search: { q: value || undefined }, replace: true })}
            />
            {last > 0 && <Pages page={at} last={last} onPage={setPage} />}
          </div>
          <table className="list">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col" className="number">
                  Waiting tasks
                </th>
                <th scope="col">Waiting workers</th>
                <th scope="col">Created</th>
                <th scope="col">ARN</th>
              </tr>
            </thead>
            <tbody>
              {found.slice(at * PAGE, (at + 1) * PAGE).map((activity) => (
                <ActivityRow key={activity.activityArn} activity={activity} />
              ))}
            </tbody>
          </table>
          {found.length === 0 && <p className="none">{q ? `No activity has “${q}” in its name.` : 'There is none. An activity is a queue of tasks that programs anywhere ask for.'}</p>}
        </section>
      )}
      {isOpen && <CreateDialog onClose={() => setOpen(false)} onDone={(name) => {
        notify(`The activity ${name} is there`);
        void client.invalidateQueries({ queryKey: ['activities'] });
        setOpen(false);
      }} />}
    </div>
  );
}

function ActivityRow({ activity }: { activity: Activity }) {
  const { data } = useQuery(activityQueueQuery(activity.activityArn));
  const workers = data?.waitingWorkers ?? [];
  return (
    <tr>
      <td className="strong">{activity.name}</td>
      <td className="number">{data && (data.waitingTasks > 0 ? <b className="count run">{data.waitingTasks}</b> : <span className="none">0</span>)}</td>
      <td title={workers.map((worker) => worker ?? 'without a name').join('\n')}>
        {workers.length === 0 ? (
          <span className={data && data.waitingTasks > 0 ? 'status bad' : 'none'}>{data ? 'none' : '…'}</span>
        ) : (
          `${workers.length}: ${workers.slice(0, 3).map((worker) => worker ?? 'without a name').join(', ')}${workers.length > 3 ? '…' : ''}`
        )}
      </td>
      <td>{momentText(millis(activity.creationDate))}</td>
      <td>
        <Copied text={activity.activityArn} label={`the ARN of ${activity.name}`} />
      </td>
    </tr>
  );
}

function CreateDialog({ onClose, onDone }: { onClose: () => void; onDone: (name: string) => void }) {
  const [name, setName] = useState('');
  return (
    <Dialog title="Create activity" action="Create" operation="CreateActivity" input={{ name }} blocked={name ? undefined : 'It needs a name.'} onClose={onClose} onDone={() => onDone(name)}>
      <FormField label="Name">
        <Input value={name} onChange={({ detail }) => setName(detail.value)} spellcheck={false} />
      </FormField>
    </Dialog>
  );
}
