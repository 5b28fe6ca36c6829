// The editor of e-mails in blocks, as an element of its own: wherever a page (or a part that was swapped in) has one, it
// works. It reads the document out of a field of the form and writes it back there, so that the form is all there is.
import "./words.css";
import "./letter.css";
import "./blocks.css";
import { createRoot } from "react-dom/client";
import { Editor } from "./editor.jsx";
import "./letter.jsx";

class WordsEditor extends HTMLElement {
  #root = null;

  connectedCallback() {
    const source = this.closest("form").elements[this.dataset.for];
    this.#root ??= createRoot(this);
    this.#root.render(
      <Editor
        element={this}
        first={JSON.parse(source.value)}
        isReadOnly={Boolean(this.closest("fieldset:disabled"))}
        facts={{
          pictures: JSON.parse(this.dataset.pictures),
          tags: JSON.parse(this.dataset.tags).map(([name, meaning, example]) => ({ name, meaning, example })),
          icons: this.dataset.icons,
          upload: this.dataset.upload,
        }}
        onChange={(document) => {
          source.value = JSON.stringify(document);
          source.dispatchEvent(new Event("input", { bubbles: true }));
        }}
      />,
    );
  }

  disconnectedCallback() {
    const root = this.#root;
    this.#root = null;
    // Not while React renders: it may be React that took the element out.
    queueMicrotask(() => root?.unmount());
  }

  // Puts a merge tag where the author wrote last; `text` is the tag as it is written.
  insertTag(text) {
    this.dispatchEvent(new CustomEvent("insert-tag", { detail: text }));
  }
}

customElements.define("words-editor", WordsEditor);
