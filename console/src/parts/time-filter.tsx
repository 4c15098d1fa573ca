// When executions began or ended: in a span that ends now, or between two moments.

import { fieldText, SPANS, writeMoment, type TimeRange } from './time-range';

const BETWEEN = 'between';
const DAY = 86_400_000;

interface Props {
  range: TimeRange;
  onChange: (range: TimeRange) => void;
}

export function TimeFilter({ range: { since, until }, onChange }: Props) {
  const isSpan = SPANS.some(([name]) => name === since);
  const isBetween = !isSpan && (since !== undefined || until !== undefined);
  const choose = (chosen: string): void => {
    if (chosen === BETWEEN) return onChange({ since: writeMoment(Date.now() - DAY), until: undefined });
    onChange({ since: chosen || undefined, until: undefined });
  };
  return (
    <>
      <select className="select" aria-label="Time" value={isBetween ? BETWEEN : (since ?? '')} onChange={(event) => choose(event.target.value)}>
        <option value="">any time</option>
        {SPANS.map(([name, words]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
        <option value={BETWEEN}>between …</option>
      </select>
      {isBetween && (
        <>
          <MomentField label="From" moment={since} onChange={(since) => onChange({ since, until })} />
          <MomentField label="Until" moment={until} onChange={(until) => onChange({ since, until })} />
        </>
      )}
    </>
  );
}

function MomentField({ label, moment, onChange }: { label: string; moment?: string; onChange: (moment: string | undefined) => void }) {
  return (
    <input
      type="datetime-local"
      className="select"
      aria-label={label}
      value={fieldText(moment)}
      onChange={({ target }) => onChange(target.value === '' ? undefined : writeMoment(Date.parse(target.value)))}
    />
  );
}
