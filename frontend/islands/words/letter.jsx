// An answer with forms: the editor of a text block in the place of a plain text area, which stays what the form sends.
import { createRoot } from "react-dom/client";
import { Facts } from "./facts.js";
import { TextBlock, insertTag } from "./text.jsx";
import { tagsIn } from "../../../loumass/static/js/pages/writing/merging.js";

class LetterEditor extends HTMLElement {
  #root = null;
  #editor = null;

  connectedCallback() {
    const { area, source } = this.#fields();
    const doc = parsed(source.value) ?? documentOf(area.value);
    source.disabled = false;
    area.classList.add("visually-hidden");
    area.tabIndex = -1;
    area.setAttribute("aria-hidden", "true");
    area.removeAttribute("aria-label");
    area.addEventListener("focus", this.#enter);
    this.addEventListener("keydown", this.#press, true);
    this.#root ??= createRoot(this);
    this.#root.render(
      <Facts.Provider value={{ pictures: {}, tags: JSON.parse(this.dataset.tags).map(([name, meaning, example]) => ({ name, meaning, example })), icons: this.dataset.icons, upload: "", isReadOnly: false }}>
        <TextBlock block={{ doc, align: "left" }} label={this.dataset.label} isLetter snippets={area.dataset.snippets} register={(editor) => (this.#editor = editor ?? this.#editor)} onChange={({ doc: changed }) => this.#changed(changed)} />
      </Facts.Provider>,
    );
    if (document.activeElement === area) requestAnimationFrame(this.#enter);
  }

  disconnectedCallback() {
    const root = this.#root;
    this.#root = null;
    queueMicrotask(() => root?.unmount());
  }

  // Puts a merge tag where the author wrote last; `text` is the tag as it is written.
  insertTag(text) {
    const [tag] = tagsIn(text);
    if (this.#editor && tag) insertTag(this.#editor, tag.name, tag.fallback);
  }

  #fields() {
    const { elements } = this.closest("form");
    return { area: elements.namedItem("text"), source: elements.namedItem("doc") };
  }

  #changed(doc) {
    const { area, source } = this.#fields();
    source.value = JSON.stringify(doc);
    area.value = this.#editor?.getText({ blockSeparator: "\n\n" }) ?? area.value;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // The editor may be on its way yet.
  #enter = () => {
    const box = this.querySelector("[role=textbox]");
    if (box) box.focus();
    else if (this.isConnected) requestAnimationFrame(this.#enter);
  };

  // Before the editor: Ctrl+Enter would be a line break there.
  #press = (event) => {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
      event.preventDefault();
      event.stopPropagation();
      this.closest("form").querySelector(".composer-send button[type=submit]")?.click();
    } else if (event.key === "Escape" && !document.querySelector(".suggestions")) {
      document.activeElement?.blur();
    }
  };
}

function parsed(value) {
  try {
    return value ? JSON.parse(value) : null;
  } catch {
    return null;
  }
}

// Plain words as the editor keeps them: empty lines part paragraphs, merge tags are chips.
export function documentOf(text) {
  const parts = text ? text.split(/\n{2,}/u) : [];
  return { type: "doc", content: parts.map((part) => ({ type: "paragraph", content: linesOf(part) })) };
}

function linesOf(part) {
  return part.split("\n").flatMap((line, at) => [...(at ? [{ type: "hardBreak" }] : []), ...inlines(line)]);
}

function inlines(line) {
  const found = [];
  let from = 0;
  for (const { name, fallback, start, end } of tagsIn(line)) {
    if (start > from) found.push({ type: "text", text: line.slice(from, start) });
    found.push({ type: "mergeTag", attrs: { name, fallback } });
    from = end;
  }
  if (from < line.length) found.push({ type: "text", text: line.slice(from) });
  return found;
}

customElements.define("letter-editor", LetterEditor);
