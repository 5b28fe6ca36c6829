// The whole builder: palette, picture, panel, and what stands around them.
import { ReactFlowProvider } from "@xyflow/react";
import { useEffect, useMemo, useRef } from "react";
import { isPhone, number } from "./around.js";
import { Canvas } from "./canvas.jsx";
import { BuilderContext, useBuilder } from "./context.js";
import { followCounts } from "./counts.js";
import { Dialogs } from "./dialogs.jsx";
import { Icon } from "./icon.jsx";
import { addAfter, installKeys, openOutline } from "./keys.js";
import { Outline } from "./outline.jsx";
import { Palette } from "./palette.jsx";
import { Panel } from "./panel.jsx";
import { Problems } from "./problems.jsx";
import { Store, useStore } from "./store.js";
import { Connecting, Header, Tools } from "./tools.jsx";

export function Builder({ place }) {
  const store = useMemo(() => new Store(place), [place]);
  const stage = useRef(null);
  const context = useMemo(() => ({ store, stage }), [store]);
  const failure = useStore(store, (state) => state.failure);
  useBeginning(store, stage);
  if (failure) return <p className="builder-failure" role="alert">{failure}</p>;
  return (
    <BuilderContext value={context}>
      <ReactFlowProvider>
        <Palette />
        <Outline />
        <div className="builder-middle">
          <Canvas />
          <Tools />
          <Notes />
          <Connecting />
          <Empty />
          <Problems />
          <AddButton />
        </div>
        <Panel />
        <Dialogs />
        <Header />
      </ReactFlowProvider>
    </BuilderContext>
  );
}

function useBeginning(store, stage) {
  useEffect(() => {
    store.load().then(() => requestAnimationFrame(() => stage.current?.begin()));
    followCounts(store);
    installKeys(store, stage);
    document.querySelector("[data-outline-toggle]")?.addEventListener("click", (event) => {
      event.preventDefault();
      openOutline(store);
    });
    addEventListener("beforeunload", (event) => {
      if (store.isUnsaved) event.preventDefault();
    });
    // Whoever looks away may not come back: what waits is saved now.
    document.addEventListener("visibilitychange", () => document.hidden && store.isUnsaved && store.saveNow());
  }, [store, stage]);
}

function Notes() {
  return (
    <div className="builder-notes">
      <Older />
      <Note />
    </div>
  );
}

// Those who finish on an older version stand at none of the steps that are drawn.
function Older() {
  const { store } = useBuilder();
  const older = useStore(store, (state) => state.counts?.older);
  if (!older?.length) return null;
  return (
    <p className="builder-note" role="status">
      <Icon icon="versions" />
      <span>
        Not in the picture:{" "}
        {older.map(({ number: version, people }, at) => (
          <span key={version}>{at ? ", " : ""}<a href={`${store.place.peopleHref}?version=${version}`}>{number(people)} {people === 1 ? "person" : "people"} on version {version}</a></span>
        ))}
        . They finish as they began.
      </span>
    </p>
  );
}

function Note() {
  const { store } = useBuilder();
  const mayChange = useStore(store, (state) => state.mayChangeSteps);
  const isReady = useStore(store, (state) => state.isReady);
  return isReady && !mayChange && store.place.note ? <p className="builder-note"><Icon icon="info-circle" />{store.place.note}</p> : null;
}

function Empty() {
  const { store } = useBuilder();
  const isEmpty = useStore(store, (state) => state.isReady && !state.graph.nodes.length);
  const mayChange = useStore(store, (state) => state.mayChangeSteps);
  if (!isEmpty) return null;
  return (
    <div className="empty-state builder-empty">
      <h2>What happens first?</h2>
      <p>{mayChange ? `${isPhone() ? "Add a step" : "Drag a step in from the left, or press one"}. People come in by hand or import and walk from step to step.` : "This funnel has no steps yet."}</p>
      {mayChange && <button type="button" className="btn btn-primary" onClick={() => store.set({ dialog: { what: "add", place: { source: null }, title: "The first step" } })}>Add the first step</button>}
    </div>
  );
}

// On a phone the palette is behind this button.
function AddButton() {
  const { store } = useBuilder();
  const mayChange = useStore(store, (state) => state.mayChangeSteps);
  return mayChange ? <button type="button" className="btn btn-primary builder-add" onClick={() => addAfter(store, store.state.active)}><Icon icon="plus" /><span className="btn-label">Add a step</span></button> : null;
}
