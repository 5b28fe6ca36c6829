// What is wrong, with a way to each step.
import { useState } from "react";
import { useBuilder } from "./context.js";
import { Icon } from "./icon.jsx";
import { useStore } from "./store.js";

export function Problems() {
  const { store, stage } = useBuilder();
  const problems = useStore(store, (state) => state.problems);
  const isEmpty = useStore(store, (state) => !state.graph.nodes.length);
  const mayChange = useStore(store, (state) => state.mayChangeSteps);
  const isSaved = useStore(store, (state) => state.saving.what === "saved");
  const counts = useStore(store, (state) => state.counts);
  const [isOpen, setOpen] = useState(false);
  if (isEmpty) return null;
  if (!problems.length) return mayChange ? <None isSaved={isSaved} /> : null;
  const errors = problems.filter((problem) => problem.severity === "error").length;
  const many = errors ? `${errors} ${errors === 1 ? "problem" : "problems"}` : `${problems.length} ${problems.length === 1 ? "hint" : "hints"}`;
  const jump = (id) => {
    store.set(store.open(id));
    stage.current.focus(id);
  };
  return (
    <section className={`builder-problems${errors ? " builder-problems-bad" : ""}`} aria-label="Problems">
      <button type="button" className="builder-problems-head" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {errors ? <Icon icon="alert-circle" /> : <Icon icon="info-circle" />}
        <b>{many}</b>
        {isOpen ? <Icon icon="chevron-down" /> : <Icon icon="chevron-up" />}
      </button>
      {isOpen && (
        <ul>
          {problems.map((problem, at) => (
            <li key={`${problem.code}-${problem.step_id}-${at}`}>
              <div>
                <p>{problem.sentence}</p>
                <p className="builder-remedy">{problem.remedy} {held(problem, counts)}</p>
              </div>
              {problem.step_id && <button type="button" className="btn btn-quiet btn-sm builder-jump" onClick={() => jump(problem.step_id)} aria-label={`Show the step of: ${problem.sentence}`}>Show</button>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

// What was just changed is looked at by the server when it is saved.
function None({ isSaved }) {
  return <p className={`builder-problems builder-problems-none${isSaved ? " builder-problems-fine" : ""}`}>{isSaved ? <><Icon icon="circle-check" />No problems</> : <><Icon icon="clock" />Checking</>}</p>;
}

function held(problem, counts) {
  const here = counts?.steps.get(problem.step_id)?.here;
  return here ? `${here} ${here === 1 ? "person stands" : "people stand"} here.` : "";
}
