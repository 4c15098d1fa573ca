// Test state: runs the chosen state by itself, as the definition has it now, and shows what became of its data.

import Button from '@cloudscape-design/components/button';
import { useMutation } from '@tanstack/react-query';
import { useId, useState, type ReactNode } from 'react';

import { call } from '../../api/client';
import type { Diagnostic } from '../../api/types';
import type { Definition, State } from '../../definition/asl';
import { stagesOfTest, type TestAnswer } from '../../history/stages';
import { JsonEditor, JsonView } from '../../json/json-view';
import { CliButton } from '../../parts/copy';
import { errorText } from '../../parts/notices';
import { Stages } from '../../parts/stages';
import { Status } from '../../parts/status';
import type { Path } from '../edit';
import { abilitiesOf, newTrial, requestOf, type Abilities, type Request, type Trial } from './request';

interface Props {
  definition: Definition;
  path: Path;
  state: State;
  diagnostics: readonly Diagnostic[];
}

/** What was written for a state, by the page of its machine and the state's path: it outlasts a look at the code. */
const trials = new Map<string, Trial>();

export function TestState({ definition, path, state, diagnostics }: Props) {
  const key = `${location.pathname} ${JSON.stringify(path)}`;
  const [trial, setTrial] = useState<Trial>(() => trials.get(key) ?? newTrial(state));
  const set = (part: Partial<Trial>): void => {
    const next = { ...trial, ...part };
    trials.set(key, next);
    setTrial(next);
  };
  const can = abilitiesOf(state);
  const isAlone = diagnostics.some(({ severity }) => severity === 'ERROR');
  const request = requestOf(definition, path, state, trial, isAlone);
  const isBlocked = 'blocked' in request;
  const test = useMutation({
    mutationFn: async (request: Request) => ({ answer: await call<TestAnswer>('TestState', request), input: String(request.input), state }),
  });
  return (
    <div className="test-state">
      <JsonInput label="Input" text={trial.input} onText={(input) => set({ input })} />
      {can.canMock && <Mock trial={trial} can={can} set={set} />}
      <details className="test-more">
        <summary>Variables{can.canMock && ', context'} and what happened before</summary>
        <More trial={trial} can={can} set={set} />
      </details>
      {isAlone && <p className="soft">The definition has errors, so that the state is tested apart from it.</p>}
      {isBlocked && <p className="soft">{String(request.blocked)}</p>}
      <div className="actions">
        <Button variant="primary" disabled={isBlocked} loading={test.isPending} onClick={() => test.mutate(request as Request)}>
          Run the test
        </Button>
        {!isBlocked && <CliButton operation="TestState" input={request as Request} />}
      </div>
      <div aria-live="polite">
        {test.error && (
          <p className="form-error" role="alert">
            {errorText(test.error)}
          </p>
        )}
        {test.data && !test.isPending && <Answer {...test.data} />}
      </div>
    </div>
  );
}

interface PartProps {
  trial: Trial;
  can: Abilities;
  set: (part: Partial<Trial>) => void;
}

const VALIDATIONS = [
  { value: 'STRICT', words: 'Strict: whole, and every member right' },
  { value: 'PRESENT', words: 'Present: what is there must be right' },
  { value: 'NONE', words: 'None: it is not checked' },
] as const;

function Mock({ trial, can, set }: PartProps) {
  const kinds = [...(can.mustMock ? [] : [['none', 'Do the work'] as const]), ['result', 'Mock a result'] as const, ['error', 'Mock an error'] as const];
  return (
    <fieldset className="test-mock">
      <legend>What comes of the work</legend>
      <div className="chips small" role="radiogroup" aria-label="What comes of the work">
        {kinds.map(([kind, words]) => (
          <button key={kind} type="button" role="radio" aria-checked={trial.mock === kind} onClick={() => set({ mock: kind })}>
            {words}
          </button>
        ))}
      </div>
      {trial.mock === 'none' && can.needsRole && <TextInput label="Role" text={trial.roleArn} onText={(roleArn) => set({ roleArn })} />}
      {trial.mock === 'none' && can.canTrace && (
        <div className="ticks">
          <Check label="Show request and response" isOn={trial.level === 'TRACE'} onTurn={(isOn) => set({ level: isOn ? 'TRACE' : 'DEBUG' })} />
          {trial.level === 'TRACE' && <Check label="With secrets" isOn={trial.revealSecrets} onTurn={(revealSecrets) => set({ revealSecrets })} />}
        </div>
      )}
      {trial.mock === 'result' && <JsonInput label="Result" text={trial.result} onText={(result) => set({ result })} />}
      {trial.mock === 'error' && (
        <>
          <TextInput label="Error" text={trial.error} onText={(error) => set({ error })} isCode />
          <TextInput label="Cause" text={trial.cause} onText={(cause) => set({ cause })} />
          {can.inner.length > 0 && (
            <Select label="Comes from" value={trial.causedBy} onValue={(causedBy) => set({ causedBy })}>
              <option value="">no state in particular</option>
              {can.inner.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
          )}
        </>
      )}
      {trial.mock !== 'none' && can.needsRole && (
        <Select label="How the mock is checked" value={trial.validation} onValue={(validation) => set({ validation: validation as Trial['validation'] })}>
          {VALIDATIONS.map(({ value, words }) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </Select>
      )}
    </fieldset>
  );
}

function More({ trial, can, set }: PartProps) {
  const isMocked = can.canMock && trial.mock !== 'none';
  return (
    <>
      <JsonInput label="Variables" text={trial.variables} onText={(variables) => set({ variables })} help="An object, as in {&quot;total&quot;: 7}." />
      {can.canMock && isMocked && <JsonInput label="Context" text={trial.context} onText={(context) => set({ context })} help="The context object that it sees. Left empty, one is made up." />}
      {can.hasRetry && <TextInput label="Tries again so far" text={trial.retries} onText={(retries) => set({ retries })} placeholder="0" />}
      {can.isMap && <TextInput label="Iterations that failed" text={trial.failures} onText={(failures) => set({ failures })} placeholder="0" />}
      {can.hasReader && (
        <TextInput label="What the ItemReader reads" text={trial.readerData} onText={(readerData) => set({ readerData })} isLong isCode placeholder={'id,name\n1,Ada'} />
      )}
    </>
  );
}

/** Of a test, beside its stages. */
interface Details {
  retryIndex?: number;
  retryBackoffIntervalSeconds?: number;
  catchIndex?: number;
}

function Answer({ answer, input, state }: { answer: TestAnswer; input: string; state: State }) {
  const data = answer.inspectionData ?? {};
  const details = (data.errorDetails ?? {}) as Details;
  return (
    <section className="test-answer" aria-label="Result of the test">
      <h2>What came of it</h2>
      <dl className="facts">
        <div>
          <dt>Status</dt>
          <dd>
            <Status status={answer.status ?? ''} />
          </dd>
        </div>
        {answer.nextState !== undefined && <Told name="Then">{answer.nextState}</Told>}
        {details.retryIndex !== undefined && <Told name="Retrier">{details.retryIndex + 1}</Told>}
        {details.retryBackoffIntervalSeconds !== undefined && <Told name="Tried again after">{details.retryBackoffIntervalSeconds} s</Told>}
        {details.catchIndex !== undefined && <Told name="Catcher">{details.catchIndex + 1}</Told>}
        {typeof data.maxConcurrency === 'number' && <Told name="Iterations at a time">{data.maxConcurrency}</Told>}
        {typeof data.toleratedFailureCount === 'number' && <Told name="Failures tolerated">{data.toleratedFailureCount}</Told>}
        {typeof data.toleratedFailurePercentage === 'number' && <Told name="Failures tolerated">{data.toleratedFailurePercentage} %</Told>}
      </dl>
      {(answer.error !== undefined || answer.cause !== undefined) && (
        <div className="ending">
          <b>{answer.error ?? 'Failed'}</b>
          {answer.cause && (
            <pre tabIndex={0} aria-label="Cause">
              {answer.cause}
            </pre>
          )}
        </div>
      )}
      <Stages stages={stagesOfTest(state, input, answer)} state={state} empty="None">
        {typeof data.variables === 'string' && (
          <li>
            {state.Assign !== undefined && (
              <div className="flow-by">
                <span>
                  <code>Assign</code>
                </span>
              </div>
            )}
            <h3>Variables</h3>
            <JsonView text={data.variables} label="the variables" />
          </li>
        )}
        {(['request', 'response'] as const).map(
          (member) =>
            data[member] !== undefined && (
              <li key={member}>
                <h3>{member === 'request' ? 'HTTP request' : 'HTTP response'}</h3>
                <JsonView text={JSON.stringify(data[member])} label={`the ${member}`} />
              </li>
            ),
        )}
      </Stages>
    </section>
  );
}

function Told({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function JsonInput({ label, text, onText, help }: { label: string; text: string; onText: (text: string) => void; help?: string }) {
  return (
    <div className="field">
      <span className="field-label">{label}</span>
      <div className="json-field">
        <JsonEditor value={text} label={`${label} of the test`} onChange={onText} />
      </div>
      {help && <p className="field-help">{help}</p>}
    </div>
  );
}

interface TextInputProps {
  label: string;
  text: string;
  onText: (text: string) => void;
  placeholder?: string;
  isCode?: boolean;
  isLong?: boolean;
}

function TextInput({ label, text, onText, placeholder, isCode = false, isLong = false }: TextInputProps) {
  const id = useId();
  const className = isCode ? 'input mono' : 'input';
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      {isLong ? (
        <textarea id={id} className={className} rows={3} value={text} placeholder={placeholder} spellCheck={false} onChange={(event) => onText(event.target.value)} />
      ) : (
        <input id={id} className={className} value={text} placeholder={placeholder} spellCheck={false} onChange={(event) => onText(event.target.value)} />
      )}
    </div>
  );
}

function Select({ label, value, onValue, children }: { label: string; value: string; onValue: (value: string) => void; children: ReactNode }) {
  const id = useId();
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      <select id={id} className="select" value={value} onChange={(event) => onValue(event.target.value)}>
        {children}
      </select>
    </div>
  );
}

function Check({ label, isOn, onTurn }: { label: string; isOn: boolean; onTurn: (isOn: boolean) => void }) {
  return (
    <label className="tick">
      <input type="checkbox" checked={isOn} onChange={(event) => onTurn(event.target.checked)} />
      {label}
    </label>
  );
}
