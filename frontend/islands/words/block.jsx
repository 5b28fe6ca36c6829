// One block in its frame: its name, its keys, and what can be done to it.
import { useId } from "react";
import { NAMES } from "./document.js";
import { useFacts } from "./facts.js";
import { Icon, IconButton } from "./icon.jsx";
import { AddMenu } from "./adding.jsx";
import { ColumnsBlock } from "./columns.jsx";
import { ButtonBlock, DividerBlock, HtmlBlock, ImageBlock, SignatureBlock } from "./simple.jsx";
import { TextBlock } from "./text.jsx";

const KINDS = { text: TextBlock, image: ImageBlock, button: ButtonBlock, columns: ColumnsBlock, divider: DividerBlock, signature: SignatureBlock, html: HtmlBlock };

export function Block({ block, place, many, acts }) {
  const { isReadOnly } = useFacts();
  const title = useId();
  const Kind = KINDS[block.type];
  const name = NAMES[block.type];
  const number = place.index + 1;
  const onKeyDown = (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || isReadOnly) return;
    const act = { ArrowUp: () => acts.shift(block.id, -1), ArrowDown: () => acts.shift(block.id, 1) }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  const drag = isReadOnly ? {} : acts.dragging(block, place);
  return (
    <div className={`block block-${block.type}`} data-block={block.id} role="group" aria-labelledby={title} tabIndex={-1} onKeyDown={onKeyDown} {...drag.target}>
      <div className="block-head">
        {!isReadOnly && <span className="block-grip" title="Drag to another place" {...drag.handle}><Icon icon="grip-vertical" /></span>}
        <span className="block-name" id={title}>{name}<span className="visually-hidden">, {number} of {many}</span></span>
        {!isReadOnly && (
          <span className="block-acts">
            <IconButton icon="arrow-up" label={`Move ${name.toLowerCase()} up`} disabled={number === 1} onClick={() => acts.shift(block.id, -1)} />
            <IconButton icon="arrow-down" label={`Move ${name.toLowerCase()} down`} disabled={number === many} onClick={() => acts.shift(block.id, 1)} />
            <IconButton icon="copy" label={`Duplicate ${name.toLowerCase()}`} onClick={() => acts.duplicate(block.id)} />
            <IconButton icon="trash" label={`Delete ${name.toLowerCase()}`} onClick={() => acts.remove(block.id)} />
            <AddMenu label={`Add below ${name.toLowerCase()}`} isInside={place.row !== null} onAdd={(type) => acts.add(type, { ...place, index: place.index + 1 })} />
          </span>
        )}
      </div>
      <Kind block={block} label={`Text, block ${number}`} acts={acts} register={acts.register} onChange={(change, part = null) => acts.change(block.id, change, part)} />
    </div>
  );
}
