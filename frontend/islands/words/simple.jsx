// Blocks that are filled in rather than written: picture, button, divider, signature, HTML.
import { useRef, useState } from "react";
import { Alignment, Field, Line } from "./choices.jsx";
import { useFacts } from "./facts.js";
import { Icon } from "./icon.jsx";
import { addressOf } from "./forms.jsx";

// The width of a mail of the house, without the space at its sides.
const ROOM = 552;

export function ButtonBlock({ block, onChange }) {
  return (
    <div className="block-fields">
      <Line label="Says" value={block.label} maxLength={300} placeholder="Save my seat" onChange={(label) => onChange({ label }, "label")} />
      <Line label="Leads to" value={block.href} maxLength={2000} placeholder="https://" problem={leadsNowhere(block.href)} onChange={(href) => onChange({ href }, "href")} />
      <Alignment value={block.align} onChange={(align) => onChange({ align })} />
    </div>
  );
}

export function ImageBlock({ block, onChange }) {
  return (
    <div className="stack stack-tight">
      <Picture block={block} onChange={onChange} />
      <div className="block-fields">
        <Line label="What it shows" hint={block.is_decorative ? "Decoration is left out for those who do not see it." : "Read by those who do not see it."} value={block.alt} maxLength={300}
          disabled={block.is_decorative} onChange={(alt) => onChange({ alt }, "alt")} />
        <Line label="Leads to (optional)" value={block.href} maxLength={2000} placeholder="https://" problem={leadsNowhere(block.href)} onChange={(href) => onChange({ href }, "href")} />
      </div>
      <div className="row-line">
        <label className="form-check"><input className="form-check-input" type="checkbox" checked={block.is_decorative} onChange={(event) => onChange({ is_decorative: event.target.checked })} /><span className="form-check-label">Only decoration</span></label>
        <label className="small-line">Width <input type="range" min="10" max="100" step="5" value={block.width} onChange={(event) => onChange({ width: Number(event.target.value) }, "width")} /> <output>{block.width}%</output></label>
        <Alignment value={block.align} onChange={(align) => onChange({ align })} />
      </div>
    </div>
  );
}

function Picture({ block, onChange }) {
  const { pictures, upload, isReadOnly } = useFacts();
  const chooser = useRef(null);
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const source = pictures[block.media_id];
  const take = async (file) => {
    if (!file || isReadOnly) return;
    setIsBusy(true);
    const answer = await sent(upload, file);
    setIsBusy(false);
    setProblem(answer.sentence ?? "");
    if (!answer.media_id) return;
    pictures[answer.media_id] = answer.src;
    onChange({ media_id: answer.media_id, width: await shareOf(answer.src) });
  };
  const drop = (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    event.stopPropagation();
    take(event.dataTransfer.files[0]);
  };
  return (
    <div className="picture" onDragOver={(event) => event.dataTransfer.types.includes("Files") && event.preventDefault()} onDrop={drop}>
      {source ? <img src={source} alt={block.alt} /> : <p className="picture-none"><Icon icon="photo" /> No picture yet. Drop one here, or choose a PNG, JPEG, GIF or WebP file up to 5 MB.</p>}
      <input ref={chooser} className="visually-hidden" type="file" accept="image/png,image/jpeg,image/gif,image/webp" tabIndex={-1} aria-hidden="true" onChange={(event) => take(event.target.files[0])} />
      <button type="button" className="btn btn-secondary btn-sm" disabled={isBusy} onClick={() => chooser.current.click()}><Icon icon="upload" /><span className="btn-label">{isBusy ? "Uploading" : source ? "Another picture" : "Choose a picture"}</span></button>
      {problem && <p className="field-error" role="alert">{problem}</p>}
    </div>
  );
}

// How much of the room a picture takes at its own size, in hundredths: a small one is not blown up.
async function shareOf(source) {
  const image = new Image();
  image.src = source;
  await image.decode().catch(() => {});
  const share = Math.round((image.naturalWidth || ROOM) / ROOM * 20) * 5;
  return Math.min(100, Math.max(10, share));
}

async function sent(address, file) {
  const form = new FormData();
  form.append("picture", file);
  const headers = { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content };
  try {
    const answer = await fetch(address, { method: "POST", body: form, headers });
    if (answer.headers.get("content-type")?.includes("json")) return await answer.json();
    return { sentence: "The server could not keep the picture. Reload the page and try again." };
  } catch {
    return { sentence: "No connection. The picture was not sent; try again." };
  }
}

export function DividerBlock({ block, onChange }) {
  return (
    <Field label="Shown as">
      {(attributes) => (
        <select className="form-select" value={block.look} onChange={(event) => onChange({ look: event.target.value })} {...attributes}>
          <option value="line">A line</option>
          <option value="space">Empty space</option>
        </select>
      )}
    </Field>
  );
}

export function SignatureBlock() {
  return <p className="field-hint">The signature of whoever sends it stands here. People write it in their profile.</p>;
}

export function HtmlBlock({ block, onChange }) {
  return (
    <Field label="HTML" hint="Scripts, forms and classes are taken out when it is saved; styles on elements stay.">
      {(attributes) => (
        <textarea className="form-control words-html" rows="6" spellCheck="false" maxLength={100000} value={block.html} onChange={(event) => onChange({ html: event.target.value }, "html")} {...attributes} />
      )}
    </Field>
  );
}

function leadsNowhere(href) {
  return href.trim() && !addressOf(href) ? "Nobody can follow this. Begin it with https://." : "";
}
