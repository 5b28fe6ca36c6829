// The chosen step: the server's form, the people at it, and what can be done with it.
import { useEffect, useRef, useState } from "react";
import { isPhone, number } from "./around.js";
import { useBuilder } from "./context.js";
import { Icon, IconButton, Tile } from "./icon.jsx";
import { PanelForm } from "./panel-form.js";
import { stepOf } from "./pure/graph.js";
import { outline } from "./pure/walk.js";
import { useStore } from "./store.js";

export function Panel() {
  const { store } = useBuilder();
  const id = useStore(store, (state) => state.panel);
  const step = useStore(store, (state) => stepOf(state.graph, state.panel));
  const many = useStore(store, (state) => state.selected.filter((one) => !one.includes("/")).length);
  const mayChange = useStore(store, (state) => state.mayChangeSteps);
  if (!step) return many > 1 && mayChange ? <ManyChosen count={many} /> : null;
  return <StepPanel key={id} id={id} step={step} mayChange={mayChange} />;
}

function StepPanel({ id, step, mayChange }) {
  const { store, stage } = useBuilder();
  const isSheet = useStore(store, (state) => state.pane === "panel");
  const place = useRef(null);
  const form = useRef(null);
  const [shown, setShown] = useState({});
  useForm(store, id, place, form, setShown);
  const close = () => {
    store.set({ panel: null, pane: null });
    stage.current.focus(id);
  };
  const onKeyDown = (event) => {
    if (event.key !== "Escape" || event.target.closest("dialog")) return;
    event.stopPropagation();
    close();
  };
  return (
    <aside className={`builder-panel${isSheet ? " builder-sheet-open" : ""}`} aria-label={`Step ${step.name}`} onKeyDown={onKeyDown}>
      <header className="panel-head">
        <Tile icon={step.icon} tone={step.tone} isLarge />
        <div className="panel-title"><h2>{step.name}</h2><p>{step.kind_label}{ordinal(store.state.graph, id)}</p></div>
        {mayChange && <IconButton icon="copy" label="Copy the step" keys="⌘C" small onClick={() => copy(store, id)} />}
        <IconButton icon="x" label="Close the step" keys="Esc" small onClick={close} />
      </header>
      <div className="panel-scroll">
        {shown.isContested && <Contested form={form} />}
        {shown.problem && <p className="panel-problem" role="alert">{shown.problem}</p>}
        {!shown.isShown && !shown.problem && <Skeleton />}
        <div ref={place} />
        <People id={id} stepKey={step.key} />
      </div>
      {mayChange && (
        <footer className="panel-foot">
          <button type="button" className="btn btn-quiet btn-sm" onClick={() => store.remove([id])}><Icon icon="trash" /><span className="btn-label">Delete step</span></button>
          <Begin id={id} />
          <button type="button" className="btn btn-secondary btn-sm" onClick={() => store.set({ dialog: { what: "connect", id } })}>Connect to…</button>
        </footer>
      )}
    </aside>
  );
}

function useForm(store, id, place, form, setShown) {
  useEffect(() => {
    const mine = new PanelForm(store, id, place.current, (told) => setShown((before) => ({ ...before, problem: "", ...told })));
    form.current = mine;
    store.form = mine;
    // Who opened it by the keyboard goes on in it, as soon as it is there.
    const handOver = () => {
      if (store.state.focusPanel === store.focusGiven || !mine.known || mine.isGone) return;
      store.focusGiven = store.state.focusPanel;
      place.current?.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    };
    mine.load().then(() => {
      handOver();
      fill(store, id, place.current);
    });
    const stop = store.subscribe(() => {
      mine.follow();
      handOver();
    });
    return () => {
      stop();
      if (store.form === mine) store.form = null;
      mine.close();
    };
  }, [store, id, place, form, setShown]);
}

const ABOUT_WAYS = new Set(["missing_branch", "unreachable", "loop", "endless"]);

// Who has just put in a step that lacks something goes on by writing it. Not by touch: the keyboard would cover it.
function fill(store, id, place) {
  const isNew = store.state.toFill === id;
  if (isNew) store.set({ toFill: null });
  const lacks = store.state.problems.some((problem) => problem.step_id === id && problem.severity === "error" && !ABOUT_WAYS.has(problem.code));
  if (!isNew || !lacks || isPhone() || !place || document.activeElement?.closest("dialog, .builder-panel")) return;
  const fields = [...place.querySelectorAll("select, textarea, input:not([type=hidden], [type=radio], [type=checkbox])")];
  fields.find((field) => !field.value && !field.disabled && field.offsetParent)?.focus();
}

function ordinal(graph, id) {
  if (graph.start === id) return ", people begin here";
  const at = outline(graph).filter((line) => !line.isPointer).findIndex((line) => line.id === id) + 1;
  const ending = at % 100 >= 11 && at % 100 <= 13 ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[at % 10] ?? "th");
  return `, ${at}${ending} step`;
}

async function copy(store, id) {
  const text = store.copy([id]);
  if (text && navigator.clipboard) await navigator.clipboard.writeText(text).catch(() => {}); // the page's own copy is kept all the same
}

function Begin({ id }) {
  const { store } = useBuilder();
  const isStart = useStore(store, (state) => state.graph.start === id);
  return isStart ? null : <button type="button" className="btn btn-quiet btn-sm" onClick={() => store.connect(null, "", id)} title="People begin at this step">Begin here</button>;
}

function Contested({ form }) {
  return (
    <div className="panel-contested" role="group" aria-label="Whose change stays">
      <button type="button" className="btn btn-secondary btn-sm" onClick={() => form.current.takeTheirs()}>Take theirs</button>
      <button type="button" className="btn btn-primary btn-sm" onClick={() => form.current.keepMine()}>Keep mine</button>
    </div>
  );
}

function Skeleton() {
  return (
    <div className="skeleton panel-skeleton" aria-hidden="true">
      {[1, 2, 3].map((one) => <div className="skeleton-row" key={one}><span className="skeleton-line" /></div>)}
    </div>
  );
}

// Who is here, who went on and who left at this step.
function People({ id, stepKey }) {
  const { store } = useBuilder();
  const count = useStore(store, (state) => state.counts?.steps.get(id) ?? state.counts?.keys.get(stepKey) ?? null);
  if (!count) return null;
  const rows = [["Here now", count.here, ""], ["Went on", count.passed, "bar-green"], ...count.left.map((one) => [capital(one.words), one.people, "bar-amber"])];
  const most = Math.max(1, count.here + count.passed + count.dropped);
  return (
    <section className="panel-people" aria-label="People at this step">
      <header><h3>People</h3><a href={`${store.place.peopleHref}?at=${count.id}`}>See them</a></header>
      <dl>
        {rows.map(([words, people, tone]) => (
          <div key={words}><dt>{words}</dt><dd><progress className={`bar-line ${tone}`} max={most} value={people} aria-hidden="true" /><b>{number(people)}</b></dd></div>
        ))}
      </dl>
    </section>
  );
}

const capital = (words) => words[0].toUpperCase() + words.slice(1);

function ManyChosen({ count }) {
  const { store } = useBuilder();
  return (
    <div className="builder-many" role="toolbar" aria-label="Chosen steps">
      <b>{count} steps</b>
      <button type="button" className="btn btn-quiet btn-sm" onClick={() => store.copy()}><Icon icon="copy" /><span className="btn-label">Copy</span></button>
      <button type="button" className="btn btn-quiet btn-sm" onClick={() => store.paste(store.copy())}><Icon icon="copy-plus" /><span className="btn-label">Double</span></button>
      <button type="button" className="btn btn-quiet btn-sm" onClick={() => store.remove()}><Icon icon="trash" /><span className="btn-label">Delete</span></button>
    </div>
  );
}
