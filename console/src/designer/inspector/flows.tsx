// Flows: the branches of a Parallel state, and what a Map does with each item.

import { useId } from 'react';

import { isObject, type Definition } from '../../definition/asl';
import { uniqueName } from '../references';
import { withMember } from './change';
import { asObject } from './fields';
import { useForm, type ControlProps, type Owner } from './form';
import { Items } from './groups';
import { plainText } from './readings';

export function BranchesControl({ id, path, value, onValue }: ControlProps) {
  const { definition } = useForm();
  const branches = (Array.isArray(value) ? value.map(asObject) : []) as Definition[];
  const add = (): void => {
    const name = uniqueName(definition, `Branch ${branches.length + 1}`);
    onValue([...branches, { StartAt: name, States: { [name]: { Type: 'Pass', End: true } } }]);
  };
  return (
    <div role="group" aria-labelledby={`${id}-label`} className="list-control">
      <Items
        noun="branch"
        items={branches}
        path={[...path, 'Branches']}
        isClosed
        title={(branch) => `${plainText(branch.StartAt)} · ${sizeText(branch)}`}
        onItems={onValue}
        body={(branch, index, onBranch) => <FlowFields flow={branch as Owner} name={`branch ${index + 1}`} onFlow={onBranch} />}
      />
      <button type="button" className="text-button add" onClick={add}>
        + Add a branch
      </button>
    </div>
  );
}

function sizeText(flow: Definition): string {
  const count = isObject(flow.States) ? Object.keys(flow.States).length : 0;
  return count === 1 ? '1 state' : `${count} states`;
}

/** What a flow has beside its states. */
function FlowFields({ flow, name, onFlow }: { flow: Owner; name: string; onFlow: (next: Owner) => void }) {
  const id = useId();
  const states = isObject(flow.States) ? Object.keys(flow.States) : [];
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        Begins with
      </label>
      <select id={id} className="select" aria-label={`First state of ${name}`} value={plainText(flow.StartAt)} onChange={(event) => onFlow(withMember(flow, 'StartAt', event.target.value))}>
        {!states.includes(plainText(flow.StartAt)) && <option>{plainText(flow.StartAt)}</option>}
        {states.map((state) => (
          <option key={state}>{state}</option>
        ))}
      </select>
    </div>
  );
}

export function ProcessorControl({ id, describedBy, owner, onOwner }: ControlProps) {
  const isOld = owner.ItemProcessor === undefined && owner.Iterator !== undefined;
  const name = isOld ? 'Iterator' : 'ItemProcessor';
  const processor = asObject(owner[name]);
  const config = asObject(processor.ProcessorConfig);
  const isDistributed = config.Mode === 'DISTRIBUTED';
  const set = (next: Owner): void => onOwner(withMember(owner, name, next));
  const setConfig = (next: Owner): void => set(withMember(processor, 'ProcessorConfig', next));
  return (
    <div role="group" aria-labelledby={`${id}-label`} className="group" aria-describedby={describedBy}>
      {isOld ? (
        <p className="soft">
          It has the older member Iterator, which is always inline.{' '}
          <button type="button" className="text-button" onClick={() => onOwner(renamed(owner))}>
            Make it an ItemProcessor
          </button>
        </p>
      ) : (
        <>
          <div className="field">
            <label className="field-label" htmlFor={`${id}-mode`}>
              Mode
            </label>
            <select
              id={`${id}-mode`}
              className="select"
              value={plainText(config.Mode)}
              onChange={(event) => {
                const { Mode: _, ExecutionType: before, ...rest } = config;
                if (event.target.value !== 'DISTRIBUTED') setConfig({ Mode: 'INLINE', ...rest });
                else setConfig({ Mode: 'DISTRIBUTED', ExecutionType: before ?? 'STANDARD', ...rest });
              }}
            >
              {config.Mode === undefined && <option value="">not set: inline</option>}
              <option value="INLINE">Inline</option>
              <option value="DISTRIBUTED">Distributed</option>
            </select>
          </div>
          {isDistributed && (
            <div className="field">
              <label className="field-label" htmlFor={`${id}-type`}>
                Child executions
              </label>
              <select id={`${id}-type`} className="select" value={plainText(config.ExecutionType)} onChange={(event) => setConfig(withMember(config, 'ExecutionType', event.target.value))}>
                {config.ExecutionType === undefined && <option value="">choose a type</option>}
                <option value="STANDARD">Standard</option>
                <option value="EXPRESS">Express</option>
              </select>
            </div>
          )}
        </>
      )}
      <FlowFields flow={processor} name="each iteration" onFlow={set} />
    </div>
  );
}

/** The member keeps its place. */
const renamed = (owner: Owner): Owner => Object.fromEntries(Object.entries(owner).map(([name, value]) => [name === 'Iterator' ? 'ItemProcessor' : name, value]));
