// Questions: a kind of step, where a way leads, a name, whose change stays, and the list of keys.
import { useEffect, useRef, useState } from "react";
import { useBuilder } from "./context.js";
import { KEYS } from "./keys.js";
import { KindList } from "./palette.jsx";
import { branchesOf, LONGEST_NAME, stepOf, wayOf } from "./pure/graph.js";
import { useStore } from "./store.js";

export function Dialogs() {
  const { store, stage } = useBuilder();
  const dialog = useStore(store, (state) => state.dialog);
  const conflicts = useStore(store, (state) => state.conflicts);
  if (conflicts.length) return <Conflicts conflicts={conflicts} />;
  if (!dialog) return null;
  const close = () => {
    store.set({ dialog: null });
    if (store.state.active) stage.current.focus(store.state.active);
  };
  const Body = { add: AddStep, connect: ConnectTo, rename: Rename, help: Help }[dialog.what];
  return <Body key={`${dialog.what}-${dialog.id ?? ""}`} dialog={dialog} close={close} />;
}

function Modal({ title, close, children, className = "" }) {
  const element = useRef(null);
  useEffect(() => {
    const dialog = element.current;
    dialog.showModal();
    dialog.querySelector("[data-first]")?.focus();
    return () => dialog.close();
  }, []);
  const outside = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const isOutside = event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
    if (event.target === event.currentTarget && isOutside) close?.();
  };
  return (
    <dialog className={`dialog ${className}`} ref={element} aria-labelledby="builder-dialog-title" onClick={outside} onCancel={(event) => { event.preventDefault(); close?.(); }}>
      <h2 className="dialog-title" id="builder-dialog-title">{title}</h2>
      {children}
    </dialog>
  );
}

function AddStep({ dialog, close }) {
  const { store } = useBuilder();
  const step = dialog.after && stepOf(store.state.graph, dialog.after);
  const branches = step ? branchesOf(store.state.graph, step) : [];
  const [branch, setBranch] = useState(dialog.place?.branch);
  const choose = (kind, isByHand) => {
    const place = step ? { source: step.id, branch } : dialog.place;
    const put = dialog.at && place ? { ...place } : place;
    store.add(kind, put, dialog.at, isByHand);
    close();
  };
  return (
    <Modal title={dialog.title} close={close} className="dialog-kinds">
      {branches.length > 1 && (
        <div className="field"><label className="form-label" htmlFor="add-branch">Way out</label>
          <select className="form-select" id="add-branch" value={branch} onChange={(event) => setBranch(event.target.value)}>
            {branches.map((one) => <option key={one.name} value={one.name}>{one.label}{leading(store.state.graph, step, one)}</option>)}
          </select></div>
      )}
      <KindList onChoose={choose} isFirst />
    </Modal>
  );
}

function leading(graph, step, branch) {
  const way = wayOf(graph, step.id, branch.name);
  return way ? `, before ${stepOf(graph, way.target)?.name}` : "";
}

function ConnectTo({ dialog, close }) {
  const { store } = useBuilder();
  const { graph } = store.state;
  const step = stepOf(graph, dialog.id);
  const branches = branchesOf(graph, step);
  const [branch, setBranch] = useState((branches.find((one) => one.is_required && !wayOf(graph, step.id, one.name)) ?? branches[0])?.name);
  const now = branch === undefined ? "" : (wayOf(graph, step.id, branch)?.target ?? "");
  const [target, setTarget] = useState(now);
  const save = (event) => {
    event.preventDefault();
    if (target) store.connect(step.id, branch, target);
    else if (now) store.remove([`${step.id}/${branch}`]);
    close();
  };
  if (!branches.length) {
    return <Modal title={`${step.name} leads nowhere`} close={close}><p className="dialog-text">People leave the campaign here, so there is no way out to connect.</p>
      <div className="dialog-acts"><button type="button" className="btn btn-secondary" onClick={close}>Close</button></div></Modal>;
  }
  return (
    <Modal title={`Connect ${step.name} to…`} close={close}>
      <form className="stack dialog-form" onSubmit={save} onKeyDown={submitByEnter}>
        {branches.length > 1 && (
          <div className="field"><label className="form-label" htmlFor="connect-branch">Way out</label>
            <select className="form-select" id="connect-branch" value={branch} onChange={(event) => { setBranch(event.target.value); setTarget(wayOf(graph, step.id, event.target.value)?.target ?? ""); }}>
              {branches.map((one) => <option key={one.name} value={one.name}>{one.label}</option>)}
            </select></div>
        )}
        <div className="field"><label className="form-label" htmlFor="connect-target">Leads to</label>
          <select className="form-select" id="connect-target" value={target} data-first={branches.length < 2 || undefined} onChange={(event) => setTarget(event.target.value)}>
            <option value="">Nowhere yet</option>
            {graph.nodes.filter((node) => node.id !== step.id).map((node) => <option key={node.id} value={node.id}>{node.name}</option>)}
          </select></div>
        <div className="dialog-acts">
          <button type="button" className="btn btn-quiet" onClick={() => { store.set({ dialog: null, pane: null, connecting: { source: step.id, branch, label: branches.find((one) => one.name === branch).label } }); }}>Choose in the picture</button>
          <button type="button" className="btn btn-secondary" onClick={close}>Cancel</button>
          <button type="submit" className="btn btn-primary">Connect</button>
        </div>
      </form>
    </Modal>
  );
}

// From a list as from any other field.
function submitByEnter(event) {
  if (event.key !== "Enter" || event.target.tagName !== "SELECT") return;
  event.preventDefault();
  event.currentTarget.requestSubmit();
}

function Rename({ dialog, close }) {
  const { store } = useBuilder();
  const step = stepOf(store.state.graph, dialog.id);
  const [name, setName] = useState(step.name);
  const save = (event) => {
    event.preventDefault();
    store.rename(step.id, name);
    close();
  };
  return (
    <Modal title="Rename the step" close={close}>
      <form className="stack dialog-form" onSubmit={save}>
        <div className="field"><label className="form-label" htmlFor="rename-step">Name</label>
          <input className="form-control" id="rename-step" value={name} maxLength={LONGEST_NAME} required data-first onFocus={(event) => event.target.select()} onChange={(event) => setName(event.target.value)} /></div>
        <div className="dialog-acts"><button type="button" className="btn btn-secondary" onClick={close}>Cancel</button><button type="submit" className="btn btn-primary">Rename</button></div>
      </form>
    </Modal>
  );
}

function Help({ close }) {
  return (
    <Modal title="Keys of the builder" close={close}>
      <dl className="keys builder-keys">
        {KEYS.map(([keys, meaning]) => (
          <div key={keys}><dt>{keys.split(" ").map((key) => <kbd key={key}>{key}</kbd>)}</dt><dd>{meaning}</dd></div>
        ))}
      </dl>
      <p className="dialog-text">⌘ is Ctrl on other keyboards. By touch: press the dot below a step, then the step that it leads to.</p>
      <div className="dialog-acts"><button type="button" className="btn btn-secondary" data-first onClick={close}>Done</button></div>
    </Modal>
  );
}

const WHAT = { name: "name", config: "settings", content_id: "message", way: "way out", start: "first step" };

function Conflicts({ conflicts }) {
  const { store } = useBuilder();
  const [choices, setChoices] = useState({});
  const isDone = conflicts.every((conflict) => choices[conflict.key]);
  return (
    <Modal title="Somebody else changed the same" className="dialog-conflict">
      <p className="dialog-text">Everything else of both is kept already. Choose what stays here; the other can be brought back by undo.</p>
      {conflicts.map((conflict) => (
        <fieldset key={conflict.key} className="conflict">
          <legend className="form-label">{titleOf(conflict, store.state)}</legend>
          {["mine", "theirs"].map((whose) => (
            <label key={whose} className="form-check">
              <input className="form-check-input" type="radio" name={conflict.key} checked={choices[conflict.key] === whose} onChange={() => setChoices({ ...choices, [conflict.key]: whose })} />
              <span className="form-check-label"><b>{whose === "mine" ? "Mine" : "Theirs"}:</b> {wordsOf(conflict, whose, store.state)}</span>
            </label>
          ))}
        </fieldset>
      ))}
      <div className="dialog-acts">
        <button type="button" className="btn btn-secondary" onClick={() => store.choose(all(conflicts, "theirs"))}>Take all theirs</button>
        <button type="button" className="btn btn-secondary" onClick={() => store.choose(all(conflicts, "mine"))}>Keep all mine</button>
        <button type="button" className="btn btn-primary" disabled={!isDone} onClick={() => store.choose(choices)}>Save these</button>
      </div>
    </Modal>
  );
}

const all = (conflicts, whose) => Object.fromEntries(conflicts.map((conflict) => [conflict.key, whose]));

function titleOf({ what, step, way }, { graph, theirs }) {
  if (what === "start") return "Where people begin";
  const owner = step ?? [...graph.nodes, ...theirs.nodes].find((node) => node.id === way.source);
  return what === "taken out" ? owner.name : `${owner.name}, ${WHAT[what]}${what === "way" ? ` “${way.branch}”` : ""}`;
}

function wordsOf(conflict, whose, { graph, theirs }) {
  const value = conflict[whose];
  const named = (id) => [...graph.nodes, ...theirs.nodes].find((node) => node.id === id)?.name ?? "another step";
  if (conflict.what === "taken out") return value ? `keep it: ${value.words}` : "delete it";
  if (conflict.what === "name") return `“${value}”`;
  if (conflict.what === "config" || conflict.what === "content_id") return (whose === "mine" ? conflict.step : conflict.other).words;
  return value ? `to ${named(value)}` : "nowhere";
}
