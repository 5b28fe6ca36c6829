// Merge tags offered while {{ is typed: a list under the caret, for keys and for pointers.
import { Extension } from "@tiptap/core";
import Suggestion from "@tiptap/suggestion";

const MOST = 8;

export const Suggesting = Extension.create({
  name: "suggesting",
  addOptions: () => ({ tags: [] }),
  addProseMirrorPlugins() {
    return [
      Suggestion({
        editor: this.editor,
        char: "{{",
        allowedPrefixes: null,
        items: ({ query }) => matching(this.options.tags, query),
        command: ({ editor, range, props }) =>
          editor.chain().focus().insertContentAt(range, { type: "mergeTag", attrs: { name: props.name, fallback: "" } }).run(),
        render: () => new List(this.editor),
      }),
    ];
  },
});

export function matching(tags, query) {
  const wanted = query.toLowerCase().replaceAll("_", " ");
  const found = tags.filter(({ name, meaning }) => `${name} ${name.replaceAll("_", " ")} ${meaning}`.toLowerCase().includes(wanted));
  return found.slice(0, MOST);
}

export class List {
  constructor(editor, label = "Merge tags") {
    this.editor = editor;
    this.box = document.createElement("ul");
    this.box.className = "suggestions";
    this.box.id = `suggestions-${Math.random().toString(36).slice(2)}`;
    this.box.setAttribute("role", "listbox");
    this.box.setAttribute("aria-label", label);
  }

  onStart = (props) => {
    document.body.append(this.box);
    this.editor.view.dom.setAttribute("aria-controls", this.box.id);
    this.onUpdate(props);
  };

  onUpdate = (props) => {
    this.props = props;
    this.chosen = 0;
    this.box.replaceChildren(...props.items.map((tag, at) => this.#option(tag, at)));
    this.box.hidden = props.items.length === 0;
    const caret = props.clientRect?.();
    if (caret) {
      const left = Math.max(8, Math.min(caret.left, innerWidth - this.box.offsetWidth - 8));
      const isBelow = caret.bottom + this.box.offsetHeight + 8 < innerHeight;
      this.box.style.left = `${left}px`;
      this.box.style.top = isBelow ? `${caret.bottom + 4}px` : `${caret.top - this.box.offsetHeight - 4}px`;
    }
    this.#mark();
  };

  onKeyDown = ({ event }) => {
    const many = this.props?.items.length ?? 0;
    if (event.key === "Escape") {
      this.onExit();
      return true;
    }
    if (!many || this.box.hidden) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.chosen = (this.chosen + (event.key === "ArrowDown" ? 1 : many - 1)) % many;
      this.#mark();
      return true;
    }
    if (event.key === "Enter" || event.key === "Tab") {
      this.props.command(this.props.items[this.chosen]);
      return true;
    }
    return false;
  };

  onExit = () => {
    this.box.remove();
    this.box.hidden = true;
    this.editor.view?.dom?.removeAttribute("aria-controls");
    this.editor.view?.dom?.removeAttribute("aria-activedescendant");
  };

  #option(tag, at) {
    const option = document.createElement("li");
    option.id = `${this.box.id}-${at}`;
    option.setAttribute("role", "option");
    const name = document.createElement("small");
    name.textContent = tag.name;
    option.append(tag.meaning, name);
    // Before the editor loses the caret.
    option.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.props.command(tag);
    });
    return option;
  }

  #mark() {
    for (const [at, option] of [...this.box.children].entries()) option.setAttribute("aria-selected", String(at === this.chosen));
    const chosen = this.box.children[this.chosen];
    chosen?.scrollIntoView({ block: "nearest" });
    if (chosen) this.editor.view.dom.setAttribute("aria-activedescendant", chosen.id);
    else this.editor.view.dom.removeAttribute("aria-activedescendant");
  }
}
