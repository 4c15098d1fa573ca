// The designer: a workflow by hand, with palette, canvas and inspector, or as code with its graph beside it.

import './designer.css';

import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState, type ClipboardEvent } from 'react';

import type { Diagnostic } from '../api/types';
import { stateId } from '../definition/graph';
import { GraphView } from '../graph/graph-view';
import { notify } from '../parts/notices';
import { removeState } from './actions';
import { Canvas } from './canvas';
import type { CatalogItem } from './catalog';
import DefinitionCode from './definition-code';
import { buildDesign } from './design-graph';
import { nameAt, samePath, stateAt, type Edit, type Path } from './edit';
import { Findings } from './findings';
import { Inspector } from './inspector/inspector';
import { pathOfLocation, stateOfPath } from './locations';
import { copied, pasted } from './clipboard';
import { Palette, type PaletteHandle } from './palette';
import { putItem, spotAtEnd, spotOf, toldSpot, type Carried } from './targets';
import type { DropTarget } from '../graph/graph-view';
import type { Workflow } from './use-workflow';

export type DesignerView = 'design' | 'code';

interface DesignerProps {
  workflow: Workflow;
  findings: Diagnostic[];
  name: string;
  view: DesignerView;
  /** The name of the chosen state. */
  state?: string;
  onState: (name: string | undefined) => void;
}

export function Designer({ workflow, findings, name, view, state, onState }: DesignerProps) {
  const { definition, edit } = workflow;
  // While one writes, the graph may come a moment later.
  const deferred = useDeferredValue(definition);
  const drawn = view === 'code' ? deferred : definition;
  const design = useMemo(() => buildDesign(drawn), [drawn]);
  // An empty place can be chosen too, and has no name of its own.
  const [place, setPlace] = useState<string>();
  const [target, setTarget] = useState<DropTarget>();
  const [shown, setShown] = useState<Path>();
  const palette = useRef<PaletteHandle>(null);
  const frame = useRef<HTMLDivElement>(null);
  const carried = useRef<Carried>(undefined);
  const [isCarrying, setCarrying] = useState(false);
  const selected = place !== undefined && design.spots.has(place) ? place : state !== undefined ? stateId(state) : undefined;
  const path = selected === undefined ? undefined : design.paths.get(selected);

  const select = useCallback(
    (id: string | undefined) => {
      setTarget(undefined);
      const isState = id?.startsWith('state:') ?? false;
      setPlace(isState ? undefined : id);
      onState(isState ? id?.slice('state:'.length) : undefined);
    },
    [onState],
  );
  const focusOn = useCallback((id: string | undefined): void => {
    const find = (selector: string): HTMLElement | null | undefined => frame.current?.querySelector<HTMLElement>(selector);
    const focus = (): void => {
      const box = id === undefined ? undefined : find(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
      (box ?? find('.react-flow__node-state, .react-flow__node-place'))?.focus({ preventScroll: true });
    };
    // A box that has just been made is there a moment later.
    requestAnimationFrame(() => requestAnimationFrame(focus));
  }, []);
  const put = useCallback(
    (edits: Edit[], label: string, name: string) => {
      if (edits.length === 0) return;
      edit(edits, label);
      const id = stateId(name);
      select(id);
      focusOn(id);
    },
    [edit, select, focusOn],
  );

  const spot = useMemo(() => {
    if (target) return spotOf(definition, design, target);
    if (place !== undefined && selected === place) return design.spots.get(place);
    if (path) return spotOf(definition, design, { id: selected ?? '', side: 'after' }) ?? spotOf(definition, design, { id: selected ?? '', side: 'before' });
    return spotAtEnd(definition).spot;
  }, [definition, design, target, place, selected, path]);

  const choose = (item: CatalogItem): void => {
    if (!workflow.isReadable) return notify('The code cannot be read: correct it first', 'failed');
    if (!spot) return notify(`Nothing can be put there`, 'failed');
    const { edits, name } = putItem(definition, spot, item);
    put(edits, `Add ${name}`, name);
  };
  const aim = useCallback((next: DropTarget | undefined) => {
    setTarget(next);
    if (next) palette.current?.focus();
  }, []);

  const change = useCallback(
    (edits: Edit[], label: string) => {
      edit(edits, label);
      // What is renamed stays chosen.
      const renaming = edits.find((edit) => edit.kind === 'rename' && samePath(edit.path, path));
      if (renaming?.kind === 'rename') select(stateId(renaming.to));
    },
    [edit, path, select],
  );
  const show = (finding: Diagnostic): void => {
    const at = pathOfLocation(definition, finding.location ?? '');
    const around = stateOfPath(at);
    if (around) select(stateId(nameAt(around)));
    setShown([...at]);
  };

  // What is chosen on the graph is shown in the code; where the cursor of the code is, is chosen on the graph.
  const isFromCode = useRef(false);
  useEffect(() => {
    if (view === 'code' && path && !isFromCode.current) setShown(path);
    isFromCode.current = false;
  }, [view, selected]);
  const follow = (at: Path): void => {
    if (nameAt(at) === state) return;
    isFromCode.current = true;
    select(stateId(nameAt(at)));
  };

  const copy = (event: ClipboardEvent, isCut: boolean): void => {
    if (!path || !isOnGraph(event)) return;
    event.clipboardData.setData('text/plain', copied(definition, path));
    event.preventDefault();
    if (!isCut) return;
    edit(removeState(definition, path), `Cut ${nameAt(path)}`);
    select(undefined);
    focusOn(undefined);
  };
  const paste = (event: ClipboardEvent): void => {
    const item = isOnGraph(event) ? pasted(event.clipboardData.getData('text/plain')) : undefined;
    if (!item) return;
    event.preventDefault();
    choose(item);
  };

  const graphName = name === '' ? 'new state machine' : name;
  const told = spot ? toldSpot(definition, spot) : 'nowhere: nothing can follow it';
  if (view === 'code') {
    return (
      <div className="designer as-code" ref={frame}>
        <div className="card scroll">
          <DefinitionCode workflow={workflow} findings={findings} shown={shown} onState={follow} />
          <Findings findings={findings} onShow={show} />
        </div>
        <div className="card view">
          <GraphView graph={design.graph} name={graphName} selected={selected} onSelect={(node) => select(node?.id)} />
        </div>
      </div>
    );
  }
  const inspected = path && stateAt(definition, path) ? path : ROOT;
  return (
    <div
      className={isCarrying ? 'designer by-hand carrying' : 'designer by-hand'}
      ref={frame}
      onDragStart={() => setCarrying(true)}
      onDragEnd={() => setCarrying(false)}
      onDrop={() => setCarrying(false)}
      onCopy={(event) => copy(event, false)}
      onCut={(event) => copy(event, true)}
      onPaste={paste}
    >
      <Palette
        ref={palette}
        where={told}
        onChoose={choose}
        onCarry={(item) => {
          carried.current = item && { kind: 'item', item };
        }}
        onLeave={() => {
          setTarget(undefined);
          focusOn(selected);
        }}
      />
      <div className="card view">
        {!workflow.isReadable && (
          <p className="unreadable" role="alert">
            The code cannot be read: the graph shows what it said before. Correct the code, or undo, to go on designing.
          </p>
        )}
        <Canvas
          workflow={workflow}
          design={design}
          findings={findings}
          name={graphName}
          selected={selected}
          onSelect={select}
          target={target}
          onTarget={aim}
          carried={carried}
          onPut={put}
          onFocus={focusOn}
        />
        <Findings findings={findings} onShow={show} />
      </div>
      <aside className="card" aria-label={path ? `State ${nameAt(path)}` : 'Workflow'}>
        <h2 className="unseen">{path ? `State ${nameAt(path)}` : 'Workflow'}</h2>
        <Inspector definition={definition} path={inspected} onEdits={change} diagnostics={findings} />
      </aside>
    </div>
  );
}

const ROOT: Path = [];

const isOnGraph = (event: ClipboardEvent): boolean => (event.target as HTMLElement).closest('.graph') !== null;
