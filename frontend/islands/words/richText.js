// TipTap with what a text block may hold, and nothing more. Undo is the whole document's, so it has none of its own.
import { Editor } from "@tiptap/core";
import Bold from "@tiptap/extension-bold";
import Document from "@tiptap/extension-document";
import HardBreak from "@tiptap/extension-hard-break";
import Heading from "@tiptap/extension-heading";
import Italic from "@tiptap/extension-italic";
import Link from "@tiptap/extension-link";
import { BulletList, ListItem, ListKeymap, OrderedList } from "@tiptap/extension-list";
import Paragraph from "@tiptap/extension-paragraph";
import Strike from "@tiptap/extension-strike";
import Text from "@tiptap/extension-text";
import Underline from "@tiptap/extension-underline";
import { MergeTag } from "./mergeTag.js";
import { cleanPasted } from "./paste.js";
import { Snippets } from "./snippets.js";
import { Suggesting } from "./suggesting.js";

export function richText({ element, doc, label, tags, isReadOnly, snippets, onEdit, onUpdate, onFocus, onState }) {
  return new Editor({
    element,
    editable: !isReadOnly,
    // Strict CSP: the styles stand in words.css.
    injectCSS: false,
    content: doc.content.length ? doc : null,
    extensions: [
      Document, Paragraph, Text, Bold, Italic, Underline, Strike, HardBreak, BulletList, OrderedList, ListItem, ListKeymap,
      Heading.configure({ levels: [1, 2, 3] }),
      Link.configure({
        openOnClick: false,
        autolink: true,
        defaultProtocol: "https",
        HTMLAttributes: { target: null, rel: null },
        isAllowedUri: (href) => !/^\s*(?:javascript|data|vbscript|file|blob):/iu.test(href),
      }),
      MergeTag.configure({ tags, onEdit }),
      Suggesting.configure({ tags }),
      ...(snippets ? [Snippets.configure({ address: snippets })] : []),
    ],
    editorProps: {
      attributes: { role: "textbox", "aria-multiline": "true", "aria-label": label, "data-placeholder": "Write here", spellcheck: "true" },
      transformPastedHTML: (html) => (html.includes("data-merge-tag") && html.includes("data-pm-slice") ? html : cleanPasted(html)),
    },
    onUpdate: ({ editor }) => onUpdate(editor.getJSON()),
    onFocus,
    onSelectionUpdate: onState,
    onTransaction: onState,
  });
}
