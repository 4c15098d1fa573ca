// The graph: boxes and edges of a definition, coloured by what an execution did. Also the designer's canvas.

import '@xyflow/react/dist/base.css';
import './graph.css';

import {
  Background,
  BackgroundVariant,
  BaseEdge,
  EdgeLabelRenderer,
  Handle,
  MiniMap,
  Panel,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  type Edge,
  type EdgeProps,
  type Node,
  type NodeProps,
} from '@xyflow/react';
import { createContext, memo, useCallback, useContext, useEffect, useMemo, useRef, useState, type DragEvent, type KeyboardEvent, type ReactNode } from 'react';

import type { EdgeKind, Graph, GraphNode } from '../definition/graph';
import type { Direction, Layout } from '../definition/layout';
import { useLayout } from '../definition/use-layout';
import { Fit, Minus, Plus, Retry, Save, Shield, Turn } from '../parts/icons';
import { StatusMark, toneOf, wordOf } from '../parts/status';
import { exportGraph } from './export';
import { boxOf, firstView, isWhole } from './first-view';
import { useOnceLetGo } from './in-hand';
import { pathOf, middleOf } from './path';
import { StateIcon } from './state-icon';

/** What an execution did with a state. */
export interface NodeState {
  status: string;
  /** How often it was entered. */
  visits: number;
  /** How often a task was tried again. */
  retries: number;
}

export interface GraphViewProps {
  graph: Graph;
  /** What happened, by the node's id. Without it the graph is just a definition. */
  states?: Map<string, NodeState>;
  /** Edges that were taken. */
  taken?: Set<string>;
  selected?: string;
  onSelect?: (node: GraphNode | undefined) => void;
  /** Shown in the header of a Map: which iteration is on the screen. */
  headerOf?: (node: GraphNode) => ReactNode;
  name: string;
  /** Makes it a canvas to design on. */
  design?: GraphDesign;
}

/** Where something is let go: between, in an empty place, or before or after a state. */
export interface DropTarget {
  id: string;
  side?: 'before' | 'after';
}

export interface GraphDesign {
  /** Whether what is carried now, or a new state if nothing is, can be put there. */
  accepts: (target: DropTarget) => boolean;
  onDrop: (target: DropTarget) => void;
  /** Asks for something to be put into an edge. */
  onInsert: (edge: string) => void;
  /** A state is taken up to be moved. */
  onCarry: (node: GraphNode, isCarried: boolean) => void;
  /** True where the key did something. */
  onKey: (event: KeyboardEvent, node: GraphNode | undefined) => boolean;
  /** What is wrong with states, by their ids. */
  marks: Map<string, { tone: 'bad' | 'warn'; text: string }>;
  /** The edge that something is about to be put into. */
  chosenEdge?: string;
}

const DesignContext = createContext<GraphDesign | undefined>(undefined);
/** The edge over which something is carried, or which was chosen. */
const EdgeContext = createContext<string | undefined>(undefined);

interface BoxData extends Record<string, unknown> {
  node: GraphNode;
  state?: NodeState;
  isRun: boolean;
  header?: ReactNode;
}

interface LineData extends Record<string, unknown> {
  points: { x: number; y: number }[];
  offset: { x: number; y: number };
  kind: EdgeKind;
  label?: string;
  isTaken: boolean;
  isRun: boolean;
}

export function GraphView(props: GraphViewProps) {
  const [direction, setDirection] = useState<Direction>('down');
  const layout = useLayout(props.graph, direction);
  // Until the next layout of what is being edited is known, the last one stays.
  const last = useRef<{ name: string; graph: Graph; layout: Layout }>(undefined);
  if (layout) last.current = { name: props.name, graph: props.graph, layout };
  const shown = last.current?.name === props.name ? last.current : undefined;
  if (!shown) {
    return (
      <div className="graph" role="status">
        <div className="loading">
          <i aria-hidden="true" />
          Drawing {props.graph.nodes.length} states
        </div>
      </div>
    );
  }
  return (
    <ReactFlowProvider>
      <Canvas {...props} graph={shown.graph} layout={shown.layout} direction={direction} turn={() => setDirection(direction === 'down' ? 'right' : 'down')} />
    </ReactFlowProvider>
  );
}

type CanvasProps = GraphViewProps & { layout: Layout; direction: Direction; turn: () => void };

function Canvas({ graph, layout, states, taken, selected, onSelect, headerOf, name, direction, turn, design }: CanvasProps) {
  const flow = useReactFlow();
  const frame = useRef<HTMLDivElement>(null);
  const byId = useMemo(() => new Map(graph.nodes.map((node) => [node.id, node])), [graph]);
  const { nodes, edges } = useMemo(() => draw(graph, layout, states, taken, headerOf), [graph, layout, states, taken, headerOf]);
  const [drop, setDrop] = useState<DropTarget>();
  const isDesign = design !== undefined;
  const shown = useMemo(
    () =>
      nodes.map((node) => {
        const isSelected = node.id === selected;
        const isDrop = node.id === drop?.id;
        if (!isSelected && !isDrop && !isDesign) return node;
        return { ...node, selected: isSelected, className: [isDesign && 'nopan', isDrop && `drop-${drop.side ?? 'here'}`].filter(Boolean).join(' ') };
      }),
    [nodes, selected, drop, isDesign],
  );
  const chosenEdge = design?.chosenEdge;
  const lines = useMemo(
    () => (drop || chosenEdge ? edges.map((edge) => (edge.id === drop?.id || edge.id === chosenEdge ? { ...edge, className: 'drop-here' } : edge)) : edges),
    [edges, drop, chosenEdge],
  );

  // What is too large to be read as a whole begins where something happens, or at the start.
  const begin = useRef('start');
  begin.current = selected ?? whatMatters(states) ?? 'start';
  const [hasOverview, setOverview] = useState(false);
  const show = useCallback(
    (all: boolean) => {
      const around = frame.current?.getBoundingClientRect();
      if (!around) return;
      setOverview(!isWhole(layout, around));
      if (all) void flow.fitView({ padding: 0.08, maxZoom: 1, duration: glide(200) });
      else void flow.setViewport(firstView(layout, around, boxOf(graph, layout, begin.current)));
    },
    [flow, graph, layout],
  );
  // A frame that changes its size, as when a panel opens beside it, shows what it showed, until somebody moves it. What is being
  // designed does not move under the hands of whoever has moved it either.
  const isMoved = useRef(false);
  const showAgain = useOnceLetGo(() => {
    if (!isMoved.current) show(false);
  });
  useEffect(() => {
    if (!isDesign) isMoved.current = false;
    showAgain();
    const watch = new ResizeObserver(showAgain);
    if (frame.current) watch.observe(frame.current);
    return () => watch.disconnect();
  }, [show, showAgain, isDesign]);

  // What is chosen elsewhere is brought onto the screen.
  useEffect(() => {
    if (!selected || frame.current?.contains(document.activeElement)) return;
    const element = frame.current?.querySelector(`[data-id="${CSS.escape(selected)}"]`);
    const around = frame.current?.getBoundingClientRect();
    const box = element?.getBoundingClientRect();
    const isSeen = around && box && box.left >= around.left && box.right <= around.right && box.top >= around.top && box.bottom <= around.bottom;
    if (!isSeen) void flow.fitView({ nodes: [{ id: selected }], maxZoom: 1, padding: 0.6, duration: glide(200) });
  }, [flow, selected]);

  const move = useCallback(
    (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (target.closest('a, button, input')) return;
      const focused = target.getAttribute('data-id') ?? selected;
      const current = focused ? byId.get(focused) : undefined;
      if (design?.onKey(event, current)) {
        event.preventDefault();
        event.stopPropagation();
        return;
      }
      const isChoice = event.key === 'Enter' || event.key === ' ';
      const next = current && (isChoice ? current : neighbour(graph, layout, current, event.key));
      if (!next) return;
      event.preventDefault();
      onSelect?.(next);
      frame.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(next.id)}"]`)?.focus();
    },
    [byId, design, graph, layout, onSelect, selected],
  );

  const over = (event: DragEvent): void => {
    if (!design) return;
    const target = targetOf(event, byId);
    const isTaken = target !== undefined && design.accepts(target);
    if (isTaken) event.preventDefault();
    if (isTaken ? target.id !== drop?.id || target.side !== drop.side : drop) setDrop(isTaken ? target : undefined);
  };
  const letGo = (event: DragEvent): void => {
    const target = targetOf(event, byId);
    setDrop(undefined);
    if (!design || !target || !design.accepts(target)) return;
    event.preventDefault();
    design.onDrop(target);
  };

  const canvas = (
    <div
      className={isDesign ? 'graph design' : 'graph'}
      ref={frame}
      onKeyDown={move}
      onDragOver={over}
      onDragLeave={(event) => event.currentTarget.contains(event.relatedTarget as globalThis.Node | null) || setDrop(undefined)}
      onDrop={letGo}
      role="group"
      aria-label={`Graph of ${name}`}
    >
      <ReactFlow
        nodes={shown}
        edges={lines}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onNodeClick={(_, node) => onSelect?.(byId.get(node.id))}
        onPaneClick={() => onSelect?.(undefined)}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        onlyRenderVisibleElements={graph.nodes.length > 150}
        minZoom={0.02}
        maxZoom={2}
        onInit={() => show(false)}
        onMoveStart={(event) => {
          // What is being designed stays where it is once somebody has touched it.
          if (event && isDesign) isMoved.current = true;
        }}
        onMove={(event) => {
          // Moves that nobody made have no event; a click begins one that goes nowhere.
          if (event) isMoved.current = true;
        }}
        proOptions={{ hideAttribution: true }}
        deleteKeyCode={null}
        zoomOnDoubleClick={false}
        panOnScroll={false}
        ariaLabelConfig={{ 'node.a11yDescription.default': 'Press Enter to see the state, and the arrow keys to move along the edges.' }}
      >
        <Background variant={BackgroundVariant.Dots} gap={22} size={1} color="var(--dots)" />
        {hasOverview && (
          <MiniMap<Node<BoxData>>
            pannable
            zoomable
            position="bottom-right"
            ariaLabel="Overview of the graph"
            nodeClassName={({ data }) => (data.node.kind === 'lane' || data.node.isContainer ? 'around' : classOf(data))}
          />
        )}
        <Panel position="top-right" className="graph-tools">
          <Tool label="Zoom in" onClick={() => void flow.zoomIn({ duration: glide(120) })} icon={<Plus />} />
          <Tool label="Zoom out" onClick={() => void flow.zoomOut({ duration: glide(120) })} icon={<Minus />} />
          <Tool label="Show all" onClick={() => show(true)} icon={<Fit />} />
          <Tool label={direction === 'down' ? 'Left to right' : 'Top to bottom'} onClick={turn} icon={<Turn />} />
          <Tool label="Save as SVG" onClick={() => void exportGraph(graph, layout, states, taken, name, 'svg')} icon={<Save />} text="SVG" />
          <Tool label="Save as PNG" onClick={() => void exportGraph(graph, layout, states, taken, name, 'png')} icon={<Save />} text="PNG" />
        </Panel>
      </ReactFlow>
    </div>
  );
  if (!design) return canvas;
  return (
    <DesignContext.Provider value={design}>
      <EdgeContext.Provider value={drop?.id ?? chosenEdge}>{canvas}</EdgeContext.Provider>
    </DesignContext.Provider>
  );
}

const stillness = matchMedia('(prefers-reduced-motion: reduce)');

/** How long a move of the graph takes, in milliseconds. */
const glide = (usual: number): number => (stillness.matches ? 0 : usual);

/** How much of a box, from above, means before it. A box with states inside takes what comes before at its head. */
const BEFORE_PART = 0.4;
const HEAD_PIXELS = 40;

function targetOf(event: DragEvent, byId: Map<string, GraphNode>): DropTarget | undefined {
  const element = event.target as Element;
  const edge = element.closest('[data-edge]')?.getAttribute('data-edge') ?? element.closest('.react-flow__edge')?.getAttribute('data-id');
  if (edge) return { id: edge };
  const box = element.closest('.react-flow__node');
  const node = byId.get(box?.getAttribute('data-id') ?? '');
  if (!box || !node) return undefined;
  if (node.kind !== 'state') return { id: node.id };
  const { top, height } = box.getBoundingClientRect();
  const at = event.clientY - top;
  return { id: node.id, side: at < (node.isContainer ? Math.min(HEAD_PIXELS, height / 3) : height * BEFORE_PART) ? 'before' : 'after' };
}

/** What failed, or is under way; of those inside of each other the innermost. */
function whatMatters(states: Map<string, NodeState> | undefined): string | undefined {
  const known = [...(states ?? [])];
  const last = (status: RegExp): string | undefined => known.findLast(([, state]) => status.test(state.status))?.[0];
  return last(/^(failed|timed-out)$/) ?? last(/^(running|retrying)$/);
}

function Tool({ label, onClick, icon, text }: { label: string; onClick: () => void; icon: ReactNode; text?: string }) {
  return (
    <button type="button" aria-label={label} title={label} onClick={onClick}>
      {icon}
      {text && <span>{text}</span>}
    </button>
  );
}

/** Boxes and edges as the canvas takes them. Parents come before what is inside of them. */
function draw(
  graph: Graph,
  layout: Layout,
  states: Map<string, NodeState> | undefined,
  taken: Set<string> | undefined,
  headerOf: ((node: GraphNode) => ReactNode) | undefined,
): { nodes: Node<BoxData>[]; edges: Edge<LineData>[] } {
  const placed = new Map(layout.nodes.map((node) => [node.id, node]));
  const isRun = states !== undefined;
  const nodes: Node<BoxData>[] = [];
  const corner = new Map<string | undefined, { x: number; y: number }>([[undefined, { x: 0, y: 0 }]]);
  for (const node of graph.nodes) {
    const place = placed.get(node.id);
    if (!place) continue;
    const around = corner.get(node.parent) ?? { x: 0, y: 0 };
    corner.set(node.id, { x: around.x + place.x, y: around.y + place.y });
    const state = states?.get(node.id);
    nodes.push({
      id: node.id,
      type: node.kind === 'state' ? (node.isContainer ? 'container' : 'state') : node.kind,
      position: { x: place.x, y: place.y },
      parentId: node.parent,
      width: place.width,
      height: place.height,
      style: { width: place.width, height: place.height },
      data: { node, state, isRun, header: node.type === 'Map' ? headerOf?.(node) : undefined },
      focusable: node.kind === 'state' || node.kind === 'place',
      selectable: node.kind === 'state' || node.kind === 'place',
      ariaLabel: node.kind === 'state' ? spoken(node, state) : node.kind === 'place' ? `Empty place: ${node.name}` : undefined,
    });
  }
  const edges = graph.edges.flatMap((edge): Edge<LineData>[] => {
    const line = layout.edges[edge.id];
    if (!line) return [];
    const offset = corner.get(line.scope) ?? { x: 0, y: 0 };
    const isTaken = taken?.has(edge.id) ?? false;
    return [
      {
        id: edge.id,
        source: edge.from,
        target: edge.to,
        type: 'line',
        data: { points: line.points, offset, kind: edge.kind, label: edge.label, isTaken, isRun },
        zIndex: isTaken ? 2 : 1,
      },
    ];
  });
  return { nodes, edges };
}

function spoken(node: GraphNode, state: NodeState | undefined): string {
  const parts = [node.name ?? '', node.type ?? 'state'];
  if (node.work) parts.push(`${node.work.service} ${node.work.action}`);
  if (state) parts.push(wordOf(state.status));
  if (state && state.retries > 0) parts.push(`${state.retries} retries`);
  return parts.join(', ');
}

/** The state that an arrow key leads to: along an edge, or beside. */
function neighbour(graph: Graph, layout: Layout, from: GraphNode, key: string): GraphNode | undefined {
  const node = (id: string | undefined): GraphNode | undefined => graph.nodes.find((node) => node.id === id && isChosen(node));
  if (key === 'ArrowDown') {
    const next = graph.edges.filter((edge) => edge.from === from.id).map((edge) => node(edge.to)).find(Boolean);
    return next ?? undefined;
  }
  if (key === 'ArrowUp') {
    const before = graph.edges.filter((edge) => edge.to === from.id).map((edge) => node(edge.from)).find(Boolean);
    return before ?? node(from.parent?.split('/').slice(0, -1).join('/'));
  }
  if (key !== 'ArrowLeft' && key !== 'ArrowRight') return undefined;
  const placed = new Map(layout.nodes.map((place) => [place.id, place]));
  const own = placed.get(from.id);
  if (!own) return undefined;
  const sign = key === 'ArrowRight' ? 1 : -1;
  const beside = graph.nodes
    .filter((other) => isChosen(other) && other.parent === from.parent && other.id !== from.id)
    .map((other) => ({ other, place: placed.get(other.id) }))
    .filter(({ place }) => place && Math.sign(place.x - own.x) === sign && Math.abs(place.y - own.y) < own.height)
    .sort((a, b) => Math.abs((a.place?.x ?? 0) - own.x) - Math.abs((b.place?.x ?? 0) - own.x))[0];
  if (beside) return beside.other;
  // From inside of a branch to the next one.
  const lane = /^(.*)\/(\d+)$/.exec(from.parent ?? '');
  const next = lane ? `${lane[1]}/${Number(lane[2]) + sign}` : undefined;
  return graph.nodes.find((other) => isChosen(other) && other.parent === next) ?? firstInside(graph, from, sign);
}

const firstInside = (graph: Graph, from: GraphNode, sign: number): GraphNode | undefined =>
  sign > 0 && from.isContainer ? graph.nodes.find((node) => isChosen(node) && node.parent === `${from.id}/0`) : undefined;

/** States and empty places are what one can be at. */
const isChosen = (node: GraphNode): boolean => node.kind === 'state' || node.kind === 'place';

const Ends = () => (
  <>
    <Handle type="target" position={Position.Top} isConnectable={false} />
    <Handle type="source" position={Position.Bottom} isConnectable={false} />
  </>
);

function classOf({ state, isRun }: BoxData): string {
  return isRun ? (state ? toneOf(state.status) : 'untouched') : 'plain';
}

const StateBox = memo(function StateBox({ data }: NodeProps<Node<BoxData>>) {
  const { node, state } = data;
  return (
    <div className={`state-box ${classOf(data)} type-${node.type?.toLowerCase()}`} {...useCarried(node)}>
      <Ends />
      <span className="state-icon">
        <StateIcon type={node.type} service={node.work?.service} />
      </span>
      <span className="state-text">
        <small>{node.work ? `${node.work.service}: ${node.work.action}` : node.type}</small>
        <b title={node.name}>{node.name}</b>
      </span>
      <Marks node={node} state={state} />
    </div>
  );
});

const ContainerBox = memo(function ContainerBox({ data }: NodeProps<Node<BoxData>>) {
  const { node, state, header } = data;
  return (
    <div className={`container-box ${classOf(data)}`}>
      <Ends />
      <div className="container-head" {...useCarried(node)}>
        <span className="state-icon">
          <StateIcon type={node.type} />
        </span>
        <span className="state-text">
          <small>{node.isDistributed ? 'Distributed Map' : node.type}</small>
          <b title={node.name}>{node.name}</b>
        </span>
        {header}
        <Marks node={node} state={state} />
      </div>
    </div>
  );
});

/** Boxes are taken up where one designs. */
function useCarried(node: GraphNode): object {
  const design = useContext(DesignContext);
  if (!design) return {};
  return {
    draggable: true,
    onDragStart: (event: DragEvent) => {
      event.dataTransfer.setData('text/plain', node.name ?? '');
      event.dataTransfer.effectAllowed = 'move';
      design.onCarry(node, true);
    },
    onDragEnd: () => design.onCarry(node, false),
  };
}

function Marks({ node, state }: { node: GraphNode; state?: NodeState }) {
  const mark = useContext(DesignContext)?.marks.get(node.id);
  return (
    <span className="marks">
      {mark && (
        <b className={`mark ${mark.tone}`} title={mark.text}>
          !
        </b>
      )}
      {node.work?.pattern && <em title={node.work.pattern === 'sync' ? 'Waits for the job to end' : 'Waits for a callback'}>{node.work.pattern === 'sync' ? 'sync' : 'token'}</em>}
      {state && state.visits > 1 && <em title={`Entered ${state.visits} times`}>×{state.visits}</em>}
      {(state?.retries ?? 0) > 0 ? (
        <em className="retried" title={`Tried again ${state?.retries} times`}>
          <Retry />
          {state?.retries}
        </em>
      ) : (
        node.retriers > 0 && (
          <i title="Has retriers">
            <Retry />
          </i>
        )
      )}
      {node.catchers > 0 && (
        <i title="Has catchers">
          <Shield />
        </i>
      )}
      {state && <StatusMark tone={toneOf(state.status)} />}
    </span>
  );
}

const RoundBox = memo(function RoundBox({ data }: NodeProps<Node<BoxData>>) {
  return (
    <div className={`round-box ${data.node.kind}`}>
      <Ends />
      {data.node.kind === 'start' ? 'Start' : 'End'}
    </div>
  );
});

const MissingBox = memo(function MissingBox({ data }: NodeProps<Node<BoxData>>) {
  return (
    <div className="missing-box" title="There is no state of this name">
      <Ends />
      {data.node.name}?
    </div>
  );
});

const PlaceBox = memo(function PlaceBox({ data }: NodeProps<Node<BoxData>>) {
  return (
    <div className="place-box">
      <Ends />
      <Plus />
      {data.node.name}
    </div>
  );
});

const LaneBox = memo(function LaneBox() {
  return <div className="lane-box" />;
});

const Line = memo(function Line({ id, data }: EdgeProps<Edge<LineData>>) {
  const design = useContext(DesignContext);
  if (!data) return null;
  const points = data.points.map(({ x, y }) => ({ x: x + data.offset.x, y: y + data.offset.y }));
  const middle = middleOf(points);
  const classes = ['line', data.kind, data.isTaken ? 'taken' : data.isRun ? 'untaken' : ''].join(' ');
  return (
    <>
      <BaseEdge path={pathOf(points)} className={classes} markerEnd={data.isTaken ? 'url(#arrow-taken)' : 'url(#arrow)'} />
      {data.label && (
        <EdgeLabelRenderer>
          <span className={`line-label ${data.kind}`} title={data.label} style={{ transform: `translate(-50%, -50%) translate(${middle.x}px, ${middle.y}px)` }}>
            {data.label}
          </span>
        </EdgeLabelRenderer>
      )}
      {design?.accepts({ id }) && (
        <EdgeLabelRenderer>
          <PlusAt edge={id} point={data.label ? middleOf(points, 0.86) : middle} onInsert={design.onInsert} />
        </EdgeLabelRenderer>
      )}
    </>
  );
});

/** By keyboard, a state is put before or after the chosen one. */
function PlusAt({ edge, point, onInsert }: { edge: string; point: { x: number; y: number }; onInsert: (edge: string) => void }) {
  const isHere = useContext(EdgeContext) === edge;
  return (
    <button
      type="button"
      className={isHere ? 'edge-plus here nopan' : 'edge-plus nopan'}
      tabIndex={-1}
      data-edge={edge}
      aria-label="Put a state here"
      title="Put a state here"
      style={{ transform: `translate(-50%, -50%) translate(${point.x}px, ${point.y}px)` }}
      onClick={(event) => {
        event.stopPropagation();
        onInsert(edge);
      }}
    >
      <Plus />
    </button>
  );
}

const nodeTypes = { state: StateBox, container: ContainerBox, start: RoundBox, end: RoundBox, missing: MissingBox, lane: LaneBox, place: PlaceBox };
const edgeTypes = { line: Line };

/** The tips of edges, once for the page. */
export function Arrows() {
  return (
    <svg width="0" height="0" className="arrows" aria-hidden="true">
      <defs>
        {['arrow', 'arrow-taken'].map((id) => (
          <marker key={id} id={id} viewBox="0 0 10 10" refX="8.5" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
            <path d="M1 1 9 5 1 9z" className={id} />
          </marker>
        ))}
      </defs>
    </svg>
  );
}
