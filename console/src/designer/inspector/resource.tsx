// Resource: what does the work of a Task, in which way, and what it is given most of all.

import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';

import { activitiesQuery } from '../../api/queries';
import { withMember } from './change';
import { TextControl } from './controls';
import { asObject } from './fields';
import { Fields, useForm, type ControlProps } from './form';
import { aboutOf, PATTERNS, patternsOf, RESOURCES, targetOf, tokenHint, withPattern, type Pattern } from './integrations';
import { isExpression, plainText, readText } from './readings';

export function ResourceControl({ value, onValue, onOwner, owner, path, ...props }: ControlProps) {
  const { language } = useForm();
  const list = useId();
  const pattern = useId();
  const activity = useId();
  const { data: activities = [] } = useQuery(activitiesQuery());
  const resource = plainText(value);
  const target = targetOf(resource);
  const patterns = patternsOf(target);
  const about = aboutOf(target);
  const member = language === 'JSONata' ? 'Arguments' : 'Parameters';
  const given = asObject(owner[member]);
  // What computes all of it can't be taken apart.
  const isApart = about.given.length > 0 && !isExpression(owner[member]);
  return (
    <>
      <TextControl {...props} onValue={onValue} text={resource} read={readText} isCode list={list} placeholder="arn:aws:states:::lambda:invoke" />
      <datalist id={list}>
        {RESOURCES.map((resource) => (
          <option key={resource} value={resource} />
        ))}
        {activities.map(({ activityArn, name }) => (
          <option key={activityArn} value={activityArn}>
            {name}
          </option>
        ))}
      </datalist>
      {about.words && <p className="resource-about">{about.words}</p>}
      {target.kind === 'activity' && (
        <div className="field">
          <label className="field-label" htmlFor={activity}>
            Activity
          </label>
          <select id={activity} className="select" value={resource} onChange={(event) => onValue(event.target.value)}>
            {!activities.some(({ activityArn }) => activityArn === resource) && <option value={resource}>{resource.split(':').at(-1)} (not there)</option>}
            {activities.map(({ activityArn, name }) => (
              <option key={activityArn} value={activityArn}>
                {name}
              </option>
            ))}
          </select>
        </div>
      )}
      {patterns.length > 1 && (
        <div className="field">
          <label className="field-label" htmlFor={pattern}>
            How it is called
          </label>
          <select id={pattern} className="select" value={target.pattern} onChange={(event) => onValue(withPattern(resource, event.target.value as Pattern))}>
            {patterns.map((pattern) => (
              <option key={pattern} value={pattern}>
                {PATTERNS[pattern].words}
              </option>
            ))}
          </select>
          <p className="field-help">{PATTERNS[target.pattern].help}</p>
          {target.pattern === '.waitForTaskToken' && (
            <p className="field-help">
              Give the token to whoever answers: <code>{tokenHint(language === 'JSONata')}</code>
            </p>
          )}
        </div>
      )}
      {isApart && (
        <Fields
          fields={about.given}
          owner={given}
          path={[...path, member]}
          onChange={(next) => onOwner(withMember(owner, member, Object.keys(next).length === 0 ? undefined : next))}
          isTemplate
        />
      )}
    </>
  );
}
