// Small controls that several blocks share.
import { useId } from "react";
import { IconButton } from "./icon.jsx";

const WAYS = [
  { value: "left", icon: "align-left", label: "Left" },
  { value: "center", icon: "align-center", label: "In the middle" },
  { value: "right", icon: "align-right", label: "Right" },
];

export function Alignment({ value, onChange }) {
  return (
    <span className="alignment" role="group" aria-label="Where it stands">
      {WAYS.map((way) => (
        <IconButton key={way.value} icon={way.icon} label={way.label} isPressed={value === way.value} onClick={() => onChange(way.value)} />
      ))}
    </span>
  );
}

export function Field({ label, hint, problem, children }) {
  const id = useId();
  return (
    <div className={problem ? "field field-bad" : "field"}>
      <label className="form-label" htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": problem || hint ? `${id}-hint` : undefined, "aria-invalid": problem ? true : undefined })}
      {(problem || hint) && <p className={problem ? "field-error" : "field-hint"} id={`${id}-hint`}>{problem || hint}</p>}
    </div>
  );
}

export function Line({ label, hint, problem, value, onChange, ...more }) {
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(attributes) => <input className="form-control" value={value} onChange={(event) => onChange(event.target.value)} {...attributes} {...more} />}
    </Field>
  );
}
