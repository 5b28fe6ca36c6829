// Snippets in a text with forms: "/" and some letters find them, already filled in for whom it goes to.
import { Extension } from "@tiptap/core";
import { PluginKey } from "@tiptap/pm/state";
import Suggestion from "@tiptap/suggestion";
import { List } from "./suggesting.js";

export const Snippets = Extension.create({
  name: "snippets",
  addOptions: () => ({ address: "" }),
  addProseMirrorPlugins() {
    return [
      Suggestion({
        pluginKey: new PluginKey("snippets"),
        editor: this.editor,
        char: "/",
        items: ({ query }) => asked(this.options.address, query),
        command: ({ editor, range, props }) => {
          editor.chain().focus().deleteRange(range).insertContent(contentOf(props.text)).run();
          tell(props.missing);
        },
        render: () => new List(this.editor, "Snippets"),
      }),
    ];
  },
});

async function asked(address, query) {
  const at = new URL(address, location.href);
  at.searchParams.set("q", query);
  const answer = await fetch(at).catch(() => null);
  if (!answer?.ok) return [];
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return [...page.querySelectorAll("[role=option]")].map((option) => ({
    meaning: option.firstElementChild.textContent,
    name: [...option.querySelectorAll("small")].map((one) => one.textContent).join(" · "),
    text: option.dataset.text,
    missing: option.dataset.missing,
  }));
}

// Line breaks inside of a paragraph; an empty line is two of them.
function contentOf(text) {
  return text.split("\n").flatMap((line, at) => [...(at ? [{ type: "hardBreak" }] : []), ...(line ? [{ type: "text", text: line }] : [])]);
}

function tell(missing) {
  const place = document.getElementById("missing");
  if (!place) return;
  place.hidden = !missing;
  place.textContent = missing ? `Nothing is known for ${missing}. Write it out before you send.` : "";
}
