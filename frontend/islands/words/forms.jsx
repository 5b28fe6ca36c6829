// What is asked in the middle of writing: where a link leads, which merge tag, what stands for people without one.
import { useEffect, useRef, useState } from "react";
import { tagsIn } from "../../../loumass/static/js/pages/writing/merging.js";
import { meaningOf, useFacts } from "./facts.js";
import { cleanLink } from "./paste.js";
import { matching } from "./suggesting.js";

// Not a form: it stands inside of the form of words, and Enter must not send that.
function Small({ label, onEnter, onDone, children }) {
  const box = useRef(null);
  useEffect(() => box.current.querySelector("input")?.focus(), []);
  const onKeyDown = (event) => {
    if (event.key === "Enter" && event.target.tagName === "INPUT") {
      event.preventDefault();
      onEnter();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      onDone();
    }
  };
  return <div ref={box} className="small-form" role="group" aria-label={label} onKeyDown={onKeyDown}>{children}</div>;
}

export function LinkForm({ editor, onDone }) {
  const [href, setHref] = useState(editor.getAttributes("link").href ?? "");
  const [problem, setProblem] = useState("");
  const hasWords = !editor.state.selection.empty || editor.isActive("link");
  const set = () => {
    const address = addressOf(href);
    if (!address) return setProblem("Write an address that begins with https://.");
    const chain = editor.chain().focus().extendMarkRange("link");
    if (hasWords) chain.setLink({ href: address }).run();
    else chain.insertContent({ type: "text", text: href.trim(), marks: [{ type: "link", attrs: { href: address } }] }).run();
    return onDone();
  };
  const takeOff = () => {
    editor.chain().focus().extendMarkRange("link").unsetLink().run();
    onDone();
  };
  return (
    <Small label="Link" onEnter={set} onDone={onDone}>
      <label className="small-line">Leads to <input className="form-control" value={href} placeholder="https://" onChange={(event) => setHref(event.target.value)} /></label>
      <button type="button" className="btn btn-secondary btn-sm" onClick={set}>Set link</button>
      {editor.isActive("link") && <button type="button" className="btn btn-quiet btn-sm" onClick={takeOff}>Take it off</button>}
      <button type="button" className="btn btn-quiet btn-sm" onClick={onDone}>Cancel</button>
      {problem && <p className="field-error" role="alert">{problem}</p>}
    </Small>
  );
}

// What was probably meant: addresses without a beginning lead to the web, mailboxes to a mail program.
export function addressOf(written) {
  const text = written.trim();
  if (tagsIn(text).some((tag) => tag.start === 0)) return text;
  if (/^[^\s@:/]+@[\w-]+(\.[\w-]+)+$/u.test(text)) return `mailto:${text}`;
  return cleanLink(/^[\w-]+(\.[\w-]+)+([/?#]|$)/u.test(text) ? `https://${text}` : text);
}

export function TagMenu({ onChoose, onDone }) {
  const { tags } = useFacts();
  const [query, setQuery] = useState("");
  const found = query ? matching(tags, query) : tags;
  const choose = (name) => {
    onDone();
    onChoose(name);
  };
  return (
    <Small label="Merge tag" onEnter={() => found[0] && choose(found[0].name)} onDone={onDone}>
      <label className="small-line">Merge tag <input className="form-control" value={query} placeholder="Search" onChange={(event) => setQuery(event.target.value)} /></label>
      <button type="button" className="btn btn-quiet btn-sm" onClick={onDone}>Cancel</button>
      <ul className="tag-menu">
        {found.map(({ name, meaning }) => (
          <li key={name}><button type="button" onClick={() => choose(name)}>{meaning}<small>{name}</small></button></li>
        ))}
      </ul>
    </Small>
  );
}

export function ChipForm({ attrs, onSave, onDone }) {
  const { tags } = useFacts();
  const [fallback, setFallback] = useState(attrs.fallback);
  const save = () => {
    onSave({ ...attrs, fallback: fallback.trim() });
    onDone();
  };
  return (
    <Small label={meaningOf(tags, attrs.name)} onEnter={save} onDone={onDone}>
      <label className="small-line">{meaningOf(tags, attrs.name)}, or for people without one <input className="form-control" value={fallback} maxLength={300} placeholder="there" onChange={(event) => setFallback(event.target.value)} /></label>
      <button type="button" className="btn btn-secondary btn-sm" onClick={save}>Set</button>
      <button type="button" className="btn btn-quiet btn-sm" onClick={onDone}>Cancel</button>
    </Small>
  );
}
