// A merge tag as a chip: one letter to the caret, what it stands for to the reader.
import { Node, nodeInputRule, nodePasteRule } from "@tiptap/core";
import { NodeSelection } from "@tiptap/pm/state";
import { tagsIn, written } from "../../../loumass/static/js/pages/writing/merging.js";
import { meaningOf } from "./facts.js";

const TYPED = /\{\{[^|{}"'<>]+(?:\|\s*fallback\s*:\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*)?\}\}$/u;
const PASTED = /\{\{[^|{}"'<>]+(?:\|\s*fallback\s*:\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*)?\}\}/gu;

export const MergeTag = Node.create({
  name: "mergeTag",
  group: "inline",
  inline: true,
  atom: true,
  selectable: true,
  addOptions: () => ({ tags: [], onEdit: () => {} }),
  addAttributes: () => ({ name: { default: "" }, fallback: { default: "" } }),
  parseHTML: () => [
    {
      tag: "span[data-merge-tag]",
      getAttrs: (element) => ({ name: element.dataset.mergeTag, fallback: element.dataset.fallback ?? "" }),
    },
  ],
  renderHTML: ({ node }) => ["span", { "data-merge-tag": node.attrs.name, "data-fallback": node.attrs.fallback }, written(node.attrs)],
  renderText: ({ node }) => written(node.attrs),
  addInputRules() {
    return [nodeInputRule({ find: TYPED, type: this.type, getAttributes: read })];
  },
  addPasteRules() {
    return [nodePasteRule({ find: PASTED, type: this.type, getAttributes: read })];
  },
  addKeyboardShortcuts() {
    return {
      Enter: ({ editor }) => {
        const { selection } = editor.state;
        if (!(selection instanceof NodeSelection) || selection.node.type !== this.type) return false;
        this.options.onEdit(selection.from, selection.node.attrs);
        return true;
      },
    };
  },
  addNodeView() {
    return ({ node, getPos, editor }) => {
      const chip = document.createElement("span");
      const draw = ({ attrs }) => {
        const meaning = meaningOf(this.options.tags, attrs.name);
        chip.textContent = attrs.fallback ? `${meaning}, or “${attrs.fallback}”` : meaning;
        chip.title = written(attrs);
      };
      chip.className = "merge-chip";
      draw(node);
      let attrs = node.attrs;
      chip.addEventListener("click", () => editor.isEditable && this.options.onEdit(getPos(), attrs));
      return {
        dom: chip,
        update: (other) => {
          if (other.type !== node.type) return false;
          attrs = other.attrs;
          draw(other);
          return true;
        },
      };
    };
  },
});

function read(match) {
  const [{ name, fallback } = { name: "", fallback: "" }] = tagsIn(match[0]);
  return { name, fallback };
}
