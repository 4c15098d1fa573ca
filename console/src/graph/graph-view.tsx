// The graph: boxes and edges of a definition, coloured by what an execution did. Also the designer's canvas.

import '@xyflow/react/dist/base.css';
import './graph.css';

import {
  Background,
  BackgroundVariant,
  BaseEdge,
  EdgeLabelRenderer,
  Handle,
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
import { memo, useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';

import type { EdgeKind, Graph, GraphNode } from '../definition/graph';
import type { Direction, Layout } from '../definition/layout';
import { useLayout } from '../definition/use-layout';
import { Fit, Minus, Plus, Retry, Save, Shield, Turn } from '../parts/icons';
import { StatusMark, toneOf, wordOf } from '../parts/status';
import { exportGraph } from './export';
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
}

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
  if (!layout) {
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
      <Canvas {...props} layout={layout} direction={direction} turn={() => setDirection(direction === 'down' ? 'right' : 'down')} />
    </ReactFlowProvider>
  );
}

/** At which zoom boxes can still be read, and with which a graph that is larger begins. */
const READABLE = 0.3;
const BEGIN_ZOOM = 0.75;

type CanvasProps = GraphViewProps & { layout: Layout; direction: Direction; turn: () => void };

function Canvas({ graph, layout, states, taken, selected, onSelect, headerOf, name, direction, turn }: CanvasProps) {
  const flow = useReactFlow();
  const frame = useRef<HTMLDivElement>(null);
  const byId = useMemo(() => new Map(graph.nodes.map((node) => [node.id, node])), [graph]);
  const { nodes, edges } = useMemo(() => draw(graph, layout, states, taken, headerOf), [graph, layout, states, taken, headerOf]);
  const shown = useMemo(
    () => nodes.map((node) => (node.id === selected ? { ...node, selected: true } : node)),
    [nodes, selected],
  );

  // What is too large to be read as a whole begins where something happens, or at the start.
  const begin = useRef('start');
  begin.current = selected ?? [...(states ?? [])].find(([, state]) => /failed|timed-out|running|retrying/.test(state.status))?.[0] ?? 'start';
  const show = useCallback(
    (all: boolean) => {
      const box = frame.current?.getBoundingClientRect();
      const isLarge = box !== undefined && Math.min(box.width / layout.width, box.height / layout.height) < READABLE;
      if (!all && isLarge) void flow.fitView({ nodes: [{ id: begin.current }], minZoom: BEGIN_ZOOM, maxZoom: BEGIN_ZOOM });
      else void flow.fitView({ padding: 0.08, maxZoom: 1, duration: all ? 200 : 0 });
    },
    [flow, layout],
  );
  useEffect(() => show(false), [show]);

  // A frame that changes its size, as when a panel opens beside it, shows what it showed, until somebody moves it.
  const isMoved = useRef(false);
  useEffect(() => {
    isMoved.current = false;
    const watch = new ResizeObserver(() => {
      if (!isMoved.current) show(false);
    });
    if (frame.current) watch.observe(frame.current);
    return () => watch.disconnect();
  }, [show]);

  // What is chosen elsewhere is brought onto the screen.
  useEffect(() => {
    if (!selected || frame.current?.contains(document.activeElement)) return;
    const element = frame.current?.querySelector(`[data-id="${CSS.escape(selected)}"]`);
    const around = frame.current?.getBoundingClientRect();
    const box = element?.getBoundingClientRect();
    const isSeen = around && box && box.left >= around.left && box.right <= around.right && box.top >= around.top && box.bottom <= around.bottom;
    if (!isSeen) void flow.fitView({ nodes: [{ id: selected }], maxZoom: 1, padding: 0.6, duration: 200 });
  }, [flow, selected]);

  const move = useCallback(
    (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (target.closest('a, button, input')) return;
      const focused = target.getAttribute('data-id') ?? selected;
      const current = focused ? byId.get(focused) : undefined;
      const isChoice = event.key === 'Enter' || event.key === ' ';
      const next = current && (isChoice ? current : neighbour(graph, layout, current, event.key));
      if (!next) return;
      event.preventDefault();
      onSelect?.(next);
      frame.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(next.id)}"]`)?.focus();
    },
    [byId, graph, layout, onSelect, selected],
  );

  return (
    <div className="graph" ref={frame} onKeyDown={move} role="group" aria-label={`Graph of ${name}`}>
      <ReactFlow
        nodes={shown}
        edges={edges}
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
          // Moves that nobody made have no event.
          if (event) isMoved.current = true;
        }}
        proOptions={{ hideAttribution: true }}
        deleteKeyCode={null}
        zoomOnDoubleClick={false}
        panOnScroll={false}
        ariaLabelConfig={{ 'node.a11yDescription.default': 'Press Enter to see the state, and the arrow keys to move along the edges.' }}
      >
        <Background variant={BackgroundVariant.Dots} gap={22} size={1} color="var(--dots)" />
        <Panel position="top-right" className="graph-tools">
          <Tool label="Zoom in" onClick={() => void flow.zoomIn({ duration: 120 })} icon={<Plus />} />
          <Tool label="Zoom out" onClick={() => void flow.zoomOut({ duration: 120 })} icon={<Minus />} />
          <Tool label="Show all" onClick={() => show(true)} icon={<Fit />} />
          <Tool label={direction === 'down' ? 'Left to right' : 'Top to bottom'} onClick={turn} icon={<Turn />} />
          <Tool label="Save as SVG" onClick={() => void exportGraph(graph, layout, states, taken, name, 'svg')} icon={<Save />} text="SVG" />
          <Tool label="Save as PNG" onClick={() => void exportGraph(graph, layout, states, taken, name, 'png')} icon={<Save />} text="PNG" />
        </Panel>
      </ReactFlow>
    </div>
  );
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
      focusable: node.kind === 'state',
      selectable: node.kind === 'state',
      ariaLabel: node.kind === 'state' ? spoken(node, state) : undefined,
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
  const node = (id: string | undefined): GraphNode | undefined => graph.nodes.find((node) => node.id === id && node.kind === 'state');
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
    .filter((other) => other.kind === 'state' && other.parent === from.parent && other.id !== from.id)
    .map((other) => ({ other, place: placed.get(other.id) }))
    .filter(({ place }) => place && Math.sign(place.x - own.x) === sign && Math.abs(place.y - own.y) < own.height)
    .sort((a, b) => Math.abs((a.place?.x ?? 0) - own.x) - Math.abs((b.place?.x ?? 0) - own.x))[0];
  if (beside) return beside.other;
  // From inside of a branch to the next one.
  const lane = /^(.*)\/(\d+)$/.exec(from.parent ?? '');
  const next = lane ? `${lane[1]}/${Number(lane[2]) + sign}` : undefined;
  return graph.nodes.find((other) => other.kind === 'state' && other.parent === next) ?? firstInside(graph, from, sign);
}

const firstInside = (graph: Graph, from: GraphNode, sign: number): GraphNode | undefined =>
  sign > 0 && from.isContainer ? graph.nodes.find((node) => node.kind === 'state' && node.parent === `${from.id}/0`) : undefined;

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
    <div className={`state-box ${classOf(data)} type-${node.type?.toLowerCase()}`}>
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
      <div className="container-head">
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

function Marks({ node, state }: { node: GraphNode; state?: NodeState }) {
  return (
    <span className="marks">
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

const LaneBox = memo(function LaneBox() {
  return <div className="lane-box" />;
});

const Line = memo(function Line({ data }: EdgeProps<Edge<LineData>>) {
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
    </>
  );
});

const nodeTypes = { state: StateBox, container: ContainerBox, start: RoundBox, end: RoundBox, missing: MissingBox, lane: LaneBox };
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
