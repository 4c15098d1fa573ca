// Input and output of an execution, side by side.

import { JsonView } from '../../json/json-view';
import type { Seen } from './use-execution';

export function Data({ seen }: { seen: Seen }) {
  const { execution } = seen;
  return (
    <div className="side-by-side">
      <section>
        <h2>Input</h2>
        <JsonView text={execution.input} label="the input" />
      </section>
      <section>
        <h2>Output</h2>
        <JsonView text={execution.output} label="the output" empty={execution.status === 'RUNNING' ? 'Not there yet' : 'It ended without an output'} />
      </section>
    </div>
  );
}
