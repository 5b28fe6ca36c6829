// A row of columns: each holds blocks of its own. On a phone they stand below each other.
import { AddMenu } from "./adding.jsx";
import { Block } from "./block.jsx";
import { Field } from "./choices.jsx";
import { useFacts } from "./facts.js";

const SPLITS = [["1-1", "Two, equally wide"], ["1-2", "Two, the right one wider"], ["2-1", "Two, the left one wider"], ["1-1-1", "Three"]];

export function ColumnsBlock({ block, acts }) {
  const { isReadOnly } = useFacts();
  return (
    <div className="stack stack-tight">
      <Field label="Columns">
        {(attributes) => (
          <select className="form-select" value={block.split} onChange={(event) => acts.resplit(block.id, event.target.value)} {...attributes}>
            {SPLITS.map(([value, name]) => <option key={value} value={value}>{name}</option>)}
          </select>
        )}
      </Field>
      <div className={`columns columns-${block.split}`}>
        {block.columns.map((inside, column) => (
          <div key={column} className="column" role="group" aria-label={`Column ${column + 1}`}>
            <div className="blocks">
              {inside.map((one, index) => <Block key={one.id} block={one} place={{ row: block.id, column, index }} many={inside.length} acts={acts} />)}
            </div>
            {!isReadOnly && <div className="column-end" {...acts.dropping({ row: block.id, column, index: inside.length })}><AddMenu isInside label={`Add to column ${column + 1}`} onAdd={(type) => acts.add(type, { row: block.id, column, index: inside.length })} /></div>}
          </div>
        ))}
      </div>
    </div>
  );
}
