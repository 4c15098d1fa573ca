// Creating and changing an alias: one version, or two that share what is started.

import FormField from '@cloudscape-design/components/form-field';
import { useState } from 'react';

import type { AliasDescription, MachineVersion, Route } from '../../api/types';
import { Dialog } from '../../parts/dialog';
import { TextField } from '../../parts/text-field';
import { lastOf } from './versions';

const NAME = /^(?=.*[a-zA-Z_.-])[a-zA-Z0-9_.-]{1,80}$/;

interface Props {
  /** The alias as it is; without it, one is created. */
  alias?: AliasDescription;
  versions: MachineVersion[];
  onClose: () => void;
  onDone: (name: string) => void;
}

export function AliasDialog({ alias, versions, onClose, onDone }: Props) {
  const [name, setName] = useState(alias?.name ?? '');
  const [description, setDescription] = useState(alias?.description ?? '');
  const [first, setFirst] = useState(alias?.routingConfiguration[0]?.stateMachineVersionArn ?? versions[0]?.stateMachineVersionArn ?? '');
  const [second, setSecond] = useState(alias?.routingConfiguration[1]?.stateMachineVersionArn ?? '');
  const [weight, setWeight] = useState(alias?.routingConfiguration[1] ? alias.routingConfiguration[0]?.weight ?? 50 : 50);
  const routingConfiguration = routesOf(first, second, weight);
  const about = alias
    ? { stateMachineAliasArn: alias.stateMachineAliasArn, description, routingConfiguration }
    : { name, description: description || undefined, routingConfiguration };
  return (
    <Dialog
      title={alias ? `Edit the alias ${alias.name}` : 'Create an alias'}
      action={alias ? 'Save' : 'Create'}
      operation={alias ? 'UpdateStateMachineAlias' : 'CreateStateMachineAlias'}
      input={about}
      blocked={NAME.test(name) ? undefined : name === '' ? 'It needs a name.' : 'A name has letters, digits, dots, dashes and underscores, and not digits alone.'}
      onClose={onClose}
      onDone={() => onDone(name)}
    >
      {!alias && (
        <TextField label="Name" value={name} onChange={setName} spellcheck={false} />
      )}
      <TextField label="Description" description="Optional" value={description} onChange={setDescription} />
      <div className="fields">
        <VersionField label="Leads to" value={first} versions={versions} onChange={setFirst} />
        <VersionField label="And to" value={second} versions={versions.filter((version) => version.stateMachineVersionArn !== first)} none="no other" onChange={setSecond} />
      </div>
      {second !== '' && second !== first && (
        <label className="share">
          <span>
            Version {lastOf(first)} <b>{weight} %</b>
          </span>
          <input type="range" min={0} max={100} aria-label={`Share of version ${lastOf(first)} in percent`} value={weight} onChange={(event) => setWeight(Number(event.target.value))} />
          <span>
            Version {lastOf(second)} <b>{100 - weight} %</b>
          </span>
        </label>
      )}
    </Dialog>
  );
}

/** Two versions share by weight; one alone has all. */
export function routesOf(first: string, second: string, weight: number): Route[] {
  if (second === '' || second === first) return [{ stateMachineVersionArn: first, weight: 100 }];
  return [
    { stateMachineVersionArn: first, weight },
    { stateMachineVersionArn: second, weight: 100 - weight },
  ];
}

interface VersionFieldProps {
  label: string;
  value: string;
  versions: MachineVersion[];
  /** What it says where no version is chosen; without it, one is. */
  none?: string;
  onChange: (arn: string) => void;
}

function VersionField({ label, value, versions, none, onChange }: VersionFieldProps) {
  return (
    <FormField label={label}>
      <select className="select" aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
        {none !== undefined && <option value="">{none}</option>}
        {versions.map(({ stateMachineVersionArn }) => (
          <option key={stateMachineVersionArn} value={stateMachineVersionArn}>
            Version {lastOf(stateMachineVersionArn)}
          </option>
        ))}
      </select>
    </FormField>
  );
}
