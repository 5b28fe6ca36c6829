// Adding blocks: a small menu beside a block, and all kinds at the end.
import { useEffect, useRef } from "react";
import { INSIDE, NAMES } from "./document.js";
import { Icon } from "./icon.jsx";

const KINDS = [
  { type: "text", icon: "align-left" },
  { type: "image", icon: "photo" },
  { type: "button", icon: "square-rounded" },
  { type: "columns", icon: "columns-2" },
  { type: "divider", icon: "separator-horizontal" },
  { type: "signature", icon: "signature" },
  { type: "html", icon: "code" },
];

export function AddMenu({ label, isInside, onAdd }) {
  const menu = useRef(null);
  useEffect(() => {
    const close = (event) => menu.current && !menu.current.contains(event.target) && menu.current.removeAttribute("open");
    document.addEventListener("pointerdown", close);
    return () => document.removeEventListener("pointerdown", close);
  }, []);
  const add = (type) => {
    menu.current.removeAttribute("open");
    onAdd(type);
  };
  const onKeyDown = (event) => {
    if (event.key !== "Escape" || !menu.current.open) return;
    event.stopPropagation();
    menu.current.removeAttribute("open");
    menu.current.querySelector("summary").focus();
  };
  return (
    <details ref={menu} className="menu menu-end block-add" onKeyDown={onKeyDown}>
      <summary className="btn btn-quiet btn-icon btn-sm" aria-label={label} title={label}><Icon icon="plus" /></summary>
      <div className="menu-items"><Kinds isInside={isInside} onAdd={add} className="menu-item" /></div>
    </details>
  );
}

export function AddRow({ onAdd }) {
  return (
    <div className="add-row" role="group" aria-label="Add at the end">
      <span className="add-word" aria-hidden="true">Add</span>
      <Kinds onAdd={onAdd} className="chip chip-possible" />
    </div>
  );
}

function Kinds({ isInside, onAdd, className }) {
  return KINDS.filter(({ type }) => !isInside || INSIDE.includes(type)).map(({ type, icon }) => (
    <button key={type} type="button" className={className} onClick={() => onAdd(type)}><Icon icon={icon} />{NAMES[type]}</button>
  ));
}
