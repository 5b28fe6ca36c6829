// Colours, width and letters of the whole e-mail.
import { Field } from "./choices.jsx";

const COLOURS = [["accent", "Buttons and links"], ["ink", "Letters"], ["surface", "Card"], ["background", "Page"]];
const WIDTHS = [["520", "Narrow"], ["600", "Usual"], ["680", "Wide"]];
const FONTS = [["sans", "Plain"], ["serif", "With serifs"]];
const SPACES = [["0", "None"], ["16", "Little"], ["24", "Usual"], ["40", "Much"]];

export function Design({ design, onChange }) {
  const choice = (label, name, options, read = (value) => value) => (
    <Field label={label}>
      {(attributes) => (
        <select className="form-select" value={String(design[name])} onChange={(event) => onChange({ [name]: read(event.target.value) }, null)} {...attributes}>
          {!options.some(([value]) => value === String(design[name])) && <option value={String(design[name])}>{design[name]}</option>}
          {options.map(([value, words]) => <option key={value} value={value}>{words}</option>)}
        </select>
      )}
    </Field>
  );
  return (
    <details className="design">
      <summary>Colours, width and letters</summary>
      <div className="design-fields">
        {COLOURS.map(([name, label]) => (
          <Field key={name} label={label}>
            {(attributes) => <input className="form-control" type="color" value={design[name]} onChange={(event) => onChange({ [name]: event.target.value }, `design:${name}`)} {...attributes} />}
          </Field>
        ))}
        {choice("Width", "width", WIDTHS, Number)}
        {choice("Space inside", "padding", SPACES, Number)}
        {choice("Letters", "font", FONTS)}
      </div>
    </details>
  );
}
