// One step on the canvas.
import { Handle, Position } from "@xyflow/react";
import { memo } from "react";
import { number } from "./around.js";
import { useBuilder } from "./context.js";
import { Icon, Tile } from "./icon.jsx";

export const StepNode = memo(function StepNode({ id, data, selected }) {
  const { store } = useBuilder();
  const classes = ["step", selected && "step-on", data.severity && `step-${data.severity}`, data.isOffered && "step-offered"];
  return (
    <>
      <Handle type="target" position={Position.Top} id="in" isConnectable={data.mayChange} className="step-dot" />
      <div className={classes.filter(Boolean).join(" ")} data-step={id} role="button" tabIndex={-1} aria-label={data.label} aria-pressed={selected} onFocus={() => store.state.active !== id && store.set({ active: id })}>
        <Tile icon={data.icon} tone={data.tone} />
        <span className="step-text">
          <span className="step-name" title={data.name}>{data.name}</span>
          <span className="step-words" title={data.words}>{data.words}</span>
        </span>
      </div>
      {data.count?.here > 0 && <Here id={id} count={data.count} href={store.place.peopleHref} />}
      {data.count?.dropped > 0 && <span className="step-left" title="Dropped out here">{number(data.count.dropped)} left</span>}
      {data.severity && <span className="step-alarm" aria-hidden="true">!</span>}
      {data.exits.map((exit) => (
        <Exit key={exit.name} id={id} exit={exit} mayChange={data.mayChange} isChosen={data.connecting === exit.name} />
      ))}
    </>
  );
});

function Here({ id, count, href }) {
  return (
    <a className="step-here nodrag" href={`${href}?at=${count.id ?? id}`} tabIndex={-1} title="See these people">
      {number(count.here)} here
    </a>
  );
}

// A way out: drag from it, or press it and then the step that it leads to.
function Exit({ id, exit, mayChange, isChosen }) {
  const { store } = useBuilder();
  const classes = ["step-dot", "step-exit", exit.isOpen && "step-exit-open", !exit.is_required && "step-exit-rare", isChosen && "step-exit-on"];
  const begin = (event) => {
    event.stopPropagation();
    if (mayChange) store.set({ connecting: isChosen ? null : { source: id, branch: exit.name, label: exit.label } });
  };
  return (
    <Handle type="source" position={Position.Bottom} id={exit.name} isConnectable={mayChange} className={classes.filter(Boolean).join(" ")} style={{ left: exit.x }} onClick={begin} title={`${exit.label}: drag to a step, or press and choose one`}>
      {exit.isOpen && !exit.isOne && <span className="step-exit-label">{exit.label}</span>}
    </Handle>
  );
}

export const EntryNode = memo(function EntryNode({ data }) {
  return (
    <>
      <div className="step step-entry">
        <span className="tile tone-gray"><Icon icon="users-plus" /></span>
        <span className="step-text">
          <span className="step-name">Start</span>
          <span className="step-words" title={data.words}>{data.words}</span>
        </span>
      </div>
      {data.outside > 0 && <span className="step-here">{number(data.outside)} not begun</span>}
      <Handle type="source" position={Position.Bottom} id="" isConnectable={data.mayChange} className="step-dot" />
    </>
  );
});
