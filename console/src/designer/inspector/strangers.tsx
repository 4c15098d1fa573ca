// Strangers: members that no form shows. They stay as they are, until somebody removes them.

import { Close } from '../../parts/icons';
import { withMember } from './change';
import type { Stranger } from './fields';
import type { Change, Owner } from './form';
import { useForm } from './form';

const TEXT_MAX = 120;

export function Strangers({ strangers, owner, onChange }: { strangers: readonly Stranger[]; owner: Owner; onChange: Change }) {
  const { language } = useForm();
  if (strangers.length === 0) return null;
  return (
    <div className="strangers">
      <h3>Other members</h3>
      <ul aria-label="Other members">
        {strangers.map(({ member, value, why }) => {
          const text = JSON.stringify(value) ?? '';
          return (
            <li key={member}>
              <span>
                <code>{member}</code> <small>{text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text}</small>
                {why === 'other-language' && <small className="warn"> not in {language}</small>}
              </span>
              <button type="button" className="icon-button small" aria-label={`Remove ${member}`} onClick={() => onChange(withMember(owner, member, undefined), member)}>
                <Close />
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
