// What stands over the canvas and in the page's header.
import { useReactFlow, useStore as useFlow } from "@xyflow/react";
import { useEffect, useState } from "react";
import { createPortal } from "react-dom";
import { useBuilder } from "./context.js";
import { Icon, IconButton } from "./icon.jsx";
import { arrange } from "./keys.js";
import { useStore } from "./store.js";

export function Tools() {
  const { store, stage } = useBuilder();
  const flow = useReactFlow();
  const zoom = useFlow((state) => Math.round(state.transform[2] * 100));
  const mayChange = useStore(store, (state) => state.mayChangeSteps);
  return (
    <div className="builder-tools-box" role="toolbar" aria-label="Picture">
      <IconButton icon="minus" label="Farther" keys="−" small onClick={() => stage.current.zoomOut()} />
      <button type="button" className="btn btn-quiet btn-sm builder-zoom" title="To full size" aria-label={`Zoom ${zoom} %. Press for full size`} onClick={() => flow.zoomTo(1)}>{zoom}%</button>
      <IconButton icon="plus" label="Nearer" keys="+" small onClick={() => stage.current.zoomIn()} />
      <IconButton icon="maximize" label="Fit the whole funnel" keys="F" small onClick={() => stage.current.fit()} />
      {mayChange && <IconButton icon="layout-distribute-horizontal" label="Arrange the steps" keys="L" small onClick={() => arrange(store, stage)} />}
      <IconButton icon="help" label="Keys" keys="?" small onClick={() => store.set({ dialog: { what: "help" } })} />
    </div>
  );
}

// While a way looks for its step.
export function Connecting() {
  const { store } = useBuilder();
  const connecting = useStore(store, (state) => state.connecting);
  if (!connecting) return null;
  return (
    <div className="builder-connecting" role="status">
      Press the step that “{connecting.label}” leads to
      <button type="button" className="btn btn-quiet btn-sm" onClick={() => store.set({ connecting: null })}>Cancel</button>
    </div>
  );
}

export function Header() {
  const { store } = useBuilder();
  const { past, future } = useStore(store, (state) => state.history);
  const mayChange = useStore(store, (state) => state.mayChangeSteps);
  const [state, tools] = [document.getElementById("builder-state"), document.getElementById("builder-tools")];
  return (
    <>
      {state && createPortal(<SaveState />, state)}
      {tools && mayChange && createPortal(
        <>
          <IconButton icon="arrow-back-up" label={past.length ? `Undo: ${past.at(-1).label}` : "Undo"} keys="⌘Z" disabled={!past.length} onClick={() => store.undo()} />
          <IconButton icon="arrow-forward-up" label={future.length ? `Do again: ${future.at(-1).label}` : "Do again"} keys="⇧⌘Z" disabled={!future.length} onClick={() => store.redo()} />
        </>, tools)}
    </>
  );
}

function SaveState() {
  const { store } = useBuilder();
  const saving = useStore(store, (state) => state.saving);
  const isReady = useStore(store, (state) => state.isReady);
  const mayChange = useStore(store, (state) => state.mayChangeSteps);
  const now = useNow(saving.what === "saved" && saving.at !== null);
  if (!isReady) return null;
  if (!mayChange && saving.what !== "failed") return <span className="save-state"><Icon icon="lock" /><span>{store.state.mayChangeWords ? "Only words can be changed" : "To look at"}</span></span>;
  if (saving.what === "failed") {
    return (
      <span className="save-state save-state-bad" role="alert">
        <Icon icon="cloud-off" /><span>Not saved: {saving.problem.replace(/\.$/u, "")}.</span>
        <button type="button" className="btn btn-quiet btn-sm" onClick={() => store.saveNow()}>Save now</button>
      </span>
    );
  }
  if (saving.what === "asking") return <span className="save-state save-state-bad"><Icon icon="users" /><span>Not saved: choose first</span></span>;
  if (saving.what === "saved") return <span className="save-state"><Icon icon="cloud-check" /><span>{saving.at ? `Saved ${ago(now - saving.at)}` : "All saved"}</span></span>;
  return <span className="save-state"><Icon icon="cloud-up" /><span>Saving</span></span>;
}

function useNow(isTicking) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    setNow(Date.now());
    if (!isTicking) return undefined;
    const ticking = setInterval(() => setNow(Date.now()), 4_000);
    return () => clearInterval(ticking);
  }, [isTicking]);
  return now;
}

function ago(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 4) return "just now";
  if (seconds < 90) return `${seconds} s ago`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min ago` : `${Math.round(minutes / 60)} h ago`;
}
