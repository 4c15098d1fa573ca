// Which iteration of a Map the graph shows: by number, the failed ones first.

import { useId, useMemo, useState } from 'react';

import type { LaneStatus, Step } from '../../history/model';
import { iterationToShow } from '../../history/overlay';
import { Chevron } from '../../parts/icons';

const LISTED_MAX = 200;
const ORDER: LaneStatus[] = ['failed', 'aborted', 'running', 'succeeded'];
const NAMES: Record<LaneStatus, string> = { failed: 'failed', aborted: 'aborted', running: 'running', succeeded: 'succeeded' };

interface Props {
  step: Step;
  chosen: number | undefined;
  onChoose: (step: Step, index: number) => void;
}

export function IterationPicker({ step, chosen, onChoose }: Props) {
  const id = useId();
  const lanes = useMemo(() => step.lanes.filter((lane) => lane.attempt === Math.max(step.attempts.length, 1)), [step]);
  const [typed, setTyped] = useState<string>();
  const shown = lanes.find((lane) => lane.index === chosen) ?? iterationToShow(lanes);
  const groups = useMemo(
    () => ORDER.map((status) => ({ status, lanes: lanes.filter((lane) => lane.status === status) })).filter((group) => group.lanes.length > 0),
    [lanes],
  );
  if (!shown) return null;
  const choose = (index: number): void => {
    setTyped(undefined);
    if (lanes.some((lane) => lane.index === index)) onChoose(step, index);
  };
  const at = lanes.indexOf(shown);
  return (
    // What happens in here is not the canvas's: neither keys nor drags.
    <span className="iterations nodrag nopan" onKeyDown={(event) => event.stopPropagation()} onClick={(event) => event.stopPropagation()}>
      <button type="button" className="icon-button small back" aria-label="Previous iteration" disabled={at <= 0} onClick={() => choose(lanes[at - 1]?.index ?? 0)}>
        <Chevron />
      </button>
      <input
        list={id}
        inputMode="numeric"
        aria-label={`Iteration of ${step.name}`}
        className={shown.status}
        value={typed ?? String(shown.index)}
        onChange={(event) => {
          setTyped(event.target.value);
          if (/^\d+$/.test(event.target.value) && lanes.some((lane) => lane.index === Number(event.target.value)) && !('inputType' in event.nativeEvent && (event.nativeEvent as InputEvent).inputType)) {
            choose(Number(event.target.value));
          }
        }}
        onBlur={() => typed !== undefined && choose(Number(typed))}
        onKeyDown={(event) => event.key === 'Enter' && choose(Number(event.currentTarget.value))}
      />
      <datalist id={id}>
        {groups.flatMap((group) =>
          group.lanes.slice(0, LISTED_MAX).map((lane) => (
            <option key={lane.index} value={lane.index}>
              {NAMES[group.status]}
            </option>
          )),
        )}
      </datalist>
      <small title={groups.map((group) => `${group.lanes.length} ${NAMES[group.status]}`).join(', ')}>
        of {(step.length ?? lanes.length).toLocaleString()}
        {groups[0]?.status === 'failed' && <b> · {groups[0].lanes.length} failed</b>}
      </small>
      <button type="button" className="icon-button small" aria-label="Next iteration" disabled={at >= lanes.length - 1} onClick={() => choose(lanes[at + 1]?.index ?? 0)}>
        <Chevron />
      </button>
    </span>
  );
}
