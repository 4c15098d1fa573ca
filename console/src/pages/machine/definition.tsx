// The definition of a state machine: its graph, and its text beside it.

import { useMemo } from 'react';

import type { Machine } from '../../api/types';
import type { MachineSearch } from '../../app/router';
import { findState, parseDefinition } from '../../definition/asl';
import { buildGraph, stateId } from '../../definition/graph';
import { GraphView } from '../../graph/graph-view';
import { CodeView, pretty } from '../../json/json-view';

interface Props {
  machine: Machine;
  search: MachineSearch;
  show: (change: Partial<MachineSearch>) => void;
}

export function DefinitionView({ machine, search, show }: Props) {
  const definition = useMemo(() => parseDefinition(machine.definition), [machine.definition]);
  const graph = useMemo(() => buildGraph(definition ?? {}), [definition]);
  const text = useMemo(() => pretty(machine.definition), [machine.definition]);
  const name = search.state;
  return (
    <div className="split half open">
      <div className="card view">
        <GraphView
          graph={graph}
          name={machine.name}
          selected={name === undefined ? undefined : stateId(name)}
          onSelect={(node) => show({ state: node?.name })}
        />
      </div>
      <div className="card scroll">
        <CodeView value={text} label={`Definition of ${machine.name}`} reveal={name === undefined ? undefined : placeOf(text, name)} />
        {name !== undefined && !findState(definition, name) && <p className="none">There is no state {name}.</p>}
      </div>
    </div>
  );
}

/** Where a state's definition begins in the text. */
function placeOf(text: string, name: string): number | undefined {
  const at = text.indexOf(`${JSON.stringify(name)}: {`);
  return at < 0 ? undefined : at;
}
