// The canvas: the graph as one designs on it, and what can be done with the chosen state.

import { useMemo, type KeyboardEvent, type ReactNode } from 'react';

import type { Diagnostic } from '../api/types';
import { stateId, type GraphNode } from '../definition/graph';
import { GraphView, type DropTarget, type GraphDesign } from '../graph/graph-view';
import { Copy, Plus, Trash } from '../parts/icons';
import { addBranch, addCatch, addChoice, duplicateState, placeAfter, placeBefore, removeState } from './actions';
import type { Design } from './design-graph';
import { nameAt, stateAt, type Edit, type Path } from './edit';
import { pathOfLocation, stateOfPath } from './locations';
import { putItem, putState, spotOf, type Carried } from './targets';
import type { Workflow } from './use-workflow';

interface CanvasProps {
  workflow: Workflow;
  design: Design;
  findings: Diagnostic[];
  name: string;
  selected?: string;
  onSelect: (id: string | undefined) => void;
  /** The place that the next state goes to, where it is not the chosen one's. */
  target?: DropTarget;
  /** Has the palette ask for what is put there. */
  onTarget: (target: DropTarget | undefined) => void;
  carried: { current: Carried | undefined };
  /** What was put in is chosen next. */
  onPut: (edits: Edit[], label: string, name: string) => void;
  onFocus: (id: string | undefined) => void;
}

export function Canvas({ workflow, design, findings, name, selected, onSelect, target, onTarget, carried, onPut, onFocus }: CanvasProps) {
  const { definition, edit, isReadable } = workflow;
  const path = selected === undefined ? undefined : design.paths.get(selected);

  const canvas = useMemo<GraphDesign>(() => {
    const drop = (target: DropTarget): void => {
      const spot = spotOf(definition, design, target);
      const load = carried.current;
      if (!spot || !load) return;
      if (load.kind === 'state') return onPut(putState(definition, spot, load.path), `Move ${nameAt(load.path)}`, nameAt(load.path));
      const { edits, name } = putItem(definition, spot, load.item);
      onPut(edits, `Add ${name}`, name);
    };
    const marks: GraphDesign['marks'] = new Map();
    for (const finding of findings) {
      const state = stateOfPath(pathOfLocation(definition, finding.location ?? ''));
      if (!state) continue;
      const before = marks.get(stateId(nameAt(state)));
      const tone = finding.severity === 'ERROR' || before?.tone === 'bad' ? 'bad' : 'warn';
      marks.set(stateId(nameAt(state)), { tone, text: [before?.text, finding.message].filter(Boolean).join('\n') });
    }
    return {
      accepts: (target) => {
        const spot = isReadable ? spotOf(definition, design, target) : undefined;
        if (!spot) return false;
        return carried.current?.kind !== 'state' || putState(definition, spot, carried.current.path).length > 0;
      },
      onDrop: drop,
      onInsert: (id) => onTarget({ id }),
      onCarry: (node, isCarried) => {
        const path = design.paths.get(node.id);
        carried.current = isCarried && path ? { kind: 'state', path } : undefined;
      },
      onKey: (event, node) => isReadable && press(event, node),
      marks,
      chosenEdge: target && target.side === undefined ? target.id : undefined,
    };

    function press(event: KeyboardEvent, node: GraphNode | undefined): boolean {
      if (event.ctrlKey || event.metaKey) return false;
      if (event.key === 'Escape') {
        onSelect(undefined);
        return true;
      }
      if (!node) return false;
      const path = design.paths.get(node.id);
      if (node.kind === 'place' && (event.key === 'a' || event.key === 'Enter')) {
        onSelect(node.id);
        onTarget({ id: node.id });
        return true;
      }
      if (!path) return false;
      if (event.altKey) return (event.key === 'ArrowUp' || event.key === 'ArrowDown') && move(path, event.key === 'ArrowUp');
      switch (event.key) {
        case 'a':
        case 'b':
          onSelect(node.id);
          onTarget({ id: node.id, side: event.key === 'a' ? 'after' : 'before' });
          return true;
        case 'd':
          onPut(duplicateState(definition, path), `Duplicate ${nameAt(path)}`, nameAt(path));
          return true;
        case 'F2':
          onSelect(node.id);
          requestAnimationFrame(() => document.querySelector<HTMLInputElement>('.inspector-name input')?.select());
          return true;
        case 'Delete':
        case 'Backspace':
          remove(path);
          return true;
        default:
          return false;
      }
    }

    function move(path: Path, isUp: boolean): boolean {
      const name = nameAt(path);
      const state = stateAt(definition, path);
      const flow = path.slice(0, -1);
      const beside = isUp ? design.graph.edges.find((edge) => edge.to === stateId(name) && edge.from !== 'start')?.from : stateId(String(state?.Next ?? state?.Default ?? ''));
      const other = beside === undefined ? undefined : design.paths.get(beside);
      if (!other || other.length !== flow.length + 1) return true;
      const place = isUp ? placeBefore(definition, other) : placeAfter(definition, other);
      if (place.length > 0) onPut(putState(definition, { kind: 'between', place }, path), `Move ${name}`, name);
      return true;
    }

    function remove(path: Path): void {
      const before = design.graph.edges.find((edge) => edge.to === stateId(nameAt(path)) && design.paths.has(edge.from))?.from;
      edit(removeState(definition, path), `Delete ${nameAt(path)}`);
      onSelect(before);
      onFocus(before);
    }
  }, [definition, design, findings, carried, onPut, onSelect, onFocus, onTarget, edit, isReadable, target]);

  return (
    <div className="canvas">
      {path && isReadable ? (
        <Actions workflow={workflow} path={path} onTarget={(side) => onTarget({ id: stateId(nameAt(path)), side })} onPut={onPut} onSelect={onSelect} />
      ) : (
        <div className="canvas-actions">
          <p>Drag something from the palette onto a line, an empty place or a state; or choose a state.</p>
        </div>
      )}
      <GraphView graph={design.graph} name={name} selected={selected} onSelect={(node) => onSelect(node?.id)} design={canvas} />
    </div>
  );
}

interface ActionsProps extends Pick<CanvasProps, 'workflow' | 'onPut' | 'onSelect'> {
  path: Path;
  onTarget: (side: 'before' | 'after') => void;
}

/** What can be done with a state, by its type. */
function Actions({ workflow: { definition, edit }, path, onTarget, onPut, onSelect }: ActionsProps) {
  const state = stateAt(definition, path);
  if (!state) return null;
  const name = nameAt(path);
  const adds: [string, () => Edit[]][] = [];
  if (state.Type === 'Choice') adds.push(['Rule', () => addChoice(definition, path)]);
  if (state.Type === 'Parallel') adds.push(['Branch', () => addBranch(definition, path)]);
  if (state.Type === 'Task' || state.Type === 'Parallel' || state.Type === 'Map') adds.push(['Catch', () => addCatch(definition, path)]);
  return (
    <div className="canvas-actions" role="toolbar" aria-label={`Actions of ${name}`}>
      <Action name="Add after" keys="A" icon={<Plus />} isDisabled={placeAfter(definition, path).length === 0} onClick={() => onTarget('after')} />
      <Action name="Add before" keys="B" icon={<Plus />} isDisabled={placeBefore(definition, path).length === 0} onClick={() => onTarget('before')} />
      {adds.map(([what, edits]) => (
        <Action key={what} name={what} title={`Add a ${what.toLowerCase()}`} icon={<Plus />} onClick={() => edit(edits(), `Add a ${what.toLowerCase()} to ${name}`)} />
      ))}
      <Action name="Duplicate" keys="D" icon={<Copy />} onClick={() => onPut(duplicateState(definition, path), `Duplicate ${name}`, name)} />
      <Action
        name="Delete"
        keys="Delete"
        icon={<Trash />}
        onClick={() => {
          edit(removeState(definition, path), `Delete ${name}`);
          onSelect(undefined);
        }}
      />
    </div>
  );
}

interface ActionProps {
  name: string;
  title?: string;
  keys?: string;
  icon: ReactNode;
  isDisabled?: boolean;
  onClick: () => void;
}

function Action({ name, title = name, keys, icon, isDisabled = false, onClick }: ActionProps) {
  return (
    <button type="button" title={keys ? `${title} (${keys})` : title} aria-keyshortcuts={keys} disabled={isDisabled} onClick={onClick}>
      {icon}
      <span>{name}</span>
    </button>
  );
}
