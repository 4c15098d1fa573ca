// The inspector: a form for the chosen state.

import type { Diagnostic } from '../../api/types';
import type { Definition } from '../../definition/asl';
import { nameAt, stateAt, type Edit, type Path } from '../edit';

export interface InspectorProps {
  definition: Definition;
  /** Of the chosen state. */
  path: Path;
  onEdits: (edits: Edit[], label: string) => void;
  diagnostics: Diagnostic[];
}

export function Inspector({ definition, path }: InspectorProps) {
  const state = stateAt(definition, path);
  if (!state) return null;
  return (
    <div className="inspector">
      <h2>{nameAt(path)}</h2>
      <p>{state.Type}</p>
    </div>
  );
}
