// Transition: where a state leads, chosen among the states of its flow.

import { nameAt } from '../edit';
import { Select } from './controls';
import { useForm, type ControlProps, type Owner } from './form';
import { namesIn } from './place';
import { plainText } from './readings';

export function TargetControl({ field, value, onValue, ...props }: ControlProps) {
  const { definition, flow } = useForm();
  const names = namesIn(definition, flow);
  const chosen = plainText(value);
  return (
    <Select {...props} chosen={chosen} onChoose={(choice) => onValue(choice === '' ? undefined : choice)}>
      <option value="">{field.name === 'Default' ? 'nowhere' : 'choose a state'}</option>
      <Names names={names} chosen={chosen} />
    </Select>
  );
}

const END = 'end';
const TO = 'to:';

/** `Next` or `End`. */
export function TransitionControl({ owner, path, onOwner, ...props }: ControlProps) {
  const { definition, flow } = useForm();
  const names = namesIn(definition, flow).filter((name) => name !== nameAt(path));
  const next = typeof owner.Next === 'string' ? owner.Next : undefined;
  return (
    <Select {...props} chosen={next !== undefined ? TO + next : owner.End === true ? END : ''} onChoose={(choice) => onOwner(leading(owner, choice))}>
      {next === undefined && owner.End !== true && <option value="">choose a state</option>}
      <option value={END}>{flow.length === 0 ? 'End of the workflow' : 'End of these states'}</option>
      <Names names={[...names, nameAt(path)]} chosen={next ?? ''} prefix={TO} />
    </Select>
  );
}

/** The same state, leading elsewhere. */
function leading({ Next: _, End: __, ...rest }: Owner, choice: string): Owner {
  if (choice === END) return { ...rest, End: true };
  return choice.startsWith(TO) ? { ...rest, Next: choice.slice(TO.length) } : rest;
}

function Names({ names, chosen, prefix = '' }: { names: string[]; chosen: string; prefix?: string }) {
  return (
    <>
      {names.map((name) => (
        <option key={name} value={prefix + name}>
          {name}
        </option>
      ))}
      {chosen !== '' && !names.includes(chosen) && <option value={prefix + chosen}>{chosen} (not there)</option>}
    </>
  );
}
