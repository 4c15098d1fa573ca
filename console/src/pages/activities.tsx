// Activities: queues of tasks for workers outside, and who is with each of them.

import Button from '@cloudscape-design/components/button';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';

import { activityQueueQuery } from '../api/own';
import { activitiesQuery } from '../api/queries';
import { millis, type Activity } from '../api/types';
import { activitiesRoute, type ListSearch } from '../app/router';
import { CliButton, Copied } from '../parts/copy';
import { Dialog } from '../parts/dialog';
import { FilterField } from '../parts/filter-field';
import { ACTIONS, ListHead, number, spare } from '../parts/list-head';
import { notify } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { pageOf, Pages } from '../parts/pages';
import { TextField } from '../parts/text-field';
import { momentText } from '../parts/time';
import { Loading, Trouble } from '../parts/trouble';

const PAGE = 25;

export function Activities() {
  const search = activitiesRoute.useSearch();
  const { q = '' } = search;
  const navigate = useNavigate();
  const show = (search: ListSearch): void => void navigate({ to: '/activities', search, replace: true });
  const client = useQueryClient();
  const { data, error, isPending, refetch } = useQuery(activitiesQuery());
  const [open, setOpen] = useState<'create' | Activity>();
  const found = useMemo(() => (data ?? []).filter((activity) => activity.name.toLowerCase().includes(q.toLowerCase())), [data, q]);
  const { rows, page, last } = pageOf(found, search.page, PAGE);
  const close = (): void => setOpen(undefined);
  const done = (text: string): void => {
    notify(text);
    void client.invalidateQueries({ queryKey: activitiesQuery().queryKey });
    close();
  };
  return (
    <div className="page">
      <PageHead
        title={
          <>
            Activities {data && <small>{data.length}</small>}
          </>
        }
      >
        <CliButton operation="ListActivities" input={{}} />
        <Button variant="primary" onClick={() => setOpen('create')}>
          Create activity
        </Button>
      </PageHead>
      {error && <Trouble error={error} retry={() => void refetch()} />}
      {isPending && <Loading what="activities" />}
      {data && (
        <section className="card">
          <div className="tools">
            <FilterField label="Filter by name" value={q} onChange={(value) => show({ q: value || undefined })} />
            <Pages page={page} last={last} onPage={(page) => show({ ...search, page })} />
          </div>
          <table className="list">
            <ListHead columns={['Name', number('Waiting tasks'), 'Waiting workers', spare('Created'), spare('ARN'), ACTIONS]} />
            <tbody>
              {rows.map((activity) => (
                <ActivityRow key={activity.activityArn} activity={activity} onDelete={() => setOpen(activity)} />
              ))}
            </tbody>
          </table>
          {found.length === 0 && <p className="none">{q ? `No activity has “${q}” in its name.` : 'There is none. An activity is a queue of tasks that programs anywhere ask for.'}</p>}
        </section>
      )}
      {open === 'create' && <CreateDialog onClose={close} onDone={(name) => done(`The activity ${name} is there`)} />}
      {typeof open === 'object' && (
        <Dialog
          title={`Delete the activity ${open.name}`}
          action="Delete activity"
          operation="DeleteActivity"
          input={{ activityArn: open.activityArn }}
          onClose={close}
          onDone={() => done(`The activity ${open.name} is deleted`)}
        >
          <p>Workers can't ask it for tasks any more. A task that waits in it goes on waiting until its time-out, and an execution that comes to it fails.</p>
        </Dialog>
      )}
    </div>
  );
}

function ActivityRow({ activity, onDelete }: { activity: Activity; onDelete: () => void }) {
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
      <td className="spare">{momentText(millis(activity.creationDate))}</td>
      <td className="spare">
        <Copied text={activity.activityArn} label={`the ARN of ${activity.name}`} />
      </td>
      <td className="row-actions">
        <button type="button" className="text-button" aria-label={`Delete ${activity.name}`} onClick={onDelete}>
          Delete
        </button>
      </td>
    </tr>
  );
}

function CreateDialog({ onClose, onDone }: { onClose: () => void; onDone: (name: string) => void }) {
  const [name, setName] = useState('');
  return (
    <Dialog title="Create activity" action="Create" operation="CreateActivity" input={{ name }} blocked={name ? undefined : 'It needs a name.'} onClose={onClose} onDone={() => onDone(name)}>
      <TextField label="Name" value={name} onChange={setName} spellcheck={false} />
    </Dialog>
  );
}
