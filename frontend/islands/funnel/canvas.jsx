// The picture that people work on.
import { Background, MiniMap, ReactFlow, useReactFlow, useStore as useFlow, useStoreApi } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { isPhone } from "./around.js";
import { useBuilder } from "./context.js";
import { onKey } from "./keys.js";
import { HEIGHT, wayId, WIDTH } from "./pure/graph.js";
import { corners, exitOf, nearest } from "./pure/routes.js";
import { useStore } from "./store.js";
import { EntryNode, StepNode } from "./step-node.jsx";
import { createView, ENTRY, lanesOf } from "./view.js";
import { WayEdge } from "./way-edge.jsx";

const NODE_TYPES = { step: StepNode, entry: EntryNode };
const EDGE_TYPES = { way: WayEdge };
const STEP = "application/x-loumass-step";
const REACH = 36;
const PRO = { hideAttribution: true };
const STILL = new Map();

export function Canvas() {
  const { store, stage } = useBuilder();
  const state = useStore(store, (whole) => whole);
  const [moving, setMoving] = useState(STILL);
  const [near, setNear] = useState(null);
  const view = useMemo(createView, []);
  const flow = useReactFlow();
  const frame = useRef(null);
  const width = useRef(0); // 0 until the beginning has been shown
  useStage(stage, flow, frame, store, width);
  useZoomName(frame);
  useSteadyMiddle(flow, frame, width);
  const drop = useDrop(store, flow, setNear);

  const onNodesChange = useCallback((changes) => {
    const moves = changes.filter((change) => change.type === "position" && change.position);
    if (moves.length) setMoving((before) => new Map([...before, ...moves.map((move) => [move.id, move.position])]));
    select(store, changes);
  }, [store]);
  const onEdgesChange = useCallback((changes) => select(store, changes), [store]);
  const onNodeDragStop = useCallback((event, node, nodes) => {
    const moved = nodes.filter((one) => one.id !== ENTRY && hasMoved(store, one));
    if (moved.length) store.move(new Map(moved.map((one) => [one.id, one.position])), moved.length === 1 ? `${moved[0].data.name} moved.` : `${moved.length} steps moved.`);
    setMoving(STILL);
  }, [store]);

  return (
    <div className="builder-canvas" ref={frame} onKeyDown={(event) => onKey(event, store, stage)} onDragOver={drop.over} onDragLeave={drop.leave} onDrop={drop.drop}>
      <ReactFlow
        nodes={view.nodes(state, moving)} edges={view.edges(state, moving, near)} nodeTypes={NODE_TYPES} edgeTypes={EDGE_TYPES}
        onNodesChange={onNodesChange} onEdgesChange={onEdgesChange} onNodeDragStop={onNodeDragStop}
        onNodeClick={(event, node) => pressed(event, node, store)} onPaneClick={() => store.set({ panel: null, connecting: null, pane: null })}
        onConnect={(way) => store.connect(way.source === ENTRY ? null : way.source, way.sourceHandle, way.target)}
        onConnectEnd={(event, way) => endedNowhere(event, way, store, flow)}
        onReconnect={(old, way) => store.connect(old.source, old.sourceHandle, way.target)}
        isValidConnection={(way) => way.source !== way.target && way.target !== ENTRY}
        nodesDraggable={state.mayChangeSteps} nodesConnectable={state.mayChangeSteps} nodesFocusable={false} edgesFocusable={false} disableKeyboardA11y
        deleteKeyCode={null} multiSelectionKeyCode={["Meta", "Control", "Shift"]} selectionKeyCode="Shift" connectOnClick={false} connectionRadius={40} reconnectRadius={14}
        nodeClickDistance={6} paneClickDistance={6} nodeDragThreshold={3} minZoom={0.08} maxZoom={1.5} zoomOnDoubleClick={false} onlyRenderVisibleElements elevateNodesOnSelect={false} elevateEdgesOnSelect proOptions={PRO}
      >
        <Background gap={20} size={1.4} />
        {!isPhone() && state.graph.nodes.length > 0 && <MiniMap position="top-right" pannable zoomable nodeClassName={(node) => (node.selected ? "map-on" : `map-${node.data.tone ?? "gray"}`)} ariaLabel="Small map of the funnel" />}
      </ReactFlow>
      <Reach store={store} stage={stage} />
    </div>
  );
}

// The one tab stop of the canvas: it hands the focus to the step where one was.
function Reach({ store, stage }) {
  const count = useStore(store, (state) => state.graph.nodes.length);
  const help = "Arrow keys walk along the ways, Enter opens a step, A adds one, C connects it. Question mark lists all keys.";
  return <div className="builder-reach" data-reach tabIndex={0} role="group" aria-roledescription="funnel" aria-label={`Funnel, ${count} ${count === 1 ? "step" : "steps"}. ${help}`} onFocus={() => stage.current.focus(store.state.active)} />;
}

function hasMoved(store, node) {
  const before = store.state.graph.nodes.find((one) => one.id === node.id);
  return before && (Math.round(node.position.x) !== before.x || Math.round(node.position.y) !== before.y);
}

function select(store, changes) {
  const chosen = changes.filter((change) => change.type === "select" && change.id !== ENTRY);
  if (!chosen.length || store.state.connecting) return;
  const off = chosen.filter((change) => !change.selected).map((change) => change.id);
  const on = chosen.filter((change) => change.selected).map((change) => change.id);
  const selected = [...store.state.selected.filter((id) => !off.includes(id) && !on.includes(id)), ...on];
  const step = on.findLast((id) => !id.includes("/"));
  store.set({ selected, active: step ?? store.state.active, panel: selected.length > 1 ? null : store.state.panel });
}

function pressed(event, node, store) {
  const { connecting } = store.state;
  if (connecting) {
    if (node.id !== ENTRY) store.connect(connecting.source, connecting.branch, node.id);
    store.set({ connecting: null });
  } else if (node.id !== ENTRY && !event.shiftKey && !event.ctrlKey && !event.metaKey) {
    store.set(store.open(node.id));
  }
}

// A way that was dragged into the empty: a new step is put there.
function endedNowhere(event, way, store, flow) {
  if (way.toNode || !way.fromNode || way.fromHandle?.type !== "source" || !store.state.mayChangeSteps) return;
  const { clientX, clientY } = event.changedTouches?.[0] ?? event;
  const moved = Math.hypot(way.to.x - way.from.x, way.to.y - way.from.y);
  if (moved < 24) return;
  const at = flow.screenToFlowPosition({ x: clientX, y: clientY });
  const place = way.fromNode.id === ENTRY ? { source: null } : { source: way.fromNode.id, branch: way.fromHandle.id };
  store.set({ dialog: { what: "add", place, at: { x: Math.round(at.x - WIDTH / 2), y: Math.round(at.y) }, title: "Add a step here" } });
}

// Steps dragged in from the palette. Over a way they go into it.
function useDrop(store, flow, setNear) {
  const point = (event) => flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
  const found = (event) => nearest(drawnWays(store.state.graph), point(event), REACH);
  return {
    over: (event) => {
      if (!event.dataTransfer.types.includes(STEP)) return;
      event.preventDefault();
      setNear(found(event)?.id ?? null);
    },
    leave: () => setNear(null),
    drop: (event) => {
      const kind = store.state.kinds.find((one) => one.name === event.dataTransfer.getData(STEP));
      setNear(null);
      if (!kind) return;
      event.preventDefault();
      const way = found(event);
      const at = point(event);
      const isFirst = !store.state.graph.nodes.length;
      const place = way ? { source: way.source, branch: way.branch } : isFirst ? { source: null } : { apart: true };
      store.add(kind, place, way ? null : { x: Math.round(at.x - WIDTH / 2), y: Math.round(at.y - HEIGHT / 2) }, true);
    },
  };
}

function drawnWays(graph) {
  const steps = new Map(graph.nodes.map((node) => [node.id, node]));
  const lanes = lanesOf(graph, STILL);
  return graph.edges.map((way) => {
    const [source, target] = [steps.get(way.source), steps.get(way.target)];
    const points = corners(source.x + exitOf(source, way.branch), source.y + HEIGHT, target.x + WIDTH / 2, target.y, lanes.get(wayId(way)) ?? null);
    return { ...way, id: wayId(way), points };
  });
}

const ZOOMS = [["near", 0.7], ["middle", 0.42], ["far", 0.2], ["dots", 0]];

// How much of a step can be read at this distance: the style sheet writes its name larger and leaves the rest out.
function useZoomName(frame) {
  const name = useFlow((state) => ZOOMS.find(([, least]) => state.transform[2] >= least)[0]);
  useEffect(() => {
    frame.current.dataset.zoom = name;
  }, [frame, name]);
}

// The middle stays in the middle when the panel opens or the window changes; not while a box is drawn, which closes the
// panel: nothing moves away under it.
function useSteadyMiddle(flow, frame, width) {
  const api = useStoreApi();
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      const now = frame.current.clientWidth;
      const { x, y, zoom } = flow.getViewport();
      const { userSelectionActive } = api.getState();
      if (now && width.current && now !== width.current && !userSelectionActive) flow.setViewport({ x: x + (now - width.current) / 2, y, zoom });
      if (width.current) width.current = now;
    });
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, [flow, frame, width, api]);
}

const [MARGIN, ABOVE, BELOW] = [28, 72, 76]; // above stand the tools, below problems and notes
const LEAST = 0.36; // what fitting shows of a large funnel can still be read

// What the canvas does for the rest of the builder.
function useStage(stage, flow, frame, store, width) {
  useEffect(() => {
    const duration = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 140;
    const size = () => ({ width: frame.current.clientWidth, height: frame.current.clientHeight });
    const center = (id, zoom = flow.getZoom()) => {
      const node = store.state.graph.nodes.find((one) => one.id === id);
      return node ? flow.setCenter(node.x + WIDTH / 2, node.y + HEIGHT / 2, { zoom, duration }) : undefined;
    };
    const show = (id) => {
      const node = store.state.graph.nodes.find((one) => one.id === id);
      if (!node) return;
      const [a, b] = [flow.flowToScreenPosition({ x: node.x, y: node.y }), flow.flowToScreenPosition({ x: node.x + WIDTH, y: node.y + HEIGHT })];
      const box = frame.current.getBoundingClientRect();
      if (a.x < box.left + 8 || a.y < box.top + 8 || b.x > box.right - 8 || b.y > box.bottom - 8) center(id);
    };
    // As much as can be read, around a step, and nothing empty above the beginning.
    const around = (bounds, node) => {
      const middle = (length, from, size) => length / 2 - (from + size / 2) * LEAST;
      const within = (at, from, length, space, before, after) => Math.max(Math.min(at, before - from * LEAST), Math.min(space - after - (from + length) * LEAST, before - from * LEAST));
      const { width: wide, height: high } = size();
      const x = bounds.width * LEAST < wide ? middle(wide, bounds.x, bounds.width) : within(middle(wide, node.x, WIDTH), bounds.x, bounds.width, wide, MARGIN, MARGIN);
      return flow.setViewport({ x, y: within(middle(high, node.y, HEIGHT), bounds.y, bounds.height, high, ABOVE, BELOW), zoom: LEAST }, { duration });
    };
    const fit = () => {
      const { graph } = store.state;
      if (!graph.nodes.length) return flow.setViewport({ x: size().width / 2 - WIDTH / 2, y: 180, zoom: 1 });
      const bounds = flow.getNodesBounds([...flow.getNodes()]);
      const [wide, high] = [size().width - 2 * MARGIN, size().height - ABOVE - BELOW];
      const zoom = Math.min(1, wide / bounds.width, high / bounds.height);
      if (zoom < LEAST) return around(bounds, graph.nodes.find((one) => one.id === store.state.active) ?? graph.nodes[0]);
      const x = MARGIN + (wide - bounds.width * zoom) / 2 - bounds.x * zoom;
      return flow.setViewport({ x, y: ABOVE + (high - bounds.height * zoom) / 2 - bounds.y * zoom, zoom }, { duration });
    };
    const begin = () => {
      if (!frame.current) return; // the funnel could not be read, and a sentence stands in its place
      const { graph } = store.state;
      width.current = frame.current.clientWidth;
      const first = graph.nodes.find((one) => one.id === graph.start) ?? graph.nodes[0];
      if (!first) return fit();
      const bounds = flow.getNodesBounds([...flow.getNodes()]);
      const whole = Math.min(1, (size().width - 60) / bounds.width, (size().height - 60) / bounds.height);
      const zoom = whole > 0.75 ? whole : 0.9;
      const x = whole > 0.75 ? size().width / 2 - (bounds.x + bounds.width / 2) * zoom : size().width / 2 - (first.x + WIDTH / 2) * zoom;
      return flow.setViewport({ x, y: (size().width < 700 ? 72 : 30) - bounds.y * zoom, zoom });
    };
    const focus = (id, tries = 30) => {
      // A step that was just put in is not drawn yet, and under a closing question nothing takes the focus.
      const element = frame.current?.querySelector(`[data-step="${id}"]`);
      element?.focus({ preventScroll: true });
      if (tries && (!element || document.activeElement !== element)) requestAnimationFrame(() => focus(id, tries - 1));
    };
    stage.current = {
      show, fit, begin, frame,
      focus: (id) => {
        if (!id) return;
        show(id);
        focus(id);
      },
      middle: () => flow.screenToFlowPosition({ x: frame.current.getBoundingClientRect().left + size().width / 2, y: frame.current.getBoundingClientRect().top + size().height / 2 }),
      zoomIn: () => flow.zoomIn({ duration }), zoomOut: () => flow.zoomOut({ duration }),
    };
  }, [stage, flow, frame, store, width]);
}
