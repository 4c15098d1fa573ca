// The tags of whatever has an ARN: read, set, removed.

import Button from '@cloudscape-design/components/button';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { tagsQuery } from '../api/queries';
import type { Tag } from '../api/types';
import { CliButton } from './copy';
import { Dialog } from './dialog';
import { ACTIONS, ListHead } from './list-head';
import { TextField } from './text-field';
import { Trouble } from './trouble';

export function Tags({ arn }: { arn: string }) {
  const query = tagsQuery(arn);
  const { data: tags, error, refetch } = useQuery(query);
  const client = useQueryClient();
  const [open, setOpen] = useState<{ kind: 'set'; tag: Tag } | { kind: 'remove'; tag: Tag }>();
  const close = (): void => setOpen(undefined);
  const done = (): void => {
    void client.invalidateQueries({ queryKey: query.queryKey });
    close();
  };
  return (
    <section className="card" aria-label="Tags">
      <header className="card-head">
        <h2>Tags</h2>
        <CliButton operation="ListTagsForResource" input={{ resourceArn: arn }} />
        <Button onClick={() => setOpen({ kind: 'set', tag: { key: '', value: '' } })}>Add a tag</Button>
      </header>
      {error && <Trouble error={error} retry={() => void refetch()} />}
      {tags && tags.length > 0 && (
        <table className="list">
          <ListHead columns={['Key', 'Value', ACTIONS]} />
          <tbody>
            {tags.map((tag) => (
              <tr key={tag.key}>
                <td className="strong text">{tag.key}</td>
                <td className="text">{tag.value}</td>
                <td className="row-actions">
                  <button type="button" className="text-button" aria-label={`Change the tag ${tag.key}`} onClick={() => setOpen({ kind: 'set', tag })}>
                    Change
                  </button>
                  <button type="button" className="text-button" aria-label={`Remove the tag ${tag.key}`} onClick={() => setOpen({ kind: 'remove', tag })}>
                    Remove
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {tags?.length === 0 && <p className="none">There is none.</p>}
      {open?.kind === 'set' && <SetDialog arn={arn} tag={open.tag} onClose={close} onDone={done} />}
      {open?.kind === 'remove' && (
        <Dialog
          title={`Remove the tag ${open.tag.key}`}
          action="Remove tag"
          operation="UntagResource"
          input={{ resourceArn: arn, tagKeys: [open.tag.key] }}
          onClose={close}
          onDone={done}
        />
      )}
    </section>
  );
}

interface SetProps {
  arn: string;
  /** The tag as it is; one without a key is new. */
  tag: Tag;
  onClose: () => void;
  onDone: () => void;
}

function SetDialog({ arn, tag, onClose, onDone }: SetProps) {
  const [key, setKey] = useState(tag.key);
  const [value, setValue] = useState(tag.value);
  const isNew = tag.key === '';
  return (
    <Dialog
      title={isNew ? 'Add a tag' : `Change the tag ${tag.key}`}
      action={isNew ? 'Add' : 'Change'}
      operation="TagResource"
      input={{ resourceArn: arn, tags: [{ key, value }] }}
      blocked={key === '' ? 'It needs a key.' : undefined}
      onClose={onClose}
      onDone={onDone}
    >
      {isNew && (
        <TextField label="Key" description="One that is there already gets the new value." value={key} onChange={setKey} spellcheck={false} />
      )}
      <TextField label="Value" value={value} onChange={setValue} spellcheck={false} />
    </Dialog>
  );
}
